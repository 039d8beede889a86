"""Insert chains: effects by name, with settings by name, from manifests and presets.

One table, `EFFECTS`, says which effects there are, what each setting is called, its range and its value where none is given.
The engines are pedalboard's classes, our own `colour` functions and, by "vst3:NAME" or a manifest's name, plugins that are not ours; a
name or setting that does not exist is a PluginError.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from daiw.dsp.stereo import spread
from daiw.errors import PluginError, PluginFault
from daiw.host import colour
from daiw.host.external.sound import ExternalEffect
from daiw.host.external.source import PREFIX
from daiw.host.identity import insert_identity
from daiw.music.audio import Audio
from daiw.music.automation import Line
from daiw.music.manifest import Insert, Manifest, PluginRecord, Value

_TAIL_DB = -72.0
_FORGETS_S, _RELEASES = 2.0, 2.0
_STRETCH_FRAMES = 4096
CONTROL_FRAMES = 512
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

    steady: it adds no sides, noise or motion of its own and forgets within `_FORGETS_S`, or two of its releases (JUCE's cover 99.8 % in
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


@dataclass(frozen=True, slots=True)
class Chain:
    """Inserts in order, as one effect on mono or stereo sound; the same input gives the same output.

    Mono stays mono through effects that are all steady, and long silences cost nothing there; else the result is stereo.
    Delays and reverbs ring out: the result may be longer than what went in, never shorter.  where: who declared it, for messages.
    effects: the manifests that inserts may name.  lines: what automation follows, 0..1 over seconds.  role: whose chain it is, where
    that is known beforehand.  saved: slot -> an external effect as a song keeps it.
    Raises PluginError on an effect or a setting that does not exist or lies out of range.
    """

    inserts: tuple[Insert, ...]
    where: str = "chain"
    effects: Mapping[str, Manifest] = field(default_factory=dict)
    lines: Mapping[str, Line] = field(default_factory=dict)
    role: str = ""
    saved: Mapping[str, PluginRecord] = field(default_factory=dict)
    _records: dict[str, dict[str, PluginRecord]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for insert in self.inserts:
            if not self._external(insert):
                settings_of(insert, self.where, self.effects)
                check_automation(insert, self.where)

    def __call__(self, audio: Audio, role: str = "") -> Audio:
        """The processed sound, (channels, frames or more).  role: whose it is; two roles never share an instance of an external effect."""
        samples, rate = audio.samples, audio.sample_rate
        role = role or self.role
        steps = [self._step(insert, place, role) for place, insert in enumerate(self.inserts, 1)]
        steady = [step for step in steps if isinstance(step, Resolved) and step.effect.steady and not step.moving]
        if len(steady) == len(steps):
            return Audio(_stretch_by_stretch(steady, samples, rate), rate)
        samples = spread(samples)
        ring_s = sum(step.effect.ring_s(step.settings) for step in steps if isinstance(step, Resolved))
        if ring_s:
            samples = np.pad(samples, ((0, 0), (0, round(ring_s * rate))))
        for run in _runs(steps):
            samples = _played(run, samples, rate)
        self._records[role] = {step.slot: step.last for step in steps if isinstance(step, ExternalEffect) and step.last}
        rings = ring_s > 0 or samples.shape[1] > audio.frames
        return Audio(_trimmed(samples, audio.frames), rate) if rings else Audio(samples, rate)

    def identity(self, role: str = "") -> str | None:
        """A hash of all that decides what it does to a role's sound; None where that cannot be told."""
        role = role or self.role
        found = []
        for place, insert in enumerate(self.inserts, 1):
            saved = self.saved.get(f"{role}: {self._slot(insert, place)}")
            found.append(insert_identity(insert, self.effects, self.lines, saved))
        return None if None in found else " ".join(str(each) for each in found)

    def records(self, role: str = "") -> tuple[PluginRecord, ...]:
        """The external effects that sounded in a role, in order."""
        return tuple(self._records.get(role or self.role, {}).values())

    def instead(self, fault: PluginFault) -> "tuple[Chain, str] | None":
        """This chain with the fallback of the effect at fault in its place, and what that is; None where none is declared."""
        for place, insert in enumerate(self.inserts):
            manifest = self.effects.get(insert.effect)
            fallback = insert.fallback or (manifest.fallback if manifest else "")
            if not (insert.effect == fault.plugin and self._external(insert) and fallback):
                continue
            others = () if fallback == BYPASS else (Insert(fallback),)
            inserts = (*self.inserts[:place], *others, *self.inserts[place + 1 :])
            return replace(self, inserts=inserts, _records={}), "no effect" if fallback == BYPASS else fallback
        return None

    def _slot(self, insert: Insert, place: int) -> str:
        """What an insert is called in a song's folder: the style's chains and an instrument's own stay apart."""
        return f"{'style ' if self.role else ''}insert {place} {insert.effect.removeprefix(PREFIX)}"

    def _external(self, insert: Insert) -> bool:
        return insert.effect.startswith(PREFIX) or (insert.effect in self.effects and self.effects[insert.effect].external)

    def _step(self, insert: Insert, place: int, role: str) -> "Step":
        if self._external(insert):
            name = self._slot(insert, place)
            slot = f"{role} {self.where}: {name}"
            return ExternalEffect(insert, slot, self.effects.get(insert.effect), self.lines, self.saved.get(f"{role}: {name}"))
        settings = settings_of(insert, self.where, self.effects)
        moving = {name: wish.along(self.lines[wish.follows]) for name, wish in insert.automation.items() if wish.follows in self.lines}
        return Resolved(EFFECTS[insert.effect], settings, moving)


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


