"""Sound between two processes: one file in memory that both map for the length of a copy."""

import contextlib
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
_BYTES = 4


class Arena:
    """A file in memory that holds one sound at a time; both processes have it open, each with an object of this class.

    The host makes it and forgets its name once the worker has it, where the system allows that: nothing is left behind when the host
    is killed.  It is emptied after each exchange, so that an idle worker holds no memory for sound.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            memory = Path("/dev/shm")
            folder = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
            self._file, name = tempfile.mkstemp(prefix="daiw-sound-", dir=folder)
            self.path = Path(name)
        else:
            self._file, self.path = os.open(path, os.O_RDWR), path

    def put(self, sound: Sound) -> None:
        """Lay `sound`, (channels, frames), in place of what was there."""
        os.ftruncate(self._file, sound.size * _BYTES)
        if sound.size:
            with mmap.mmap(self._file, sound.size * _BYTES) as view:
                there = np.frombuffer(view, np.float32)
                there[:] = sound.ravel()
                del there

    def take(self, channels: int, frames: int) -> Sound:
        """A copy of the sound; raises ValueError where the other side laid less than it claims."""
        size = channels * frames * _BYTES
        if min(channels, frames) < 0 or os.fstat(self._file).st_size < size:
            raise ValueError(f"{channels} x {frames} frames were announced and are not there")
        if size == 0:
            return np.zeros((channels, frames), np.float32)
        with mmap.mmap(self._file, size, access=mmap.ACCESS_READ) as view:
            there = np.frombuffer(view, np.float32)
            result = there.reshape(channels, frames).copy()
            del there
        return result

    def clear(self) -> None:
        """Give the memory back."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)

    def forget_name(self) -> None:
        """Remove the file's name; both sides have it open."""
        with contextlib.suppress(OSError):  # Windows keeps a name while the file is open
            self.path.unlink()

    def close(self) -> None:
        """Close the file; it vanishes."""
        with contextlib.suppress(OSError):
            os.close(self._file)
        self.forget_name()
