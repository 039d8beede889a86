"""What a song with one leading voice sounds like, in some thirty numbers that art songs and ours have in common.

Nothing here knows what was planned, marked or asked.  Articulation is left out, since a score does not state it as ours do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.measure.expression import fifths, leading
from daiw.measure.key import MAJOR, MINOR
from daiw.music.score import Arrangement, Note
from daiw.music.time import TICKS_PER_QUARTER

Rows = NDArray[np.float64]
"""Notes, one a row: start and duration in quarters, MIDI pitch."""

GRID = 12
"""Places a quarter on which onsets are heard; what players do with the beat is no part of a score."""
FEWEST = 8
"""A passage of fewer notes in the voice, or onsets in the accompaniment, is not judged."""
ROUGHNESS = np.array([0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.7])
"""Of interval classes; semitones, tritones, whole tones in this order."""
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage as it is written.

    voice, accompaniment: rows from 0 on.  quarters: its length.  bpm: quarters a minute, 0 where unknown.  velocity: mean 1..127, 0 where
    unknown.
    """

    voice: Rows
    accompaniment: Rows
    quarters: float
    bpm: float
    velocity: float


TEMPO_CUES = ("tempo", "voice_notes_a_second", "onsets_a_second")
"""Those that want to know the tempo; logarithms."""
LOUDNESS_CUES = ("velocity",)
CUES = (
    "mode", "brightness", "entropy", "chromaticism", "roughness", "major_chords", "minor_chords", "diminished_chords",
    "harmonic_motion", "voice_pitch", "voice_spread", "voice_interval", "voice_leaps", "voice_repeats", "voice_rises",
    "voice_notes_a_quarter", "voice_lengths", "voice_rests", "voice_off_beat", "onsets_a_quarter", "notes_an_onset",
    "accompaniment_pitch", "accompaniment_low", "accompaniment_spread", "accompaniment_off_beat", "accompaniment_short",
    "accompaniment_regularity", "bass_interval", "bass_repeats",
    *LOUDNESS_CUES, *TEMPO_CUES,
)  # fmt: skip


def piece_of(arrangement: Arrangement) -> Piece:
    """The leading track and all other pitched ones together; bpm is the mean."""
    pitched = [track for track in arrangement.tracks if not track.drums and track.notes]
    tune = leading(pitched)
    rest = [note for track in pitched if track is not tune for note in track.notes]
    timeline = arrangement.timeline
    quarters = timeline.end / TICKS_PER_QUARTER
    velocity = float(np.mean([note.velocity for track in pitched for note in track.notes]))
    return Piece(rows_of(tune.notes), rows_of(rest), quarters, 60.0 * quarters / timeline.tempos.seconds(timeline.end), velocity)


def rows_of(notes: Sequence[Note]) -> Rows:
    """Notes in quarters."""
    rows = [(note.start / TICKS_PER_QUARTER, note.duration / TICKS_PER_QUARTER, note.pitch) for note in notes]
    return np.array(rows, float).reshape(-1, 3)


def cues_of(piece: Piece) -> dict[str, float] | None:
    """Every cue of CUES; those of tempo and loudness are nan where these are unknown.  None where too little sounds."""
    voice, low = top_line(piece.voice), on_grid(piece.accompaniment)
    onsets = np.unique(low[:, 0])
    if len(voice) < FEWEST or len(onsets) < FEWEST:
        return None
    found = harmony_of(np.concatenate([voice, low]), piece.quarters) | voice_of(voice, piece.quarters)
    found |= accompaniment_of(low, onsets, piece.quarters)
    tempo = np.log(piece.bpm) if piece.bpm > 0 else np.nan
    found["velocity"] = piece.velocity if piece.velocity > 0 else np.nan
    found["tempo"] = float(tempo)
    found["voice_notes_a_second"] = float(tempo + found["voice_notes_a_quarter"])
    found["onsets_a_second"] = float(tempo + found["onsets_a_quarter"])
    return {name: found[name] for name in CUES}


def on_grid(rows: Rows) -> Rows:
    """Onsets rounded to the grid, sorted by time and pitch."""
    rows = rows.copy()
    rows[:, 0] = np.round(rows[:, 0] * GRID) / GRID
    return rows[np.lexsort((rows[:, 2], rows[:, 0]))]


def top_line(rows: Rows) -> Rows:
    """The highest note of every onset."""
    rows = on_grid(rows)
    return rows[np.append(rows[1:, 0] != rows[:-1, 0], True)] if len(rows) else rows


def key_fits(weights: NDArray[np.float64]) -> tuple[float, int, str]:
    """(how much better the best major key fits than the best minor one, tonic of the better, "major" or "minor")."""
    if np.ptp(weights) == 0:
        return 0.0, 0, "major"
    minor = MINOR.copy()
    minor[10] = minor[11] = 2.0
    fits = {
        mode: [float(np.corrcoef(np.roll(profile, tonic), weights)[0, 1]) for tonic in range(12)]
        for mode, profile in (("major", MAJOR), ("minor", minor))
    }
    margin = max(fits["major"]) - max(fits["minor"])
    mode = "major" if margin >= 0 else "minor"
    return margin, int(np.argmax(fits[mode])), mode


