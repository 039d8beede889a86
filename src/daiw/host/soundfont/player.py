"""A SoundFont preset as a renderer: notes that share a zone, a key and a bend share one computed waveform."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from daiw.errors import PluginError
from daiw.host.performance import Frames, Performance, perform, placed
from daiw.host.soundfont.font import Font, open_font
from daiw.host.soundfont.voice import Line, envelope, release, release_frames, vibrato, waveform
from daiw.host.soundfont.zone import DRUM_BANK, Zone, zones_of
from daiw.music.audio import Audio
from daiw.music.score import Timeline, Track

MODULATION_CENTS = 50.0
TAIL_S = 12.0
LONGEST_NOTE_S = 240.0
_AUDIBLE = 84.0 / 96.0
_CHOKE_S = 0.03
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class SoundFont:
    """Plays tracks with one preset of a font, or, where program is -1, with whatever the track asks for.

    drums: None follows the track.  Loudness follows velocity as (v / 127)², the specification's default modulator, and
    FluidSynth's reading of initialAttenuation (0.4 of the figure) is kept.
    """

    path: Path
    program: int = -1
    bank: int = 0
    drums: bool | None = None

    def __call__(self, track: Track, timeline: Timeline, sample_rate: int) -> Audio:
        """The track's sound, (2, frames); raises PluginError where the font lacks the preset."""
        font = open_font(self.path)
        played = perform(track, timeline, sample_rate)
        drums = track.drums if self.drums is None else self.drums
        out = np.zeros((2, int(played.ends.max(initial=0)) + round(TAIL_S * sample_rate)), np.float32)
        reach = 0
        for program, bank in sorted(set(zip(played.programs.tolist(), played.banks.tolist(), strict=True))):
            mine = np.flatnonzero((played.programs == program) & (played.banks == bank))
            zones = self._zones(font, (program, bank) if self.program < 0 else (self.program, self.bank), drums)
            cuts = _chokes(played, mine, zones)
            for key in np.unique(played.pitches[mine]).tolist():
                notes = mine[played.pitches[mine] == key]
                for zone, heard in _sounding(zones, key, notes, played.velocities[notes]):
                    reach = max(reach, _Mixer(out, played, cuts, zone, key, sample_rate).mix(heard))
        return Audio(placed(out[:, :reach], played), sample_rate)

    def _zones(self, font: Font, chosen: tuple[int, int], drums: bool) -> tuple[Zone, ...]:
        program, bank = chosen
        zones = zones_of(font, DRUM_BANK if drums else bank, program)
        if not zones:
            raise PluginError(f"{self.path.name}: the font has no preset for bank {bank}, program {program}; choose another instrument")
        return zones


def _sounding(zones: tuple[Zone, ...], key: int, notes: Frames, velocities: Frames) -> Iterator[tuple[Zone, Frames]]:
    """The zones that sound at `key`, each with its notes.

    A key that the preset leaves empty is played by the nearest zones, at its own pitch (deviation: FluidSynth stays silent).
    """
    distance = {zone: max(zone.keys[0] - key, key - zone.keys[1], 0) for zone in zones}
    nearest = min(distance.values())
    for zone in zones:
        if distance[zone] == nearest:
            heard = notes[(velocities >= zone.velocities[0]) & (velocities <= zone.velocities[1])]
            if len(heard):
                yield zone, heard


@dataclass(frozen=True, slots=True, eq=False)
class _Mixer:
    """Adds the notes of one zone at one key to `out`."""

    out: Line
    played: Performance
    cuts: Frames
    zone: Zone
    key: int
    sample_rate: int

    def mix(self, notes: Frames) -> int:
        """Adds `notes`; returns the frame after the last that sounds."""
        tail = release_frames(self.zone, self.sample_rate)
        kept = min(round(tail * _AUDIBLE), round(TAIL_S * self.sample_rate))
        starts = self.played.starts[notes]
        on = np.minimum(self.played.ends[notes] - starts, round(LONGEST_NOTE_S * self.sample_rate))
        groups: dict[float, list[int]] = {}
        reach = 0
        for i, note in enumerate(notes.tolist()):
            start, end = int(starts[i]), int(starts[i] + on[i] + kept)
            bend, wheel = self.played.bend.steady(start, end), self.played.modulation.steady(start, end)
            if bend is not None and wheel == 0.0:
                groups.setdefault(bend, []).append(i)
            else:
                wave = waveform(self.zone, self.key, end - start, self.sample_rate, self._bend(start, end))
                reach = max(reach, self._add(wave, note, int(on[i]), tail, kept))
        for bend, members in groups.items():
            wave = waveform(self.zone, self.key, int(on[members].max()) + kept, self.sample_rate, bend)
            shape = envelope(self.zone, self.key, len(wave), self.sample_rate)
            sounding = wave * shape
            for i in members:
                reach = max(reach, self._add(wave, int(notes[i]), int(on[i]), tail, kept, (shape, sounding)))
        return reach

    def _bend(self, start: int, end: int) -> np.ndarray:
        """Semitones a frame: the wheel's bend and the vibrato that modulation asks for."""
        depth = self.played.modulation.over(start, end) * np.float32(MODULATION_CENTS / 100.0)
        return self.played.bend.over(start, end) + depth * vibrato(self.zone, end - start, self.sample_rate)

    def _add(self, wave: Line, note: int, on: int, tail: int, kept: int, shaped: tuple[Line, Line] | None = None) -> int:
        """Adds one note: under its envelope while it is held, falling after, stopped short where its class is struck again."""
        shape = shaped[0] if shaped else envelope(self.zone, self.key, len(wave), self.sample_rate)
        on = min(on, len(wave))
        end = min(on + kept, len(wave))
        sound = np.empty(end, np.float32)
        sound[:on] = shaped[1][:on] if shaped else wave[:on] * shape[:on]
        if end > on:
            level = shape[min(on, len(shape) - 1)]
            sound[on:] = wave[on:end] * (level * release(end - on, tail))
        start, cut = int(self.played.starts[note]), int(self.cuts[note])
        if cut - start < end:
            fade = min(round(_CHOKE_S * self.sample_rate), end - (cut - start))
            end = cut - start + fade
            sound = sound[:end]
            sound[-fade:] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
        velocity = self.zone.generators["fixed_velocity"]
        velocity = velocity if velocity > 0 else int(self.played.velocities[note])
        gain = (velocity / 127.0) ** 2 * 10.0 ** (-0.4 * max(0, self.zone.generators["attenuation"]) / 200.0)
        angle = (min(max(self.zone.generators["pan"], -500), 500) / 1000.0 + 0.5) * np.pi / 2.0
        for channel, share in enumerate((np.cos(angle), np.sin(angle))):
            if share > 1e-6:
                self.out[channel, start : start + end] += np.float32(gain * share) * sound
        return start + end


def _chokes(played: Performance, notes: Frames, zones: tuple[Zone, ...]) -> Frames:
    """For every note the frame at which a later note of its exclusive class silences it."""
    cuts = np.full(len(played), _NEVER, np.int64)
    class_of = np.zeros(128, np.int64)
    for zone in zones:
        if zone.generators["exclusive_class"]:
            class_of[zone.keys[0] : zone.keys[1] + 1] = zone.generators["exclusive_class"]
    classes = class_of[played.pitches[notes]]
    for exclusive in np.unique(classes[classes > 0]):
        members = notes[classes == exclusive]
        starts = played.starts[members]
        following = np.searchsorted(starts, starts, side="right")
        cuts[members] = np.r_[starts, _NEVER][following]
    return cuts
