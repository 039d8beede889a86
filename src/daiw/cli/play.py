"""Play a finished song, or any MIDI file, through a MIDI port in time."""

import argparse
from pathlib import Path


def add_port_arguments(parser: argparse.ArgumentParser) -> None:
    """--port, --clock, --bpm and --no-programs."""
    parser.add_argument("--port", default="DAiW", metavar="NAME", help="name of the virtual MIDI port to open (default: DAiW)")
    parser.add_argument(
        "--clock", default="internal", choices=("internal", "external", "link"),
        help="who keeps time: we (and send MIDI clock), the DAW's MIDI clock, or Ableton Link (default: internal)",
    )  # fmt: skip
    parser.add_argument("--bpm", type=float, metavar="X", help="exact tempo in quarter notes a minute")
    parser.add_argument("--no-programs", action="store_true", help="send no program changes: the DAW's own sounds stay")
    parser.add_argument("--wait", action="store_true", help="open the port and wait for the space key (or the DAW) to start")
    parser.add_argument("--quiet", action="store_true", help="show nothing but warnings")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw play`."""
    parser.add_argument("song", type=Path, metavar="SONG|FILE.mid", help="a song folder or a MIDI file")
    add_port_arguments(parser)
    parser.add_argument("--from-bar", type=int, default=1, metavar="N", help="the bar to start at (default: 1)")


def run(args: argparse.Namespace) -> int:
    """Play it, show where it is, and end every note."""
    from dataclasses import replace

    from daiw.errors import PromptError
    from daiw.live.clocks import check_bpm
    from daiw.live.finished import song_bars
    from daiw.live.screen import Screen
    from daiw.live.sender import SenderOptions
    from daiw.live.session import Session
    from daiw.live.stage import perform

    check_bpm(args.bpm)
    bars = song_bars(args.song, programs=not args.no_programs)
    if not 1 <= args.from_bar <= len(bars):
        raise PromptError(f"there is no bar {args.from_bar}; the song has bars 1..{len(bars)}")
    if args.bpm is not None:
        bars = tuple(replace(bar, tempos=()) for bar in bars)
    bpm = args.bpm or (bars[0].tempos[0][1] if bars[0].tempos else 120.0)
    options = SenderOptions(args.port, args.clock, bpm, bars[0].length / 480)
    session = Session(options, song=bars)
    screen = Screen(session, title=str(args.song), help="space stop/continue  . from the start  q quit", quiet=args.quiet)
    session.remark = screen.remark
    return perform(session, screen, start=None if args.wait else bars[args.from_bar - 1].start)
