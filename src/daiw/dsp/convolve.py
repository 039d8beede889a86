"""Fast convolution in blocks (overlap-save), float32 in and out."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft


def convolve(samples: NDArray[np.float32], impulse: NDArray[np.float64], frames: int) -> NDArray[np.float32]:
    """The causal convolution, cut or extended to `frames`.

    samples: (channels, n).  impulse: (taps,) for all channels alike, or (k, taps): channel by channel, or one channel spread to k.
    Memory beyond the result is a few blocks whatever the length; blocks of a channel that are silent cost nothing.  Accuracy is that of
    float32 FFTs, about -130 dB of the block's peak.
    """
    kernels = np.atleast_2d(impulse)
    if len(kernels) > 1 and samples.shape[0] not in (1, len(kernels)):
        raise ValueError(f"{samples.shape[0]} channels cannot meet {len(kernels)} impulse responses")
    taps = kernels.shape[1]
    size = max(1 << 16, 1 << (4 * taps - 1).bit_length() if taps > 8192 else 0)
    step = size - taps + 1
    spectra = fft.rfft(kernels.astype(np.float32), size)
    result = np.zeros((max(samples.shape[0], len(kernels)), frames), np.float32)
    block = np.zeros((samples.shape[0], size), np.float32)
    for start in range(0, min(frames, samples.shape[1] + taps - 1), step):
        lower, upper = max(0, start - taps + 1), min(samples.shape[1], start + step)
        block[:] = 0.0
        if upper > lower:
            offset = lower - (start - taps + 1)
            block[:, offset : offset + upper - lower] = samples[:, lower:upper]
        stop = min(frames, start + step)
        for row, channel in enumerate(block):
            if channel.any():
                out, own = (slice(None), spectra) if len(block) == 1 else (slice(row, row + 1), spectra[min(row, len(spectra) - 1)][None])
                result[out, start:stop] = fft.irfft(fft.rfft(channel)[None] * own, size)[:, taps - 1 : taps - 1 + stop - start]
    return result
