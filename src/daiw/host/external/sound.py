"""External plugins as the render stage knows instruments and effects, and what is checked of the sound they give."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import resample_poly

from daiw.errors import PluginFault
from daiw.host.external.midi import events_of, programs_of
from daiw.host.external.pool import pool
from daiw.host.external.protocol import Message, unpacked
from daiw.host.external.shared import Sound
from daiw.host.external.source import insert_spec, plugin_sha256, spec_of
from daiw.host.external.spec import Spec
from daiw.host.performance import perform, placed
from daiw.music.audio import Audio
from daiw.music.automation import Automation, Line
from daiw.music.manifest import MANIFEST_FILE, Hosting, Insert, Manifest, PluginRecord
from daiw.music.score import Timeline, Track

SILENT = 1e-6
LOUDEST = 32.0
DC_LEVEL, DC_SHARE = 0.02, 0.25
CHUNK_FRAMES = 65_536
SLOWEST = 20.0
"""Seconds that a second of music may take to render."""
Lines = Mapping[str, Line]
Saved = Mapping[str, PluginRecord]
_VOLUMES = (7, 11)


@dataclass(eq=False)
class ExternalInstrument:
    """One manifest of engine vst3 or au; an `Engine`.

    lines: what automation may follow, 0..1 over seconds.  saved: role -> the plugin as the song keeps it.
    """

    manifest: Manifest
    lines: Lines = field(default_factory=dict)
    saved: Saved = field(default_factory=dict)
    _records: dict[str, PluginRecord] = field(default_factory=dict)

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames); raises PluginFault, which says what the plugin did."""
        manifest = self.manifest
        saved = self._kept(track.role)
        spec = spec_of(manifest, saved)
        rate = manifest.hosting.sample_rate_hz or sample_rate
        events = events_of(track, timeline, rate, manifest)
        frames = max((frame for frame, _ in events), default=0) + 1
        job: Message = {"events": [(frame, data.hex()) for frame, data in events], "frames": frames}
        if key := manifest.hosting.program_parameter:
            job["programs"] = {"parameter": key, "changes": programs_of(track, timeline, rate)}
        slot = f"{track.role}: {manifest.name}"
        lines = _lines(manifest.automation, self.lines, rate)
        heard = _rendered(spec, slot, job, rate, manifest.hosting, lines)
        if heard.silent and not _turned_down(track):
            heard = _rendered(spec, slot, job, rate, manifest.hosting, lines)  # samples that came late?
            if heard.silent:
                raise PluginFault(manifest.name, "silence", f"{manifest.name}: stays silent although it has {len(track.notes)} notes")
        self._records[track.role] = _record("instrument", spec, heard.facts, manifest, saved)
        sound = _resampled(_stereo(heard.sound), rate, sample_rate)
        if manifest.hosting.volume == "host":
            sound = placed(sound, perform(track, timeline, sample_rate))
        return Audio(np.ascontiguousarray(sound, np.float32), sample_rate)

    def _kept(self, role: str) -> PluginRecord | None:
        """The plugin as the song keeps it in a role, unless another instrument played there."""
        saved = self.saved.get(role)
        return saved if saved is not None and saved.title == self.manifest.name else None

    def record(self, role: str) -> PluginRecord | None:
        """The plugin as it sounded in a role."""
        return self._records.get(role)


@dataclass(eq=False)
class ExternalEffect:
    """One insert that is an external plugin.

    manifest: where the insert names one.  slot: whose insert it is; equal slots share an instance.
    """

    insert: Insert
    slot: str
    manifest: Manifest | None = None
    lines: Lines = field(default_factory=dict)
    saved: PluginRecord | None = None
    last: PluginRecord | None = None

    def __call__(self, samples: Sound, sample_rate: int) -> Sound:
        """The processed sound, (2, frames or more: it may ring); raises PluginFault."""
        spec = insert_spec(self.insert, self.manifest, self.saved)
        hosting = self.manifest.hosting if self.manifest else Hosting()
        automation = dict(self.manifest.automation if self.manifest else {}) | dict(self.insert.automation)
        rate = hosting.sample_rate_hz or sample_rate
        given = _resampled(samples, sample_rate, rate)
        heard = _rendered(spec, self.slot, {"frames": given.shape[1]}, rate, hosting, _lines(automation, self.lines, rate), given)
        if heard.silent and _peak(given) > 0.01:
            raise PluginFault(spec.title, "silence", f"{spec.title}: gives silence for sound")
        self.last = _record(self.slot.rpartition(": ")[2], spec, heard.facts, self.manifest, self.saved)
        sound = _resampled(_stereo(heard.sound), rate, sample_rate)
        if sound.shape[1] < samples.shape[1]:
            sound = np.pad(sound, ((0, 0), (0, samples.shape[1] - sound.shape[1])))
        return sound


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What a plugin gave.  facts: what it said of itself.  peak: linear."""

    sound: Sound
    facts: Message
    peak: float

    @property
    def silent(self) -> bool:
        """True where nobody would hear anything."""
        return self.peak < SILENT


def _rendered(spec: Spec, slot: str, job: Message, rate: int, hosting: Hosting, lines: Message, given: Sound | None = None) -> Heard:
    """The plugin's sound, checked; raises PluginFault.  given: what goes in."""
    tail = round(hosting.tail_s * rate)
    request = {
        "do": "render", "slot": slot, "sample_rate": rate, "tail_frames": tail, "lines": lines, "memory_limit_mb": spec.memory_limit_mb,
    }  # fmt: skip
    seconds = job["frames"] / rate + hosting.tail_s
    with pool().lease(spec, slot) as (lease, facts):
        if given is not None:
            stride = given.shape[1] + tail
            request |= {"channels": given.shape[0], "stride": stride}
            lease.worker.arena.put(given, stride)
        limit_s = spec.stall_limit_s + SLOWEST * seconds
        answer = lease.worker.ask(
            request | job, limit_s=limit_s, stall_s=spec.stall_limit_s, doing="rendering", memory_mb=spec.memory_limit_mb
        )["ok"]
        lease.plugin_s += float(answer["plugin_s"])
        try:
            there = lease.worker.arena.sound(int(answer["channels"]), int(answer["frames"]), int(answer["stride"]))
        except (KeyError, TypeError, ValueError) as error:
            raise PluginFault(spec.title, "length", f"{spec.title}: {error}") from error
        sound = pool().buffers.array(*there.shape)
        peak, offset = _copied(there, sound)
        del there  # a fault's traceback would keep the memory mapped
        check(sound, peak, 0.0 if hosting.allow_dc else offset, spec.title, int(job["frames"]), given)
    return Heard(sound, facts, peak)


