"""Listening back: held chords lead the harmony, played lines are answered.

`Ear` turns note messages into what a musician would notice: a chord that is held, a phrase that has just ended.  `Heeded` is what
becomes of it in the music to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from daiw.composer.scale import chord_scale, key_at
from daiw.live.bend import Bent
from daiw.live.rounds import Round
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import PitchClass
from daiw.music.plan import ChordSpan, Plan
from daiw.music.score import Note, Part
from daiw.music.time import TICKS_PER_QUARTER

NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
GRID_TICKS = TICKS_PER_QUARTER // 4
REST_TICKS = TICKS_PER_QUARTER
"""Silence after which a phrase has ended."""
LONGEST_PHRASE = 32
TOGETHER_TICKS = 60
"""Notes struck within this time are a chord, not a line."""


def name_chord(pitches: Sequence[int]) -> Chord | None:
    """The chord symbol that fits sounding MIDI pitches best; None for fewer than three different notes or where nothing fits.

    >>> str(name_chord((60, 64, 67))), str(name_chord((52, 55, 60))), str(name_chord((57, 60, 64, 67))), name_chord((60, 61, 62))
    ('C', 'C/E', 'Am7', None)
    """
    classes = {pitch % 12 for pitch in pitches}
    if len(classes) < 3:
        return None
    lowest = min(pitches) % 12
    best: tuple[float, int, str] | None = None
    for root in range(12):
        for quality, intervals in QUALITIES.items():
            tones = {(root + interval) % 12 for interval in intervals}
            cost = 2.0 * len(classes - tones) + 1.2 * len(tones - classes) + 0.6 * (root != lowest) + 0.05 * len(intervals)
            cost += 2.0 * (root not in classes)
            if best is None or cost < best[0]:
                best = (cost, root, quality)
    if best is None or best[0] >= 2.5:
        return None
    _, root, quality = best
    inverted = lowest != root and lowest in {(root + interval) % 12 for interval in QUALITIES[quality]}
    return Chord(PitchClass.parse(NAMES[root]), quality, PitchClass.parse(NAMES[lowest]) if inverted else None)


class Played(NamedTuple):
    """A note that somebody played: ticks of the music."""

    start: int
    end: int
    pitch: int
    velocity: int


class Ear:
    """Hears note messages in order."""

    def __init__(self) -> None:
        self.held: dict[int, tuple[int, int]] = {}
        self.phrase: list[Played] = []

    def hear(self, tick: int, message: bytes) -> None:
        """One message; others than notes are not for the ear."""
        if len(message) != 3 or message[0] & 0xF0 not in (0x80, 0x90):
            return
        pitch, velocity = message[1], message[2]
        if message[0] & 0xF0 == 0x90 and velocity:
            self.held[pitch] = (tick, velocity)
            return
        struck = self.held.pop(pitch, None)
        if struck is not None:
            self.phrase.append(Played(struck[0], max(tick, struck[0] + 1), pitch, struck[1]))
            del self.phrase[:-LONGEST_PHRASE]

    @property
    def playing(self) -> bool:
        """True while a single line is being played."""
        return bool(self.phrase or self.held) and self.chord() is None

    def chord(self) -> Chord | None:
        """The chord that is held, if any."""
        return name_chord(tuple(self.held)) if len(self.held) >= 3 else None

    def finished(self, tick: int) -> tuple[Played, ...]:
        """The line that has ended a beat before `tick`, once; empty where none has, or where it was chords."""
        if not self.phrase or self.held or tick - max(note.end for note in self.phrase) < REST_TICKS:
            return ()
        phrase = sorted(self.phrase)
        self.phrase = []
        line = [note for i, note in enumerate(phrase) if i == 0 or note.start - phrase[i - 1].start > TOGETHER_TICKS]
        return tuple(line) if len(line) >= 2 and len(line) > len(phrase) / 2 else ()


@dataclass(frozen=True, slots=True)
class Lead:
    """A chord somebody holds, from a tick of the music on; end: None while it is held."""

    start: int
    chord: Chord
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A phrase to be answered.  rest: the tick from which our tune is silent.  start: a bar line of the music."""

    rest: int
    start: int
    phrase: tuple[Played, ...]


