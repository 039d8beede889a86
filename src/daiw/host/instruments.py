"""From a manifest to the machine that plays it: engine, then chain, then trim."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import numpy as np

from daiw.errors import PluginError, PluginFault
from daiw.host.chain import Chain
from daiw.host.external.sound import ExternalInstrument
from daiw.host.external.source import plugin_path, plugin_sha256
from daiw.host.identity import manifest_identity
from daiw.host.soundfont.font import find_font, font_sha256
from daiw.host.soundfont.player import SoundFont
from daiw.host.synth.player import open_voice
from daiw.music.audio import Audio
from daiw.music.automation import Line
from daiw.music.manifest import EXTERNAL, Manifest, PluginRecord
from daiw.music.score import Timeline, Track

GENERIC = "gm"
ENGINE_REVISION = "2"  # raised whenever one of our engines sounds different
Engine = Callable[[Track, Timeline, int], Audio]


@dataclass(frozen=True, slots=True)
class Instrument:
    """One opened manifest; it is a `Renderer` of the render stage.  understudy: opens what plays where this one fails."""

    manifest: Manifest
    engine: Engine
    chain: Chain
    understudy: Callable[[], "Instrument"] | None = None

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (1 or 2, frames)."""
        audio = self.engine(track, timeline, sample_rate)
        if self.chain.inserts:
            audio = self.chain(audio, track.role)
        if self.manifest.gain_db:
            audio = Audio(audio.samples * np.float32(10.0 ** (self.manifest.gain_db / 20.0)), sample_rate)
        return audio

    def instead(self, fault: PluginFault) -> "tuple[Instrument, str] | None":
        """What plays where this instrument, or an effect of its chain, has failed, and its name; None where nothing is declared."""
        if other := self.chain.instead(fault):
            return replace(self, chain=other[0]), other[1]
        if self.understudy is None:
            return None
        instrument = self.understudy()
        return instrument, instrument.manifest.name

    def identity(self, role: str) -> str | None:
        """A hash of all that decides its sound in a role beside the notes; None where that cannot be told."""
        lines, saved = (self.engine.lines, self.engine.saved.get(role)) if isinstance(self.engine, ExternalInstrument) else ({}, None)
        own, chain = manifest_identity(self.manifest, lines, saved), self.chain.identity(role)
        return None if own is None or chain is None else f"{own} {chain}"

    def plugins(self, role: str) -> tuple[PluginRecord, ...]:
        """The external plugins that sounded in a role."""
        own = self.engine.record(role) if isinstance(self.engine, ExternalInstrument) else None
        return ((own,) if own else ()) + self.chain.records(role)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What instruments need beside their manifests.

    manifests: all there are.  lines: what automation follows, 0..1 over seconds.  saved: slot -> an external plugin as a song keeps it.
    """

    manifests: Mapping[str, Manifest]
    lines: Mapping[str, Line] = field(default_factory=dict)
    saved: Mapping[str, PluginRecord] = field(default_factory=dict)


def _soundfont(manifest: Manifest) -> Engine:
    drums = None if manifest.program < 0 else manifest.drums
    return SoundFont(find_font(manifest.font, manifest.folder), program=manifest.program, bank=manifest.bank, drums=drums)


def _synth(manifest: Manifest) -> Engine:
    return open_voice(manifest.voice, manifest.params, str(manifest.folder))


def _singer(manifest: Manifest) -> Engine:
    from daiw.host.singer import open_singer

    return open_singer(manifest.params, manifest.range, str(manifest.folder))


ENGINES: dict[str, Callable[[Manifest], Engine]] = {"soundfont": _soundfont, "synth": _synth, "singer": _singer}
PLAYED = ("instrument", "voice")
"""The kinds of manifest that play a track."""


def instrument_for(program: int, drums: bool, manifests: Mapping[str, Manifest]) -> str:
    """The manifest for a General MIDI program of a stranger's file: the generic one, which plays them all and follows their changes."""
    if GENERIC not in manifests:
        kind = "kit" if drums else "program"
        raise PluginError(f"no instrument plays General MIDI {kind} {program}: the plugin {GENERIC!r} is missing")
    return GENERIC


