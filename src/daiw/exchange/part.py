"""What a person changed in a part: our own export, read back, is compared with the file that came back.

Two readings of every part are at hand: as it was played (MIDI, DAW projects) and as it was written (scores).  Whichever of them more of
the file's notes agree with to the tick tells what the file is, so that swing and humanising, or their absence in a notation program's
export, are not mistaken for edits.  Where notes agree with neither, something quantised them: then onsets may differ by a thirty-second.
Notes that were not touched stay as they are here, to the tick; of one that was touched only what was changed is taken over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from daiw.exchange.controls import reconcile_controls
from daiw.exchange.pairing import EXACT_TICKS, Pairing, pair_notes
from daiw.files.foreign import Foreign
from daiw.music.score import Note, Track

LOOSE_TICKS = 60
EXACT_SHARE = 0.5
"""From this share of notes in place on, a reading is what the file was made from."""
EXACT_LENGTHS = 0.95
"""From this share of unaltered lengths on, all lengths were written by us, and a difference is an edit, whatever the file."""
GATE_SHARE = 0.35
GATE_TICKS = 240
"""Below that share, a length that differs by less than either is that program's way of playing or writing."""
SUNG_SHARE = 0.25
"""Words on fewer notes of a part that has none are another text that a program took for one."""
VELOCITY = 1
LOOSE_VELOCITY = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """Our part as a format gives it back.  source: for each note, which note of the part it is."""

    name: str
    notes: tuple[Note, ...]
    source: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PartChange:
    """What was done to one part, in notes.

    role: its name here.  spans: (first tick, tick after) of every note that changed, before and after.
    resized, louder, worded: of notes that stayed in place.  controls: lanes of controllers that differ.
    """

    role: str
    same: int = 0
    moved: int = 0
    repitched: int = 0
    resized: int = 0
    louder: int = 0
    worded: int = 0
    added: int = 0
    removed: int = 0
    controls: int = 0
    new: bool = False
    spans: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def notes(self) -> int:
        """How many notes are not as before."""
        return len(self.spans)

    @property
    def changed(self) -> bool:
        """Whether anything is not as before."""
        return bool(self.notes or self.controls or self.new)


def reconcile_part(ours: Track, known: Sequence[Reading], theirs: Track, file: Foreign) -> tuple[Track, PartChange]:
    """Our part with what was changed in theirs, a track of `file`, and an account of it."""
    reading, exact = _origin(known, theirs.notes)
    exact = exact and (reading.name != "musicxml" or (file.kind == "musicxml" and theirs.role.casefold() == ours.role.casefold()))
    pairing = pair_notes(reading.notes, theirs.notes, EXACT_TICKS if exact else LOOSE_TICKS)
    judge = _Judge(ours, reading, theirs, file, exact, exact or _exact_lengths(reading, theirs, pairing))
    told = set(reading.source)
    notes = [note for index, note in enumerate(ours.notes) if index not in told]
    for one, other in (*pairing.same, *pairing.repitched, *pairing.moved):
        notes.append(judge.merged(one, other))
    for other in pairing.new:
        notes.append(theirs.notes[other])
        judge.touch(theirs.notes[other])
    for one in pairing.gone:
        judge.touch(ours.notes[reading.source[one]])
    controls, lanes = reconcile_controls(ours.controls, theirs.controls) if "controls" in file.said else (ours.controls, 0)
    if not judge.spans and not lanes:
        return ours, PartChange(ours.role, same=len(ours.notes))
    change = _account(ours, pairing, judge, lanes)
    return replace(ours, notes=tuple(sorted(notes)), controls=controls, sources=()), change


def _account(ours: Track, pairing: Pairing, judge: "_Judge", lanes: int) -> PartChange:
    return PartChange(
        ours.role,
        same=len(ours.notes) - len(pairing.gone) - judge.changed,
        moved=len(pairing.moved),
        repitched=len(pairing.repitched),
        resized=judge.resized,
        louder=judge.louder,
        worded=judge.worded,
        added=len(pairing.new),
        removed=len(pairing.gone),
        controls=lanes,
        spans=tuple(judge.spans),
    )


