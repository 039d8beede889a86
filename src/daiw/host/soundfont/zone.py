"""From the hydra to zones: which samples a key and velocity sound, and every generator that applies to them.

Specification sections 7 and 9.4: an instrument's generators replace the defaults, a preset's are added to them, a first zone without
sample or instrument is global to its level.  Deviation: modulators stored in the file are not read (in the two fonts measured
they only switch default ones off); the default modulators for volume, expression, pan, bend and modulation are applied by
the player, velocity to filter is not, as in FluidSynth.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daiw.host.soundfont.font import Font, Table

DRUM_BANK = 128
_KEY_RANGE, _VELOCITY_RANGE, _INSTRUMENT, _SAMPLE_ID = 43, 44, 41, 53
_RANGES = (_KEY_RANGE, _VELOCITY_RANGE)

_NAMED = {
    "start_fine": (0, 0),
    "end_fine": (1, 0),
    "loop_start_fine": (2, 0),
    "loop_end_fine": (3, 0),
    "start_coarse": (4, 0),
    "mod_lfo_to_pitch": (5, 0),
    "vib_lfo_to_pitch": (6, 0),
    "mod_env_to_pitch": (7, 0),
    "filter_cutoff": (8, 13500),
    "filter_q": (9, 0),
    "mod_lfo_to_filter": (10, 0),
    "mod_env_to_filter": (11, 0),
    "end_coarse": (12, 0),
    "mod_lfo_to_volume": (13, 0),
    "pan": (17, 0),
    "mod_lfo_delay": (21, -12000),
    "mod_lfo_rate": (22, 0),
    "vib_lfo_delay": (23, -12000),
    "vib_lfo_rate": (24, 0),
    "mod_delay": (25, -12000),
    "mod_attack": (26, -12000),
    "mod_hold": (27, -12000),
    "mod_decay": (28, -12000),
    "mod_sustain": (29, 0),
    "mod_release": (30, -12000),
    "key_to_mod_hold": (31, 0),
    "key_to_mod_decay": (32, 0),
    "delay": (33, -12000),
    "attack": (34, -12000),
    "hold": (35, -12000),
    "decay": (36, -12000),
    "sustain": (37, 0),
    "release": (38, -12000),
    "key_to_hold": (39, 0),
    "key_to_decay": (40, 0),
    "loop_start_coarse": (45, 0),
    "fixed_key": (46, -1),
    "fixed_velocity": (47, -1),
    "attenuation": (48, 0),
    "loop_end_coarse": (50, 0),
    "coarse_tune": (51, 0),
    "fine_tune": (52, 0),
    "sample_modes": (54, 0),
    "scale_tuning": (56, 100),
    "exclusive_class": (57, 0),
    "root_key": (58, -1),
}
_NAME_OF = {number: name for name, (number, _) in _NAMED.items()}
_DEFAULTS = {name: default for name, (_, default) in _NAMED.items()}
_INSTRUMENT_ONLY = {
    name
    for name in _NAMED
    if name.endswith(("_fine", "_coarse")) or name in ("fixed_key", "fixed_velocity", "sample_modes", "exclusive_class", "root_key")
}
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """One sample under one set of generators.

    keys, velocities: both ends included.  wave: the sample's frames.  loop: start and end in them, or None.  rate: Hz.
    root: MIDI pitch at which `rate` holds, cents of correction included.  generators: by name, in the specification's units.
    """

    keys: Span
    velocities: Span
    wave: NDArray[np.int16]
    loop: Span | None
    rate: float
    root: float
    generators: dict[str, int]


@lru_cache(maxsize=256)
def zones_of(font: Font, bank: int, program: int) -> tuple[Zone, ...]:
    """The zones of a preset; where the font lacks it, the bank falls to 0, a kit to kit 0, and an unknown program has no zones."""
    presets = font.tables[b"phdr"][:-1]
    drums = bank == DRUM_BANK
    for wanted_bank, wanted in (
        (bank, program),
        (bank, program & ~7 if drums else program),
        (DRUM_BANK if drums else 0, 0 if drums else program),
    ):
        hit = np.flatnonzero((presets["bank"] == wanted_bank) & (presets["program"] == wanted))
        if len(hit):
            return _preset_zones(font, int(hit[0]))
    return ()


def _preset_zones(font: Font, preset: int) -> tuple[Zone, ...]:
    zones = []
    for span, added, instrument in _level(font, b"p", preset, _INSTRUMENT):
        for inner, own, sample in _level(font, b"i", instrument, _SAMPLE_ID):
            keys, velocities = (_overlap(span[kind], inner[kind]) for kind in _RANGES)
            if keys and velocities:
                values = _DEFAULTS | own
                values |= {name: values[name] + amount for name, amount in added.items() if name not in _INSTRUMENT_ONLY}
                if (zone := _zone(font, keys, velocities, sample, values)) is not None:
                    zones.append(zone)
    return tuple(zones)


def _level(font: Font, letter: bytes, index: int, link: int) -> list[tuple[dict[int, Span], dict[str, int], int]]:
    """The zones of one preset ("p") or instrument ("i"): ranges, generators with the global zone's beneath, and what they link to."""
    heads = font.tables[{b"p": b"phdr", b"i": b"inst"}[letter]]
    bags, generators = font.tables[letter + b"bag"], font.tables[letter + b"gen"]
    if index + 1 >= len(heads):
        return []
    shared_span: dict[int, Span] = dict.fromkeys(_RANGES, (0, 127))
    shared: dict[str, int] = {}
    result = []
    first, end = int(heads["bag"][index]), min(int(heads["bag"][index + 1]), len(bags) - 1)
    for bag in range(first, end):
        rows = generators[int(bags["generator"][bag]) : int(bags["generator"][bag + 1])]
        span, values, target = _read(rows, link)
        if target is None and bag == first:
            shared_span, shared = shared_span | span, values
        elif target is not None:
            result.append((shared_span | span, shared | values, target))
    return result


