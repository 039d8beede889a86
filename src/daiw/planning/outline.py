"""The planner's outline, with reasons: which sections, how many bars, and who plays."""

import math
from collections.abc import Callable

from daiw.errors import PromptError
from daiw.music.decision import Decision
from daiw.music.given import GUIDED
from daiw.music.instruments import FAMILIES, ROLES
from daiw.music.intent import Intent
from daiw.music.styles.plan import PlanStyle, read_form
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.planning.chance import generator
from daiw.planning.choices import decided, said
from daiw.planning.form import Block, fit, total
from daiw.planning.grammar import draw

MAX_BARS = 2000
MAX_MINUTES = 30.0
WRITING_ORDER = ("melody", "chords", "bass", "drums", "pad", "counter")


Follow = Callable[[int | None], tuple[tuple[str, int], ...]]
"""Exact bars, or None -> the form (section name, bars) that words ask for."""


FormWriter = Callable[[int], tuple[tuple[Block, ...], Decision] | None]
"""Writes a form of exactly so many bars and says why; None where it cannot."""


KEEPS_SHAPE = 1.5
"""A form cut to less than one part in this of its length has lost the rounds that it was made for."""


def choose_form(
    intent: Intent,
    style: PlanStyle,
    arc: str,
    bpm: float,
    meter: Meter,
    follow: Follow | None = None,
    written: FormWriter | None = None,
) -> tuple[tuple[Block, ...], tuple[Decision, ...]]:
    """A form of the style that suits arc and length, fitted to the wished bars exactly; raises PromptError beyond reason.

    follow: the form of the lyrics, which then wins over the style's.  written: who writes forms of a length; a form that the style has
    for just this arc wins over it unless too little of it would be left, and the style's are kept where it returns None.
    """
    bar_s = meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / bpm
    bars, length = _length(intent, bar_s)
    if follow is not None:
        return _followed(follow, bars, length, bar_s)
    rng = generator(intent.seed, "form")
    target = bars or style.minutes * float(rng.uniform(0.88, 1.12)) * 60.0 / bar_s
    weights = {text: _suitability(text, arc, target) for text in style.forms}
    text = draw(weights, rng)
    sections = read_form(text)[1]
    natural = sum(count for _, count in sections)
    if bars is None:
        bars = natural if 0.8 <= natural / target <= 1.25 else max(4, 4 * round(target / 4))
    blocks = fit(sections, bars)
    if length is None:
        because = f"At {bpm:g} bpm the form takes {clock(bars * bar_s)}, about what this style usually lasts."
        length = decided("length", f"{bars} bars", because, evidence=clock(bars * bar_s), confidence=0.6)
    made_for = read_form(text)[0]
    new = written(bars) if written is not None and (not made_for or natural > KEEPS_SHAPE * bars) else None
    if new is not None:
        return new[0], (length, new[1])
    shape = ", ".join(f"{block.name} {block.bars}" for block in blocks)
    why = f"It is made for {arc}" if made_for else "It is one of this style's own forms"
    fitted = "" if total(blocks) == natural else f", fitted from {natural} to {bars} bars"
    others = tuple(other.rpartition(":")[2].strip() for other in style.forms if other != text)[:2]
    form = decided("form", shape, f"{why}{fitted}.", confidence=round(weights[text] / sum(weights.values()), 2), alternatives=others)
    return blocks, (length, form)


def _followed(follow: Follow, bars: int | None, length: Decision | None, bar_s: float) -> tuple[tuple[Block, ...], tuple[Decision, ...]]:
    """The form that the words ask for."""
    blocks = tuple(Block(name, count) for name, count in follow(bars))
    if total(blocks) > MAX_BARS or total(blocks) * bar_s > MAX_MINUTES * 60:
        raise PromptError(
            f"these lyrics would take {total(blocks)} bars, {clock(total(blocks) * bar_s)} at this tempo, and a song lasts at most"
            f" {MAX_MINUTES:g} minutes: keep fewer lines, or make several songs of them"
        )
    if length is None:
        because = f"The words take as long as they are sung at an easy pace: {clock(total(blocks) * bar_s)}."
        length = decided("length", f"{total(blocks)} bars", because, evidence=clock(total(blocks) * bar_s), confidence=0.8)
    shape = ", ".join(f"{block.name} {block.bars}" for block in blocks)
    return blocks, (length, decided("form", shape, "It follows the sections of the lyrics, in their order.", confidence=0.95))


