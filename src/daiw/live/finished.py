"""A finished song as live bars: a song folder, or any MIDI file."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.midi import read_midi
from daiw.live.bars import LiveBar, bar_lines, cut, stream_of
from daiw.music.plan import Plan
from daiw.music.score import Arrangement


def song_bars(path: Path, *, programs: bool = True) -> tuple[LiveBar, ...]:
    """The bars of a song folder's song.mid, with its plan's chords where there is one, or of a MIDI file.

    Raises FileFormatError where the path is neither, or has no notes.
    """
    plan = None
    if path.is_dir():
        from daiw.files.song import read_song_file

        plan, path = read_song_file(path).plan, path / "song.mid"
    arrangement = read_midi(path)
    if not any(track.notes for track in arrangement.tracks):
        raise FileFormatError(f"{path} has no notes to play")
    return arrangement_bars(arrangement, plan, programs=programs)


def arrangement_bars(arrangement: Arrangement, plan: Plan | None = None, *, version: int = 0, programs: bool = True) -> tuple[LiveBar, ...]:
    """The bars of an arrangement, with tempo, section, key and chords on each, until its last note has ended."""
    timeline = arrangement.timeline
    notes_end = max((note.end for track in arrangement.tracks for note in track.notes), default=0)
    end = max(timeline.end, notes_end)
    changes = timeline.tempos.changes
    bars = []
    for bar in cut(stream_of(arrangement, programs=programs), bar_lines(timeline.meters, end), version):
        tempos = ((bar.start, timeline.tempos.bpm(bar.start)), *((c.tick, c.bpm) for c in changes if bar.start < c.tick < bar.end))
        key = next((str(key) for tick, key in reversed(timeline.keys) if tick <= bar.start), "")
        section = next((text for tick, text in reversed(timeline.markers) if tick <= bar.start), "")
        bars.append(replace(bar, tempos=tempos, key=key, section=section, chords=chords_in(plan, bar)))
    return (*bars[:-1], replace(bars[-1], last=True))


def chords_in(plan: Plan | None, bar: LiveBar) -> tuple[tuple[int, str], ...]:
    """The plan's chords during a bar."""
    if plan is None:
        return ()
    during = [span for span in plan.harmony if span.start < bar.end and span.start + span.duration > bar.start]
    spans = [(max(span.start, bar.start), str(span.chord)) for span in during]
    return tuple(spans[:1] + [after for before, after in pairwise(spans) if before[1] != after[1]])
