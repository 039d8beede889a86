"""What all tracks of a MIDI file share: time division, tempo, meter and key.

A meta event is (tick, type, payload, byte offset), its tick already ours.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from daiw.errors import FileFormatError, TheoryError
from daiw.files.midi_events import KEY, METER, TEMPO, TEXT
from daiw.files.midi_names import decode_text
from daiw.music.pitch import Key, PitchClass
from daiw.music.time import TICKS_PER_QUARTER, Meter, Tempo, TempoMap

KEY_TEXT = "Key: "
"""How a text event begins that names the mode of the key signature beside it."""

Metas = Sequence[tuple[int, int, bytes, int]]
T = TypeVar("T")


def rescaler(division: int) -> tuple[Callable[[int], int], bool]:
    """A function from the file's ticks to ours, and whether the file counts in seconds (SMPTE), where tempo has no say."""
    if division & 0x8000:
        frames, ticks = 256 - (division >> 8), division & 0xFF
        if frames not in (24, 25, 29, 30) or ticks == 0:
            raise FileFormatError(f"byte 12: time division {division:#06x} is no SMPTE format; export with ticks per quarter note")
        # 120 bpm by definition: 960 ticks of ours a second; "29" is 30000/1001 frames a second.
        upper, lower = (960 * 1001, 30000 * ticks) if frames == 29 else (960, frames * ticks)
    elif division == 0:
        raise FileFormatError("byte 12: the time division is 0 ticks per quarter note; export the file again")
    else:
        upper, lower = TICKS_PER_QUARTER, division
    if upper == lower:
        return lambda tick: tick, bool(division & 0x8000)
    return lambda tick: (2 * tick * upper + lower) // (2 * lower), bool(division & 0x8000)


def read_tempos(metas: Metas) -> TempoMap:
    """The last tempo of each tick; a tempo of 0 is refused, as nothing could be scheduled after it."""
    changes = {0: 120.0}
    for tick, kind, payload, at in metas:
        if kind != TEMPO:
            continue
        if len(payload) != 3 or payload == b"\0\0\0":
            raise FileFormatError(
                f"byte {at}: a tempo of {payload.hex() or 'nothing'}; a tempo is three bytes over 0. Set it anew and export again"
            )
        changes[tick] = _bpm(int.from_bytes(payload, "big"))
    return TempoMap(tuple(Tempo(tick, bpm) for tick, bpm in without_repeats(changes.items())))


def _bpm(microseconds: int) -> float:
    """The roundest bpm, to three decimals, that is written as these microseconds a quarter.

    >>> _bpm(652174), _bpm(600000)
    (92.0, 100.0)
    """
    exact = 60e6 / microseconds
    for decimals in range(4):
        if (bpm := round(exact, decimals)) and round(60e6 / bpm) == microseconds:
            return bpm
    return exact


def read_meters(metas: Metas) -> tuple[tuple[int, Meter], ...]:
    """The meters that exist; impossible ones are passed over, as players do."""
    meters = {0: Meter(4, 4)}
    for tick, kind, payload, _ in metas:
        if kind == METER and len(payload) >= 2 and 1 <= payload[0] <= 64 and payload[1] <= 6:
            meters[tick] = Meter(payload[0], 2 ** payload[1])
    return tuple(without_repeats(meters.items()))


def read_keys(chunks: Iterable[Metas]) -> tuple[tuple[int, Key], ...]:
    """Key signatures of the first chunk that has any: in a score, transposing instruments differ.  The first holds from tick 0.

    A text "Key: D dorian" at the same tick, as we write it, tells the mode that the signature cannot.
    """
    for metas in chunks:
        keys: dict[int, Key] = {}
        named = {tick: decode_text(payload) for tick, kind, payload, _ in metas if kind == TEXT}
        for tick, kind, payload, _ in metas:
            if kind == KEY and len(payload) >= 2 and (key := _key(payload, named.get(tick, ""))):
                keys[tick if keys else 0] = key
        if keys:
            return tuple(without_repeats(sorted(keys.items())))
    return ()


def _key(payload: bytes, text: str) -> Key | None:
    """The key of a signature (sf, mi), None for an impossible one."""
    fifths, minor = (payload[0] + 128) % 256 - 128, payload[1]
    if not -7 <= fifths <= 7 or minor > 1:
        return None
    if text.startswith(KEY_TEXT):
        try:
            key = Key.parse(text.removeprefix(KEY_TEXT))
        except TheoryError:
            pass
        else:
            if (key.signature - fifths) % 12 == 0 and key.minor_third == bool(minor):
                return key
    return Key(PitchClass.from_fifths(fifths + 3 * minor), "minor" if minor else "major")


def without_repeats(items: Iterable[tuple[int, T]]) -> list[tuple[int, T]]:
    """Without entries that repeat the value before them."""
    kept: list[tuple[int, T]] = []
    for tick, value in items:
        if not kept or kept[-1][1] != value:
            kept.append((tick, value))
    return kept
