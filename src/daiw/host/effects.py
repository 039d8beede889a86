"""The built-in effects: one table says which there are, what each setting is called, its range and its value where none is given.

The engines are pedalboard's classes and our own `colour` functions.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from daiw.errors import PluginError
from daiw.host import colour
from daiw.music.manifest import Insert, Manifest, Value

_TAIL_DB = -72.0
BYPASS = "bypass"


@dataclass(frozen=True, slots=True)
class Setting:
    """Lowest, highest and usual value.  to: the engine's own name for it where that differs."""

    low: float
    high: float
    usual: float
    to: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """engine: a pedalboard class by name, or a function of `colour`.  fixed: arguments that the name of the effect implies.

    steady: it adds no sides, noise or motion of its own and forgets within two seconds, or two of its releases (JUCE's cover 99.8 % in
    one): one channel in is one channel out, and what it makes of a stretch does not depend on what sounded before a long silence.
    """

    engine: str | Callable[..., colour.Sound]
    settings: dict[str, Setting]
    fixed: dict[str, str] = field(default_factory=dict)
    ring_s: Callable[[dict[str, float]], float] = lambda _: 0.0
    steady: bool = False


def _echo_s(settings: dict[str, float]) -> float:
    """Until a repeating delay has fallen by 72 dB."""
    feedback = settings["feedback"]
    repeats = 1.0 if feedback <= 0.01 else min(40.0, _TAIL_DB / (20.0 * np.log10(feedback)))
    return settings["delay_s"] * (repeats + 1.0)


_CUTOFF = Setting(20.0, 20_000.0, 1000.0, "cutoff_frequency_hz")
_SHELF = {"cutoff_hz": _CUTOFF, "gain_db": Setting(-24.0, 24.0, 0.0), "q": Setting(0.1, 12.0, 0.707)}
_LADDER = {"cutoff_hz": Setting(20.0, 20_000.0, 1000.0), "resonance": Setting(0.0, 1.0, 0.0), "drive": Setting(1.0, 20.0, 1.0)}
_MIX = Setting(0.0, 1.0, 0.5)

EFFECTS: dict[str, Effect] = {
    "gain": Effect("Gain", {"gain_db": Setting(-60.0, 24.0, 0.0)}, steady=True),
    "highpass": Effect("HighpassFilter", {"cutoff_hz": _CUTOFF}, steady=True),
    "lowpass": Effect("LowpassFilter", {"cutoff_hz": _CUTOFF}, steady=True),
    "high_shelf": Effect("HighShelfFilter", _SHELF, steady=True),
    "low_shelf": Effect("LowShelfFilter", _SHELF, steady=True),
    "peak": Effect("PeakFilter", _SHELF, steady=True),
    "ladder_lowpass": Effect("LadderFilter", _LADDER, {"mode": "LPF24"}, steady=True),
    "ladder_highpass": Effect("LadderFilter", _LADDER, {"mode": "HPF24"}, steady=True),
    "ladder_bandpass": Effect("LadderFilter", _LADDER, {"mode": "BPF24"}, steady=True),
    "compressor": Effect(
        "Compressor",
        {
            "threshold_db": Setting(-60.0, 0.0, -18.0),
            "ratio": Setting(1.0, 20.0, 3.0),
            "attack_ms": Setting(0.1, 200.0, 10.0),
            "release_ms": Setting(5.0, 2000.0, 120.0),
        },
        steady=True,
    ),
    "limiter": Effect("Limiter", {"threshold_db": Setting(-40.0, 0.0, -1.0), "release_ms": Setting(5.0, 2000.0, 100.0)}, steady=True),
    "noise_gate": Effect(
        "NoiseGate",
        {
            "threshold_db": Setting(-100.0, 0.0, -60.0),
            "ratio": Setting(1.0, 20.0, 10.0),
            "attack_ms": Setting(0.1, 200.0, 1.0),
            "release_ms": Setting(5.0, 2000.0, 100.0),
        },
    ),
    "clipping": Effect("Clipping", {"threshold_db": Setting(-40.0, 0.0, -6.0)}, steady=True),
    "distortion": Effect("Distortion", {"drive_db": Setting(0.0, 60.0, 12.0)}, steady=True),
    "bitcrush": Effect("Bitcrush", {"bit_depth": Setting(2.0, 24.0, 12.0)}),
    "resample": Effect("Resample", {"rate_hz": Setting(2000.0, 48_000.0, 16_000.0, "target_sample_rate")}, {"quality": "Linear"}),
    "chorus": Effect(
        "Chorus",
        {
            "rate_hz": Setting(0.01, 20.0, 0.8),
            "depth": Setting(0.0, 1.0, 0.25),
            "centre_delay_ms": Setting(1.0, 50.0, 7.0),
            "feedback": Setting(-0.95, 0.95, 0.0),
            "mix": _MIX,
        },
        ring_s=lambda _: 0.1,
    ),
    "phaser": Effect(
        "Phaser",
        {
            "rate_hz": Setting(0.01, 20.0, 0.5),
            "depth": Setting(0.0, 1.0, 0.5),
            "centre_hz": Setting(50.0, 10_000.0, 1300.0, "centre_frequency_hz"),
            "feedback": Setting(-0.95, 0.95, 0.0),
            "mix": _MIX,
        },
    ),
    "delay": Effect(
        "Delay",
        {"delay_s": Setting(0.001, 4.0, 0.3, "delay_seconds"), "feedback": Setting(0.0, 0.95, 0.3), "mix": Setting(0.0, 1.0, 0.25)},
        ring_s=_echo_s,
    ),
    "reverb": Effect(
        "Reverb",
        {
            "room_size": Setting(0.0, 1.0, 0.4),
            "damping": Setting(0.0, 1.0, 0.5),
            "wet": Setting(0.0, 1.0, 0.2, "wet_level"),
            "dry": Setting(0.0, 1.0, 0.8, "dry_level"),
            "width": Setting(0.0, 1.0, 1.0),
        },
        ring_s=lambda settings: 1.0 + 5.0 * settings["room_size"],
    ),
    "ensemble": Effect(
        colour.ensemble, {"rate_hz": Setting(0.05, 8.0, 0.6), "depth_ms": Setting(0.0, 8.0, 2.0), "mix": _MIX}, ring_s=lambda _: 0.05
    ),
    "tremolo": Effect(
        colour.tremolo, {"rate_hz": Setting(0.05, 20.0, 5.0), "depth": Setting(0.0, 1.0, 0.4), "stereo": Setting(0.0, 1.0, 0.0)}
    ),
    "tape": Effect(
        colour.tape,
        {
            "wow_cents": Setting(0.0, 100.0, 6.0),
            "flutter_cents": Setting(0.0, 50.0, 2.0),
            "drive_db": Setting(-24.0, 24.0, 0.0),
            "hiss_db": Setting(-120.0, -30.0, -120.0),
            "cutoff_hz": Setting(500.0, 20_000.0, 12_000.0),
        },
    ),
    "deesser": Effect(
        colour.deess,
        {
            "split_hz": Setting(2500.0, 12_000.0, 5500.0),
            "threshold_db": Setting(-30.0, 0.0, -6.0),
            "most_db": Setting(0.0, 18.0, 7.0),
        },
        steady=True,
    ),
    "vinyl": Effect(
        colour.vinyl,
        {"crackle_db": Setting(-90.0, -20.0, -50.0), "per_second": Setting(0.0, 50.0, 6.0), "rumble_db": Setting(-120.0, -30.0, -70.0)},
    ),
}


