"""Placed words as onsets that a network must sing: when, how long at least and at most, and which pitch where the tune returns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from daiw.measure.melody import is_strong
from daiw.music.lyrics import SungSyllable
from daiw.music.plan import Plan, Section
from daiw.music.time import TICKS_PER_QUARTER
from daiw.nets.lead_returns import AS_IT_WAS, Return
from daiw.nets.lead_rules import Must
from daiw.tokens.grid import TICKS_PER_UNIT, slot_of
from daiw.verse.section_lines import PlacedLine

QUARTER = TICKS_PER_QUARTER
SHORTEST_BREATH_S = 0.25
"""Silence between two lines from which a singer breathes."""

LONG_VOWEL = 3 * QUARTER // 2
"""Ticks from which a stressed vowel may move on to another note."""

LONGEST_JOINED = 2 * QUARTER
"""Ticks from one syllable to the next up to which a line goes on without a rest: it is sung on one breath."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One note that is to be sung, in ticks of the song.

    syllable: None goes on with the one before.  least, most: its length.  pitch: MIDI, None where it is free.
    maybe: it may be left out.  joins: the next note follows without a gap, in the same word or vowel.  last: of its line.
    """

    tick: int
    syllable: SungSyllable | None
    least: int
    most: int
    pitch: int | None = None
    maybe: bool = False
    joins: bool = False
    last: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """How a letter of the form was sung first.

    lines: its placed lines.  notes: ticks from the section's start (an upbeat is negative) -> pitch, duration, whether it went on with
    a syllable.
    """

    section: Section
    lines: tuple[PlacedLine, ...]
    notes: Mapping[int, tuple[int, int, bool]] = field(default_factory=dict)

    def same_words(self, section: Section, lines: Iterable[PlacedLine]) -> bool:
        """Whether the same syllables are sung at the same places again."""
        moved = (section.start_bar - self.section.start_bar, [line.line.syllables for line in lines])
        return section.bars == self.section.bars and moved[1] == [line.line.syllables for line in self.lines]


def asked_of(plan: Plan, section: Section, lines: Sequence[PlacedLine], ahead: int, wants_melisma: bool) -> list[Asked]:
    """Every note of a section's lines.

    ahead: the tick at which the voice goes on after them.  wants_melisma: long stressed vowels may move.
    """
    breath = max(QUARTER // 2, round(SHORTEST_BREATH_S * plan.timeline.tempos.bpm(lines[0].start) * QUARTER / 60.0))
    result: list[Asked] = []
    for number, each in enumerate(lines):
        following = lines[number + 1].placed.onsets[0] if number + 1 < len(lines) else ahead
        onsets, syllables = each.placed.onsets, each.line.syllables
        for i, (tick, syllable) in enumerate(zip(onsets, syllables, strict=True)):
            if i + 1 < len(onsets):
                gap = onsets[i + 1] - tick
                joins = gap < LONGEST_JOINED or syllables[i + 1].word == syllable.word
                result.append(Asked(tick, syllable, gap if joins else gap // 2, gap, joins=joins))
            else:
                room = max(each.placed.end, min(each.end, following - breath)) - tick
                gap = max(QUARTER // 4, min(plan.meter.bar_ticks, room))
                result.append(Asked(tick, syllable, min(gap, each.placed.end - tick), gap, last=True))
            if wants_melisma and syllable.stress == 2 and gap >= (4 * QUARTER if i + 1 == len(onsets) else LONG_VOWEL):
                tail = QUARTER if gap >= 2 * QUARTER else QUARTER // 2
                own = replace(result[-1], least=min(result[-1].least, gap - tail))
                moved = Asked(tick + gap - tail, None, tail // 2 if own.last else tail, tail, maybe=True, joins=own.joins, last=own.last)
                result[-1:] = [own, moved]
    return result


def as_heard(
    plan: Plan, section: Section, asked: Sequence[Asked], heard: Heard, shift: int, *, same: bool, changed: Return = AS_IT_WAS
) -> list[Asked]:
    """The notes with the pitches that the tune had at their places, where the chord is the same one, moved by `shift` semitones.

    same: the same words at the same places, so lengths and held notes return, too.  changed: bars of the section in which notes are free,
    in varied ones all but those on strong beats.
    """
    ticks = plan.meter.bar_ticks
    start, first, lap = section.start_bar * ticks, heard.section.start_bar * ticks, heard.section.bars * ticks
    voice, result = plan.voice, list[Asked]()
    for note in asked:
        place = note.tick - start if note.tick < start else (note.tick - start) % lap
        known = heard.notes.get(place)
        kept = known is not None and _same_chord(plan, first + place, note.tick, shift)
        bar = (note.tick - start) // ticks
        if bar in changed.new or (bar in changed.varied and not is_strong(plan.meter, note.tick)):
            kept = False
        if same and note.maybe:
            if known is None or not known[2]:
                continue
        elif known is not None and known[2]:
            kept = False
        if known is None or not kept or voice is None or not voice.low <= known[0] + shift <= voice.high:
            result.append(note)
            continue
        least, most = (known[1], known[1]) if same else (note.least, note.most)
        result.append(replace(note, least=least, most=most, pitch=known[0] + shift, maybe=note.maybe and not same))
    return result


def over_other_chords(plan: Plan, first: Section, section: Section, shift: int) -> frozenset[int]:
    """Bars of a section, from its start, that begin on another chord than those of an earlier one, moved by `shift` semitones."""
    ticks = plan.meter.bar_ticks
    places = ((bar, (first.start_bar + bar % first.bars) * ticks, (section.start_bar + bar) * ticks) for bar in range(section.bars))
    return frozenset(bar for bar, earlier, later in places if not _same_chord(plan, earlier, later, shift))


def _same_chord(plan: Plan, earlier: int, later: int, shift: int) -> bool:
    """Whether the chord at one tick is the chord at another, moved by `shift` semitones."""
    old, new = (plan.chord_at(max(0, tick)).chord.pitch_classes for tick in (earlier, later))
    return {(pitch + shift) % 12 for pitch in old} == set(new)


def musts_of(asked: Iterable[Asked], bars: range, bar_ticks: int, shift: int) -> dict[int, tuple[Must, ...]]:
    """Bar of the song -> the onsets it must have, in the neutral key; bars without any are silent."""
    rows: dict[int, list[Must]] = {bar: [] for bar in bars}
    for note in asked:
        bar, place = divmod(note.tick, bar_ticks)
        if bar in rows:
            pitch = None if note.pitch is None else note.pitch + shift
            least, most = -(-note.least // TICKS_PER_UNIT), note.most // TICKS_PER_UNIT
            rows[bar].append(Must(slot_of(place // TICKS_PER_UNIT), least, most, pitch, note.maybe))
    return {bar: tuple(sorted(row, key=lambda must: must.slot)) for bar, row in rows.items()}
