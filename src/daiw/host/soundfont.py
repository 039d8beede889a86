"""SoundFont instruments."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from daiw.errors import PluginError
from daiw.music.audio import Audio
from daiw.music.score import Timeline, Track

DEFAULT_FONT = "TimGM6mb.sf2"
FONT_FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/soundfonts"), Path("/usr/local/share/soundfonts"))


def find_font(names: Sequence[str], folder: Path | None = None) -> Path:
    """The first of `names` that exists (as a path, in the manifest's `folder`, in the system's font folders), else the embedded default."""
    for name in names:
        for place in (Path(name), *((folder / name,) if folder else ()), *(root / name for root in FONT_FOLDERS)):
            if place.is_file():
                return place
    spec = importlib.util.find_spec("pretty_midi")
    if spec and spec.origin and (path := Path(spec.origin).parent / DEFAULT_FONT).is_file():
        return path
    raise PluginError(f"the General MIDI font {DEFAULT_FONT} is missing: it comes with the package pretty_midi; reinstall it")


class SoundFont:
    """A font's instrument as a renderer.  program -1 plays what the track asks for."""

    def __init__(self, path: Path, *, program: int = -1, tail_s: float = 2.0) -> None:
        self.path, self.program, self.tail_s = path, program, tail_s

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames)."""
        from symusic import Note, Score, Synthesizer, Tempo
        from symusic import Track as Line

        score = Score(480)
        line = Line()
        line.program, line.is_drum = (self.program if self.program >= 0 else track.program), track.drums
        seconds = timeline.tempos.seconds
        scale = 480 * 1000 / 480
        for note in track.notes:
            start, end = round(seconds(note.start) * scale), round(seconds(note.end) * scale)
            line.notes.append(Note(start, max(1, end - start), note.pitch, note.velocity))
        score.tracks.append(line)
        score.tempos.append(Tempo(0, 125.0))
        rendered = np.array(Synthesizer(str(self.path), sample_rate, 4).render(score, True), np.float32)
        end = max(seconds(note.end) for note in track.notes) + self.tail_s
        samples = np.zeros((2, round(end * sample_rate)), np.float32)
        length = min(samples.shape[1], rendered.shape[1])
        samples[:, :length] = 0.3 * rendered[:, :length]
        return Audio(samples, sample_rate)
