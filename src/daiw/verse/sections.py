"""Which words are sung where: a form that follows the lyrics, lyric sections to the plan's sections, lines to bars."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from daiw.errors import PromptError
from daiw.music.lyrics import LyricLine, Lyrics, LyricSection, SungLine
from daiw.music.time import TICKS_PER_QUARTER, Meter
from daiw.verse.syllables import Pronounce, syllables_of

EASY_SYLLABLES_PER_S = 2.3
"""The usual pace of a sung line, its breath included."""

QUICKEST_SYLLABLE_S = 0.135
"""No syllable is shorter: seven a second is the quickest that is still understood."""

LONGEST_LINE_BARS = 4
SHARED = ("chorus", "pre-chorus", "drop")
"""Sections whose words come back where nothing new is written for them."""


@dataclass(frozen=True, slots=True)
class Said:
    """A lyric section whose lines are syllables.  section of the lines is -1: they have no place yet."""

    label: str
    name: str
    lines: tuple[SungLine, ...]


def said(lyrics: Lyrics, pronounce: Pronounce) -> tuple[Said, ...]:
    """Every lyric section as it will be sung: named, repeats written out, lines without anything to sing left out.

    Untagged stanzas that come twice are the chorus, the others verses.  Raises PromptError for words the voice cannot read.
    """
    result: list[Said] = []
    latest: dict[str, tuple[SungLine, ...]] = {}
    for section, name in zip(lyrics.sections, _names(lyrics.sections), strict=True):
        lines = tuple(made for line in section.lines if (made := _said_line(line, section, pronounce)).syllables)
        if not section.lines:
            lines = tuple(replace(line, repeats=True) for line in latest.get(name, ()))
        elif any(_same(lines, other.lines) for other in result if other.name == name):
            lines = tuple(replace(line, repeats=True) for line in lines)
        if lines:
            latest[name] = lines
        result.append(Said(section.label, name, lines))
    if not any(section.lines for section in result):
        raise PromptError("the lyrics hold nothing that can be sung: no word has letters or figures")
    return tuple(result)


def _said_line(line: LyricLine, section: LyricSection, pronounce: Pronounce) -> SungLine:
    words, syllables = syllables_of(line, pronounce, f"[{section.label}]" if section.label else f'"{line.text[:40]}"')
    return SungLine(-1, line.text, words, syllables)


def _same(lines: Sequence[SungLine], others: Sequence[SungLine]) -> bool:
    return [line.text.casefold() for line in lines] == [line.text.casefold() for line in others]


def _names(sections: Sequence[LyricSection]) -> list[str]:
    """The plan's name for each section."""
    texts = [tuple(line.text.casefold() for line in section.lines) for section in sections]
    return [section.name or ("chorus" if texts.count(text) > 1 else "verse") for section, text in zip(sections, texts, strict=True)]


def line_bars(count: int, meter: Meter, bpm: float) -> int:
    """The bars that a line of `count` syllables usually takes: 1, 2 or 4.

    >>> line_bars(8, Meter(4, 4), 100), line_bars(4, Meter(4, 4), 60), line_bars(14, Meter(4, 4), 180)
    (2, 1, 4)
    """
    bar_s = meter.bar_ticks / TICKS_PER_QUARTER * 60.0 / bpm
    wanted_s = max(2.0, count / EASY_SYLLABLES_PER_S)
    return min(
        (1, 2, 4),
        key=lambda bars: abs(bars * bar_s / wanted_s - 1.0) if bars * bar_s >= wanted_s else 1.5 * (wanted_s / (bars * bar_s) - 1.0),
    )


