"""Bring a MIDI file, DAW project or score back into its song, or make a song of it."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from daiw.cli.output import progress, report, target_folder

if TYPE_CHECKING:
    from daiw.exchange.part import PartChange
    from daiw.importing import Import

DEEDS = ("moved", "repitched", "resized", "louder", "worded", "added", "removed")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw import`."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a .mid, .dawproject, .musicxml or .mxl file")
    parser.add_argument(
        "--into", type=Path, metavar="SONG", help="the song it was exported from (default: the one it lies in, or beside under its name)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="with --into, where to write; alone, make a new song there")
    parser.add_argument("--preset", metavar="NAME", help="the style of a new song (default: a plain balance)")
    parser.add_argument(
        "--force", action="store_true", help="replace a song folder that exists; take over even a file that looks like another song"
    )
    parser.add_argument("--json", action="store_true", help="print one machine-readable result, and no progress")
    parser.add_argument("--quiet", action="store_true", help="print only the folder")


def run(args: argparse.Namespace) -> int:
    """Import the file, and say in numbers what was taken over."""
    from daiw.importing import bring_back, song_of

    into = args.into if args.into is not None or args.output is not None else song_of(args.file)
    if into is None:
        return _new_song(args)
    with progress(args, ("compose", "render", "mix", "master", "write")) as watch:
        done = bring_back(args.file, into, output=args.output, force=args.force, watch=watch)
    _report(args, done)
    return 0


def _new_song(args: argparse.Namespace) -> int:
    """A file that no song of ours is known for becomes one."""
    from daiw.files.folder import check_target
    from daiw.importing import new_song

    if args.output is not None:
        check_target(args.output, force=args.force)
    with progress(args, ("read", "render", "mix", "master", "write")) as watch:
        song = new_song(args.file, preset=args.preset, watch=watch)
        watch("write")
        folder = song.save(target_folder(args, song.title), force=args.force)
    chords = len({str(span.chord) for span in song.plan.harmony})
    facts: dict[str, object] = {
        "parts": [track.role for track in song.arrangement.tracks],
        "notes": sum(len(track.notes) for track in song.arrangement.tracks),
        "key": str(song.plan.key),
        "bars": song.plan.bars,
        "chords": chords,
        "sections": [section.name for section in song.plan.sections],
    }
    report(args, folder, song, facts)
    return 0


def _report(args: argparse.Namespace, done: "Import") -> None:
    """What was taken over, what was locked, what was left."""
    if args.json:
        print(json.dumps(_facts(done), ensure_ascii=False))
        return
    if args.quiet:
        print(done.folder)
        return
    if done.song is None:
        print(f"nothing to take over: {sum(part.same for part in done.parts)} notes in {len(done.parts)} parts are as they were")
    for part in done.parts:
        if part.changed:
            print(f"  {part.role:<12} {_deeds(part)}; {part.same} as they were")
    for change in done.changes:
        print(f"  {'plan':<12} {change}")
    for each in done.followed:
        print(f"  {'with it':<12} {each}")
    if done.locks:
        print(f"  {'locked':<12} {', '.join(map(str, done.locks))}")
    if done.absent:
        print(f"  {'not in file':<12} {', '.join(done.absent)}: left as they were")
    for remark in done.remarks:
        print(f"  {'note':<12} {remark}")
    print(f"  {'folder':<12} {done.folder}")


def _deeds(part: "PartChange") -> str:
    found = [f"{count} {deed}" for deed in DEEDS if (count := getattr(part, deed))]
    if part.controls:
        found.append(f"{part.controls} controller lane{'s' if part.controls > 1 else ''}")
    return ("new: " if part.new else "") + ", ".join(found)


def _facts(done: "Import") -> dict[str, object]:
    return {
        "folder": str(done.folder.resolve()),
        "changed": done.song is not None,
        "notes": done.notes,
        "parts": {
            part.role: {"same": part.same, **{deed: getattr(part, deed) for deed in DEEDS}, "controls": part.controls, "new": part.new}
            for part in done.parts
        },
        "changes": list(done.changes),
        "locked": [str(lock) for lock in done.locks],
        "followed": [str(each) for each in done.followed],
        "absent": list(done.absent),
        "remarks": list(done.remarks),
    }
