"""A MIDI file as a tune, a groove, a beginning or an example: which track is what, in which key and feel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

import numpy as np

from daiw.errors import PromptError
from daiw.files.midi import read_midi
from daiw.music.drum_patterns import KIT, TIME_KEEPERS
from daiw.music.groove import MAX_SWING_PERCENT, Groove
from daiw.music.score import Arrangement, Note, Track
from daiw.music.time import TICKS_PER_QUARTER, Meter

MOST_MINUTES = 15.0
FEWEST_NOTES = 3
LEADS = ("melody", "lead", "vocal", "voice", "theme", "tune", "solo")
MOST_GROOVE_BARS = 8
SNARES = frozenset(KIT[voice] for voice in ("side stick", "snare", "clap"))
KICKS = frozenset((35, 36))
HATS = frozenset(KIT[voice] for voice in TIME_KEEPERS)


@dataclass(frozen=True, slots=True)
class Guide:
    """A file's music.  path: for messages.  bpm: at its start."""

    path: Path
    arrangement: Arrangement
    bpm: float
    meter: Meter

    @property
    def pitched(self) -> tuple[Track, ...]:
        """The tracks that are no drums."""
        return tuple(track for track in self.arrangement.tracks if track.notes and not track.drums)

    @property
    def drums(self) -> tuple[Note, ...]:
        """All strokes of all kits."""
        return tuple(sorted(note for track in self.arrangement.tracks if track.drums for note in track.notes))


def read_guide(path: str | Path, what: str) -> Guide:
    """The file as a guide; raises FileFormatError where it is no MIDI file, PromptError where there is nothing to follow in it."""
    path = Path(path)
    arrangement = read_midi(path)
    notes = [note for track in arrangement.tracks for note in track.notes]
    if not notes:
        raise PromptError(f"{path} has no notes; a {what} needs some")
    if len(notes) < FEWEST_NOTES:
        count = "one note" if len(notes) == 1 else f"{len(notes)} notes"
        raise PromptError(f"{path} has {count}; a {what} needs at least {FEWEST_NOTES}")
    tempos = arrangement.timeline.tempos
    minutes = tempos.seconds(max(note.end for note in notes)) / 60.0
    if minutes > MOST_MINUTES:
        raise PromptError(f"{path} lasts {minutes:.0f} minutes; a {what} may last {MOST_MINUTES:.0f}, cut out the part you mean")
    return Guide(path, arrangement, tempos.bpm(0), arrangement.timeline.meter(0))


