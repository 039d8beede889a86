"""The loop of a performance: pump, draw, press keys, until the music or the person ends it."""

import signal
import sys
import threading
from collections.abc import Callable, Mapping
from types import FrameType

from daiw.errors import PortError
from daiw.live.screen import Screen, pressed, single_keys
from daiw.live.session import Session

GOOD_ENDS = ("quit", "finished", "terminated")
Parameters = Mapping[str, tuple[float, float, float]]


def perform(
    session: Session, screen: Screen, *, start: int | None = 0, press: Callable[[str], None] = lambda key: None,
    parameters: Callable[[], Parameters] = dict, serve: Callable[[Session], None] = lambda session: None,
) -> int:  # fmt: skip
    """Open the session and play from tick `start` (None: wait) until it is over; the exit code.

    press: told each key that is not the transport's.  parameters: what to show.  serve: called each round.
    Ctrl-C and SIGTERM end every note before anything else.  Raises PortError where no port opens, or where it goes.
    """
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    handlers = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with session, single_keys() as keys:
            if start is not None:
                if start:
                    session.transport("locate", tick=start)
                session.transport("continue" if start else "start")
            while not session.over and not stop.is_set():
                session.pump()
                for key in pressed() if keys else "":
                    if key in "qQ\x03\x04":
                        stop.set()
                    elif key == " ":
                        session.transport("stop" if session.report.running else "continue")
                    elif key == ".":
                        session.transport("start")
                    else:
                        press(key)
                serve(session)
                screen.draw(parameters())
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    closed = session.closed
    if closed is not None and closed.why not in GOOD_ENDS:
        raise PortError(closed.why)
    if closed is not None and closed.late.n and not screen.quiet:
        late = closed.late
        print(f"{late.n} messages sent; late: median {late.median_ms:.2f} ms, p99 {late.p99_ms:.2f} ms, max {late.max_ms:.2f} ms")
        sys.stdout.flush()
    return 0