def _origin(known: Sequence[Reading], theirs: Sequence[Note]) -> tuple[Reading, bool]:
    """The reading that the file was made from, and whether its notes still stand on its ticks."""
    shares = [len(pair_notes(reading.notes, theirs, EXACT_TICKS).same) / max(1, min(len(reading.notes), len(theirs))) for reading in known]
    best = max(range(len(known)), key=lambda index: shares[index])
    if shares[best] >= EXACT_SHARE:
        return known[best], True
    loose = [len(pair_notes(reading.notes, theirs, LOOSE_TICKS).same) for reading in known]
    return known[max(range(len(known)), key=lambda index: loose[index])], False


@dataclass
class _Judge:
    """Decides, note by note, what was changed.

    exact: the file's ticks are our export's: it is a DAW's, or a score that was ours and not one that a program made of our MIDI.
    exact_lengths: at least its lengths are.
    """

    ours: Track
    reading: Reading
    theirs: Track
    file: Foreign
    exact: bool
    exact_lengths: bool
    changed: int = 0
    resized: int = 0
    louder: int = 0
    worded: int = 0
    spans: list[tuple[int, int]] = field(default_factory=list)

    def touch(self, *notes: Note) -> None:
        """Remember that something happened where these notes are."""
        self.spans.append((min(note.start for note in notes), max(note.end for note in notes)))

    def merged(self, one: int, other: int) -> Note:
        """Our note with what differs in theirs; ours itself where nothing does."""
        base, their = self.reading.notes[one], self.theirs.notes[other]
        note = ours = self.ours.notes[self.reading.source[one]]
        if abs(their.start - base.start) > (EXACT_TICKS if self.exact else LOOSE_TICKS):
            note = replace(note, start=max(0, ours.start + their.start - base.start))
        if their.pitch != base.pitch:
            note = replace(note, pitch=their.pitch)
        if self.length_differs(base, their, ours):
            self.resized += 1
            note = replace(note, duration=max(1, ours.duration + their.duration - base.duration))
        if "velocity" in self.file.said and abs(their.velocity - base.velocity) > (VELOCITY if self.exact else LOOSE_VELOCITY):
            self.louder += 1
            note = replace(note, velocity=min(127, max(1, ours.velocity + their.velocity - base.velocity)))
        if self.sung and their.lyric != base.lyric and their.lyric:
            self.worded += 1
            note = replace(note, lyric=their.lyric, phonemes=())
        if note == ours:
            return ours
        self.changed += 1
        self.touch(ours, note)
        return note

    def length_differs(self, base: Note, their: Note, ours: Note) -> bool:
        """Whether a length is another, beyond what a program's way of playing or of filling rests makes of it."""
        if self.ours.drums and self.reading.name == "musicxml":
            return False
        if self.exact_lengths:
            return abs(their.duration - base.duration) > EXACT_TICKS
        if their.end in self.onsets and their.duration > base.duration:
            return False
        return all(
            abs(their.duration - known) > max(GATE_TICKS, GATE_SHARE * max(known, their.duration))
            for known in (base.duration, ours.duration)
        )

    @cached_property
    def sung(self) -> bool:
        """Whether the part has words: ours, or theirs on more than a stray note."""
        words = sum(bool(note.lyric) for note in self.theirs.notes)
        return "lyrics" in self.file.said and (any(note.lyric for note in self.ours.notes) or words >= SUNG_SHARE * len(self.theirs.notes))

    @cached_property
    def onsets(self) -> frozenset[int]:
        """Where their notes begin."""
        return frozenset(note.start for note in self.theirs.notes)


def _exact_lengths(reading: Reading, theirs: Track, pairing: Pairing) -> bool:
    same = [abs(reading.notes[one].duration - theirs.notes[other].duration) <= EXACT_TICKS for one, other in pairing.same]
    return sum(same) >= EXACT_LENGTHS * len(same)
