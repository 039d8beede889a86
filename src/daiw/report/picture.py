"""A spectrogram as a PNG, with numpy and zlib alone."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from daiw.music.audio import Audio

LOW_HZ, HIGH_HZ = 40.0, 16_000.0
RANGE_DB = 72.0
_WINDOW = 8192
_HEAT = np.array(
    [[5, 4, 14], [28, 16, 68], [79, 18, 123], [129, 37, 129], [181, 54, 122],
     [229, 80, 100], [251, 135, 97], [254, 194, 135], [252, 253, 191]],
    np.float64,
)  # fmt: skip
"""Nine stops from silence to loud, dark violet to pale yellow, of even lightness steps."""


def spectrogram_png(audio: Audio, width: int = 1200, height: int = 320) -> bytes:
    """Power over time and log frequency, `LOW_HZ` at the bottom to `HIGH_HZ` at the top, the loudest 72 dB in colour.

    Hann windows of 8192 frames, one a column at least; columns longer than a window take the mean of several.
    """
    return png(_levels(audio, width, height), _palette())


def _levels(audio: Audio, width: int, height: int) -> NDArray[np.uint8]:
    """Colour indices (height, width), row 0 the highest frequency."""
    mono = audio.samples.mean(axis=0)
    size = min(_WINDOW, max(256, 1 << (max(1, audio.frames).bit_length() - 1)))
    mono = np.pad(mono, size // 2)
    columns = max(1, width)
    per_column = max(1, min(4, round(audio.frames / columns / size)))
    centres = np.linspace(0, max(0, len(mono) - size), columns * per_column).astype(np.int64)
    window = np.hanning(size).astype(np.float32)
    rows = np.lib.stride_tricks.sliding_window_view(mono, size)
    edges = np.geomspace(LOW_HZ, HIGH_HZ, height + 1) * size / audio.sample_rate
    picture = np.empty((columns, height), np.float32)
    step = max(1, 256 // per_column)
    for start in range(0, columns, step):
        chosen = rows[centres[start * per_column : (start + step) * per_column]]
        spectrum = np.fft.rfft(chosen * window, axis=1)
        power = (spectrum.real**2 + spectrum.imag**2).reshape(-1, per_column, spectrum.shape[1]).mean(axis=1)
        picture[start : start + step] = _log_bands(power.astype(np.float32), edges)
    decibels = 10 * np.log10(np.maximum(picture, 1e-20))
    top = float(decibels.max())
    scaled = np.clip((decibels - top + RANGE_DB) / RANGE_DB, 0, 1) if top > -150 else np.zeros_like(decibels)
    return np.ascontiguousarray((scaled.T[::-1] * 255).astype(np.uint8))


def _log_bands(power: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float32]:
    """Mean power between neighbouring edges, in bins; narrow bands interpolate, by a cumulative sum."""
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1, dtype=np.float64)], axis=1)
    at = np.clip(edges + 0.5, 0, power.shape[1])
    low = np.minimum(at.astype(np.int64), power.shape[1] - 1)
    sums = total[:, low] + (at - low) * (total[:, low + 1] - total[:, low])
    result: NDArray[np.float32] = (np.diff(sums, axis=1) / np.maximum(np.diff(at), 1e-9)).astype(np.float32)
    return np.maximum(result, 0)


def _palette() -> NDArray[np.uint8]:
    places = np.linspace(0, len(_HEAT) - 1, 256)
    channels = [np.interp(places, np.arange(len(_HEAT)), _HEAT[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def png(pixels: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """An indexed PNG (ISO 15948).  pixels: (height, width) indices.  palette: (n, 3) RGB."""
    height, width = pixels.shape
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = pixels  # filter type 0 for every row
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