def without_silence(notes: Sequence[Note], meter: Meter) -> tuple[tuple[Note, ...], int]:
    """The notes moved ahead by the whole bars of silence before them, and how many bars they then fill."""
    empty = min(note.start for note in notes) // meter.bar_ticks * meter.bar_ticks
    moved = tuple(sorted(replace(note, start=note.start - empty) for note in notes))
    return moved, -(-max(note.end for note in moved) // meter.bar_ticks)


def tune_of(guide: Guide) -> tuple[Note, ...]:
    """The file's tune: a track called so, else the highest that sounds mostly one note at a time; of chords the top notes.

    Raises PromptError where the file has nothing but drums or too few notes.
    """
    if not guide.pitched:
        raise PromptError(f"{guide.path} has only drums; give it as --groove, or a file with a tune")
    named = [track for track in guide.pitched if any(word in track.role.casefold() for word in LEADS)]
    lone = [track for track in guide.pitched if _overlap(track.notes) < 0.2]
    track = max(named or lone or guide.pitched, key=lambda track: (mean(note.pitch for note in track.notes), len(track.notes)))
    notes = track.notes if _overlap(track.notes) < 0.2 else _tops(track.notes)
    if len(notes) < FEWEST_NOTES:
        raise PromptError(f"the tune in {guide.path} ({track.role}) has {len(notes)} notes; a melody needs at least {FEWEST_NOTES}")
    return tuple(replace(note, lyric="", phonemes=()) for note in notes)


def _overlap(notes: Sequence[Note]) -> float:
    """Share of notes that begin together with another, or well inside one that still sounds."""
    ordered, crowded, end = sorted(notes), 0, 0
    for i, note in enumerate(ordered):
        together = i > 0 and note.start - ordered[i - 1].start < TICKS_PER_QUARTER // 16
        crowded += together or end - note.start > max(60, note.duration // 2)
        end = max(end, note.end)
    return crowded / max(1, len(ordered))


def _tops(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The highest note of everything struck together, each until the next."""
    groups: list[list[Note]] = []
    for note in sorted(notes):
        if groups and note.start - groups[-1][0].start < TICKS_PER_QUARTER // 16:
            groups[-1].append(note)
        else:
            groups.append([note])
    tops = [max(group, key=lambda note: note.pitch) for group in groups]
    stops = [*(note.start for note in tops[1:]), tops[-1].end]
    return tuple(replace(note, duration=max(1, min(note.duration, stop - note.start))) for note, stop in zip(tops, stops, strict=True))


def drums_of(guide: Guide) -> tuple[tuple[Note, ...], int]:
    """The kit's pattern as played, and its bars, at most MOST_GROOVE_BARS; empty where the file has no drums."""
    if len(guide.drums) < FEWEST_NOTES:
        return (), 0
    notes, bars = without_silence(guide.drums, guide.meter)
    bars = min(MOST_GROOVE_BARS, bars)
    end = bars * guide.meter.bar_ticks
    return tuple(replace(note, duration=max(1, min(note.duration, end - note.start))) for note in notes if note.start < end), bars


def feel_of(guide: Guide) -> Groove:
    """Swing and each player's distance from the grid, as medians of what was played."""
    notes = guide.drums or tuple(note for track in guide.pitched for note in track.notes)
    eighth = TICKS_PER_QUARTER // 2
    swing_16, share_16 = _swing(notes, eighth)
    swing_8, share_8 = _swing(notes, TICKS_PER_QUARTER)
    steps, swing = (8, swing_8) if share_8 > share_16 and swing_8 > 52.0 else (16, swing_16 if share_16 > 0.05 else 50.0)
    late = {name: _late_ms(notes, pitches, guide.bpm) for name, pitches in (("kick", KICKS), ("snare", SNARES), ("hat", HATS))}
    if not guide.drums:
        late = dict.fromkeys(late, 0.0)
    velocities = [note.velocity for note in guide.drums if note.pitch in SNARES and note.velocity < 60] or [28, 44]
    ghosts = (max(1, int(np.percentile(velocities, 10))), max(2, int(np.percentile(velocities, 90))))
    return Groove(
        swing_percent=round(min(MAX_SWING_PERCENT, max(50.0, swing)), 1), swing_steps=steps, kick_ms=late["kick"], snare_ms=late["snare"],
        hat_ms=late["hat"], ghost_velocity=(min(ghosts), max(ghosts)), looseness=round(_looseness(notes, guide.bpm), 2),
    )  # fmt: skip


def _swing(notes: Sequence[Note], pair: int) -> tuple[float, float]:
    """Where the second of a pair falls, in percent of the pair, and the share of notes that are such seconds."""
    places = np.array([note.start % pair for note in notes]) / pair
    seconds = places[(places > 0.42) & (places < 0.72)]
    return (float(np.median(seconds)) * 100.0, len(seconds) / len(places)) if len(seconds) else (50.0, 0.0)


def _late_ms(notes: Sequence[Note], pitches: frozenset[int], bpm: float) -> float:
    """Median distance from the nearest beat of the strokes near one, in milliseconds; 0 where there are too few."""
    offsets = [(note.start + 240) % TICKS_PER_QUARTER - 240 for note in notes if note.pitch in pitches]
    near = [offset for offset in offsets if abs(offset) <= 45]
    return round(float(np.median(near)) * 60000.0 / (bpm * TICKS_PER_QUARTER), 1) if len(near) >= 2 else 0.0


def _looseness(notes: Sequence[Note], bpm: float) -> float:
    """How far onsets near beats wander, 0 for a machine, 1 for 20 ms and more."""
    offsets = np.array([(note.start + 240) % TICKS_PER_QUARTER - 240 for note in notes])
    near = offsets[np.abs(offsets) <= 45]
    return min(1.0, float(near.std()) * 60000.0 / (bpm * TICKS_PER_QUARTER) / 20.0) if len(near) > 2 else 0.5