def least_ticks(count: int, bpm: float) -> int:
    """Ticks that a line needs when it is sung as fast as words allow: its syllables and a breath, in whole eighths."""
    step = TICKS_PER_QUARTER * QUICKEST_SYLLABLE_S * bpm / 60.0
    eighth = TICKS_PER_QUARTER // 2
    return -(-round(count * step + eighth) // eighth) * eighth


def least_bars(lines: Sequence[SungLine], meter: Meter, bpm: float) -> int:
    """Whole bars that a section needs for its lines, each beginning on a bar or its half."""
    half = max(1, meter.bar_ticks // 2)
    halves = sum(-(-least_ticks(len(line.syllables), bpm) // half) for line in lines)
    return max(1, -(-halves // 2))


def easy_bars(lines: Sequence[SungLine], meter: Meter, bpm: float) -> int:
    """Whole bars for a section's lines at an easy pace, in pairs of bars, from 4."""
    if not lines:
        return 4
    usual = sorted(line_bars(len(line.syllables), meter, bpm) for line in lines)[len(lines) // 2]
    bars = max(usual * len(lines), least_bars(lines, meter, bpm))
    return max(4, -(-bars // 4) * 4 if len(lines) % 2 == 0 and bars >= 4 else -(-bars // 2) * 2)


def form_of(
    sections: Sequence[Said], meter: Meter, bpm: float, *, bars: int | None, frames: tuple[int, int] = (4, 4)
) -> tuple[tuple[str, int], ...]:
    """A form (section name, bars) that sings the lyrics in their order.

    bars: exact length, None for the natural one.  frames: bars of the instrumental intro and outro that are added where the lyrics name
    none; exact lengths give them up first.  Raises PromptError where `bars` cannot hold the words, saying what would.
    """
    names = [section.name for section in sections]
    lengths = [easy_bars(section.lines, meter, bpm) for section in sections]
    least = [least_bars(section.lines, meter, bpm) if section.lines else 1 for section in sections]
    before = 0 if names[0] == "intro" else frames[0]
    after = 0 if names[-1] == "outro" else frames[1]
    if bars is not None:
        before, after = _framed(lengths, least, bars, before, after, sections)
    form = [("intro", before)] * (before > 0) + list(zip(names, lengths, strict=True)) + [("outro", after)] * (after > 0)
    return tuple(form)


def _framed(lengths: list[int], least: list[int], bars: int, before: int, after: int, sections: Sequence[Said]) -> tuple[int, int]:
    """Fit `lengths` in place to exactly `bars`; returns the bars of intro and outro."""
    if sum(least) > bars:
        count = sum(len(section.lines) for section in sections)
        holds = int(count * bars / sum(least))
        keep = f", or keep about {holds} line{'s' * (holds > 1)}" if holds else ", or part the line"
        what = f"the {count} lines need" if count > 1 else "the line needs"
        raise PromptError(
            f"{what} at least {sum(least)} bars at this tempo and the song has {bars}: ask for --bars {sum(least)} or more,"
            f" leave the length open, choose a slower --bpm{keep}"
        )
    while (spare := bars - sum(lengths)) < 0:
        pick = max(range(len(lengths)), key=lambda i: (lengths[i] / least[i] if lengths[i] > least[i] else 0.0, lengths[i], i))
        step = 2 if lengths[pick] - 2 >= least[pick] and spare <= -2 and lengths[pick] > 4 else 1
        lengths[pick] -= step
    before = min(before, spare // 2 // 2 * 2)
    after = min(after, spare - before)
    spare -= before + after
    order = sorted(range(len(lengths)), key=lambda i: (bool(sections[i].lines), -i))
    while spare >= 4 and sections:
        pick = min(order, key=lambda i: lengths[i] / max(1, least[i]))
        lengths[pick] += 4
        spare -= 4
    return before, after + spare


def assigned(sections: Sequence[Said], names: Sequence[str]) -> tuple[SungLine, ...]:
    """Every line at its place: the nth verse of the lyrics goes to the nth verse of the form; a chorus without words of its own repeats.

    names: of the form's sections.  Raises PromptError where the form has too few sections of a kind for the words.
    """
    queues: dict[str, list[Said]] = {}
    for section in sections:
        queues.setdefault(section.name, []).append(section)
    latest: dict[str, tuple[SungLine, ...]] = {}
    result: list[SungLine] = []
    for index, name in enumerate(names):
        waiting = queues.get(name, [])
        if waiting:
            lines = waiting.pop(0).lines
        elif name in SHARED:
            lines = tuple(replace(line, repeats=True) for line in latest.get(name, ()))
        else:
            lines = ()
        latest[name] = lines or latest.get(name, ())
        result += [replace(line, section=index) for line in lines]
    left = [section for waiting in queues.values() for section in waiting if section.lines]
    if left:
        lost = ", ".join(f"[{section.label or section.name}]" for section in left[:4])
        raise PromptError(
            f"the song has no section left for {lost}; ask for more bars, or leave the length open so that the form follows the lyrics"
        )
    return tuple(result)


def line_spans(lines: Sequence[SungLine], bars: int, meter: Meter, bpm: float) -> tuple[tuple[int, int], ...]:
    """(start, end) of each line in ticks from the section's start, in order.

    On bars where that leaves an easy pace or uses all there are, else on half bars, so that no line hurries before empty bars.
    Raises PromptError where the section cannot hold them.
    """
    if not lines:
        return ()
    bar, half = meter.bar_ticks, max(1, meter.bar_ticks // 2)
    need = [-(-least_ticks(len(line.syllables), bpm) // half) for line in lines]
    each = min(LONGEST_LINE_BARS, bars // len(lines))
    if each == 3:
        each = 2
    usual_s = each * bar / TICKS_PER_QUARTER * 60.0 / bpm
    hurried = max(len(line.syllables) for line in lines) > EASY_SYLLABLES_PER_S * usual_s and each * len(lines) < bars
    if each >= 1 and max(need) <= 2 * each and not hurried:
        return tuple((i * each * bar, (i + 1) * each * bar) for i in range(len(lines)))
    if sum(need) > 2 * bars:
        count = sum(len(line.syllables) for line in lines)
        least = least_bars(lines, meter, bpm)
        raise PromptError(
            f"{count} syllables do not fit in {bars} bars at {bpm:g} bpm: they need {least}; ask for more bars, a slower tempo or fewer"
            " words"
        )
    halves = list(need)
    while sum(halves) < 2 * bars:
        pick = max(range(len(lines)), key=lambda i: (len(lines[i].syllables) / halves[i], -i))
        if halves[pick] >= 2 * LONGEST_LINE_BARS or len(lines[pick].syllables) / halves[pick] < 1.0:
            break
        halves[pick] += 1
    result, place = [], 0
    for count in halves:
        result.append((place, place + count * half))
        place += count * half
    return tuple(result)