def open_instruments(
    names: Iterable[str], manifests: Mapping[str, Manifest], *, lines: Mapping[str, Line] | None = None,
    saved: Mapping[str, PluginRecord] | None = None,
) -> dict[str, Instrument]:  # fmt: skip
    """A renderer for each of `names`; where one cannot be opened its fallback takes its name, else PluginError says why.

    lines: what automation follows.  saved: slot -> an external plugin as a song keeps it.
    """
    around = Surroundings(manifests, lines or {}, saved or {})
    return {name: open_instrument(name, manifests, around) for name in sorted(set(names))}


def open_instrument(name: str, manifests: Mapping[str, Manifest], around: Surroundings | None = None) -> Instrument:
    """One renderer; raises PluginError on an unknown name, a manifest that is no instrument and an engine that is not here.

    An external plugin is opened when it first plays; what goes wrong then is the render stage's to decide.
    """
    around = around or Surroundings(manifests)
    tried: list[str] = []
    while True:
        if name not in manifests:
            raise PluginError(f"no instrument named {name!r}; there are {', '.join(sorted(manifests))}")
        manifest = manifests[name]
        tried.append(name)
        try:
            return _opened(manifest, around)
        except PluginError:
            if not manifest.fallback or manifest.fallback in tried:
                raise
            name = manifest.fallback


def _opened(manifest: Manifest, around: Surroundings) -> Instrument:
    where = str(manifest.folder)
    if manifest.kind not in PLAYED:
        raise PluginError(f"{where}: {manifest.name!r} is no instrument but an {manifest.kind}")
    if manifest.engine not in ENGINES and not manifest.external:
        raise PluginError(f"{where}: no engine named {manifest.engine!r}; engines are {', '.join((*ENGINES, *EXTERNAL))}")
    chain = Chain(manifest.chain, where, around.manifests, around.lines, saved=around.saved)
    if not manifest.external:
        return Instrument(manifest, ENGINES[manifest.engine](manifest), chain)
    saved = {slot.partition(": ")[0]: record for slot, record in around.saved.items() if slot.endswith(": instrument")}
    understudy = _Understudy(manifest.fallback, around) if manifest.fallback else None
    return Instrument(manifest, ExternalInstrument(manifest, around.lines, saved), chain, understudy)


@dataclass(frozen=True, slots=True)
class _Understudy:
    """Opens the fallback only when it is wanted."""

    name: str
    around: Surroundings

    def __call__(self) -> Instrument:
        return open_instrument(self.name, self.around.manifests, self.around)


def _sha256_of_code(manifest: Manifest) -> str:
    """The hash of an external plugin's code, empty where it is not there: not built, moved away, uninstalled since."""
    try:
        return plugin_sha256(plugin_path(manifest))
    except PluginFault as fault:
        if fault.kind == "missing":
            return ""
        raise


def fingerprint(name: str, manifests: Mapping[str, Manifest]) -> dict[str, str]:
    """What the song folder records of an instrument: equal fingerprints mean equal sound.

    Keys: engine, engine_revision, manifest_sha256; for fonts, font and font_sha256; for external plugins, plugin_sha256,
    empty where the plugin is not there and another instrument played instead.
    """
    manifest = open_instrument(name, manifests).manifest
    record = {"engine": manifest.engine, "engine_revision": ENGINE_REVISION, "manifest_sha256": manifest.sha256}
    if manifest.chain:
        record["pedalboard_version"] = version("pedalboard")
    if manifest.external:
        record["plugin_sha256"] = _sha256_of_code(manifest)
        record["pedalboard_version"] = version("pedalboard")
    if manifest.engine == "singer":
        from daiw.singing.voice_net import weights

        record |= {f"{name}_sha256": sha256 for name, sha256 in weights().items()}
    if manifest.engine == "soundfont":
        font = find_font(manifest.font, manifest.folder)
        record |= {"font": font.name, "font_sha256": font_sha256(font)}
    return record
