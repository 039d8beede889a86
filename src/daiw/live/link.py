"""Ableton Link as a clock: tempo and beat shared with every peer on the local network.

By PyPI `linkpython-extern`, which imports as `link`; an optional part of the installation (`pip install daiw[link]`).
"""

import math
import time

from daiw.errors import PortError
from daiw.music.time import TICKS_PER_QUARTER


class LinkClock:
    """The session's beat, entered at a bar line.  bpm: to begin with, where nobody else is there.  quantum: quarters a bar."""

    def __init__(self, bpm: float, quantum: float = 4.0) -> None:
        try:
            import link
        except ImportError as error:
            raise PortError("--clock link needs linkpython-extern; install it with: pip install linkpython-extern") from error
        self._link = link.Link(bpm)
        self._link.startStopSyncEnabled = True
        self._link.enabled = True
        self._quantum = quantum
        self.running = False
        self._base = 0.0  # the session's beat at our tick 0
        self._first, self._last = 0.0, -math.inf
        self._state = self._link.captureSessionState()
        self._offset_us = 0.0
        self._looked = -math.inf
        self._look(time.monotonic())

    def _look(self, now: float) -> None:
        """Read the session, at most every millisecond."""
        if now - self._looked < 0.001:
            return
        self._state = self._link.captureSessionState()
        self._offset_us = self._link.clock().micros() - 1e6 * time.monotonic()
        self._looked = now

    @property
    def peers(self) -> int:
        """How many others share the session."""
        return int(self._link.numPeers())

    @property
    def bpm(self) -> float:
        """The session's tempo."""
        return float(self._state.tempo())

    def begin(self, now: float, tick: float) -> None:
        """Run from `tick` at the session's next bar line."""
        self._looked = -math.inf
        self._look(now)
        beat = self._beat(now + 0.02)
        line = math.ceil(beat / self._quantum) * self._quantum
        self._base = line - tick / TICKS_PER_QUARTER
        self._first, self._last = tick, -math.inf
        self.running = True

    def stop(self, now: float) -> None:
        """Stand still; the session goes on."""
        self.running = False

    def _beat(self, now: float) -> float:
        return float(self._state.beatAtTime(int(1e6 * now + self._offset_us), self._quantum))

    def tick(self, now: float) -> float:
        """The position at `now`; before the bar line it waits for, below where it starts."""
        if not self.running:
            return max(0.0, self._last)
        self._look(now)
        return (self._beat(now) - self._base) * TICKS_PER_QUARTER

    def when(self, tick: float) -> float:
        """The second at which `tick` is due."""
        if not self.running:
            return math.inf
        beat = self._base + tick / TICKS_PER_QUARTER
        return (float(self._state.timeAtBeat(beat, self._quantum)) - self._offset_us) / 1e6

    def jumped(self) -> bool:
        """True where a peer moved the beat under us by more than a beat; we go on at the same place of the bar, as near as may be."""
        tick = self.tick(time.monotonic())
        if not self.running or tick < self._first:
            return False
        moved = tick - self._last
        if math.isinf(moved) or -TICKS_PER_QUARTER < moved < 4 * TICKS_PER_QUARTER:
            self._last = max(self._last, tick)
            return False
        self._base += round(moved / (self._quantum * TICKS_PER_QUARTER)) * self._quantum
        self._last = self.tick(time.monotonic())
        return True
