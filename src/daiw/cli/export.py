"""Write a song folder as a session for a DAW, a score or a MIDI file."""

import argparse
import sys
from pathlib import Path

FORMATS = ("dawproject", "reaper", "musicxml", "midi", "ustx", "lead-sheet")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw export`."""
    parser.add_argument("folder", type=Path, metavar="SONG", help="a song folder")
    parser.add_argument("--to", required=True, choices=FORMATS, help="what to write")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="file to write (default: beside the folder, named after it)")
    parser.add_argument("--zip", action="store_true", help="one archive to drag: project, stems and MIDI (for scores, .mxl)")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")


def run(args: argparse.Namespace) -> int:
    """Write the file and print its path."""
    from daiw.exporting import export

    written = export(args.folder, args.to, output=args.output, zipped=args.zip, force=args.force)
    if args.to == "lead-sheet" and args.output is None and not args.zip and written.suffix != ".pdf":
        print("daiw: MuseScore is not installed, so the lead sheet is MusicXML for a score program to print", file=sys.stderr)
    print(written)
    return 0
