"""One channel's messages -> notes by instrument and the controls that shape them."""

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass

DRUM_CHANNEL = 9
DRUM_BANKS = (120, 127)
"""Bank MSBs that mean a drum kit: General MIDI 2 and XG."""
MELODIC_BANK = 121
"""The bank MSB that makes channel 10 melodic: General MIDI 2."""

BANK_MSB, DATA_MSB, BANK_LSB, DATA_LSB, PEDAL = 0, 6, 32, 38, 64
NRPN, RPN_LSB, RPN_MSB, SOUND_OFF, RESET, NOTES_OFF = (98, 99), 100, 101, 120, 121, 123
DATA_STEPS = (96, 97)
RESET_VALUES = {1: 0, 11: 127, 64: 0, 66: 0, 67: 0}
"""What reset-all-controllers (RP-015) sets, where it differs from the value in force."""

Message = tuple[int, int, int, int]
Instrument = tuple[int, int, bool]
"""Bank 0..16383, program 0..127, drums."""
Sounded = tuple[int, int, int, int, Instrument]
"""Start, end, pitch, velocity, instrument."""


@dataclass(frozen=True, slots=True)
class Stream:
    """The messages of one chunk on one channel, (tick, status, data1, data2), in order.

    end: tick where notes end that nobody ended.
    """

    channel: int
    messages: list[Message]
    end: int


@dataclass(frozen=True, slots=True)
class Performance:
    """What one instrument plays.

    notes: sorted, end >= start.  controls: (tick, kind, number, value) as in `music.score.Control`;
    one list for all performances of a channel.  bend_range: semitones.
    """

    instrument: Instrument
    notes: list[Sounded]
    controls: list[tuple[int, str, int, int]]
    bend_range: float


def walk_channel(stream: Stream) -> list[Performance]:
    """Follow a channel through its messages; one performance for each bank and program that sounds, in order of entry."""
    channel = _Channel(stream.channel)
    for tick, status, one, two in stream.messages:
        kind = status >> 4
        if kind == 9 and two:
            channel.keys[one].append((tick, two, channel.instrument))
        elif kind <= 9:
            channel.keys[one].append((tick, 0, channel.instrument))
        else:
            channel.other(tick, kind, one, two)
    notes: dict[Instrument, list[Sounded]] = {}
    sounded = [(tick, end, pitch, velocity, instrument) for pitch, key in channel.keys.items()
               for tick, end, velocity, instrument in _pair(key, stream.end)]  # fmt: skip
    sounded.sort()
    for note in sounded:
        notes.setdefault(note[4], []).append(note)
    bend_range, controls = channel.finished_controls()
    return [Performance(instrument, played, controls, bend_range) for instrument, played in notes.items()]