def _suitability(text: str, arc: str, target: float) -> float:
    """Weight of a form: near the target length, and made for this arc rather than another."""
    made_for, sections = read_form(text)
    natural = sum(count for _, count in sections)
    return math.exp(-2.0 * abs(math.log2(natural / target))) * (5.0 if made_for == arc else 0.1 if made_for else 1.0) + 1e-9


def _length(intent: Intent, bar_s: float) -> tuple[int | None, Decision | None]:
    """The wished bars, exact, or the bars nearest the wished minutes; None where nothing was said."""
    wishes = intent.wishes
    if wishes.bars is not None:
        if not 1 <= wishes.bars <= MAX_BARS or wishes.bars * bar_s > MAX_MINUTES * 60:
            raise PromptError(f"{wishes.bars} bars cannot be made; ask for 1..{MAX_BARS} bars and at most {MAX_MINUTES:g} minutes")
        who = "What you gave lasts" if said(intent, "bars") == GUIDED else "You asked for"
        because = f"{who} {wishes.bars} bars, so there are exactly {wishes.bars}: {clock(wishes.bars * bar_s)}."
        return wishes.bars, decided("length", f"{wishes.bars} bars", because, evidence=said(intent, "bars"))
    if wishes.minutes is None:
        return None, None
    if not 0 < wishes.minutes <= MAX_MINUTES:
        raise PromptError(f"{wishes.minutes:g} minutes cannot be made; ask for more than 0 and at most {MAX_MINUTES:g}")
    exact = wishes.minutes * 60.0 / bar_s
    bars = max(1, round(exact))
    asked = f"{wishes.minutes:g} minute{'s' if wishes.minutes != 1 else ''}"
    because = f"You asked for {asked}; at this tempo that is {exact:.2f} bars, so {bars} last {clock(bars * bar_s)}."
    return bars, decided("length", f"{bars} bars", because, evidence=said(intent, "minutes"))


def clock(seconds: float) -> str:
    """Minutes and seconds.

    >>> clock(150.4)
    '2:30'
    """
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


SERVES = {"bass": "bass", "drums": "drums", "synth pad": "pad"}
"""Families without which a role has no meaning to the person who refuses them ("no bass")."""


FEATURED_FROM = 0.28
"""Section energy from which a role plays that an asked-for instrument serves."""


def choose_roles(intent: Intent, style: PlanStyle) -> tuple[tuple[str, ...], frozenset[str], Decision]:
    """The style's roles without the unwanted ones and with those that the wished instruments need, which are featured.

    Raises PromptError for silence.
    """
    wishes = intent.wishes
    unwanted = {SERVES.get(name, name) for name in wishes.without_instruments} & set(ROLES)
    wished = [name for name in wishes.with_instruments if name not in wishes.without_instruments]
    roles = {role for role in style.roles if role not in unwanted}
    roles |= {role for role in wished if role in ROLES and role not in unwanted}
    featured = {role: role for role in wished if role in roles}
    free = sorted(roles - set(featured))
    for name in sorted((name for name in wished if name in FAMILIES), key=lambda name: len(FAMILIES[name].roles)):
        able = [role for role in FAMILIES[name].roles if role not in unwanted]
        taken = next((role for role in able if role in free), None)
        if taken is None:
            taken = next((role for role in able if role not in roles), None)
            roles |= {taken} if taken else set()
        else:
            free.remove(taken)
        featured |= {taken: name} if taken else {}
    if not roles:
        raise PromptError("every part of the song was refused; allow at least one of " + ", ".join(style.roles))
    ordered = tuple(role for role in WRITING_ORDER if role in roles)
    reasons = ["These are the parts of the style"]
    if gone := [role for role in WRITING_ORDER if role in style.roles and role not in roles]:
        reasons.append(f"you wanted no {' and no '.join(gone)}, so that is left out")
    if featured:
        shares = ", ".join(f"the {role}" if role == name else f"{name} the {role}" for role, name in featured.items())
        reasons.append(f"you asked for {' and '.join(wished)}, so these are heard most of the time: {shares}")
    decision = decided(
        "roles",
        ", ".join(ordered),
        "; ".join(reasons) + ".",
        evidence=", ".join(filter(None, (said(intent, "with"), said(intent, "without")))),
    )
    return ordered, frozenset(featured), decision