def settings_of(insert: Insert, where: str, effects: Mapping[str, Manifest] | None = None) -> dict[str, float]:
    """Every setting of an insert, the usual value where none is given; raises PluginError with the valid names or range."""
    if insert.effect not in EFFECTS:
        names = sorted({*EFFECTS, *(name for name, manifest in (effects or {}).items() if manifest.kind == "effect")})
        near = difflib.get_close_matches(insert.effect, names, n=1)
        offer = f"did you mean {near[0]!r}? " if near else ""
        raise PluginError(f"{where}: no effect named {insert.effect!r}; {offer}effects are {', '.join(names)}")
    known = EFFECTS[insert.effect].settings
    if unknown := sorted(set(insert.params) - set(known)):
        raise PluginError(f"{where}: {insert.effect} has no setting {unknown[0]!r}; settings are {', '.join(known)}")
    for name, value in insert.params.items():
        _check_setting(insert, name, value, where)
    return {name: float(insert.params.get(name, setting.usual)) for name, setting in known.items()}


def check_automation(insert: Insert, where: str) -> None:
    """Raise PluginError where a built-in effect's automation names no setting, leaves its range, or cannot move."""
    effect = EFFECTS[insert.effect]
    for name, wish in insert.automation.items():
        if not isinstance(effect.engine, str):
            raise PluginError(f"{where}: {insert.effect} takes no automation; use an effect such as lowpass, gain, delay or reverb")
        if name not in effect.settings:
            raise PluginError(f"{where}: {insert.effect} has no setting {name!r}; settings are {', '.join(effect.settings)}")
        for value in (wish.low, wish.high):
            _check_setting(insert, name, value, where)


def _check_setting(insert: Insert, name: str, value: Value, where: str) -> None:
    setting = EFFECTS[insert.effect].settings[name]
    if isinstance(value, str | bool):
        raise PluginError(f"{where}: {insert.effect}.{name} must be a number, not {value!r}")
    if not setting.low <= value <= setting.high:
        raise PluginError(f"{where}: {insert.effect}.{name} must be {setting.low:g}..{setting.high:g}, not {value:g}")
