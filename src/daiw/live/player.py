"""What to send at which tick: pure bookkeeping over bars, with a table of what sounds, so that every note ends.

The player knows no seconds and no ports.  `advance(tick)` sends everything due up to a tick, in order; nothing due is ever dropped,
however late the call.  Bars may be replaced at any time: the new ones take over at the next beat.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from daiw.live.bars import DRUM_CHANNEL, EARLY_TICKS, TUNE_CHANNELS, LiveBar, LiveNote, control_kind
from daiw.live.clocks import CLOCK_TICKS

LATEST_TICKS = 60
"""How long before a bar line the next bar must be there, or an old one is repeated."""
FULL_REPEATS = 4
"""Repeated bars after which tunes rest."""
LOOP_BARS = 4
"""How far back a repeated bar is taken from, so that the harmony still moves."""
SHORTEST_HELD = 240
"""Ticks that a held note must still last to be struck in the middle."""
SUSTAIN = 64
REPEDAL_TICKS = 24
KEPT_BARS = 8

CLOCK, START, CONTINUE, STOP = b"\xf8", b"\xfa", b"\xfb", b"\xfc"
TAKE, TEMPO, OFF, CONTROL, ON = range(5)


def song_position(tick: int) -> bytes:
    """The song position message, in sixteenths, 0..16383.

    >>> song_position(480).hex()
    'f20400'
    """
    sixteenths = min(16383, max(0, tick // 120))
    return bytes([0xF2, sixteenths & 127, sixteenths >> 7])


class Sounding(NamedTuple):
    """A note that sounds: the tick at which it ends, the one at which it was struck, and the version of the music it belongs to."""

    end: int
    start: int
    version: int


Event = tuple[int, int, int, int, LiveNote | bytes | float | LiveBar]
"""Tick, rank on that tick, serial, generation of its bar, what."""


@dataclass(slots=True)
class Player:
    """The notes side of the sender.

    send: takes (message, tick).  tempo: told (tick, bpm) at tempo changes.  clocks: send MIDI clock.
    bar: the bar that is playing; repeats: how many bars in a row were repeated because the next was late.
    """

    send: Callable[[bytes, int], None]
    tempo: Callable[[int, float], None] = lambda tick, bpm: None
    clocks: bool = True
    position: int = 0
    bar: LiveBar | None = None
    repeats: int = 0
    repeated: int = 0
    finished: bool = False
    starved: bool = False
    _bars: dict[int, LiveBar] = field(default_factory=dict)
    _generation: dict[int, int] = field(default_factory=dict)
    _queue: list[Event] = field(default_factory=list)
    _serial: int = 0
    _sounding: dict[tuple[int, int], Sounding] = field(default_factory=dict)
    _state: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _next_clock: int = 0

    # --- bars come ---------------------------------------------------------------

    def put(self, bar: LiveBar) -> None:
        """A bar, new or again.  One that has begun takes over at its next beat; one that is over is ignored."""
        if bar.end - EARLY_TICKS <= self.position and bar.end > 0:
            return
        known = self._bars.get(bar.start)
        self._bars[bar.start] = bar
        begun = known is not None and bar.start - EARLY_TICKS < self.position
        if not begun:
            self._load(bar, bar.start)
            return
        beats = range(bar.start, bar.end, max(1, bar.beat))
        take = next((beat for beat in beats if beat - EARLY_TICKS >= self.position), bar.end)
        self._generation[bar.start] += 1
        generation = self._generation[bar.start]
        if known is not None:  # what is left of the old version up to the beat
            if bar.start >= self.position:
                self._push(bar.start, TAKE, generation, known, bar.start)
            for event in self._events(known, generation):
                if self.position <= event[0] < take - EARLY_TICKS:
                    heapq.heappush(self._queue, event)
        if take < bar.end:
            self._load(bar, take, generation)

    def forget(self, tick: int) -> None:
        """Drop every bar that starts at `tick` or later and has not begun: the music goes elsewhere."""
        for start in [start for start in self._bars if start >= max(tick, self.position + EARLY_TICKS)]:
            del self._bars[start]
            self._generation[start] += 1

    def ahead(self) -> int:
        """The tick up to which there is music, counted from the playing bar without gap."""
        tick = self.bar.end if self.bar else self.position
        while tick in self._bars:
            tick = self._bars[tick].end
        return tick

    def _load(self, bar: LiveBar, take: int, generation: int | None = None) -> None:
        if generation is None:
            generation = self._generation[bar.start] = self._generation.get(bar.start, -1) + 1
        self._push(take, TAKE, generation, bar, bar.start)
        for event in self._events(bar, generation):
            if event[0] >= take - EARLY_TICKS and event[0] >= self.position:
                heapq.heappush(self._queue, event)

    def _events(self, bar: LiveBar, generation: int) -> Iterator[Event]:
        for tick, bpm in bar.tempos:
            yield self._event(tick, TEMPO, generation, bpm, bar.start)
        for tick, message in bar.controls:
            yield self._event(tick, CONTROL, generation, message, bar.start)
        for note in bar.notes:
            yield self._event(note.start, ON, generation, note, bar.start)

    def _event(self, tick: int, rank: int, generation: int, what: LiveNote | bytes | float | LiveBar, owner: int) -> Event:
        self._serial += 1
        return (max(0, tick), rank, self._serial, generation * 2**40 + owner, what)

    def _push(self, tick: int, rank: int, generation: int, what: LiveNote | bytes | float | LiveBar, owner: int) -> None:
        heapq.heappush(self._queue, self._event(tick, rank, generation, what, owner))

    # --- time passes -------------------------------------------------------------

    def due(self) -> int:
        """The tick of the next thing to do."""
        ticks = [self._next_clock] if self.clocks else []
        if self._queue:
            ticks.append(self._queue[0][0])
        if self._sounding:
            ticks.append(min(note.end for note in self._sounding.values()))
        if self.bar is not None:
            ticks.append(self.bar.end if self.bar.last or self.bar.end in self._bars else self.bar.end - LATEST_TICKS)
        return max(self.position, min(ticks, default=self.position + CLOCK_TICKS))

    def advance(self, tick: int) -> None:
        """Send everything due up to and including `tick`."""
        while not self.finished:
            due = self.due()
            if due > tick:
                break
            self._at(due)
        self.position = max(self.position, tick + 1) if not self.finished else self.position

    def _at(self, tick: int) -> None:
        """Everything of one tick: clock, note-offs, then the queue in order."""
        self.position = tick
        if self.clocks and self._next_clock <= tick:
            self.send(CLOCK, self._next_clock)
            self._next_clock += CLOCK_TICKS
        for key in [key for key, note in self._sounding.items() if note.end <= tick]:
            self._off(key, self._sounding[key].end)
        while self._queue and self._queue[0][0] <= tick:
            _, rank, _, mark, what = heapq.heappop(self._queue)
            owner = mark % 2**40
            if owner in self._generation and self._generation[owner] == mark // 2**40:
                self._do(tick, rank, what)
        self._turn(tick)

    def _do(self, tick: int, rank: int, what: LiveNote | bytes | float | LiveBar) -> None:
        if rank == ON and isinstance(what, LiveNote):
            self._on(what, self._version(what), max(0, what.start))
        elif rank == CONTROL and isinstance(what, bytes):
            self._control(what, tick)
        elif rank == TEMPO and isinstance(what, float):
            self.tempo(tick, what)
        elif isinstance(what, LiveBar):
            self._take(what, tick)

    def _version(self, note: LiveNote) -> int:
        """The version of the bar a note is struck in."""
        bar = self.bar
        if bar is not None and note.start >= bar.end - EARLY_TICKS and bar.end in self._bars:
            bar = self._bars[bar.end]
        return bar.version if bar else 0

    def _turn(self, tick: int) -> None:
        """Near the end of a bar, see to the next one; at the end of the music, finish."""
        if self.bar is not None and tick >= self.bar.end and self.bar.end in self._bars:
            self._take(self._bars[self.bar.end], tick)
        if self.bar is None or tick < self.bar.end - LATEST_TICKS or self.bar.end in self._bars:
            return
        if self.bar.last:
            if tick >= self.bar.end and not self._sounding:
                self.finished = True
            elif tick >= self.bar.end:
                self._end_all(tick)
                self.finished = True
            return
        self._repeat(self.bar)

    def _repeat(self, bar: LiveBar) -> None:
        """The next bar is late: play an old one in its place, without tunes where that goes on."""
        self.repeats += 1
        self.repeated += 1
        self.starved = True
        source = self._bars.get(bar.end - LOOP_BARS * bar.length, bar)
        source = source if source.length == bar.length else bar
        again = source.moved(bar.end, -self.repeated, without=TUNE_CHANNELS if self.repeats > FULL_REPEATS else frozenset())
        self._bars[again.start] = again
        self._load(again, again.start)

    def _take(self, bar: LiveBar, tick: int) -> None:
        """A bar begins or takes over: make what sounds agree with it."""
        before = self.bar
        self.bar = bar
        if bar.version >= 0:
            self.repeats = 0
        for start in [start for start in self._bars if start < bar.start - KEPT_BARS * bar.length]:
            del self._bars[start]
            self._generation.pop(start, None)
        if before is not None and before.version == bar.version:
            return
        wanted = {(note.channel, note.pitch): note for note in (*bar.held, *bar.notes) if note.start < tick < note.end}
        for key, sounding in list(self._sounding.items()):
            if sounding.version == bar.version:
                continue
            note = wanted.get(key)
            if note is None:
                self._off(key, tick)
            else:
                self._sounding[key] = Sounding(note.end, sounding.start, bar.version)
        self._chase(bar, tick)
        for key, note in wanted.items():
            if key not in self._sounding and note.channel != DRUM_CHANNEL and note.end - tick >= SHORTEST_HELD:
                self._on(note, bar.version, tick)

    def _chase(self, bar: LiveBar, tick: int) -> None:
        """Controls as they would stand had this bar's music played all along; a pedal that was down is lifted first."""
        wanted = {control_kind(message): message for message in bar.state}
        wanted |= {control_kind(message): message for at, message in bar.controls if at < tick}
        for (status, number), message in list(self._state.items()):
            if number == SUSTAIN and message[2] >= 64:
                self._control(bytes([status, SUSTAIN, 0]), tick)
        for kind, message in wanted.items():
            if kind[1] == SUSTAIN and message[2] >= 64:
                self._push(tick + REPEDAL_TICKS, CONTROL, self._generation.get(bar.start, 0), message, bar.start)
            elif self._state.get(kind) != message:
                self._control(message, tick)

    # --- messages ----------------------------------------------------------------

    def _on(self, note: LiveNote, version: int, tick: int) -> None:
        key = (note.channel, note.pitch)
        sounding = self._sounding.get(key)
        if sounding is not None:
            if note.start - sounding.start <= 2 * EARLY_TICKS and sounding.version != version:
                self._sounding[key] = Sounding(note.end, sounding.start, version)  # the old version has just struck it
                return
            self._off(key, self.position)
        self.send(bytes([0x90 | note.channel, note.pitch, note.velocity]), tick)
        self._sounding[key] = Sounding(max(note.end, self.position + 1), note.start, version)

    def _off(self, key: tuple[int, int], tick: int) -> None:
        self._sounding.pop(key, None)
        self.send(bytes([0x80 | key[0], key[1], 64]), tick)

    def _control(self, message: bytes, tick: int) -> None:
        self._state[control_kind(message)] = message
        self.send(message, tick)

    def _end_all(self, tick: int) -> None:
        for key in list(self._sounding):
            self._off(key, tick)
        for (status, number), message in list(self._state.items()):
            if number == SUSTAIN and message[2] > 0:
                self._control(bytes([status, SUSTAIN, 0]), tick)

    def silence(self) -> None:
        """End everything that sounds, lift the pedals, and say all-notes-off (CC 123) on every channel that was used."""
        channels = {channel for channel, _ in self._sounding} | {status & 15 for status, _ in self._state}
        self._end_all(self.position)
        for channel in sorted(channels):
            self.send(bytes([0xB0 | channel, 123, 0]), self.position)

    def locate(self, tick: int) -> None:
        """Be at `tick`: silence, and nothing queued but what bars already here say from there on."""
        self.silence()
        self.position, self._next_clock = tick, -(-tick // CLOCK_TICKS) * CLOCK_TICKS
        self._queue.clear()
        self.bar, self.finished, self.repeats = None, False, 0
        bars = [bar for bar in self._bars.values() if bar.end > tick]
        self._bars.clear()
        for bar in sorted(bars, key=lambda bar: bar.start):
            self._bars[bar.start] = bar
            self._load(bar, max(bar.start, tick))

    @property
    def ready(self) -> bool:
        """True where the bar at the position is here."""
        return any(start <= self.position < bar.end for start, bar in self._bars.items())

    @property
    def sounding(self) -> int:
        """How many notes sound."""
        return len(self._sounding)
