"""Another take of some bars of one part: several are written with other chances and manners, and the one that joins best is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from daiw.composer.line import Slot, Taste, degrees, sing
from daiw.composer.patterns import BASS_PATTERNS, CHORD_PATTERNS
from daiw.composer.reference import VOICES, WRITERS
from daiw.composer.register import room_of
from daiw.composer.scale import key_at
from daiw.composer.vocal import sung_tune
from daiw.errors import PromptError
from daiw.music.cells import ONE_VOICE, bar_span, changed_notes, inside, joined
from daiw.music.lyrics import COMPANIONS
from daiw.music.plan import Plan
from daiw.music.room import voice_room
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle

TRIES = 5
CONTEXT_NOTES = 4
"""Notes on either side that a new melody is sung into."""

KIN: Sequence[frozenset[str]] = (
    frozenset(("hold", "block", "halves")),
    frozenset(("block", "quarters", "eighths", "push", "strum")),
    frozenset(("arpeggio-up", "arpeggio-down", "fingerpick", "sixteenth-arpeggio", "roll")),
    frozenset(("offbeat", "charleston", "comp", "stabs", "skank", "clav")),
    frozenset(("roots", "root-fifth", "pedal", "sub", "hold")),
    frozenset(("eighths", "octaves", "pulse", "push", "arpeggio")),
    frozenset(("walking", "funk", "boom-bap")),
)
"""Ways of playing that can stand for one another."""

VOICINGS = ("close", "open", "drop2", "spread")


@dataclass(frozen=True, slots=True)
class Retake:
    """What is written anew: `role` in bars first..end-1, 0-based, of a song in a style; seed: another number, another take."""

    plan: Plan
    style: ComposeStyle
    role: str
    bars: tuple[int, int]
    seed: int

    @property
    def span(self) -> tuple[int, int]:
        """The bars in ticks."""
        return bar_span(self.bars, self.plan.meter.bar_ticks)


def retake(job: Retake, part: Part, others: tuple[Part, ...]) -> Part:
    """The part with the job's bars written anew, hearing all other parts and the bars on either side; other notes stay.

    Raises PromptError for a role nobody writes, bars outside the song, or where style and plan leave no second way to play them.
    """
    first, end = job.bars
    if job.role in COMPANIONS and job.plan.voice is not None:
        return _following(job, part, others)
    if job.role not in WRITERS and not (job.role == "vocal" and job.plan.voice):
        raise PromptError(f"nobody writes a part called {job.role!r}; parts are {', '.join(WRITERS)}")
    if not 0 <= first < end <= job.plan.bars:
        raise PromptError(f"bars {first + 1}-{end} are not in the song, which has {job.plan.bars}")
    old = inside(part.notes, job.span)
    found: list[tuple[float, int, Part]] = []
    for index in range(2 * TRIES):
        rng = np.random.default_rng([job.seed % 2**32, crc32(f"retake {job.role} {first} {end} {index}".encode())])
        made = _written(job, part, others, rng, index)
        if changed_notes(old, inside(made.notes, job.span)):
            found.append((_cost(job, part, made), index, made))
        if len(found) == TRIES:
            break
    if not found:
        raise PromptError(f"the style leaves no second way to play the {job.role} in bars {first + 1}-{end}; try more bars or another seed")
    return min(found, key=lambda item: item[:2])[2]


def _following(job: Retake, part: Part, others: tuple[Part, ...]) -> Part:
    """A voice beside the voice, as the voice now sings."""
    fresh = inside(VOICES[job.role](job.plan, job.style, others).notes, job.span)
    return joined(part, fresh, job.span)


def _resung(job: Retake, part: Part, plan: Plan, rng: np.random.Generator) -> Part:
    """The same words in the same rhythm on other pitches: where another tune for these words would go."""
    old = inside(part.notes, job.span)
    other = sung_tune(plan, job.style)[0]
    at = np.array([note.start for note in other])
    near = [other[int(np.abs(at - note.start).argmin())].pitch for note in old]
    wished = tuple(replace(note, pitch=pitch) for note, pitch in zip(old, near, strict=True))
    sung = _sung(job, part, wished, rng)
    return Part(part.role, tuple(sorted([*(note for note in part.notes if note not in set(old)), *sung])))


def _written(job: Retake, part: Part, others: tuple[Part, ...], rng: np.random.Generator, index: int) -> Part:
    """One take, in place."""
    plan = replace(job.plan, seed=int(rng.integers(2**62)))
    if job.role == "vocal":
        return _resung(job, part, plan, rng)
    style = job.style if index == 0 else _manner(job, rng)
    if index and job.role == "drums":
        plan = _livelier(plan, float(rng.choice((-0.4, -0.2, 0.2))))
    writers = WRITERS if plan.voice is None else WRITERS | VOICES
    fresh = inside(writers[job.role](plan, style, others).notes, job.span)
    old = inside(part.notes, job.span)
    fresh = _levelled(fresh, old or part.notes)
    if job.role == "melody" and not _beside_the_voice(job):
        fresh = _sung(job, part, fresh, rng)
    limit = job.plan.timeline.end
    return joined(part, [replace(note, duration=min(note.duration, limit - note.start)) for note in fresh], job.span)


def _beside_the_voice(job: Retake) -> bool:
    """Whether somebody sings in some of the bars: there the tune's instrument goes with the voice, or answers it."""
    return any("vocal" in job.plan.section_at(bar).roles for bar in range(*job.bars))


