"""The sending loop: every event at its deadline, commands and input at least every millisecond between them, reports.

It knows ports, a clock and a pipe by what they do, so that a test can pass time as it likes.
"""

import contextlib
import math
import os
import select
import time
from array import array
from collections.abc import Callable
from multiprocessing.connection import Connection

from daiw.errors import PortError
from daiw.live.clocks import Clock, ExternalClock, InternalClock
from daiw.live.messages import Closed, Forget, Heard, Lateness, Put, Report, Transport
from daiw.live.player import CONTINUE, START, STOP, Player, song_position
from daiw.live.ports import InPort, OutPort
from daiw.live.timing import RECENT, Timing, summary

SLICE_S = 0.001
"""The longest sleep while the music plays: how late an input may be noticed."""
IDLE_S = 0.004
LEAD_S = 0.01
"""From MIDI Start to the first clock; receivers want at least a millisecond between them."""
AWAKE_S = 0.00015
"""How long before a deadline it stops sleeping, at real-time priority."""
REPORT_S = 0.1


def tell(pipe: Connection, message: object) -> bool:
    """Send a message, or drop it where the other side does not read: the music never waits.  False where nobody is there any more."""
    try:
        if os.name != "posix" or select.select([], [pipe], [], 0)[1]:
            pipe.send(message)
    except (OSError, ValueError):
        return False
    return True


class Nowhere:
    """A port that has gone."""

    def send(self, message: bytes) -> None:
        """Forget the message."""


