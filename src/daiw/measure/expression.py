"""How a performance expresses: mode, tempo, register, density, loudness and articulation, read back from its notes.

These are the cues that carry most of the emotion heard in music (Eerola, Friberg and Bresin 2013); nothing here knows what was planned.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from daiw.music.pitch import Key
from daiw.music.score import Arrangement, Note, Track
from daiw.music.time import TICKS_PER_QUARTER

MOST_GAP_TICKS = 2 * TICKS_PER_QUARTER
"""A longer way to the next onset is a rest between phrases, not a way of playing a note."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What is heard of the six cues.

    brightness: mean place on the line of fifths above the tonic, weighted by sounding time: about 2 in major, -1 in natural minor.
    bpm: mean over the song's ticks.  register: mean MIDI pitch of the melody.  density: notes a bar, over all tracks.
    velocity: mean 1..127, over all tracks but drums.  gate: median sounding part of the way to the melody's next note, 0..1.
    """

    brightness: float
    bpm: float
    register: float
    density: float
    velocity: float
    gate: float


CUES = tuple(field.name for field in fields(Expression))


def fifths(pitch: int, tonic: int) -> int:
    """Place of a pitch class on the line of fifths above a tonic, -5 (lowered second) .. 6 (raised fourth).

    >>> fifths(67, 60), fifths(65, 60), fifths(63, 60)
    (1, -1, -3)
    """
    return ((pitch - tonic) * 7 + 5) % 12 - 5


def expression_of(arrangement: Arrangement, key: Key) -> Expression:
    """The six cues of a performance in `key`; raises ValueError where nothing pitched sounds."""
    pitched = [track for track in arrangement.tracks if not track.drums and track.notes]
    notes = [note for track in pitched for note in track.notes]
    if not notes:
        raise ValueError("no pitched note to read a cue from")
    tune = leading(pitched).notes
    timeline = arrangement.timeline
    seconds = timeline.tempos.seconds(timeline.end)
    bars = timeline.end / timeline.meter(0).bar_ticks
    held = np.array([note.duration for note in notes], float)
    return Expression(
        brightness=float(np.average([fifths(note.pitch, key.tonic.number) for note in notes], weights=held)),
        bpm=60.0 * timeline.end / TICKS_PER_QUARTER / seconds,
        register=float(np.mean([note.pitch for note in tune])),
        density=sum(len(track.notes) for track in arrangement.tracks) / bars,
        velocity=float(np.mean([note.velocity for note in notes])),
        gate=gate_of(tune),
    )


def leading(tracks: Iterable[Track]) -> Track:
    """The track that sings or plays the tune: vocal, else melody, else the highest."""
    by_role = {track.role: track for track in tracks}
    for role in ("vocal", "melody"):
        if role in by_role:
            return by_role[role]
    return max(by_role.values(), key=lambda track: float(np.mean([note.pitch for note in track.notes])))


def gate_of(notes: tuple[Note, ...]) -> float:
    """Median of sounding time over the way to the next onset, ways over two beats left out; 1 where there is none."""
    parts = [
        min(1.0, note.duration / (after.start - note.start))
        for note, after in pairwise(notes)
        if 0 < after.start - note.start <= MOST_GAP_TICKS
    ]
    return float(np.median(parts)) if parts else 1.0
