"""The decisions: because you said this, it became that."""

import re
from collections.abc import Sequence
from itertools import groupby

from daiw.music.decision import Decision
from daiw.report.markup import Html, el, join

STAGES = {
    "understand": "What was understood",
    "plan": "Form and harmony",
    "compose": "The notes",
    "arrange": "The players",
    "render": "The instruments",
    "mix": "The mix",
    "master": "The master",
    "edit": "Your edits",
}
SHORTEST_MARK = 2


def reasons(prompt: str, decisions: Sequence[Decision]) -> Html:
    """All decisions by stage, numbered so that the prompt's words can point at them."""
    order = list(STAGES)
    numbered = sorted(enumerate(decisions), key=lambda item: order.index(item[1].stage) if item[1].stage in order else len(order))
    groups = []
    for stage, items in groupby(numbered, key=lambda item: item[1].stage):
        groups.append(el("section", el("h3", STAGES.get(stage, stage)), *(_reason(prompt, *item) for item in items), class_="stage"))
    return join(*groups)


def _reason(prompt: str, number: int, decision: Decision) -> Html:
    because_words, evidence = (typeset(text) for text in (decision.because, decision.evidence))
    said = bool(decision.evidence) and decision.evidence.casefold() in prompt.casefold()
    because: list[str] = []
    if said:
        because = ["Because you said ", el("q", decision.evidence), ": ", because_words]
    else:
        because = [sentence(because_words), *((el("span", f" ({evidence})", class_="evidence"),) if decision.evidence else ())]
    roads: tuple[Html, ...] = ()
    if decision.alternatives:
        count = len(decision.alternatives)
        roads = (
            el(
                "details",
                el("summary", f"{count} other way{'s' if count > 1 else ''}"),
                el("ul", *(el("li", typeset(road)) for road in decision.alternatives)),
            ),
        )
    head = el(
        "div",
        el("span", decision.subject, class_="subject"),
        el("strong", typeset(decision.choice)),
        _confidence(decision),
        class_="choice",
    )
    return el("article", head, el("p", *because), *roads, class_="reason", id=f"d{number}")


def typeset(text: str) -> str:
    """Text with real minus signs before figures, and names of instruments without underscores.

    >>> typeset("-14 LUFS, 8-bar verse, tenor_sax")
    '−14 LUFS, 8-bar verse, tenor sax'
    """
    return re.sub(r"(?<![\w-])-(?=\d)", "−", text).replace("_", " ")


def sentence(text: str) -> str:
    """With a capital and a full stop.

    >>> sentence("the tune returns")
    'The tune returns.'
    """
    closed = text if not text or text[-1] in ".!?" else f"{text}."
    return closed[:1].upper() + closed[1:]


def _confidence(decision: Decision) -> Html:
    """A small meter where the choice is not certain."""
    if decision.confidence >= 0.995:
        return Html("")
    share = f"{decision.confidence:.0%}"
    return el("span", el("span", el("span", style=f"width:{share}"), class_="share"), f"{share} sure", class_="confidence")


def marked_prompt(prompt: str, decisions: Sequence[Decision]) -> Html:
    """The prompt with the words that decided something marked and linked; of overlapping words the shortest, as it tells most."""
    folded = prompt.casefold()
    if len(folded) != len(prompt):  # some letters fold to two; places would not match
        return join(prompt)
    taken: list[tuple[int, int, int]] = []
    for number, decision in sorted(enumerate(decisions), key=lambda item: (len(item[1].evidence), item[0])):
        start = folded.find(decision.evidence.casefold()) if len(decision.evidence) >= SHORTEST_MARK else -1
        end = start + len(decision.evidence)
        if start >= 0 and all(end <= other or start >= other_end for other, other_end, _ in taken):
            taken.append((start, end, number))
    parts: list[str] = []
    last = 0
    for start, end, number in sorted(taken):
        about = f"{decisions[number].subject}: {decisions[number].choice}"
        parts += [prompt[last:start], el("a", prompt[start:end], href=f"#d{number}", title=about)]
        last = end
    return join(*parts, prompt[last:])
