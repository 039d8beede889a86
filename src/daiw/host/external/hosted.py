"""One plugin inside its worker: opened without pedalboard's long questions, set, and held to what was set."""

import os
import re
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from daiw.host.external.parameters import Parameter, Value, describe, find, raw_for, settable

SETTLE_S = 0.05
SETTLE_RATE = 48_000
BLOCK = 1024
WARM_UP_S = 1.0
_STATE_HEAD = b"VC2!"  # JUCE's mark before a plugin's XML
_STATE_BODY = b"<VST3PluginState"


class Refused(Exception):
    """The plugin cannot be opened or set as asked.  kind: as in PluginFault."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def hurry() -> None:
    """Let pedalboard load plugins without asking every parameter 1,001 times for its text.

    pedalboard 0.9 does that in Python, in a private class, whenever it wants to know whether a name is a parameter: when a plugin is
    opened and when any attribute of it is set.  We name parameters ourselves.  ZamVerb then opens in one second and not in four
    minutes.  Where a later pedalboard lacks these methods, nothing changes.
    """
    from pedalboard import _pedalboard

    mixin: Any = getattr(_pedalboard, "_PythonExternalPluginMixin", None)
    if hasattr(mixin, "__set_initial_parameter_values__") and hasattr(mixin, "_get_parameter_by_python_name"):
        mixin.__set_initial_parameter_values__ = lambda self, values: None
        mixin._get_parameter_by_python_name = lambda self, name: None


def names_in(path: str) -> list[str]:
    """The plugins in a file; raises Refused where it is none."""
    try:
        return [str(name) for name in _format(path).get_plugin_names_for_file(path)]
    except ImportError as error:
        raise Refused("load", str(error)) from error


def _format(path: str) -> Any:  # noqa: ANN401 - a class of pedalboard's
    import pedalboard

    wanted = "AudioUnitPlugin" if Path(path).suffix in (".component", ".appex") else "VST3Plugin"
    engine = getattr(pedalboard, wanted, None)
    if engine is None:
        raise Refused("load", f"this system plays no {wanted.removesuffix('Plugin')} plugins")
    return engine


class Hosted:
    """An opened plugin.

    warnings: what a person should know of how it was set.  state: its own state once it was set, to return to.  block: frames that
    the plugin gets at once.
    """

    def __init__(self, path: str, name: str = "", warm_up_s: float = WARM_UP_S) -> None:
        began = time.perf_counter()
        self.path, self.block = path, BLOCK
        try:
            self.plugin: Any = _format(path)(path, plugin_name=name or None, initialization_timeout=warm_up_s)
        except (ImportError, RuntimeError, ValueError) as error:
            raise Refused("load", " ".join(str(error).split())) from error
        self.load_s = time.perf_counter() - began
        self.warnings: list[str] = []
        self.inputs, self.outputs = self._channels()
        self.settled_rate = 0
        if self.instrument:
            self._keep_if_it_falls_silent()
        self.settle(SETTLE_RATE)
        self._names = self._settable()
        self.state = self._fresh = self._state()

    @property
    def instrument(self) -> bool:
        """True where it plays MIDI."""
        return bool(self.plugin.is_instrument)

    @property
    def latency(self) -> int:
        """Frames by which its sound comes late, as it reports them now."""
        return max(0, int(self.plugin.reported_latency_samples))

    def _channels(self) -> tuple[int, int]:
        """Channels of the main buses, learnt from the refusal of a number that no plugin has."""
        try:
            if self.plugin.is_instrument:
                self.plugin([], duration=0.001, sample_rate=SETTLE_RATE, num_channels=63, reset=False)
            else:
                self.plugin(np.zeros((63, 64), np.float32), SETTLE_RATE, reset=False)
        except ValueError as refusal:
            found = re.search(r"expects (\d+) input channels and (\d+) output", str(refusal))
            if found:
                return int(found[1]), int(found[2])
        return (0, 2) if self.plugin.is_instrument else (2, 2)

    def _keep_if_it_falls_silent(self) -> None:
        """Spare an instrument the second loading before every render.

        pedalboard opens instruments anew on every reset, with their samples, because it does not know whether a reset silences them.
        We try: one that is silent after a note and a plain reset is kept open.
        """
        from pedalboard_native import ExternalPluginReloadType

        renewed = self.plugin._reload_type
        self.plugin._reload_type = ExternalPluginReloadType.ClearsAudioOnReset
        self.plugin.reset()
        noise = float(np.abs(self._hear([])).max(initial=0.0))
        self._hear([(bytes((0x90, 60, 100)), 0.0)])
        self.plugin.reset()
        if not float(np.abs(self._hear([])).max(initial=0.0)) <= 5.0 * noise:
            self.plugin._reload_type = renewed
        self.plugin.reset()

    def _hear(self, midi: list[tuple[bytes, float]], seconds: float = SETTLE_S, sample_rate: int = SETTLE_RATE) -> Any:  # noqa: ANN401
        frames = round(seconds * sample_rate)
        seconds = (frames + 0.5) / sample_rate
        return self.plugin(midi, duration=seconds, sample_rate=sample_rate, num_channels=self.outputs, buffer_size=self.block, reset=False)

    def settle(self, sample_rate: int) -> None:
        """Let the plugin hear 50 ms of silence: only then does it take what was set, and tell it back."""
        frames = round(SETTLE_S * sample_rate)
        if self.instrument:
            self.plugin.reset()
            self._hear([], sample_rate=sample_rate)
        else:
            self.plugin(np.zeros((self.inputs, frames), np.float32), sample_rate, buffer_size=self.block)
        self.settled_rate = sample_rate

    def _settable(self) -> dict[str, str]:
        return {key: raw.name for key, raw in settable(self.plugin._parameters).items()}

    def raw(self, key: str) -> Any:  # noqa: ANN401 - pedalboard's own, a `Raw`
        """A parameter by key, with or without its unit; not to be kept: the plugin may be opened again underneath.

        Raises Refused with the nearest names.
        """
        try:
            return self.plugin._get_parameter(self._names[find(key, self._names)])
        except KeyError as error:
            raise Refused("state", str(error.args[0])) from error

    def parameters(self) -> list[Parameter]:
        """Every settable parameter, described."""
        return [describe(key, self.raw(key)) for key in self._names]

    def apply(self, state: bytes, preset: str, params: Mapping[str, Value]) -> None:
        """Set state, then preset, then parameters, and read each back; raises Refused with what was not taken."""
        if self._state() != self._fresh:
            self.plugin.raw_state = self._fresh
            self.settle(SETTLE_RATE)
        if state:
            self._apply_state(state)
        if preset:
            try:
                self.plugin.load_preset(preset)
            except (RuntimeError, OSError, ValueError) as error:
                raise Refused("state", f"the preset {preset} was refused: {' '.join(str(error).split())}") from error
            self.settle(SETTLE_RATE)
        if params:
            self._apply_params(params)
        self.state = self._state()

    def _state(self) -> bytes:
        return bytes(self.plugin.raw_state)

    def preset(self) -> bytes:
        """Its state as the bytes of a .vstpreset file; empty where it is no VST3 or tells none."""
        try:
            return bytes(self.plugin.preset_data)
        except (AttributeError, RuntimeError):
            return b""

    def _apply_state(self, state: bytes) -> None:
        if not (state.startswith(_STATE_HEAD) and _STATE_BODY in state[:200]) and self._state().startswith(_STATE_HEAD):
            raise Refused("state", f"the state ({len(state)} bytes) is no state of a VST3 plugin")
        before = self._state()
        self.plugin.raw_state = state
        self.settle(SETTLE_RATE)
        after = self._state()
        if after == before and state != before:
            raise Refused("state", f"the state ({len(state)} bytes) was not taken: the plugin sounds as it did before")
        if after != state:
            self.warnings.append("the plugin rewrote its state when it was loaded")

    def _apply_params(self, params: Mapping[str, Value]) -> None:
        wanted = {key: self.raw_value(key, value) for key, value in params.items()}
        for key, value in wanted.items():
            self.raw(key).raw_value = value
        self.settle(SETTLE_RATE)
        for key, value in wanted.items():
            raw = self.raw(key)
            taken = float(raw.raw_value)
            was, now = raw.get_text_for_raw_value(value), raw.get_text_for_raw_value(taken)
            if abs(taken - value) > 0.01 and was != now:
                raise Refused("state", f"{key} was set to {was} and reads {now} afterwards")

    def raw_value(self, key: str, value: Value) -> float:
        """A value in the parameter's own unit as 0..1; raises Refused with the nearest names, the range or the choices."""
        raw = self.raw(key)
        try:
            return raw_for(value, describe(key, raw), raw)
        except ValueError as error:
            raise Refused("state", str(error)) from error

    def choose(self, key: str, number: int) -> None:
        """Move a parameter to its choice of `number`, from 0, or to so many above its lowest; raises Refused where it ends before."""
        raw = self.raw(key)
        known = describe(key, raw)
        most = len(known.choices) - 1 if known.low is None or known.high is None else int(known.high - known.low)
        if number > most:
            raise Refused("state", f"program {number} was asked for; {key} goes from 0 to {most}")
        raw.raw_value = self.raw_value(key, known.choices[number] if known.low is None else known.low + number)

    def restore(self, sample_rate: int) -> None:
        """Forget the last sound: buffers empty, parameters and state as they were set."""
        if self.settled_rate != sample_rate:
            self.settle(sample_rate)
        if self._state() != self.state:
            self.plugin.raw_state = self.state
            self.settle(sample_rate)
        self.plugin.reset()

    def facts(self) -> dict[str, object]:
        """What the plugin says about itself."""
        plugin = self.plugin
        return {
            "name": str(plugin.name), "vendor": str(plugin.manufacturer_name), "version": str(plugin.version),
            "category": str(plugin.category), "identifier": str(plugin.identifier), "kind": "instrument" if self.instrument else "effect",
            "inputs": self.inputs, "outputs": self.outputs, "latency_samples": self.latency, "load_s": round(self.load_s, 3),
            "warnings": list(self.warnings),
        }  # fmt: skip


def resident_mb() -> float:
    """Memory of this process, in MB."""
    try:
        pages = int(os.pread(_statm(), 64, 0).split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


@cache
def _statm() -> int:
    """Linux's file on this process's memory, opened once: opening it costs ten times what reading it costs."""
    return os.open("/proc/self/statm", os.O_RDONLY)