class Sender:
    """One session's sending end.  now, sleep: for simulation."""

    def __init__(
        self, commands: Connection, out: OutPort, clock: Clock, control: InPort | None = None, listen: InPort | None = None, *,
        clocks: bool = True, spin: bool = False, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.commands, self.out, self.clock, self.control, self.listen = commands, out, clock, control, listen
        self.spin, self.now, self.sleep = spin, now, sleep
        self.player = Player(self._send, self._tempo, clocks=clocks)
        self.timing = Timing()
        self.why = ""
        self.sent = 0
        self.playing = False
        self._starting: int | None = None  # where to begin as soon as there is a bar
        self._lost = False
        self._jumped = False
        self._reported = -math.inf
        self._bar_start = -1

    def end(self, why: str) -> None:
        """Stop after this round."""
        self.why = self.why or why

    def run(self) -> None:
        """Play until told to quit, until the music is over or until nobody is left to play for; always silent at the end."""
        try:
            while not self.why:
                self.step()
        except PortError as error:
            self.end(str(error))
        except BaseException as error:
            self.end(f"the sender failed: {error!r}")
            raise
        finally:
            with contextlib.suppress(PortError):
                self._stop()
                self.player.silence()
            every = array("d", [*self.timing.notes, *self.timing.clocks])
            tell(self.commands, Closed(self.why, summary(every), summary(self.timing.notes), summary(self.timing.clocks)))

    def step(self) -> None:
        """One round: commands, input, what is due, a report, and sleep until the next thing."""
        self._obey()
        self._hear()
        if self._starting is not None and self.player.ready:
            self._run()
        now = self.now()
        if self.playing:
            self._watch_clock(now)
            if self.clock.when(self.player.position) <= now:  # never true before a clock from outside has begun
                self.player.advance(math.floor(self.clock.tick(now)))
            if self.player.finished:
                self.end("finished")
                return
        self._report(now)
        self._wait()

    # --- what is sent -------------------------------------------------------------

    def _send(self, message: bytes, tick: int) -> None:
        due = self.clock.when(tick)
        self.out.send(message)
        self.sent += 1
        if due < math.inf and self.playing:
            self.timing.add(message, self.now() - due)

    def _tempo(self, tick: int, bpm: float) -> None:
        if isinstance(self.clock, InternalClock):
            self.clock.set_tempo(tick, bpm)

    def _wait(self) -> None:
        now = self.now()
        if not self.playing:
            self.sleep(IDLE_S)
            return
        due = self.clock.when(self.player.due())
        rest = due - now
        if rest > SLICE_S:
            self.sleep(SLICE_S if rest - SLICE_S > AWAKE_S else rest / 2)
        elif self.spin:
            if rest > AWAKE_S:
                self.sleep(rest - AWAKE_S)
            while self.now() < due:
                pass
        elif rest > 0:
            self.sleep(rest)

    # --- transport ------------------------------------------------------------------

    def _obey(self) -> None:
        try:
            for _ in range(8):
                if not self.commands.poll(0):
                    return
                self._do(self.commands.recv())
        except (EOFError, OSError):
            self.end("orphaned")

    def _do(self, message: object) -> None:
        if isinstance(message, Put):
            for bar in message.bars:
                self.player.put(bar)
        elif isinstance(message, Forget):
            self.player.forget(message.tick)
        elif isinstance(message, Transport):
            self._transport(message)

    def _transport(self, message: Transport) -> None:
        if message.do == "quit":
            self.end("quit")
        elif message.do == "gone":
            self.out = Nowhere()
            self.end("the MIDI port has gone")
        elif message.do == "start":
            self._start(0)
        elif message.do == "continue":
            self._start(None)
        elif message.do == "stop":
            self._stop()
        elif message.do == "locate":
            self._locate(message.tick)
        elif message.do == "tempo" and isinstance(self.clock, InternalClock):
            self.clock.set_tempo(self.clock.tick(self.now()), message.bpm)
        elif message.do == "panic":
            self.player.locate(self.player.position)

    def _start(self, tick: int | None) -> None:
        """Run from `tick`, or from where it stands."""
        if isinstance(self.clock, ExternalClock):  # somebody else says when
            self.playing = True
            return
        if tick is not None:
            self.player.locate(tick)
        self._starting = self.player.position

    def _run(self) -> None:
        """The first bar is there: go."""
        self._starting = None
        if self.player.clocks:
            if self.player.position:
                self.out.send(song_position(self.player.position))
            self.out.send(CONTINUE if self.player.position else START)
        if isinstance(self.clock, InternalClock):
            self.clock.start(self.now() + LEAD_S, self.player.position)
        else:
            self.clock.begin(self.now(), self.player.position)  # type: ignore[attr-defined]  # Link
        self.playing = self._jumped = True

    def _stop(self) -> None:
        self._starting = None
        if not self.playing:
            return
        self.player.locate(self.player.position)
        if isinstance(self.clock, ExternalClock):
            return
        self.clock.stop(self.now())  # type: ignore[attr-defined]
        self.playing = False
        if self.player.clocks:
            self.out.send(STOP)

    def _locate(self, tick: int) -> None:
        self.player.locate(tick)
        self._jumped = True
        if isinstance(self.clock, InternalClock):
            self.clock.locate(self.now(), tick)
            if self.player.clocks:
                self.out.send(song_position(tick))

    def _watch_clock(self, now: float) -> None:
        """A clock from outside that stops coming leaves no note hanging."""
        if isinstance(self.clock, ExternalClock):
            lost = self.clock.lost(now)
            if lost and not self._lost:
                self.player.locate(self.player.position)
            self._lost = lost
        elif not isinstance(self.clock, InternalClock) and self.clock.jumped():  # type: ignore[attr-defined]
            self.player.locate(self.player.position)

    # --- input --------------------------------------------------------------------------

    def _hear(self) -> None:
        for port, source in ((self.control, "control"), (self.listen, "listen")):
            if port is None:
                continue
            messages = port.read()
            if not messages:
                continue
            now = self.now()
            kept = []
            for message in messages:
                if not message:
                    continue
                if message[0] >= 0xF0:
                    if source == "control" and isinstance(self.clock, ExternalClock):
                        self._slave(self.clock, message, now)
                elif len(message) in (2, 3) and message[0] >= 0x80 and all(byte < 128 for byte in message[1:]):
                    kept.append((max(0, int(self.clock.tick(now))), message))
            if kept and not tell(self.commands, Heard(source, tuple(kept))):
                self.end("orphaned")

    def _slave(self, clock: ExternalClock, message: bytes, now: float) -> None:
        """Follow somebody else's transport."""
        status = message[0]
        if status == 0xF8:
            clock.clock(now)
        elif status == 0xFA:
            clock.start()
            self.player.locate(0)
            self.playing = self._jumped = True
        elif status == 0xFB:
            clock.resume()
            self.playing = True
        elif status == 0xFC and clock.running:
            clock.stop(now)
            self.player.locate(self.player.position)
        elif status == 0xF2 and len(message) == 3:
            tick = 120 * (message[1] & 127 | (message[2] & 127) << 7)
            clock.locate(tick)
            self.player.locate(tick)
            self._jumped = True

    # --- reports ---------------------------------------------------------------------------

    def _report(self, now: float) -> None:
        bar = self.player.bar
        start = bar.start if bar else -1
        if now - self._reported < REPORT_S and start == self._bar_start and not self._jumped and not self.player.starved:
            return
        if now - self._reported < 0.005:  # a storm of jumps is told in one report
            return
        tick = self.player.position
        clock = self.clock
        running = self.playing and clock.running and not self._lost
        advice = clock.advice if isinstance(clock, ExternalClock) else ""
        if isinstance(clock, ExternalClock) and not running:
            advice = advice or ("the clock stopped coming" if self._lost else "waiting for the clock's start")
        report = Report(
            tick=tick, running=running, bpm=round(clock.bpm, 2), ahead=self.player.ahead(),
            chord=next((name for at, name in reversed(bar.chords) if at <= tick), "") if bar else "",
            section=bar.section if bar else "", key=bar.key if bar else "", feeling=bar.feeling if bar else "",
            version=bar.version if bar else 0, sounding=self.player.sounding, sent=self.sent,
            repeated=self.player.repeated, repeats=self.player.repeats, recent=self._recent(now),
            advice=advice, peers=getattr(clock, "peers", 0), finished=self.player.finished, jumped=self._jumped,
            bar_start=bar.start if bar else 0, bar_ticks=bar.length if bar else 1920,
        )  # fmt: skip
        self._reported, self._bar_start, self._jumped, self.player.starved = now, start, False, False
        if not tell(self.commands, report):
            self.end("orphaned")

    def _recent(self, now: float) -> Lateness:
        return summary(self.timing.recent[-RECENT:]) if not self.playing or self.clock.when(self.player.due()) - now > 0.002 else Lateness()
