"""Memory for sound that is used again once nobody holds the sound any more: fresh pages cost several times what a copy costs."""

import mmap
import threading
import weakref

import numpy as np

from daiw.host.external.shared import Sound

_BYTES = 4
MOST_KEPT_BYTES = 200_000_000
_LARGER = 1.5
"""A buffer serves for a sound of at least 1/_LARGER of its size."""


class Buffers:
    """Gives out arrays and takes their memory back when the last view of one is gone.  Safe to use from several threads.

    most_bytes: how much unused memory is kept.
    """

    def __init__(self, most_bytes: int = MOST_KEPT_BYTES) -> None:
        self._most_bytes = most_bytes
        self._guard = threading.RLock()  # a garbage collection may give back while the same thread takes
        self._free: list[mmap.mmap] = []

    def array(self, channels: int, frames: int) -> Sound:
        """An array of (channels, frames) that holds anything."""
        size = channels * frames * _BYTES
        if size == 0:
            return np.zeros((channels, frames), np.float32)
        buffer = self._found(size) or _fresh(size)
        whole = np.frombuffer(buffer, np.float32)  # every view of it keeps this array, and nothing else, alive
        weakref.finalize(whole, self._give, buffer).atexit = False
        return whole[: channels * frames].reshape(channels, frames)

    def _found(self, size: int) -> mmap.mmap | None:
        with self._guard:
            fitting = [buffer for buffer in self._free if size <= len(buffer) <= size * _LARGER]
            if not fitting:
                return None
            best = min(fitting, key=len)
            self._free = [buffer for buffer in self._free if buffer is not best]
            return best

    def _give(self, buffer: mmap.mmap) -> None:
        with self._guard:
            if sum(map(len, self._free)) + len(buffer) <= self._most_bytes:
                self._free.append(buffer)

    @property
    def kept_bytes(self) -> int:
        """Unused memory that is kept."""
        with self._guard:
            return sum(map(len, self._free))

    def clear(self) -> None:
        """Give the unused memory back."""
        with self._guard:
            self._free = []


def _fresh(size: int) -> mmap.mmap:
    buffer = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        buffer.madvise(mmap.MADV_HUGEPAGE)
    return buffer
