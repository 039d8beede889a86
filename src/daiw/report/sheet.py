"""The chord sheet: sections, bars, symbols and roman numerals."""

from daiw.music.chord import Chord
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.report.markup import Html, el, join

SIMILE = "%"
"""What lead sheets write for a chord that goes on."""


def chord_sheet(plan: Plan) -> Html:
    """All sections; one that repeats an earlier one's chords names it and is folded."""
    seen: dict[tuple[tuple[str, ...], ...], str] = {}
    shown = []
    for section in plan.sections:
        bars = [_bar(plan, section.start_bar + bar) for bar in range(section.bars)]
        fingerprint = tuple(tuple(f"{span.chord}" for span in bar) for bar in bars)
        grid = el("ol", *(_cell(plan, section.start_bar + index, bar) for index, bar in enumerate(bars)), class_="bars")
        where = f"bars {section.start_bar + 1}–{section.start_bar + section.bars}"
        head = join(
            el("span", section.letter, class_="letter"),
            el("span", section.name, class_="title"),
            el("span", where, class_="where"),
            _energy(section),
        )
        if fingerprint in seen:
            again = el("span", f"same chords as {seen[fingerprint]}", class_="where")
            shown.append(el("details", el("summary", head, again), grid, class_="section"))
        else:
            seen[fingerprint] = f"{section.name}, {where}"
            shown.append(el("div", el("h3", head), grid, class_="section"))
    return join(*shown)


def _energy(section: Section) -> Html:
    share = min(1.0, max(0.0, section.energy))
    return el(
        "span",
        el("span", style=f"width:{share:.0%}"),
        class_="energy",
        role="img",
        aria_label=f"energy {share:.0%}",
        title=f"energy {share:.0%}",
    )


def _bar(plan: Plan, bar: int) -> list[ChordSpan]:
    """The chords that sound in a bar, the first of them perhaps from before."""
    start = bar * plan.meter.bar_ticks
    return [span for span in plan.harmony if span.start < start + plan.meter.bar_ticks and span.start + span.duration > start]


def _cell(plan: Plan, bar: int, spans: list[ChordSpan]) -> Html:
    """One bar, its chords as wide as they are long."""
    start = bar * plan.meter.bar_ticks
    end = start + plan.meter.bar_ticks
    chords = []
    for span in spans:
        length = min(end, span.start + span.duration) - max(start, span.start)
        held = span.start < start
        symbol = el("span", SIMILE, class_="symbol held", title=f"{span.chord} goes on") if held else chord_symbol(span.chord)
        chords.append(
            el(
                "span",
                symbol,
                el("span", "" if held else signs(span.numeral), class_="numeral"),
                class_="chord",
                style=f"flex-grow:{length}",
            )
        )
    return el("li", el("span", str(bar + 1), class_="number"), *chords)


def chord_symbol(chord: Chord) -> Html:
    """A chord as players write it: B♭m7/F."""
    bass = f"/{chord.bass}" if chord.bass else ""
    return el("span", signs(str(chord.root)), el("span", signs(chord.quality), class_="quality"), signs(bass), class_="symbol")


def signs(text: str) -> str:
    """Accidentals as such: a b or # becomes ♭ or ♯; words with a b in them have no place here.

    >>> signs("Bb7b9"), signs("bVI")
    ('B♭7♭9', '♭VI')
    """
    return text.replace("b", "♭").replace("#", "♯")
