"""The words as they are sung, each section under its chords."""

from collections.abc import Sequence

from daiw.music.lyrics import TimedLine
from daiw.music.plan import Plan
from daiw.music.time import TempoMap
from daiw.report.markup import Html, el, join
from daiw.report.sheet import signs


def sung_words(plan: Plan, lines: Sequence[TimedLine], tempos: TempoMap) -> Html:
    """Lines by section, a chord above the word that it comes with, the time in front."""
    shown = []
    for index, section in enumerate(plan.sections):
        mine = [line for line in lines if line.section == index]
        if not mine:
            continue
        where = f"bars {section.start_bar + 1}–{section.start_bar + section.bars}"
        head = el(
            "h3", el("span", section.letter, class_="letter"), el("span", section.name, class_="title"), el("span", where, class_="where")
        )
        shown.append(el("div", head, *(_line(plan, line, tempos) for line in mine), class_="section sung"))
    return join(*shown)


def _line(plan: Plan, line: TimedLine, tempos: TempoMap) -> Html:
    """One line; its chords are those that begin, or go on, where a word begins."""
    words, before = [], ""
    for i, word in enumerate(line.words):
        until = line.words[i + 1].start if i + 1 < len(line.words) else word.end
        heard = [str(span.chord) for span in plan.harmony if span.start < until and span.start + span.duration > word.start]
        fresh = [chord for chord in dict.fromkeys(heard) if chord != before]
        before = heard[-1] if heard else before
        words.append(
            el("span", el("span", signs(" ".join(fresh)), class_="chord-over"), el("span", word.text, class_="word"), class_="sung-word")
        )
    seconds = tempos.seconds(line.words[0].start)
    clock = el("span", f"{int(seconds) // 60}:{int(seconds) % 60:02d}", class_="when")
    return el("p", clock, *words, class_="sung-line", aria_label=line.text)