def _manner(job: Retake, rng: np.random.Generator) -> ComposeStyle:
    """The style with another manner for the role: a way of playing of its own or its kin, a neighbouring register, another stacking."""
    style = job.style
    move = int(rng.choice((-4, -2, 2, 4)))
    if job.role == "chords":
        low, high = _moved(style.chords.low, style.chords.high, move, (36, 96))
        own = replace(style.chords, patterns=(_way(style.chords.patterns, CHORD_PATTERNS, rng),), low=low, high=high)  # type: ignore[arg-type]
        return replace(style, chords=own)
    if job.role == "bass":
        return replace(style, bass=replace(style.bass, patterns=(_way(style.bass.patterns, BASS_PATTERNS, rng),)))  # type: ignore[arg-type]
    if job.role == "pad":
        low, high = _moved(style.pad.low, style.pad.high, move, (36, 96))
        voicing = VOICINGS[int(rng.integers(len(VOICINGS)))]
        return replace(style, pad=replace(style.pad, voicing=voicing, low=low, high=high))  # type: ignore[arg-type]
    if job.role == "counter":
        manner = ("answer", "guide", "both")[int(rng.integers(3))]
        return replace(style, counter=replace(style.counter, manner=manner))  # type: ignore[arg-type]
    return style


def _way(own: Sequence[str], table: Mapping[str, object], rng: np.random.Generator) -> str:
    """One of the style's ways of playing, or of their kin; the style's own are likelier."""
    kin = sorted({name for group in KIN for name in group if set(own) & group} - set(own))
    known = [name for name in kin if name in table]
    ways = [*own, *own, *known]
    return ways[int(rng.integers(len(ways)))]


def _moved(low: int, high: int, by: int, limits: tuple[int, int]) -> tuple[int, int]:
    """A window moved as a whole, inside limits."""
    by = max(limits[0] - low, min(limits[1] - high, by))
    return low + by, high + by


def _livelier(plan: Plan, by: float) -> Plan:
    """The plan with every section's energy and density moved: a drummer who plays fuller, or plainer."""
    sections = tuple(
        replace(section, energy=min(1.0, max(0.0, section.energy + by)), density=min(1.0, max(0.0, section.density + by)))
        for section in plan.sections
    )
    return replace(plan, sections=sections)


