"""What a batch file asks for, as a list of jobs: one song or one rendering each, with a folder of its own."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from daiw.errors import FileFormatError
from daiw.files.table import load_table, read_toml

MAX_BATCH_BYTES = 4 * 1024 * 1024
MOST_JOBS = 100_000


@dataclass(frozen=True, slots=True)
class SongJobs:
    """[[song]]: a prompt in every one of `presets` with every one of `seeds`.

    name: of the folders, followed by preset and seed where there are several.  presets: none lets the prompt choose.  bpm, key, meter,
    bars, minutes, composer, lyrics (a file), voice, formats: as in `daiw make`; lyrics lie beside the batch file.
    """

    prompt: str
    name: str = ""
    presets: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)
    bpm: float | None = None
    key: str | None = None
    meter: str | None = None
    bars: int | None = None
    minutes: float | None = None
    composer: str | None = None
    lyrics: str | None = None
    voice: str | None = None
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderJobs:
    """[[render]]: every MIDI file that matches `midi`, a path or pattern beside the batch file, in every one of `presets`."""

    midi: str
    presets: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A whole JOBS.toml.  output: the folder for the songs, beside the batch file."""

    output: str = "songs"
    song: tuple[SongJobs, ...] = ()
    render: tuple[RenderJobs, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One folder to make.  name: of the folder.  command: the words after `daiw`, without -o.  files: what it reads."""

    name: str
    command: tuple[str, ...]
    files: tuple[Path, ...] = field(default=(), compare=False)

    def digest(self) -> str:
        """A hash of the command and of what its files hold now: another digest is another job."""
        told = hashlib.sha256(json.dumps(self.command).encode())
        for path in self.files:
            told.update(path.read_bytes() if path.is_file() else b"")
        return told.hexdigest()


def read_batch(path: Path) -> tuple[Path, tuple[Job, ...]]:
    """The output folder and the jobs of a batch file; raises FileFormatError naming the key, or the pattern that matches nothing."""
    table = read_toml(path, "a batch file", MAX_BATCH_BYTES, FileFormatError)
    batch = load_table(BatchFile, table, str(path), FileFormatError)
    if not batch.song and not batch.render:
        raise FileFormatError(f"{path}: nothing to do; add a [[song]] with a prompt or a [[render]] with a midi pattern")
    wanted = sum(max(1, len(each.presets)) * len(each.seeds) for each in batch.song)
    if wanted > MOST_JOBS:
        raise FileFormatError(f"{path}: asks for {wanted} songs; a batch has at most {MOST_JOBS}")
    jobs = [job for each in batch.song for job in _songs(each, path)]
    for each in batch.render:
        found = sorted(path.parent.glob(each.midi)) if not Path(each.midi).is_absolute() else [Path(each.midi)]
        if not found:
            raise FileFormatError(f"{path}: no file matches {each.midi!r}")
        jobs += [job for preset in each.presets or ("",) for job in render_jobs(found, preset, each.formats, several=len(each.presets) > 1)]
    return path.parent / batch.output, numbered(jobs)


def render_jobs(files: Sequence[Path], preset: str = "", formats: Sequence[str] = (), *, several: bool = False) -> tuple[Job, ...]:
    """A job a MIDI file.  several: the preset becomes part of the name."""
    options = _options({"--preset": preset or None}, formats)
    ending = f"-{preset}" if several and preset else ""
    return tuple(Job(folder_name(file.stem) + ending, ("render", str(file.resolve()), *options), (file,)) for file in files)


def numbered(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """The jobs with names made different: a second "kitchen" becomes "kitchen-2"."""
    seen: dict[str, int] = {}
    result = []
    for job in jobs:
        seen[job.name] = seen.get(job.name, 0) + 1
        name = job.name if seen[job.name] == 1 else f"{job.name}-{seen[job.name]}"
        result.append(Job(name, job.command, job.files))
    if len({job.name for job in result}) < len(result):
        raise FileFormatError("two jobs would write one folder; give them names of their own")
    return tuple(result)


def folder_name(text: str) -> str:
    """A folder's name for a text: its letters and digits, at most 40 characters.

    >>> folder_name("My grandmother's kitchen is empty now, and the radio plays")
    'my-grandmother-s-kitchen-is-empty-now-an'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "song"


def _songs(songs: SongJobs, path: Path) -> Iterator[Job]:
    name = folder_name(songs.name or songs.prompt)
    lyrics = path.parent / songs.lyrics if songs.lyrics else None
    for preset, seed in product(songs.presets or ("",), songs.seeds):
        parts = [name, *([preset] if len(songs.presets) > 1 else []), *([str(seed)] if len(songs.seeds) > 1 else [])]
        options: dict[str, object] = {
            "--preset": preset or None, "--seed": seed, "--bpm": songs.bpm, "--key": songs.key, "--meter": songs.meter,
            "--bars": songs.bars, "--minutes": songs.minutes, "--composer": songs.composer, "--lyrics": lyrics, "--voice": songs.voice,
        }  # fmt: skip
        command = ("make", *_options(options, songs.formats), "--", songs.prompt)
        yield Job("-".join(parts), command, (lyrics,) if lyrics else ())


def _options(values: dict[str, object], formats: Sequence[str]) -> tuple[str, ...]:
    words = [f"{name}={value}" for name, value in values.items() if value is not None]
    return (*words, *(f"--format={name}" for name in formats))
