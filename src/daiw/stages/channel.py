"""One stem's strip: equaliser, sides, mono safety and held peaks, measured once or as settings kept from an earlier mix say."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from daiw.dsp.convolve import convolve
from daiw.dsp.dynamics import apply_gain, highest, mean_square
from daiw.dsp.filters import Band, impulse
from daiw.dsp.limiter import Limiter, limiter_gain
from daiw.dsp.stereo import decorrelator, mid_side
from daiw.measure.loudness import PEAK_HOP, k_power_fast
from daiw.measure.spectrum import band_balance_db
from daiw.music.audio import Audio, Stem
from daiw.music.mixing import ChannelSettings
from daiw.music.styles.mix import CompleteRole, MixStyle

SIDES_LIMIT = 0.7
_SIDES_AT_NO_WIDTH = 0.4
_HISS_EXCESS_DB = 1.0
_HISS_LIMIT_DB = 9.0
_SAMPLING_HOP = 1 << 16
_POWER_HOP = 4096
NO_POWER = np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Channel:
    """One stem on its way.

    name: the stem's role.  role: what the style does with it.  samples: (2, frames), ours to change.  settings: what is done to it.
    kept: whether these come from an earlier mix, fader and all.
    power: K-weighted, each 100 ms, empty where nothing has to be measured.  finished: it comes out of that mix and is not touched.
    """

    name: str
    role: CompleteRole
    sample_rate: int
    samples: NDArray[np.float32]
    settings: ChannelSettings
    power: NDArray[np.float64]
    kept: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """What all strips share.  tone_db, width: after the feeling.  frames: their length."""

    style: MixStyle
    tone_db: float
    width: float
    frames: int


def finished(stem: Stem, style: MixStyle, settings: ChannelSettings, frames: int) -> Channel:
    """A stem of an earlier mix, as it is, with silence after it up to `frames`."""
    samples = np.zeros((2, frames), np.float32)
    samples[:, : stem.audio.frames] = stem.audio.samples[:, :frames]
    return Channel(stem.role, style.role(stem.role), stem.audio.sample_rate, samples, settings, NO_POWER, kept=True, finished=True)


def equalise(stem: Stem, strip: Strip, kept: ChannelSettings | None) -> Channel:
    """High-pass, carve, tone and width, as one impulse response each for middle and sides.

    kept: the settings of an earlier mix; without them they are measured on the stem.
    """
    style, frames = strip.style, strip.frames
    role, rate = style.role(stem.role), stem.audio.sample_rate
    samples = stem.audio.samples
    if samples.shape[0] not in (1, 2):
        raise ValueError(f"stem {stem.role}: want mono or stereo, got {samples.shape[0]} channels")
    chosen = kept or ChannelSettings(role=stem.role, hiss_db=_hiss_db(stem.audio))
    chain = bands(role, chosen.hiss_db, strip.tone_db)
    aside = (Band("highpass", style.mono_below_hz),) * 2
    wide = _SIDES_AT_NO_WIDTH + strip.width
    placed = mid_side(samples) if samples.shape[0] == 2 else np.concatenate([samples * np.float32(sqrt(2)), np.zeros_like(samples)])
    if kept is None:
        chosen = replace(chosen, made=sqrt(max(0.0, (role.spread * wide) ** 2 - _sides_share(placed))))
    out = convolve(placed, np.stack([impulse(chain, rate), role.width * wide * impulse((*chain, *aside), rate)]), frames)
    if chosen.made > 0.02:
        more = convolve(decorrelator(rate)[None].astype(np.float32), impulse((*chain, *aside, *aside), rate), 6144)
        out[1] += convolve(placed[:1], chosen.made * more[0].astype(np.float64), frames)[0]
    if kept is None:
        chosen = _made_mono_safe(chosen, out)
    if chosen.flipped:
        out = out[::-1]
    if chosen.side_gain < 1.0:
        out[1] *= np.float32(chosen.side_gain)
    done = mid_side(out, out)
    chosen = _hold_peaks(done, rate, chosen, measured=kept is None)
    power = k_power_fast(Audio(done, rate)) if kept is None else NO_POWER
    return Channel(stem.role, role, rate, done, chosen, power, kept=kept is not None)


def _hiss_db(audio: Audio) -> float:
    """A shelf against hiss, <= 0: a stem with more air than brilliance, as machine hats have, is turned down there."""
    balance = band_balance_db(audio, _SAMPLING_HOP)
    return -min(_HISS_LIMIT_DB, max(0.0, balance["air"] - balance["brilliance"] - _HISS_EXCESS_DB))


def bands(role: CompleteRole, hiss_db: float, tone_db: float) -> tuple[Band, ...]:
    """The role's equaliser.  hiss_db, tone_db: what the stem and the feeling ask for besides."""
    shelves = (Band("low_shelf", 180.0, role.body_db), Band("high_shelf", 9000.0, role.air_db), Band("high_shelf", 11_000.0, hiss_db))
    bells = (Band("peak", role.carve_hz, role.carve_db, 0.8), Band("peak", 3000.0, role.presence_db, 0.7))
    bands = (*shelves, *bells, Band("high_shelf", 8000.0, tone_db))
    return (Band("highpass", role.highpass_hz), *(band for band in bands if abs(band.gain_db) > 0.01))


def _hold_peaks(samples: NDArray[np.float32], sample_rate: int, settings: ChannelSettings, *, measured: bool) -> ChannelSettings:
    """Hold lone peaks in place, by at most 6 dB, to 3 dB above what one part in 500 of the sounding stem exceeds.

    One hit that stands out costs the whole song its loudness; better it is caught here than by the master's limiter.
    measured: find the ceiling; else the settings have it.  Returns the settings with it.
    """
    peaks = np.maximum(*(highest(channel, PEAK_HOP) for channel in samples))
    loudest = float(peaks.max(initial=0.0))
    if measured:
        sounding = peaks[peaks > loudest * 1e-3]
        if not len(sounding):
            return settings
        ceiling = max(float(np.percentile(sounding, 99.8)) * sqrt(2), loudest / 2)
        settings = replace(settings, ceiling=ceiling if loudest > ceiling else 0.0)
    if 0.0 < settings.ceiling < loudest:
        apply_gain(samples, limiter_gain(peaks, Limiter(settings.ceiling), sample_rate / PEAK_HOP), PEAK_HOP)
    return settings


def _sides_share(placed: NDArray[np.float32]) -> float:
    """Power of the sides against that of the middle; 1 where there is no middle."""
    middle, sides = (float(mean_square(row[None], _POWER_HOP).sum()) for row in placed)
    return min(1.0, sides / middle) if middle > 0 else 1.0


def _made_mono_safe(settings: ChannelSettings, placed: NDArray[np.float32]) -> ChannelSettings:
    """Sides no stronger than the middle; a stem that is nearly all sides has one channel turned over."""
    middle, sides = (float(mean_square(row[None], _POWER_HOP).sum()) for row in placed)
    flipped = middle < 0.02 * sides
    if flipped:
        middle, sides = sides, middle
    gain = sqrt(SIDES_LIMIT * middle / sides) if sides > SIDES_LIMIT * middle else 1.0
    return replace(settings, flipped=flipped, side_gain=gain)
