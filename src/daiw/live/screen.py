"""What a person sees and presses while it plays: a few lines that are redrawn, and single keys.

Where nobody watches (no terminal), a line is printed at each new section and remark instead.
"""

import contextlib
import os
import select
import shutil
import sys
import time
from collections.abc import Iterator, Mapping

from daiw.live.session import Session

DRAW_S = 0.1
BLOCKS = " ▏▎▍▌▋▊▉█"


@contextlib.contextmanager
def single_keys() -> Iterator[bool]:
    """Keys come one by one and unseen inside the block; yields False where standard input is no terminal."""
    if not sys.stdin.isatty():
        yield False
        return
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield os.name == "nt"
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield True
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def pressed() -> str:
    """The keys pressed since the last call, oldest first."""
    if os.name == "nt":
        import msvcrt

        keys = ""
        while msvcrt.kbhit():  # type: ignore[attr-defined]
            keys += msvcrt.getwch()  # type: ignore[attr-defined]
        return keys
    if not select.select([sys.stdin], [], [], 0)[0]:
        return ""
    return os.read(sys.stdin.fileno(), 64).decode("utf-8", "replace")


def meter(value: float, low: float, high: float, width: int = 12) -> str:
    """A bar of blocks.

    >>> meter(0.5, 0.0, 1.0, 4)
    '██  '
    """
    eighths = round(8 * width * min(1.0, max(0.0, (value - low) / (high - low))))
    full, rest = divmod(eighths, 8)
    return (BLOCKS[8] * full + (BLOCKS[rest] if rest else "")).ljust(width)


class Screen:
    """Shows a session.  title: the first line's.  help: the last line's."""

    def __init__(self, session: Session, *, title: str, help: str, quiet: bool = False) -> None:
        self.session, self.title, self.help = session, title, help
        self.live = sys.stdout.isatty() and not quiet
        self.quiet = quiet
        self.remarks: list[str] = []
        self._lines = 0
        self._drawn = 0.0
        self._section = ""

    def remark(self, text: str) -> None:
        """A line a person should read."""
        self.remarks = [*self.remarks, text][-3:]
        if not self.live:
            print(f"daiw: {text}", file=sys.stderr, flush=True)

    def draw(self, parameters: Mapping[str, tuple[float, float, float]], *, force: bool = False) -> None:
        """Redraw at most ten times a second.  parameters: name -> value, lowest, highest."""
        report = self.session.report
        if not self.live:
            line = f"{report.section} {report.key}"
            if line != self._section and report.running and not self.quiet:
                self._section = line
                print(f"bar {self._bar()}: {report.section or 'playing'}  {report.key}  {report.chord}  {report.bpm:g} bpm", flush=True)
            return
        now = time.monotonic()
        if now - self._drawn < DRAW_S and not force:
            return
        self._drawn = now
        width = shutil.get_terminal_size().columns - 1
        lines = [line[:width] for line in self._content(parameters)]
        up = f"\x1b[{self._lines}A" if self._lines else ""
        sys.stdout.write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        sys.stdout.flush()
        self._lines = len(lines)

    def _bar(self) -> int:
        return self.session.report.bar_start // max(1, self.session.report.bar_ticks) + 1

    def _content(self, parameters: Mapping[str, tuple[float, float, float]]) -> list[str]:
        session, report = self.session, self.session.report
        opened = session.opened
        state = "playing" if report.running else "stopped"
        peers = f", {report.peers} peers" if session.options.clock == "link" else ""
        beat = (report.tick - report.bar_start) // 480 + 1
        lines = [
            f"{self.title}",
            f"port {opened.port} ({opened.driver})  clock {session.options.clock}{peers}, {state}, {report.bpm:.1f} bpm"
            f"  sender {opened.priority}",
            f"bar {self._bar()}.{beat}  {report.section:<10} {report.key:<12} {report.chord:<10} {report.feeling}",
        ]
        lines += [f"  {name:<14}{meter(value, low, high)} {value:+.2f}" for name, (value, low, high) in parameters.items()]
        load = session.told.get("load")
        composing = f"  composer {load:.0%} of a core" if isinstance(load, float) else ""
        ahead = max(0, report.ahead - report.tick) / max(1, report.bar_ticks)
        late = session.recent
        repeated = f", {report.repeated} repeated" if report.repeated else ""
        lines.append(
            f"{report.sounding} notes sound  {ahead:.1f} bars ahead{repeated}{composing}"
            f"  late p99 {late.p99_ms:.2f} ms, max {late.max_ms:.2f} ms"
        )
        return [*lines, *(f"! {text}" for text in self.remarks), self.help]
