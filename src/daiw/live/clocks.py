"""Where the music is: clocks that turn seconds into ticks, our own or somebody else's.

Seconds are `time.monotonic()`; ticks are 480 a quarter.  MIDI beat clock: 24 messages a quarter, 20 ticks each (MIDI 1.0 Detailed
Specification 4.2, "System Real Time Messages"); the first clock after a start or continue is the position itself.
"""

import math
from collections import deque
from statistics import median
from typing import Protocol

from daiw.errors import PromptError
from daiw.music.time import MAX_BPM, MIN_BPM, TICKS_PER_QUARTER

CLOCK_TICKS = TICKS_PER_QUARTER // 24
TICKS_PER_SECOND_AT_1_BPM = TICKS_PER_QUARTER / 60.0


def check_bpm(bpm: float | None) -> None:
    """Raise PromptError for a tempo nobody can play."""
    if bpm is not None and not MIN_BPM <= bpm <= MAX_BPM:
        raise PromptError(f"{bpm:g} bpm is outside {MIN_BPM:g}..{MAX_BPM:g}; ask for a tempo in that range")


class Clock(Protocol):
    """Tells the sender where the music is."""

    @property
    def running(self) -> bool:
        """True while ticks pass."""
        ...

    @property
    def bpm(self) -> float:
        """Quarter notes a minute, as far as is known."""
        ...

    def tick(self, now: float) -> float:
        """The position at `now`, in ticks; it stands while the clock does not run."""
        ...

    def when(self, tick: float) -> float:
        """The second at which `tick` is due; infinite where that cannot be told yet."""
        ...


class InternalClock:
    """Our own clock: a tempo since an anchor, so that nothing adds up and nothing drifts."""

    def __init__(self, bpm: float = 120.0) -> None:
        self.bpm = bpm
        self.running = False
        self._tick, self._second = 0.0, 0.0

    def start(self, now: float, tick: float | None = None) -> None:
        """Run from `tick`, by default from where it stands."""
        self._tick = self._tick if tick is None else tick
        self._second, self.running = now, True

    def stop(self, now: float) -> None:
        """Stand still."""
        self._tick, self.running = self.tick(now), False

    def locate(self, now: float, tick: float) -> None:
        """Be at `tick` now, running or not."""
        self._tick, self._second = tick, now

    def set_tempo(self, tick: float, bpm: float) -> None:
        """Another tempo from `tick` on; exact however late it is called."""
        self._second, self._tick = (self.when(tick), tick) if self.running else (self._second, self._tick)
        self.bpm = min(MAX_BPM, max(MIN_BPM, bpm))

    def tick(self, now: float) -> float:
        """The position at `now`."""
        return self._tick + (now - self._second) * self.bpm * TICKS_PER_SECOND_AT_1_BPM if self.running else self._tick

    def when(self, tick: float) -> float:
        """The second at which `tick` is due."""
        if not self.running:
            return math.inf
        return self._second + (tick - self._tick) / (self.bpm * TICKS_PER_SECOND_AT_1_BPM)


LOST_CLOCKS = 6
"""Missing clocks after which a clock is taken to have stopped, but never sooner than LOST_S."""
LOST_S = 0.25
PHASE_GAIN, TEMPO_GAIN = 0.3, 0.04
"""An alpha-beta filter: the share of an arrival's error taken as phase, and as tempo; jitter of 5 ms leaves about 1 ms."""
NEAR = 0.35
"""Share of a clock's period within which an arrival may change the tempo."""
MEMORY, RECENT = 12, 6
CROWD, CLOSE = 0.8, 0.15
"""Recent intervals shorter than this share of the period are too many clocks; then one counts that is at most this share early."""
STEADY = 0.12
"""Spread of intervals, against their median, below which a new tempo is believed."""