def sounding(rows: Rows, quarters: float) -> NDArray[np.float64]:
    """(beats, 12): how long every pitch class sounds in every quarter."""
    beats = max(1, int(np.ceil(quarters)))
    held = np.zeros((beats, 12))
    for start, duration, pitch in rows.tolist():
        for beat in range(int(start), min(beats, int(np.ceil(start + duration)))):
            held[beat, int(pitch) % 12] += max(0.0, min(start + duration, beat + 1) - max(start, beat))
    return held


def harmony_of(rows: Rows, quarters: float) -> dict[str, float]:
    """Mode, colour, dissonance and change of what sounds together."""
    held = sounding(rows, quarters)
    weights = held.sum(axis=0)
    margin, tonic, mode = key_fits(weights)
    share = weights / max(weights.sum(), 1e-9)
    inside = [(tonic + step) % 12 for step in SCALES[mode]]
    entropy = -float(np.sum(share[share > 0] * np.log2(share[share > 0])))
    places = np.array([fifths(number, tonic) for number in range(12)], float)
    rough, triads = [], {"major": 0, "minor": 0, "diminished": 0}
    beats = [beat for beat in held if beat.sum() > 0]
    for beat in beats:
        loud = np.flatnonzero(beat > 0.2 * beat.max())
        pairs = [min((b - a) % 12, (a - b) % 12) for i, a in enumerate(loud) for b in loud[i + 1 :]]
        if pairs:
            rough.append(float(np.mean(ROUGHNESS[pairs])))
        here = set(loud.tolist())
        for name, third, fifth in (("major", 4, 7), ("minor", 3, 7), ("diminished", 3, 6)):
            triads[name] += any({(root + third) % 12, (root + fifth) % 12} <= here for root in here)
    norms = np.linalg.norm(held, axis=1)
    both = (norms[1:] > 0) & (norms[:-1] > 0)
    alike = np.sum(held[1:] * held[:-1], axis=1)[both] / (norms[1:] * norms[:-1])[both]
    return {
        "mode": margin,
        "brightness": float(share @ places),
        "entropy": entropy,
        "chromaticism": 1.0 - float(share[inside].sum()),
        "roughness": float(np.mean(rough)) if rough else 0.0,
        **{f"{name}_chords": count / max(1, len(beats)) for name, count in triads.items()},
        "harmonic_motion": 1.0 - float(alike.mean()) if len(alike) else 0.0,
    }


def off_beat(onsets: NDArray[np.float64]) -> float:
    """Share of onsets that are on no quarter."""
    return float(np.mean(np.abs(onsets - np.round(onsets)) > 0.5 / GRID))


def voice_of(voice: Rows, quarters: float) -> dict[str, float]:
    """Register, intervals and rhythm of the leading line."""
    steps = np.diff(voice[:, 2])
    room = np.append(np.diff(voice[:, 0]), 1e9)
    held = np.minimum(voice[:, 1], room)
    return {
        "voice_pitch": float(voice[:, 2].mean()),
        "voice_spread": float(voice[:, 2].std()),
        "voice_interval": float(np.abs(steps).mean()),
        "voice_leaps": float(np.mean(np.abs(steps) > 4)),
        "voice_repeats": float(np.mean(steps == 0)),
        "voice_rises": float(np.mean(steps > 0) - np.mean(steps < 0)),
        "voice_notes_a_quarter": float(np.log(len(voice) / quarters)),
        "voice_lengths": float(np.log(np.maximum(held, 1 / GRID)).std()),
        "voice_rests": 1.0 - min(1.0, float(held.sum()) / quarters),
        "voice_off_beat": off_beat(voice[:, 0]),
    }


def accompaniment_of(low: Rows, onsets: NDArray[np.float64], quarters: float) -> dict[str, float]:
    """Texture, register and rhythm of all that is not the leading line."""
    ways = np.diff(onsets)
    bass = low[np.append(True, low[1:, 0] != low[:-1, 0])]
    floor = bass[bass[:, 2] <= np.median(bass[:, 2])][:, 2]
    steps = np.abs(np.diff(floor)) if len(floor) > 1 else np.zeros(1)
    return {
        "onsets_a_quarter": float(np.log(len(onsets) / quarters)),
        "notes_an_onset": len(low) / len(onsets),
        "accompaniment_pitch": float(low[:, 2].mean()),
        "accompaniment_low": float(np.quantile(low[:, 2], 0.1)),
        "accompaniment_spread": float(low[:, 2].std()),
        "accompaniment_off_beat": off_beat(onsets),
        "accompaniment_short": float(np.mean(ways <= 1 / 3 + 0.01)),
        "accompaniment_regularity": float(np.mean(np.isclose(ways, np.median(ways), atol=0.5 / GRID))),
        "bass_interval": float(steps.mean()),
        "bass_repeats": float(np.mean(steps == 0)),
    }
