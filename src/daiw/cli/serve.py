"""Let other programs ask for music: the OSC bridge."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw serve`."""
    parser.add_argument("what", choices=("osc",), help="osc: Open Sound Control over UDP, on this machine only")
    parser.add_argument("--osc-port", type=int, default=9000, metavar="N", help="UDP port to listen on (default: 9000; 0: any free one)")
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default: 127.0.0.1, this machine alone)"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    import signal
    import sys
    import threading

    from daiw.errors import PortError
    from daiw.osc.bridge import Bridge
    from daiw.osc.jobs import Jobs

    if not 0 <= args.osc_port <= 65535:
        raise PortError(f"{args.osc_port} is no UDP port; choose one in 1024..65535")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    bridge = Bridge(args.host, args.osc_port, jobs=Jobs())
    print(f"OSC bridge on {args.host}, UDP port {bridge.port}; Ctrl-C ends it", flush=True)
    if args.host != "127.0.0.1":
        print("daiw: the bridge can be reached from other machines, and there is no password", file=sys.stderr)
    try:
        while not stop.is_set():
            bridge.poll(0.005)
    finally:
        bridge.close()
    return 0