def _levelled(fresh: Sequence[Note], old: Sequence[Note]) -> tuple[Note, ...]:
    """The new notes at the mean velocity of the old ones."""
    if not fresh or not old:
        return tuple(fresh)
    by = sum(note.velocity for note in old) / len(old) - sum(note.velocity for note in fresh) / len(fresh)
    return tuple(replace(note, velocity=int(max(1, min(127, round(note.velocity + by))))) for note in fresh)


def _sung(job: Retake, part: Part, fresh: Sequence[Note], rng: np.random.Generator) -> tuple[Note, ...]:
    """The new rhythm with the pitches that lead best out of the notes before and into the notes after."""
    plan, own = job.plan, job.style.melody
    before = [note for note in part.notes if note.start < job.span[0]][-CONTEXT_NOTES:]
    after = [note for note in part.notes if note.start >= job.span[1]][:CONTEXT_NOTES]
    busy = max((note.end for note in before), default=0)
    free = [note for note in fresh if note.start >= busy]
    if not free:
        return ()
    room = voice_room(plan, plan.voice) if part.role == "vocal" and plan.voice else room_of(plan, own)
    pitches = [note.pitch for note in (*before, *free, *after)]
    low, high = min(room.low, *pitches), max(room.high, *pitches)
    slots = [*_fixed(before), *_wished(job, free, low, high), *_fixed(after)]
    taste = Taste(low, high, own.leapiness, own.repetition, own.pentatonic, plan.cues.dissonance)
    sung, _ = sing(plan, tuple(slots), taste, (), rng)
    return tuple(replace(note, pitch=pitch) for note, pitch in zip(free, sung[len(before) :], strict=False))


def _fixed(notes: Sequence[Note]) -> list[Slot]:
    """Notes that stay, as slots."""
    return [Slot(note.start, note.duration, -1 - i, 0, float(note.pitch), wish=note.pitch, fixed=True) for i, note in enumerate(notes)]


def _wished(job: Retake, notes: Sequence[Note], low: int, high: int) -> list[Slot]:
    """Notes whose contour is wished for, bar by bar; one before a silence makes a phrase end."""
    bar_ticks = job.plan.meter.bar_ticks
    slots: list[Slot] = []
    first: dict[int, float] = {}
    for i, note in enumerate(notes):
        ladder = degrees(key_at(job.plan, note.start), low, high)
        place = float(ladder[note.pitch - low])
        bar = note.start // bar_ticks
        rest = notes[i + 1].start - note.end if i + 1 < len(notes) else job.span[1] - note.end
        cadence = "open" if rest >= job.plan.meter.beat_ticks else ""
        slots.append(Slot(note.start, note.duration, bar, round(place - first.setdefault(bar, place)), float(note.pitch), cadence))
    return slots


def _cost(job: Retake, part: Part, made: Part) -> float:
    """What speaks against a take: leaps where it joins, too many or too few notes, too much of the old left, bars without a note."""
    old, new = inside(part.notes, job.span), inside(made.notes, job.span)
    if not new:
        return 20.0
    kept = 1.0 - changed_notes(old, new) / max(len(old), len(new))
    density = abs(len(new) - len(old)) / max(1, len(old)) if old else 0.0
    return _leaps(made, job.span) + 3.0 * max(0.0, kept - 0.3) + 1.5 * min(2.0, density)


def _leaps(part: Part, span: tuple[int, int]) -> float:
    """Semitones beyond a third that outer voices jump across the two edges of a span, in sixths."""
    if part.role == "drums":
        return 0.0
    total = 0.0
    for edge in span:
        left = [note for note in part.notes if note.start < edge]
        right = [note for note in part.notes if note.start >= edge]
        if not left or not right:
            continue
        before = [note.pitch for note in left if note.start == left[-1].start]
        after = [note.pitch for note in right if note.start == right[0].start]
        voices = ((max(before), max(after)),) if part.role in ONE_VOICE else ((max(before), max(after)), (min(before), min(after)))
        total += sum(max(0, abs(a - b) - 4) for a, b in voices) / 6.0
    return total
