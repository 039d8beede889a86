"""HTML that cannot be injected into: every plain string becomes text, only `Html` stays markup."""

import re
from html import escape

VOID = frozenset({"meta", "img"})

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Html(str):
    """Markup that is already safe."""

    __slots__ = ()


def el(name: str, /, *children: str, **attributes: str | float | bool | None) -> Html:
    """One element.  Plain strings are escaped; a trailing _ in an attribute's name is dropped and other _ become -.

    Attributes that are None or False are left out, True stands without a value.

    >>> el("p", "a < b ", el("b", "c"), class_="x", aria_label='"')
    '<p class="x" aria-label="&quot;">a &lt; b <b>c</b></p>'
    """
    parts = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(key)
        elif value is not None and value is not False:
            parts.append(f'{key}="{plain(str(value))}"')
    opening = f"<{' '.join(parts)}>"
    return Html(opening if name in VOID else f"{opening}{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """The children one after the other, escaped where they are not `Html`."""
    return Html("".join(child if isinstance(child, Html) else plain(child) for child in children))


def plain(text: str) -> str:
    """Escaped text; control and surrogate characters, which no page can hold, become a replacement character."""
    return escape(_UNFIT.sub("\ufffd", text))
