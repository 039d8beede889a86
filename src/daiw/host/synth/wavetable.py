"""Band-limited oscillators behind a low-pass, as one table read.

A cycle is built from its harmonics, none above the limit, so nothing can alias; the filter acts on the harmonics before they become a
table.  A filter that moves is a stack of tables a quarter of an octave apart, read with interpolation across the stack: smooth at any
speed and stable at any resonance.  The response is that of two 2-pole low-passes in a row, 24 dB an octave.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS_PER_OCTAVE = 4
BAND_LIMIT = 0.45
_STRETCH = 16384
Line = NDArray[np.float32]
Wide = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Wave:
    """Levels of the shapes that are added: saw, square (of duty `pulse`) and triangle."""

    saw: float = 1.0
    square: float = 0.0
    triangle: float = 0.0
    pulse: float = 0.5

    def harmonics(self, count: int) -> NDArray[np.complex128]:
        """Complex amplitudes of harmonics 1..count; all shapes have peak-to-peak 2 and rise through zero together."""
        k = np.arange(1, count + 1)
        saw = -2j / (np.pi * k)
        square = 4.0 / (np.pi * k) * np.sin(np.pi * k * self.pulse) * np.exp(-1j * np.pi * k * self.pulse)
        triangle = -8j / (np.pi * k) ** 2 * np.choose(k % 4, (0.0, 1.0, 0.0, -1.0))
        return np.asarray(self.saw * saw + self.square * square + self.triangle * triangle, np.complex128)


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Tables of one cycle, darkest first.  lowest_hz: the first one's cutoff; each next is 1/4 octave brighter."""

    tables: Line
    lowest_hz: float

    def rows(self, cutoff_hz: Line) -> Line:
        """Where in the stack each cutoff lies."""
        rows: Line = np.clip(np.log2(cutoff_hz / np.float32(self.lowest_hz)) * STEPS_PER_OCTAVE, 0.0, len(self.tables) - 1.0).astype(
            np.float32
        )
        return rows


def stack(wave: Wave, hz: float, sample_rate: int, resonance_db: float, highest_hz: float | None = None) -> Stack:
    """The tables for a note of `hz`; highest_hz: the highest its fundamental will be bent to, which sets the band limit."""
    top = max(hz, highest_hz or hz)
    count = int(BAND_LIMIT * sample_rate / top)
    size = 4096 if count > 64 else 2048
    lowest = max(20.0, 0.25 * hz)
    cutoffs = lowest * 2.0 ** (np.arange(int(np.log2(20_000.0 / lowest) * STEPS_PER_OCTAVE) + 2) / STEPS_PER_OCTAVE)
    if count < 1:
        return Stack(np.zeros((len(cutoffs), size + 1), np.float32), lowest)
    count = min(count, size // 2 - 1)
    ratio = hz * np.arange(1, count + 1)[None, :] / cutoffs[:, None]
    q = 0.5412 * 10.0 ** (resonance_db / 20.0)
    response = 1.0 / (1.0 - ratio**2 + 1j * ratio / q) / (1.0 - ratio**2 + 1j * ratio / 1.3066)
    spectrum = np.zeros((len(cutoffs), size // 2 + 1), np.complex128)
    spectrum[:, 1 : count + 1] = wave.harmonics(count) * response * (size / 2.0)
    cycle = np.fft.irfft(spectrum, size, axis=1)
    return Stack(np.concatenate((cycle, cycle[:, :1]), axis=1).astype(np.float32), lowest)


def oscillate(tables: Stack, phase: Wide, rows: Line) -> Line:
    """The oscillator at `phase` (cycles, rising) behind the filter at `rows` of the stack; bilinear between tables and points."""
    size = tables.tables.shape[1] - 1
    flat = tables.tables.ravel()
    out = np.empty(len(phase), np.float32)
    for first in range(0, len(phase), _STRETCH):
        part = slice(first, first + _STRETCH)
        turn = phase[part]
        place = ((turn - np.floor(turn)) * size).astype(np.float32)
        point = np.minimum(place.astype(np.int32), size - 1)
        between = place - point
        row = rows[part]
        low = np.minimum(row.astype(np.int32), len(tables.tables) - 2)
        if row[0] == row[-1] and np.all(row == row[0]):
            mixed = _lerp(tables.tables[low[0]], tables.tables[low[0] + 1], row[0] - low[0])
            out[part] = _lerp(mixed[point], mixed[point + 1], between)
        else:
            index = low * (size + 1) + point
            dark = _lerp(flat[index], flat[index + 1], between)
            index += size + 1
            out[part] = _lerp(dark, _lerp(flat[index], flat[index + 1], between), row - low)
    return out


def _lerp(a: Line, b: Line, x: Line) -> Line:
    result: Line = b - a
    result *= x
    result += a
    return result