def _copied(source: Sound, into: Sound) -> tuple[float, float]:
    """Copy, and measure what was copied while it is in the processor's cache: the peak and the mean farthest off the centre.

    Both are NaN or infinite where any number is.
    """
    peaks, sums = [0.0], np.zeros(len(source), np.float64)
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, source.shape[1], CHUNK_FRAMES):
            piece = into[:, start : start + CHUNK_FRAMES]
            piece[:] = source[:, start : start + CHUNK_FRAMES]
            peaks += [piece.max(), -piece.min()]
            sums += piece.sum(axis=1)
    return float(np.max(peaks)), float(np.abs(sums).max(initial=0.0)) / max(1, source.shape[1])


def check(sound: Sound, peak: float, offset: float, title: str, frames: int, given: Sound | None = None) -> None:
    """Raise PluginFault where sound, of this peak and offset, is not finite, far too loud, off centre or too short.

    given: what went in; an effect may pass on the offset of its input.
    """
    if not np.isfinite(peak):
        raise PluginFault(title, "nan", f"{title}: gave sound that is not a number")
    if peak > LOUDEST:
        raise PluginFault(title, "level", f"{title}: gave sound {20 * np.log10(peak):.0f} dB above full scale")
    if sound.shape[1] < frames:
        raise PluginFault(title, "length", f"{title}: gave {sound.shape[1]} frames where {frames} were asked for")
    if offset > DC_LEVEL:
        already = 0.0 if given is None else float(np.abs(given.mean(axis=1, dtype=np.float64)).max(initial=0.0))
        level = float(np.sqrt(sum(float(np.dot(side, side)) for side in sound) / sound.size))
        if offset > DC_LEVEL + 2.0 * already and offset > DC_SHARE * level:
            advice = "if that is its nature, allow_dc = true in its manifest's hosting"
            raise PluginFault(title, "dc", f"{title}: its sound stands {offset:+.2f} off the centre (DC); {advice}")


def _peak(sound: Sound) -> float:
    """The greatest distance from zero; NaN where any number is none."""
    return float(np.maximum(sound.max(initial=0.0), -sound.min(initial=0.0)))


def _turned_down(track: Track) -> bool:
    return any(control.kind == "cc" and control.number in _VOLUMES and control.value == 0 for control in track.controls)


def _stereo(sound: Sound) -> Sound:
    """One channel to both sides; of more than two pairs of channels the sum, so that no output of a multi-output plugin is lost."""
    channels = len(sound)
    if channels == 2:
        return sound
    if channels == 1:
        return np.repeat(sound, 2, axis=0)
    left, right = sound[0::2].sum(axis=0), sound[1::2].sum(axis=0)
    return np.stack((left, right)).astype(np.float32)


def _resampled(sound: Sound, rate: int, wanted: int) -> Sound:
    if rate == wanted or sound.shape[1] == 0:
        return sound
    common = int(np.gcd(rate, wanted))
    result: Sound = resample_poly(sound, wanted // common, rate // common, axis=1).astype(np.float32)
    return result


def _lines(automation: Mapping[str, Automation], lines: Lines, rate: int) -> Message:
    """Each automated parameter's (frame, value) points."""
    return {
        key: [(round(second * rate), value) for second, value in wish.along(lines[wish.follows])]
        for key, wish in automation.items()
        if wish.follows in lines
    }


def _record(slot: str, spec: Spec, facts: Message, manifest: Manifest | None, saved: PluginRecord | None) -> PluginRecord:
    digest, version = plugin_sha256(spec.path), str(facts["version"])
    remarks = [str(warning) for warning in facts.get("warnings", ())]
    if saved is not None and saved.version != version:
        remarks.append(f"the song was made with version {saved.version}, this is {version}: it may sound different")
    elif saved is not None and saved.sha256 != digest:
        remarks.append(f"the song was made with another build of version {version}: it may sound different")
    text = ""
    if manifest is not None and manifest.sha256:
        path = manifest.folder / MANIFEST_FILE
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    params = dict(saved.params) if saved is not None and saved.state else dict(spec.params)
    return PluginRecord(
        slot, spec.title, str(spec.path), str(facts["name"]), str(facts["vendor"]), version, digest, unpacked(str(facts["state"])), params,
        text or (saved.manifest if saved else ""), unpacked(str(facts["vstpreset"])), tuple(remarks),
    )  # fmt: skip
