"""Insert chains: effects by name, with settings by name, from manifests and presets.

One table, `EFFECTS`, says which effects there are, what each setting is called, its range and its value where none is given.
The engines are pedalboard's classes and our own `colour` functions; a name or setting that the table lacks is a PluginError.
"""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from daiw.errors import PluginError
from daiw.host import colour
from daiw.music.audio import Audio
from daiw.music.manifest import Insert

_TAIL_DB = -72.0


@dataclass(frozen=True, slots=True)
class Setting:
    """Lowest, highest and usual value.  to: the engine's own name for it where that differs."""

    low: float
    high: float
    usual: float
    to: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """engine: a pedalboard class by name, or a function of `colour`.  fixed: arguments that the name of the effect implies."""

    engine: str | Callable[..., colour.Sound]
    settings: dict[str, Setting]
    fixed: dict[str, str] = field(default_factory=dict)
    ring_s: Callable[[dict[str, float]], float] = lambda _: 0.0


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
    "gain": Effect("Gain", {"gain_db": Setting(-60.0, 24.0, 0.0)}),
    "highpass": Effect("HighpassFilter", {"cutoff_hz": _CUTOFF}),
    "lowpass": Effect("LowpassFilter", {"cutoff_hz": _CUTOFF}),
    "high_shelf": Effect("HighShelfFilter", _SHELF),
    "low_shelf": Effect("LowShelfFilter", _SHELF),
    "peak": Effect("PeakFilter", _SHELF),
    "ladder_lowpass": Effect("LadderFilter", _LADDER, {"mode": "LPF24"}),
    "ladder_highpass": Effect("LadderFilter", _LADDER, {"mode": "HPF24"}),
    "ladder_bandpass": Effect("LadderFilter", _LADDER, {"mode": "BPF24"}),
    "compressor": Effect(
        "Compressor",
        {
            "threshold_db": Setting(-60.0, 0.0, -18.0),
            "ratio": Setting(1.0, 20.0, 3.0),
            "attack_ms": Setting(0.1, 200.0, 10.0),
            "release_ms": Setting(5.0, 2000.0, 120.0),
        },
    ),
    "limiter": Effect("Limiter", {"threshold_db": Setting(-40.0, 0.0, -1.0), "release_ms": Setting(5.0, 2000.0, 100.0)}),
    "noise_gate": Effect(
        "NoiseGate",
        {
            "threshold_db": Setting(-100.0, 0.0, -60.0),
            "ratio": Setting(1.0, 20.0, 10.0),
            "attack_ms": Setting(0.1, 200.0, 1.0),
            "release_ms": Setting(5.0, 2000.0, 100.0),
        },
    ),
    "clipping": Effect("Clipping", {"threshold_db": Setting(-40.0, 0.0, -6.0)}),
    "distortion": Effect("Distortion", {"drive_db": Setting(0.0, 60.0, 12.0)}),
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
    "vinyl": Effect(
        colour.vinyl,
        {"crackle_db": Setting(-90.0, -20.0, -50.0), "per_second": Setting(0.0, 50.0, 6.0), "rumble_db": Setting(-120.0, -30.0, -70.0)},
    ),
}


@dataclass(frozen=True, slots=True)
class Chain:
    """Inserts in order, as one effect on stereo sound; the same input gives the same output.

    Delays and reverbs ring out: the result may be longer than what went in, never shorter.  where: who declared it, for messages.
    Raises PluginError on an effect or a setting that does not exist or lies out of range.
    """

    inserts: tuple[Insert, ...]
    where: str = "chain"

    def __post_init__(self) -> None:
        for insert in self.inserts:
            settings_of(insert, self.where)

    def __call__(self, audio: Audio) -> Audio:
        """The processed sound, (2, frames or more)."""
        samples, rate = audio.samples, audio.sample_rate
        resolved = [(EFFECTS[insert.effect], settings_of(insert, self.where)) for insert in self.inserts]
        ring_s = sum(effect.ring_s(settings) for effect, settings in resolved)
        if ring_s:
            samples = np.pad(samples, ((0, 0), (0, round(ring_s * rate))))
        for run in _runs(resolved):
            samples = _board(run, samples, rate) if isinstance(run[0][0].engine, str) else _own(run[0], samples, rate)
        return Audio(_trimmed(samples, audio.frames), rate) if ring_s else Audio(samples, rate)


def settings_of(insert: Insert, where: str) -> dict[str, float]:
    """Every setting of an insert, the usual value where none is given; raises PluginError with the valid names or range."""
    if insert.effect not in EFFECTS:
        near = difflib.get_close_matches(insert.effect, EFFECTS, n=1)
        offer = f"did you mean {near[0]!r}? " if near else ""
        raise PluginError(f"{where}: no effect named {insert.effect!r}; {offer}effects are {', '.join(sorted(EFFECTS))}")
    known = EFFECTS[insert.effect].settings
    if unknown := sorted(set(insert.params) - set(known)):
        raise PluginError(f"{where}: {insert.effect} has no setting {unknown[0]!r}; settings are {', '.join(known)}")
    for name, value in insert.params.items():
        if not known[name].low <= value <= known[name].high:
            raise PluginError(f"{where}: {insert.effect}.{name} must be {known[name].low:g}..{known[name].high:g}, not {value:g}")
    return {name: float(insert.params.get(name, setting.usual)) for name, setting in known.items()}


Resolved = tuple[Effect, dict[str, float]]


def _runs(resolved: Sequence[Resolved]) -> list[list[Resolved]]:
    """Neighbours that pedalboard can process in one go, together; our own effects alone."""
    runs: list[list[Resolved]] = []
    for item in resolved:
        if runs and isinstance(item[0].engine, str) and isinstance(runs[-1][-1][0].engine, str):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _board(run: Sequence[Resolved], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    import pedalboard

    plugins: list[Any] = []
    for effect, settings in run:
        make = getattr(pedalboard, str(effect.engine))
        arguments: dict[str, Any] = {effect.settings[name].to or name: value for name, value in settings.items()}
        plugins.append(make(**arguments, **{name: getattr(getattr(make, name.title()), value) for name, value in effect.fixed.items()}))
    result: colour.Sound = pedalboard.Pedalboard(plugins)(samples, sample_rate)  # type: ignore[attr-defined]
    return result


def _own(item: Resolved, samples: colour.Sound, sample_rate: int) -> colour.Sound:
    effect, settings = item
    assert callable(effect.engine)
    return effect.engine(samples, sample_rate, **settings)


def _trimmed(samples: colour.Sound, least: int) -> colour.Sound:
    """Without the silence at its end (below -100 dBFS), but at least `least` frames."""
    loud = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-5)
    return samples[:, : max(least, int(loud[-1]) + 1 if len(loud) else 0)]