class ExternalClock:
    """Somebody else's MIDI clock and transport, smoothed: its count is taken exactly, its moments are not.

    `advice` says what is odd about it ("" for nothing): a tempo beyond 400 bpm, or clocks between the expected ones, as from two
    senders on one port; such clocks are counted in `strays` and not followed.
    """

    def __init__(self, bpm: float = 120.0) -> None:
        self.running = False
        self.advice = ""
        self.strays = 0
        self._period = 60.0 / (24.0 * bpm)
        self._tick = 0.0  # the position that belongs to _second
        self._second = -math.inf  # when the last clock was due, smoothed
        self._heard = -math.inf  # when any clock last came
        self._waiting = True  # the next clock is the position itself
        self._intervals: deque[float] = deque(maxlen=MEMORY)
        self._known = False
        self._skipped = 0  # strays that turn out to be a faster tempo count after all

    @property
    def bpm(self) -> float:
        """The smoothed tempo."""
        return 60.0 / (24.0 * self._period)

    def start(self) -> None:
        """MIDI Start: from the beginning, at the next clock."""
        self.locate(0)
        self.resume()

    def resume(self) -> None:
        """MIDI Continue: from here, at the next clock."""
        self.running, self._waiting = True, True

    def stop(self, now: float) -> None:
        """MIDI Stop."""
        self._tick = self.tick(now)
        self.running = False

    def locate(self, tick: float) -> None:
        """Song position: the next clock is `tick`."""
        self._tick, self._waiting = tick, True

    def clock(self, now: float) -> None:
        """A clock message came."""
        interval, self._heard = now - self._heard, now
        if interval > self._patience:  # the first clock ever, or after a pause: its interval says nothing
            self._intervals.clear()
            self._skipped = 0
            self._accept(now)
            return
        self._intervals.append(interval)
        self._judge()
        if not self._known:
            self._period = self._held(sum(self._intervals) / len(self._intervals))
            self._known = len(self._intervals) == MEMORY
            self._accept(now)
        elif self._waiting:
            self._accept(now)
        elif self._changed():
            self._period = self._held(median(list(self._intervals)[-RECENT:]))
            self._tick += CLOCK_TICKS * self._skipped if self.running else 0
            self._skipped = 0
            self._accept(now)
        elif self._crowded():
            self._pick(now)
        else:
            self._follow(now)

    def _follow(self, now: float) -> None:
        """The usual: a share of the error is taken as phase, less as tempo; a clock far from where it was expected still counts."""
        expected = self._second + self._period
        error = now - expected
        self._skipped = 0
        if error > NEAR * self._period:
            self._accept(now)
            return
        if error > -NEAR * self._period:
            self._period = self._held(self._period + TEMPO_GAIN * error)
        self._accept(expected + PHASE_GAIN * max(error, -NEAR * self._period))

    def _pick(self, now: float) -> None:
        """Too many clocks: only those count that are where the known tempo expects them."""
        since = now - self._second
        if since < (1 - CLOSE) * self._period:
            self.strays += 1
            self._skipped = min(self._skipped + 1, MEMORY)
            return
        self._accept(now)

    def _crowded(self) -> bool:
        """True where clocks come much faster than the known tempo, but not as another tempo."""
        recent = list(self._intervals)[-RECENT:]
        return len(recent) >= 4 and sum(recent) / len(recent) < CROWD * self._period

    def lost(self, now: float) -> bool:
        """True where the clock should run and no clock message comes any more."""
        return self.running and now - self._heard > self._patience

    @property
    def _patience(self) -> float:
        return max(LOST_S, LOST_CLOCKS * self._period)

    def tick(self, now: float) -> float:
        """The position at `now`, never a whole clock beyond the last one that came."""
        if not self.running or self._waiting:
            return self._tick
        passed = (now - self._second) / self._period
        return self._tick + CLOCK_TICKS * min(max(0.0, passed), 0.999)

    def when(self, tick: float) -> float:
        """The second at which `tick` is due; infinite beyond the next clock, which has to come first."""
        if not self.running or self._waiting or tick >= self._tick + CLOCK_TICKS:
            return math.inf
        return self._second + (tick - self._tick) / CLOCK_TICKS * self._period

    def _accept(self, due: float) -> None:
        if self.running:
            self._tick += 0 if self._waiting else CLOCK_TICKS
            self._waiting = False
        self._second = due

    def _changed(self) -> bool:
        """True where the last intervals agree with each other on another tempo, and one that music has."""
        if len(self._intervals) < RECENT:
            return False
        recent = list(self._intervals)[-RECENT:]
        middle = median(recent)
        even = max(abs(interval - middle) for interval in recent) < max(STEADY * middle, 0.0015)
        musical = middle > 0 and MIN_BPM <= 60.0 / (24.0 * middle) <= MAX_BPM
        return even and musical and abs(middle - self._period) > STEADY * self._period

    def _judge(self) -> None:
        """Say what is odd."""
        if len(self._intervals) < MEMORY:
            return
        heard = 60.0 / (24.0 * max(1e-6, sum(self._intervals) / len(self._intervals)))
        if heard > MAX_BPM:
            self.advice = f"the incoming clock runs at {heard:.0f} bpm, beyond {MAX_BPM:.0f}; it is not followed"
        elif self.strays and heard > 1.5 * self.bpm:
            self.advice = "clocks come between the expected ones: two clocks seem to be connected; disconnect one"
        else:
            self.advice = ""

    @staticmethod
    def _held(period: float) -> float:
        return min(60.0 / (24.0 * MIN_BPM), max(60.0 / (24.0 * MAX_BPM), period))