def _read(rows: Table, link: int) -> tuple[dict[int, Span], dict[str, int], int | None]:
    span: dict[int, Span] = {}
    values: dict[str, int] = {}
    target = None
    for kind, amount in zip(rows["kind"].tolist(), rows["amount"].tolist(), strict=True):
        if kind in _RANGES:
            span[kind] = (amount & 0xFF, amount >> 8 & 0xFF)
        elif kind == link:
            target = amount & 0xFFFF
        elif kind in _NAME_OF:
            values[_NAME_OF[kind]] = amount
    return span, values, target


def _overlap(a: Span, b: Span) -> Span | None:
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return (low, high) if low <= high else None


def _zone(font: Font, keys: Span, velocities: Span, sample: int, values: dict[str, int]) -> Zone | None:
    """None where the sample lies outside the file: a damaged zone stays silent, the rest of the font plays."""
    heads = font.tables[b"shdr"]
    if sample >= len(heads) - 1:
        return None
    head = heads[sample]
    start = int(head["start"]) + values["start_fine"] + 32768 * values["start_coarse"]
    end = int(head["end"]) + values["end_fine"] + 32768 * values["end_coarse"]
    loop = (
        int(head["loop_start"]) + values["loop_start_fine"] + 32768 * values["loop_start_coarse"] - start,
        int(head["loop_end"]) + values["loop_end_fine"] + 32768 * values["loop_end_coarse"] - start,
    )
    if not 0 <= start < end <= len(font.wave) or head["rate"] == 0:
        return None
    looped = values["sample_modes"] & 1 and loop[0] >= 0 and loop[0] + 2 <= loop[1] <= end - start
    root = values["root_key"] if values["root_key"] >= 0 else int(head["pitch"])
    return Zone(
        keys=keys,
        velocities=velocities,
        wave=font.wave[start:end],
        loop=loop if looped else None,
        rate=float(head["rate"]),
        root=(root if root <= 127 else 60) - int(head["correction"]) / 100.0,
        generators=values,
    )
