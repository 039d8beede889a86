"""A trial of one instrument or effect: does it open, sound, repeat itself and end?"""

import time
from dataclasses import dataclass

import numpy as np

from daiw.errors import PluginError
from daiw.host.chain import Chain
from daiw.host.external.source import PREFIX
from daiw.host.instruments import Surroundings, open_instrument
from daiw.music.audio import SAMPLE_RATE_HZ, Audio
from daiw.music.manifest import Insert, Manifest, PluginRecord
from daiw.music.score import Note, Timeline, Track

ROLE = "check"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a plugin did with two bars.

    first_s: the first render, opening included.  warm_s: the second.  sounds_s: seconds of sound.  peak_dbfs: its level.
    repeats: both renders were the same, sample for sample.  plugins: the external plugins that sounded.
    """

    first_s: float
    warm_s: float
    sounds_s: float
    peak_dbfs: float
    repeats: bool
    plugins: tuple[PluginRecord, ...]


def try_plugin(name: str, manifests: dict[str, Manifest]) -> Trial:
    """Play two bars on a manifest, or through an effect ("vst3:NAME" too), twice; raises PluginError or PluginFault."""
    if not name.startswith(PREFIX) and name not in manifests:
        raise PluginError(f"no plugin named {name!r}; see daiw plugins list")
    takes: list[Audio] = []
    seconds: list[float] = []
    plugins: tuple[PluginRecord, ...] = ()
    for _ in range(2):
        began = time.perf_counter()
        if name.startswith(PREFIX) or manifests[name].kind == "effect":
            chain = Chain((Insert(name),), "check", manifests, role=ROLE)
            takes.append(chain(_test_tone()))
            plugins = chain.records()
        else:
            instrument = open_instrument(name, manifests, Surroundings(manifests))
            takes.append(instrument(_phrase(manifests[name]), Timeline(), SAMPLE_RATE_HZ))
            plugins = instrument.plugins(ROLE)
        seconds.append(time.perf_counter() - began)
    first, second = (take.samples for take in takes)
    peak = float(np.abs(first).max(initial=0.0))
    if peak == 0.0:
        raise PluginError(f"{name}: stays silent")
    return Trial(seconds[0], seconds[1], takes[0].duration_s, 20.0 * float(np.log10(peak)), bool(np.array_equal(first, second)), plugins)


def _phrase(manifest: Manifest) -> Track:
    low, high = manifest.range
    middle = (low + high) // 2
    steps = (0, 4, 7, 12, 7, 4, 0, 0)
    notes = tuple(Note(i * 480, 460, min(high, max(low, middle + step - 6)), 40 + 10 * i) for i, step in enumerate(steps))
    return Track(ROLE, manifest.name, notes, max(0, manifest.program), manifest.drums)


def _test_tone() -> Audio:
    t = np.arange(2 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    tone = 0.3 * np.sin(2 * np.pi * 220.0 * t) * np.exp(-2.0 * (t % 0.5))
    return Audio(np.stack((tone, 0.5 * tone)).astype(np.float32))
