"""Insert chains: effects by name, with settings by name, from manifests and presets.

The built-in ones are those of `effects.EFFECTS`; by "vst3:NAME" or a manifest's name, an effect is a plugin that is not ours.  A name or
setting that does not exist is a PluginError.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from daiw.dsp.stereo import spread
from daiw.errors import PluginFault
from daiw.host.effect_runs import Resolved, Step, played, runs, stretch_by_stretch, trimmed
from daiw.host.effects import BYPASS, EFFECTS, check_automation, settings_of
from daiw.host.external.sound import ExternalEffect
from daiw.host.external.source import PREFIX
from daiw.host.identity import insert_identity
from daiw.music.audio import Audio
from daiw.music.automation import Line
from daiw.music.manifest import Insert, Manifest, PluginRecord


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
            return Audio(stretch_by_stretch(steady, samples, rate), rate)
        samples = spread(samples)
        ring_s = sum(step.effect.ring_s(step.settings) for step in steps if isinstance(step, Resolved))
        if ring_s:
            samples = np.pad(samples, ((0, 0), (0, round(ring_s * rate))))
        for run in runs(steps):
            samples = played(run, samples, rate)
        self._records[role] = {step.slot: step.last for step in steps if isinstance(step, ExternalEffect) and step.last}
        rings = ring_s > 0 or samples.shape[1] > audio.frames
        return Audio(trimmed(samples, audio.frames), rate) if rings else Audio(samples, rate)

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

    def _step(self, insert: Insert, place: int, role: str) -> Step:
        if self._external(insert):
            name = self._slot(insert, place)
            slot = f"{role} {self.where}: {name}"
            return ExternalEffect(insert, slot, self.effects.get(insert.effect), self.lines, self.saved.get(f"{role}: {name}"))
        settings = settings_of(insert, self.where, self.effects)
        moving = {name: wish.along(self.lines[wish.follows]) for name, wish in insert.automation.items() if wish.follows in self.lines}
        return Resolved(EFFECTS[insert.effect], settings, moving)
