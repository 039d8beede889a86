"""What every session file is made of: the song's tracks, and the stems that already sound like the mix."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from daiw.errors import FileFormatError, OutputError
from daiw.music.plan import Plan
from daiw.music.score import Arrangement

ROLE_COLOURS: Mapping[str, str] = {
    "melody": "#e4a11b", "counter": "#d9663c", "chords": "#3f8fd2", "pad": "#6f63c9", "bass": "#2f9e6e", "drums": "#c2455a",
    "vocal": "#d94f9a", "backing": "#b779d6",
    "backing low": "#a566c4", "ad-libs": "#c98ae0", "whisper": "#d9a5c0", "reverb": "#7d8a97", "delay": "#9aa5ae",
}  # fmt: skip
OTHER_COLOURS = ("#4f9fa8", "#a8894f", "#8a9f45", "#a0617f", "#5f7fb0", "#b07a5f")
RETURNS = ("reverb", "delay")
"""Stems that are what a bus returned."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of everything in our archives: the first a zip can name, so that the same song gives the same bytes."""


@dataclass(frozen=True, slots=True)
class AudioFile:
    """A stem on disk.  name: its role.  path: as the session file names it, with forward slashes."""

    name: str
    path: str
    frames: int
    sample_rate: int
    channels: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True)
class Device:
    """A VST3 that sounded in a part.

    name, vendor, version: as it says.  class_id: 32 hexadecimal digits.  instrument: or an effect behind one.
    path: of its state inside the session file.  preset: that state, a .vstpreset.
    """

    name: str
    vendor: str
    version: str
    class_id: str
    instrument: bool
    path: str
    preset: bytes


@dataclass(frozen=True, slots=True)
class EqBand:
    """A biquad of the Audio EQ Cookbook.  kind: as DAWproject names it.  gain_db: of bells and shelves."""

    kind: str
    hz: float
    gain_db: float
    q: float


@dataclass(frozen=True, slots=True)
class Strip:
    """How a part stood in our mix, for whoever plays its notes anew.

    player: what sounded.  pan: -1 left .. 1 right.  sends: (return, level in dB) of those that are open.
    devices: the plugins that sounded, in order, where they are known with their state.  bands: the equaliser after them.
    gain_db: of the fader, as it was for this player.  missing: effects of ours in the chain that no other program has.
    """

    player: str = ""
    pan: float = 0.0
    sends: tuple[tuple[str, float], ...] = ()
    devices: tuple[Device, ...] = ()
    bands: tuple[EqBand, ...] = ()
    gain_db: float = 0.0
    missing: tuple[str, ...] = ()

    @property
    def sounds(self) -> bool:
        """Whether a program with the same plugins can play the part."""
        return any(device.instrument for device in self.devices)


@dataclass(frozen=True, slots=True)
class Session:
    """A song as a DAW sees it.

    stems: they sum to the mix with every fader at unity.  comment: the prompt, or whatever says where the song is from.
    plan: None for music that we did not plan.  strips: role -> how its part stood in the mix.
    """

    title: str
    arrangement: Arrangement
    stems: tuple[AudioFile, ...] = ()
    plan: Plan | None = None
    comment: str = ""
    version: str = "0"
    strips: Mapping[str, Strip] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The tick after the last bar and the last note."""
        notes = (note.end for track in self.arrangement.tracks for note in track.notes)
        return max([self.arrangement.timeline.end, 1, *notes])

    def beats(self, seconds: float) -> float:
        """Quarter notes from the start at `seconds`, by the tempo map, not rounded to ticks."""
        tempos = self.arrangement.timeline.tempos
        change = [change for change in tempos.changes if tempos.seconds(change.tick) <= seconds][-1]
        return change.tick / 480 + (seconds - tempos.seconds(change.tick)) * change.bpm / 60


def colour(role: str, index: int) -> str:
    """A role's colour as "#rrggbb"; `index` picks one for roles that have none of their own."""
    return ROLE_COLOURS.get(role, OTHER_COLOURS[index % len(OTHER_COLOURS)])


def plain(number: float) -> str:
    """A number as the formats write it: no exponent, no more digits than it has, at most nine after the point.

    >>> plain(2.0), plain(1 / 3), plain(1e-12)
    ('2', '0.333333333', '0')
    """
    return f"{number:.9f}".rstrip("0").rstrip(".") or "0"


def sound_info(path: Path, name: str, shown: str) -> AudioFile:
    """The header of a sound file; raises FileFormatError where it is missing or no sound."""
    import soundfile

    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise FileFormatError(f"{path}: not a sound file that can be read; make the song again with daiw remake") from error
    return AudioFile(name, shown, info.frames, info.samplerate, info.channels)


def add_bytes(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Put `data` into a zip, deflated, dated `EPOCH`."""
    archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), data)


def add_file(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Put a file into a zip as it is, in pieces: float samples hardly shrink, and a DAW can play them where they lie."""
    with path.open("rb") as source, archive.open(_entry(name, zipfile.ZIP_STORED), "w", force_zip64=True) as target:
        while piece := source.read(1 << 20):
            target.write(piece)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = method
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def check_file(path: Path, *, force: bool) -> None:
    """Raise OutputError unless `path` can be written: no folder, its own folder there, and free or `force`."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder; name a file with -o")
    if path.exists() and not force:
        raise OutputError(f"{path} exists; choose another name with -o, or replace it with --force")
    if not path.absolute().parent.is_dir():
        raise OutputError(f"cannot write {path}: the folder {path.absolute().parent} does not exist")


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a temporary file that becomes `path` when the block ends well, and vanishes when it does not; raises OutputError."""
    check_file(path, force=force)
    temporary = path.absolute().with_name(f".{path.name[:80]}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
