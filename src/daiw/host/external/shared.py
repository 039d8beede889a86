"""Sound between two processes: memory that both have open, kept from one exchange to the next so that its pages are paid for once."""

import contextlib
import mmap
import os
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]
_BYTES = 4
_INHERITED = "fd:"
_POPULATE = getattr(mmap, "MAP_SHARED", 0) | getattr(mmap, "MAP_POPULATE", 0)


class Arena:
    """Memory that holds one sound at a time, (channels, frames) in rows of a common stride; each process has an object of this class.

    name: what the worker opens it by: the number of an inherited file where processes inherit files (it then has no name in any
    folder and vanishes with the last process), else a path.  It grows and keeps what it has until it is cleared: the pages of fresh
    memory cost more than the copies.
    """

    def __init__(self, name: str = "") -> None:
        self.path: Path | None = None
        if name.startswith(_INHERITED):
            self._file = int(name.removeprefix(_INHERITED))
        elif name:
            self._file, self.path = os.open(name, os.O_RDWR), Path(name)
        else:
            self._file, self.path = _made()
        self.name = f"{_INHERITED}{self._file}" if self.path is None else str(self.path)
        self._mapped: Sound = np.zeros(0, np.float32)

    @property
    def inherited(self) -> tuple[int, ...]:
        """The file for a child process to inherit, where it goes by that."""
        return (self._file,) if self.path is None else ()

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return 0 if self._file < 0 else os.fstat(self._file).st_size

    def room(self, channels: int, stride: int) -> Sound:
        """Its memory as (channels, stride), grown where that is larger; what was there before is there still."""
        wanted = channels * stride * _BYTES
        if self.size < wanted:
            os.ftruncate(self._file, wanted)
        return self._view(channels, stride)

    def put(self, sound: Sound, stride: int) -> None:
        """Lay `sound`, (channels, frames), in rows of `stride` frames."""
        if sound.size:
            self.room(len(sound), stride)[:, : sound.shape[1]] = sound

    def sound(self, channels: int, frames: int, stride: int) -> Sound:
        """The sound, not copied: it lasts until the next exchange; raises ValueError where the other side laid less than it claims."""
        if min(channels, frames) < 0 or frames > stride or self.size < channels * stride * _BYTES:
            raise ValueError(f"{channels} x {frames} frames were announced and are not there")
        return self._view(channels, stride)[:, :frames]

    def _view(self, channels: int, stride: int) -> Sound:
        """The memory as it is mapped, or mapped anew where it has grown."""
        wanted = channels * stride
        if self._mapped.size < wanted:
            size = wanted * _BYTES
            view = mmap.mmap(self._file, size, flags=_POPULATE) if os.name == "posix" else mmap.mmap(self._file, size)
            self._mapped = np.frombuffer(view, np.float32)
        return self._mapped[:wanted].reshape(channels, stride)

    def clear(self) -> None:
        """Give the memory back."""
        self._mapped = np.zeros(0, np.float32)
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)

    def forget_name(self) -> None:
        """Remove the file's name, where it has one; both sides have it open."""
        if self.path is not None:
            with contextlib.suppress(OSError):  # Windows keeps a name while the file is open
                self.path.unlink()

    def close(self) -> None:
        """Close the file; it vanishes."""
        file, self._file = self._file, -1  # its number may soon be another file's
        self._mapped = np.zeros(0, np.float32)
        with contextlib.suppress(OSError):
            os.close(file)
        self.forget_name()


def _made() -> tuple[int, Path | None]:
    """A file in memory without a name where the system has such; elsewhere a temporary one, nameless at once where names may go."""
    if hasattr(os, "memfd_create"):  # not bounded by the size of /dev/shm, 64 MB in many containers
        with contextlib.suppress(OSError):
            return os.memfd_create("daiw-sound"), None
    file, name = tempfile.mkstemp(prefix="daiw-sound-")
    if os.name == "posix":
        Path(name).unlink()
        return file, None
    return file, Path(name)