@dataclass(slots=True)
class Heeded:
    """What was heard and not yet over."""

    leads: list[Lead] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    silent_from: int | None = None

    def lead(self, tick: int, chord: Chord | None, bar_ticks: int) -> bool:
        """Another chord is held from `tick` on, or none any more, which ends the lead at the next bar line.  True where that is new."""
        last = self.leads[-1] if self.leads else None
        if last is not None and last.end is None:
            if chord == last.chord:
                return False
            self.leads[-1] = replace(last, end=tick if chord is not None else (tick // bar_ticks + 1) * bar_ticks)
        elif chord is None:
            return False
        if chord is not None:
            self.leads.append(Lead(tick, chord))
            del self.leads[:-16]
        return True

    def answer(self, tick: int, phrase: tuple[Played, ...], bar_ticks: int) -> Answer:
        """Answer a phrase from the next bar line on."""
        start = (tick // bar_ticks + 1) * bar_ticks
        rest = self.silent_from if self.silent_from is not None else start
        self.answers = [*self.answers[-3:], Answer(min(rest, start), start, phrase)]
        self.silent_from = None
        return self.answers[-1]

    def apply(self, bent: Bent, found: Round) -> Bent:
        """The plans with the held chords in place of the planned ones."""
        if not self.leads:
            return bent
        by = (found.first - found.start) * found.plan.meter.bar_ticks
        harmony = bent.notes.harmony
        for lead in self.leads:
            harmony = spliced(harmony, lead.start + by, None if lead.end is None else lead.end + by, lead.chord)
        if harmony == bent.notes.harmony:
            return bent
        tune, notes, players = (replace(plan, harmony=harmony) for plan in (bent.tune, bent.notes, bent.players))
        return replace(bent, tune=tune, notes=notes, players=players)

    def answered(self, part: Part, bent: Bent, found: Round) -> Part:
        """The melody with rests where somebody else plays, and with answers."""
        if part.role != "melody" or not (self.answers or self.silent_from is not None):
            return part
        ticks = found.plan.meter.bar_ticks
        by = (found.first - found.start) * ticks
        notes = list(part.notes)
        for answer in self.answers:
            made = respond(answer.phrase, answer.start + by, bent.notes, centre(part))
            end = max((note.end for note in made), default=answer.start + by)
            end = -(-end // ticks) * ticks
            notes = [note for note in notes if not answer.rest + by <= note.start < end] + list(made)
        if self.silent_from is not None:
            notes = [note for note in notes if note.start < (self.silent_from or 0) + by]
        end = bent.notes.timeline.end
        return replace(part, notes=_one_voice([note for note in notes if 0 <= note.start < end - 1], end))


def centre(part: Part) -> float:
    """Where a part lies."""
    return sum(note.pitch for note in part.notes) / len(part.notes) if part.notes else 67.0


def spliced(spans: Sequence[ChordSpan], start: int, end: int | None, chord: Chord) -> tuple[ChordSpan, ...]:
    """The harmony with one chord from `start` to `end` (None: to the end), within its bounds."""
    last = spans[-1].start + spans[-1].duration
    first, stop = max(spans[0].start, start), last if end is None else min(end, last)
    if stop <= first:
        return tuple(spans)
    result = []
    for span in spans:
        finish = span.start + span.duration
        if span.start < first:
            result.append(replace(span, duration=min(finish, first) - span.start))
        if finish > stop:
            begin = max(span.start, stop)
            result.append(replace(span, start=begin, duration=finish - begin))
    return tuple(sorted([*result, ChordSpan(first, stop - first, chord, str(chord))], key=lambda span: span.start))


def respond(phrase: Sequence[Played], start: int, plan: Plan, middle: float) -> tuple[Note, ...]:
    """The phrase's rhythm and contour from `start` on, a third away from where it was, in our register and over our chords.

    Strong notes and the last land on chord tones; the others on the chord's scale.
    """
    if not phrase:
        return ()
    ticks = plan.meter.bar_ticks
    first = round(phrase[0].start / GRID_TICKS) * GRID_TICKS
    origin = start + first % ticks if first % ticks <= ticks // 2 else start
    mean = sum(note.pitch for note in phrase) / len(phrase)
    shift = 12 * round((middle - mean) / 12) + (3 if len(phrase) % 2 else -3)
    notes: list[Note] = []
    for i, played in enumerate(phrase):
        at = origin + round((played.start - phrase[0].start) / GRID_TICKS) * GRID_TICKS
        length = max(GRID_TICKS, round((played.end - played.start) / GRID_TICKS) * GRID_TICKS)
        if at < 0 or at >= plan.timeline.end or (notes and at <= notes[-1].start):
            continue
        chord = plan.chord_at(at).chord
        strong = at % TICKS_PER_QUARTER == 0 or i == len(phrase) - 1
        allowed = frozenset(chord.pitch_classes) if strong else chord_scale(key_at(plan, at), chord)
        wish = played.pitch + shift
        pitch = min(range(24, 104), key=lambda p: (p % 12 not in allowed, abs(p - wish), p))
        notes.append(Note(at, min(length, plan.timeline.end - at), pitch, min(110, max(40, played.velocity))))
    return tuple(notes)


def _one_voice(notes: list[Note], end: int) -> tuple[Note, ...]:
    """Sorted, each ending where the next begins at the latest."""
    by_start = {note.start: note for note in sorted(notes)}
    ordered = [by_start[start] for start in sorted(by_start)]
    stops = [note.start for note in ordered[1:]] + [end] * bool(ordered)
    return tuple(replace(note, duration=max(1, min(note.duration, stop - note.start))) for note, stop in zip(ordered, stops, strict=True))