class _Channel:
    """The state of a channel: what instrument is selected, and what its controls stand at."""

    def __init__(self, number: int) -> None:
        self.drums = number == DRUM_CHANNEL
        self.instrument: Instrument = (0, 0, self.drums)
        self.keys: dict[int, list[tuple[int, int, Instrument]]] = defaultdict(list)
        self.controls: list[tuple[int, str, int, int]] = []
        self.values: dict[int, int] = {}
        self.bend = self.pressure = 0
        self.bank = [0, 0]
        self.parameter: list[int] | None = [127, 127]
        self.range = [2, 0]
        self.ranges: list[float] = []

    @property
    def bend_range(self) -> float:
        """Semitones of full bend: data entry's coarse part and hundredths."""
        return (100 * self.range[0] + self.range[1]) / 100

    def other(self, tick: int, kind: int, one: int, two: int) -> None:
        """Everything but notes; `kind` is the status' high nibble."""
        if kind == 0xB:
            self.control(tick, one, two)
        elif kind == 0xC:
            drums = self.bank[0] in DRUM_BANKS or (self.drums and self.bank[0] != MELODIC_BANK)
            self.instrument = (self.bank[0] << 7 | self.bank[1], one, drums)
        elif kind == 0xD:
            self.pressure = one
            self.controls.append((tick, "pressure", 0, one))
        elif kind == 0xE:
            self.set_bend(tick, (two << 7 | one) - 8192)

    def set_bend(self, tick: int, value: int) -> None:
        """Note the bend with the range it was made in."""
        self.bend = value
        self.ranges.append(self.bend_range)
        self.controls.append((tick, "bend", 0, value))

    def control(self, tick: int, number: int, value: int) -> None:
        """A control change: banks, parameters and channel modes take effect here, the others are kept."""
        if number in (BANK_MSB, BANK_LSB):
            self.bank[number == BANK_LSB] = value
        elif number in (RPN_MSB, RPN_LSB):
            self.parameter = self.parameter or [127, 127]
            self.parameter[number == RPN_LSB] = value
        elif number in NRPN:
            self.parameter = None
        elif number in (DATA_MSB, DATA_LSB):
            if self.parameter == [0, 0]:
                self.range[number == DATA_LSB] = value
        elif number in DATA_STEPS:
            pass
        elif number == RESET:
            self.reset(tick)
        elif number in (SOUND_OFF, NOTES_OFF):
            for key in self.keys.values():
                key.append((tick, -1, self.instrument))
        else:
            self.values[number] = value
            self.controls.append((tick, "cc", number, value))

    def reset(self, tick: int) -> None:
        """Spell out a reset, for players that do not know it."""
        for number, value in RESET_VALUES.items():
            if self.values.get(number, value) != value:
                self.control(tick, number, value)
        if self.bend:
            self.set_bend(tick, 0)
        if self.pressure:
            self.other(tick, 0xD, 0, 0)
        self.parameter = [127, 127]

    def finished_controls(self) -> tuple[float, list[tuple[int, str, int, int]]]:
        """One bend range for the whole song, the largest that was used, and all controls with the bends scaled to it."""
        bends = [(value, span) for (_, kind, _, value), span in zip(
            (control for control in self.controls if control[1] == "bend"), self.ranges, strict=True)]  # fmt: skip
        used = [span for value, span in bends if value]
        largest = max(used, default=self.bend_range)
        if not used or min(used) == largest:
            return largest, self.controls
        spans = iter(self.ranges)
        scaled = []
        for tick, kind, number, value in self.controls:
            if kind == "bend":
                value = round(value * next(spans) / largest)
            scaled.append((tick, kind, number, value))
        return largest, scaled


def _pair(key: list[tuple[int, int, Instrument]], end: int) -> Iterator[tuple[int, int, int, Instrument]]:
    """Notes of one key, as (start, end, velocity, instrument), from its (tick, velocity, instrument); 0 is an off, -1 all off.

    Where every on has its off, the first on takes the first off, so that unisons of two voices keep their lengths.
    Where not, a note ends at the first off, at the next on of its key as on a synthesizer, or with its track:
    one lost off must not displace all that follow.
    """
    balanced = _is_balanced(key)
    sounding: deque[tuple[int, int, Instrument]] = deque()
    for tick, velocity, instrument in key:
        if velocity > 0:
            if sounding and not balanced:
                start, loudness, player = sounding.popleft()
                if start == tick:
                    velocity = max(velocity, loudness)
                else:
                    yield start, tick, loudness, player
            sounding.append((tick, velocity, instrument))
            continue
        for _ in range(len(sounding) if velocity < 0 else min(1, len(sounding))):
            start, loudness, player = sounding.popleft()
            yield start, tick, loudness, player
    for start, loudness, player in sounding:
        yield start, max(start, end), loudness, player


def _is_balanced(key: list[tuple[int, int, Instrument]]) -> bool:
    depth = 0
    for _, velocity, _ in key:
        depth = 0 if velocity < 0 else depth + (1 if velocity else -1)
        if depth < 0:
            return False
    return depth == 0
