"""What subcommands share: the folder they write to, progress on stderr, results on stdout."""

import argparse
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daiw.music.decision import Decision
    from daiw.music.preset import Preset
    from daiw.song import Rendering, Song

STAGES = {
    "read": "reading the file",
    "understand": "reading the prompt",
    "plan": "planning form and harmony",
    "compose": "composing",
    "arrange": "arranging",
    "render": "playing the instruments",
    "mix": "mixing",
    "master": "mastering",
    "write": "writing the folder",
}


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """-o, --force, --format, --no-cache, --json and --quiet."""
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="folder to write (default: songs/<title>)")
    parser.add_argument("--force", action="store_true", help="replace a song folder that exists")
    parser.add_argument(
        "--format", action="append", choices=("flac", "mp3"), default=[], help="also write the master as FLAC or MP3 (repeatable)"
    )
    parser.add_argument("--no-cache", action="store_true", help="render every stem afresh, also where nothing has changed since last time")
    add_edit_output_arguments(parser)


def add_edit_output_arguments(parser: argparse.ArgumentParser) -> None:
    """--json and --quiet, for commands that write where the song is."""
    parser.add_argument("--json", action="store_true", help="print one machine-readable result, and no progress")
    parser.add_argument("--quiet", action="store_true", help="print only the folder")


def add_plugin_arguments(parser: argparse.ArgumentParser, *, choose: str = "") -> None:
    """--on-plugin-failure and, where `choose` says by what, --instrument."""
    if choose:
        parser.add_argument(
            "--instrument", action="append", default=[], metavar=f"{choose}=NAME",
            help="who plays it, shipped or your own; see daiw plugins list (repeatable)",
        )  # fmt: skip
    parser.add_argument(
        "--on-plugin-failure", choices=("fallback", "stop"), default=None,
        help="when a plugin of yours fails: play its fallback and say so (default), or stop",
    )  # fmt: skip


def chosen_instruments(wishes: list[str]) -> dict[str, str]:
    """What --instrument said; raises PromptError on a wish without a role or a name."""
    from daiw.errors import PromptError

    chosen: dict[str, str] = {}
    for wish in wishes:
        role, equals, name = wish.partition("=")
        if not (role and equals and name):
            raise PromptError(f"--instrument wants ROLE=NAME, such as chords=grand_piano, not {wish!r}")
        chosen[role.strip()] = name.strip()
    return chosen


def chosen_preset(name: str | None) -> "str | Preset | None":
    """What --preset said: a name as it is, a FILE.toml read; raises PresetError naming what is wrong in it."""
    if name is None or not name.endswith(".toml"):
        return name
    from daiw.files.preset import load_preset

    return load_preset(Path(name))


def target_folder(args: argparse.Namespace, title: str) -> Path:
    """Where to write: -o, else songs/<title> with a number where that is taken."""
    from daiw.files.folder import free_name

    return args.output if args.output is not None else free_name(Path("songs") / slug(title))


def slug(title: str) -> str:
    """A file name made of a title's letters and digits, at most 48 characters.

    >>> slug("Ma grand-mère / 3 A.M."), slug("...")
    ('ma-grand-mere-3-a-m', 'song')
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "song"


@contextmanager
def progress(args: argparse.Namespace, stages: tuple[str, ...]) -> Iterator[Callable[[str], None]]:
    """Yield a watcher that shows, stage by stage, what is being done; silent with --json, --quiet and where nobody watches."""
    if args.json or args.quiet or not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description:<26}"), BarColumn(bar_width=28), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("starting", total=len(stages))

        def watch(stage: str) -> None:
            bars.update(task, description=STAGES[stage], completed=stages.index(stage))

        yield watch
        bars.update(task, completed=len(stages))


def edit_facts(song: "Song") -> dict[str, object]:
    """What the last edit did, for `report`."""
    last = song.edits[-1]
    changed = ", ".join(f"{role} {count}" for role, count in last.changed.items())
    return {"edit": last.what, "notes_changed": changed, "seed": last.seed, "version": last.number, "locked": [*map(str, song.locks)]}


def report(args: argparse.Namespace, folder: Path, song: "Rendering", facts: dict[str, object]) -> None:
    """Print the result: JSON, the folder alone, or a short summary."""
    if args.json:
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        result = {
            "folder": str(folder.resolve()),
            "title": song.title,
            **facts,
            "duration_s": round(song.master.audio.duration_s, 3),
            "measurements": dict(song.master.measurements),
            "plugin_failures": [f"{each.subject}: {each.choice}. {each.because}" for each in _stories(song)],
            "stage_seconds": {name: round(seconds, 3) for name, seconds in song.stage_seconds.items()},
            "files": files,
        }
        print(json.dumps(result, ensure_ascii=False, allow_nan=False))
        return
    for each in _stories(song):
        print(f"daiw: {each.subject}: {each.choice}. {each.because}", file=sys.stderr)
    if args.quiet:
        print(folder)
        return
    figures = song.master.measurements
    seconds = round(song.master.audio.duration_s)
    print(f"{song.title}")
    for name, value in facts.items():
        if value not in (None, "", []):
            print(f"  {name.replace('_', ' '):<12} {', '.join(value) if isinstance(value, list) else value}")
    print(f"  {'length':<12} {seconds // 60}:{seconds % 60:02d}")
    print(f"  {'loudness':<12} {figures['integrated_lufs']:.1f} LUFS, {figures['true_peak_dbtp']:.1f} dBTP")
    print(f"  {'made in':<12} {sum(song.stage_seconds.values()):.1f} s")
    print(f"  {'folder':<12} {folder}")
    sys.stdout.flush()


def _stories(song: "Rendering") -> list["Decision"]:
    """What happened to external plugins while they were rendered."""
    return [decision for decision in song.decisions if decision.stage == "render"]
