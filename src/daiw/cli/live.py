"""Play music that is composed as it goes, steered by knobs, keys, MIDI and OSC."""

import argparse
from typing import TYPE_CHECKING

from daiw.cli.play import add_port_arguments

if TYPE_CHECKING:
    from daiw.live.screen import Screen
    from daiw.live.session import Session
    from daiw.osc.bridge import Bridge


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw live`."""
    parser.add_argument("--prompt", default="", metavar="WORDS", help="what it should feel like (default: a neutral feeling)")
    parser.add_argument("--preset", metavar="NAME", help="a style; see daiw presets list (default: the nearest to the prompt, else pop)")
    add_port_arguments(parser)
    parser.add_argument("--key", metavar="KEY", help='exact key, such as "F minor"; the mode then stays, whatever valence does')
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another number, another music (default: 0)")
    parser.add_argument(
        "--composer",
        default="reference",
        metavar="NAME",
        help="who writes the chords: reference (default: it answers a knob at once), or neural",
    )
    parser.add_argument("--listen", default="", metavar="PORT", help="hear what is played on another MIDI port, and answer")
    parser.add_argument(
        "--answer", default="both", choices=("both", "chords", "melody"),
        help="what heard notes do: chords lead the harmony, lines are answered (default: both)",
    )  # fmt: skip
    parser.add_argument("--osc-port", type=int, default=9000, metavar="N", help="UDP port to hear OSC on; 0: none (default: 9000)")
    for name in ("valence", "arousal", "tension", "density", "vulnerability"):
        low = -1 if name in ("valence", "arousal") else 0
        parser.add_argument(f"--{name}", type=float, metavar="X", help=f"where {name} starts, {low}..1")


def run(args: argparse.Namespace) -> int:
    """Compose and play until the person or the DAW ends it."""
    from daiw.live.clocks import check_bpm
    from daiw.live.feeling import KNOBS, Feeling, from_key
    from daiw.live.messages import Parameter, Transport, WriterOptions
    from daiw.live.screen import Screen
    from daiw.live.sender import SenderOptions
    from daiw.live.session import Session
    from daiw.live.stage import perform
    from daiw.live.writer import check

    check_bpm(args.bpm)
    given = tuple((name, getattr(args, name)) for name in KNOBS if getattr(args, name) is not None)
    writing = WriterOptions(
        args.prompt, args.preset or "", args.seed, args.bpm, args.key, given, not args.no_programs, args.answer, args.composer,
        tempo_follows=args.clock == "internal",
    )  # fmt: skip
    check(writing)
    session = Session(SenderOptions(args.port, args.clock, args.bpm or 120.0, listen=args.listen), writing=writing)
    keys = "  ".join(f"{knob.keys} {name}" for name, knob in KNOBS.items())
    screen = Screen(session, title=args.prompt or "daiw live", help=f"{keys}  space stop/continue  e end  q quit", quiet=args.quiet)
    session.remark = screen.remark

    def feeling() -> Feeling:
        return Feeling(**{name: float(str(session.told.get(f"parameter {name}", knob.start))) for name, knob in KNOBS.items()})

    def press(key: str) -> None:
        if key == "e":
            session.tell_writer(Transport("end"))
        elif moved := from_key(key, feeling()):
            session.told[f"parameter {moved[0]}"] = moved[1]
            session.tell_writer(Parameter(*moved))

    def parameters() -> dict[str, tuple[float, float, float]]:
        now = feeling()
        return {name: (getattr(now, name), knob.low, knob.high) for name, knob in KNOBS.items()}

    bridge = _bridge(args.osc_port, session, screen)
    try:
        return perform(
            session, screen, start=None if args.wait else 0, press=press, parameters=parameters,
            serve=lambda _: bridge.poll() if bridge else None,
        )  # fmt: skip
    finally:
        if bridge:
            bridge.close()


def _bridge(port: int, session: "Session", screen: "Screen") -> "Bridge | None":
    """The OSC bridge that steers the session, or a remark why there is none."""
    from daiw.errors import PortError
    from daiw.osc.bridge import Bridge

    if not port:
        return None
    try:
        return Bridge("127.0.0.1", port, session=session)
    except PortError as error:
        screen.remark(f"no OSC: {error}")
        return None
