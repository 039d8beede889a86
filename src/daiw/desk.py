"""The mix as another program's mixer can have it: who played a part, with which plugins, equaliser, fader, pan and sends.

What moves in our mix stays with the stems: rides, ducking, automation, and what is done to the sides.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import log10

from daiw.errors import DaiwError
from daiw.files.plugins import INSTRUMENT
from daiw.files.session import Device, EqBand, Strip
from daiw.files.vstpreset import class_id
from daiw.host.external.source import PREFIX
from daiw.host.registry import parse_manifest
from daiw.music.manifest import Insert, Manifest, PluginRecord
from daiw.music.mixing import MixSettings
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.music.styles.mix import OFF_DB
from daiw.stages.channel import bands
from daiw.stages.sends import feel_of

_KINDS = {"highpass": "highPass", "lowpass": "lowPass", "peak": "bell", "low_shelf": "lowShelf", "high_shelf": "highShelf"}
_HALF_DB = 20.0 * log10(0.5)


@dataclass(frozen=True, slots=True)
class Desk:
    """A song as it was mixed.

    settings, plan: None where they are not known.  plugins: "role: slot" -> an external plugin that sounded.
    returns: the buses that sound.
    """

    preset: Preset
    plan: Plan | None = None
    settings: MixSettings | None = None
    plugins: Mapping[str, PluginRecord] = field(default_factory=dict)
    returns: Collection[str] = ()

    def strips(self, players: Mapping[str, str]) -> dict[str, Strip]:
        """The strip of every part.  players: role -> instrument."""
        return {role: self._strip(role, player) for role, player in players.items()}

    def _strip(self, role: str, player: str) -> Strip:
        style = self.preset.mix
        table = style.role(role)
        levels = (("reverb", table.reverb_db, style.reverb.level_db), ("delay", table.delay_db, style.delay.level_db))
        sends = tuple((name, level + bus) for name, level, bus in levels if name in self.returns and level + bus > OFF_DB)
        records = {slot.partition(": ")[2]: record for slot, record in self.plugins.items() if slot.partition(": ")[0] == role}
        instrument = records.get(INSTRUMENT)
        if instrument is None or instrument.title != player or not instrument.vstpreset:
            return Strip(player, table.pan, sends)
        manifest = _manifest(instrument)
        chains = (("insert", manifest.chain if manifest else ()), ("style insert", self.preset.render.chain(role)))
        devices, missing = [_device(instrument, role)], []
        for name, found in _effects(chains, records):
            if found is not None and found.vstpreset:
                devices.append(_device(found, role))
            else:
                missing.append(name)
        trim_db = manifest.gain_db if manifest else 0.0
        return Strip(player, table.pan, sends, tuple(devices), self._bands(role), self._fader_db(role) + trim_db, tuple(missing))

    def _bands(self, role: str) -> tuple[EqBand, ...]:
        channel = self.settings.channel(role) if self.settings else None
        if channel is None:
            return ()
        tone_db = feel_of(self.preset.mix, self.plan).tone_db
        return tuple(
            EqBand(_KINDS[band.kind], band.hz, band.gain_db, band.q) for band in bands(self.preset.mix.role(role), channel.hiss_db, tone_db)
        )

    def _fader_db(self, role: str) -> float:
        channel = self.settings.channel(role) if self.settings else None
        return channel.gain_db + self.settings.halvings * _HALF_DB if channel and self.settings else 0.0


def _manifest(record: PluginRecord) -> Manifest | None:
    """What its plugin.toml says, as far as the song keeps one that can be read."""
    try:
        return parse_manifest(record.manifest, record.title, record.title) if record.manifest else None
    except DaiwError:
        return None


def _effects(
    chains: tuple[tuple[str, tuple[Insert, ...]], ...], records: Mapping[str, PluginRecord]
) -> Iterator[tuple[str, PluginRecord | None]]:  # fmt: skip
    """Every effect of the chains in order, and the plugin that it was; None for those of our own."""
    for kind, chain in chains:
        for place, insert in enumerate(chain, 1):
            name = insert.effect.removeprefix(PREFIX)
            yield name, records.get(f"{kind} {place} {name}")


def _device(record: PluginRecord, role: str) -> Device:
    instrument = record.slot == INSTRUMENT
    place = INSTRUMENT if instrument else record.slot.replace(" ", "-").replace("/", "-")
    return Device(
        record.plugin, record.vendor, record.version, class_id(record.vstpreset), instrument,
        f"plugins/{role}/{place}.vstpreset", record.vstpreset,
    )  # fmt: skip