@dataclass(frozen=True, slots=True)
class Resolved:
    """A built-in effect with all its settings.  moving: setting -> (seconds, value) points."""

    effect: Effect
    settings: dict[str, float]
    moving: dict[str, Line]


Step = Resolved | ExternalEffect


def _is_board(step: Step) -> bool:
    return isinstance(step, Resolved) and isinstance(step.effect.engine, str)


def _runs(steps: Sequence[Step]) -> list[list[Step]]:
    """Neighbours that pedalboard can process in one go, together; our own and external effects alone."""
    runs: list[list[Step]] = []
    for step in steps:
        if runs and _is_board(step) and _is_board(runs[-1][-1]):
            runs[-1].append(step)
        else:
            runs.append([step])
    return runs


def _stretch_by_stretch(steps: Sequence[Resolved], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    """Steady effects on what sounds and a while after it; silence, where the effects have forgotten all before it, stays silence."""
    forgets_s = max([_FORGETS_S, *(_RELEASES * step.settings.get("release_ms", 0.0) / 1000.0 for step in steps)])
    gap = round(forgets_s * sample_rate)
    starts = range(0, samples.shape[1], _STRETCH_FRAMES)
    sounding = [start for start in starts if samples[:, start : start + _STRETCH_FRAMES].any()]
    result = np.zeros(samples.shape, np.float32)
    for number, start in enumerate(sounding):
        if number == 0 or start - sounding[number - 1] > gap:
            first = start
        if number + 1 == len(sounding) or sounding[number + 1] - start > gap:
            stretch = samples[:, first : start + _STRETCH_FRAMES + gap // 2]
            for run in _runs(steps):
                stretch = _played(run, stretch, sample_rate)
            result[:, first : first + stretch.shape[1]] = stretch
    return result


def _played(run: Sequence[Step], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    first = run[0]
    if isinstance(first, ExternalEffect):
        return first(samples, sample_rate)
    if callable(first.effect.engine):
        return first.effect.engine(samples, sample_rate, **first.settings)
    return _board([step for step in run if isinstance(step, Resolved)], samples, sample_rate)


def _board(run: Sequence[Resolved], samples: colour.Sound, sample_rate: int) -> colour.Sound:
    import pedalboard

    plugins: list[Any] = []
    moving: list[tuple[Any, str, Line]] = []
    for step in run:
        effect = step.effect
        make = getattr(pedalboard, str(effect.engine))
        arguments: dict[str, Any] = {effect.settings[name].to or name: value for name, value in step.settings.items()}
        plugins.append(make(**arguments, **{name: getattr(getattr(make, name.title()), value) for name, value in effect.fixed.items()}))
        moving += [(plugins[-1], effect.settings[name].to or name, line) for name, line in step.moving.items()]
    board = pedalboard.Pedalboard(plugins)  # type: ignore[attr-defined]
    if moving:
        return _automated(board, moving, samples, sample_rate)
    result: colour.Sound = board(samples, sample_rate)
    return result


def _automated(
    board: Any,  # noqa: ANN401 - pedalboard has no types for its boards
    moving: Sequence[tuple[Any, str, Line]],
    samples: colour.Sound,
    sample_rate: int,
) -> colour.Sound:
    """Block by block, the moving settings set before each."""
    result = np.empty_like(samples)
    for start in range(0, samples.shape[1], CONTROL_FRAMES):
        for plugin, name, line in moving:
            seconds, values = zip(*line, strict=True)
            setattr(plugin, name, float(np.interp(start / sample_rate, seconds, values)))
        block = samples[:, start : start + CONTROL_FRAMES]
        result[:, start : start + CONTROL_FRAMES] = board(block, sample_rate, reset=start == 0)
    return result


def _trimmed(samples: colour.Sound, least: int) -> colour.Sound:
    """Without the silence at its end (below -100 dBFS), but at least `least` frames."""
    loud = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-5)
    return samples[:, : max(least, int(loud[-1]) + 1 if len(loud) else 0)]
