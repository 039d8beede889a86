"""Rendered stems kept between runs, each under a hash of everything it was made from.

One file an entry: a line of JSON, then the samples.  An entry is written under another name and renamed, so a second process sees it whole
or not at all; one that does not match its own digest is removed and rendered again; the ones unused for longest go when the folder has
grown over its limit.  A folder that cannot be read or written is no cache, and no error.
"""

import contextlib
import hashlib
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from daiw.music.audio import Audio
from daiw.music.manifest import PluginRecord

MOST_BYTES = 2_000_000_000
KEEP_SHARE = 0.9
_SUFFIX, _PART = ".stem", ".part"
_MAX_HEAD_BYTES = 64 * 1024 * 1024
_STALE_PART_S = 3600.0
_FORMAT = "daiw-stem-2"
_BYTES = ("state", "vstpreset")


@dataclass(frozen=True, slots=True, eq=False)
class StoredStem:
    """One stem as it was rendered.  plugins: the external plugins that sounded."""

    audio: Audio
    plugins: tuple[PluginRecord, ...] = ()


def cache_folder() -> Path | None:
    """Where stems are kept: `$DAIW_CACHE`, else `$XDG_CACHE_HOME/daiw/stems`, else `~/.cache/daiw/stems`.

    None where `DAIW_CACHE` is "off".
    """
    chosen = os.environ.get("DAIW_CACHE", "")
    if chosen.lower() == "off":
        return None
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "daiw" / "stems"


@dataclass(frozen=True, slots=True)
class StemCache:
    """Stems under `folder`, together at most `most_bytes`."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def find(self, key: str) -> StoredStem | None:
        """The stem kept under `key`, hexadecimal; None where there is none, or a damaged one, which is then removed."""
        path = self._path(key)
        try:
            with path.open("rb") as stream:
                stem = _read(stream, path.stat().st_size)
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        return stem

    def keep(self, key: str, stem: StoredStem) -> None:
        """Keep a stem; one that would fill more than half the cache, or that cannot be written, is let go."""
        if stem.audio.samples.nbytes > self.most_bytes // 2:
            return
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(suffix=_PART, dir=path.parent)
        except OSError:
            return
        try:
            with os.fdopen(handle, "wb") as stream:
                samples = np.ascontiguousarray(stem.audio.samples)
                stream.write(_head(stem, samples))
                stream.write(samples.data)
            Path(name).replace(path)
            self._evict()
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError):
                Path(name).unlink(missing_ok=True)

    def size_bytes(self) -> int:
        """What all entries take together."""
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        """Remove every entry."""
        for _, _, path in self._entries():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}{_SUFFIX}"

    def _entries(self) -> list[tuple[float, int, Path]]:
        """(last use, bytes, path) of every entry, the longest unused first."""
        found = []
        for path in self.folder.glob(f"??/*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        return sorted(found)

    def _evict(self) -> None:
        """Bring the folder under its limit, and clear what a killed process left half-written."""
        entries = self._entries()
        total = sum(size for _, size, _ in entries)
        if total > self.most_bytes:
            for _, size, path in entries:
                if total <= KEEP_SHARE * self.most_bytes:
                    break
                with contextlib.suppress(OSError):
                    path.unlink()
                    total -= size
        for path in self.folder.glob(f"??/*{_PART}"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _STALE_PART_S:
                    path.unlink()


def _digest(samples: NDArray[np.float32]) -> str:
    return hashlib.blake2b(samples.data, digest_size=16).hexdigest()


def _head(stem: StoredStem, samples: NDArray[np.float32]) -> bytes:
    plugins = [asdict(record) | {name: getattr(record, name).hex() for name in _BYTES} for record in stem.plugins]
    facts = {
        "format": _FORMAT,
        "shape": list(samples.shape),
        "sample_rate": stem.audio.sample_rate,
        "digest": _digest(samples),
        "plugins": plugins,
    }
    return json.dumps(facts, ensure_ascii=True).encode() + b"\n"


def _read(stream: BinaryIO, size: int) -> StoredStem:
    """The stem in an open entry; raises ValueError, KeyError or TypeError where anything is not as it was written."""
    head = stream.readline(_MAX_HEAD_BYTES)
    facts = json.loads(head)
    channels, frames = (int(each) for each in facts["shape"])
    if facts["format"] != _FORMAT or channels * frames * 4 != size - len(head) or channels < 1 or frames < 0:
        raise ValueError("not a whole stem")
    samples = np.fromfile(stream, np.float32, channels * frames).reshape(channels, frames)
    if _digest(samples) != facts["digest"]:
        raise ValueError("a damaged stem")
    plugins = tuple(
        PluginRecord(**(record | {name: bytes.fromhex(record[name]) for name in _BYTES} | {"remarks": tuple(record["remarks"])}))
        for record in facts["plugins"]
    )
    return StoredStem(Audio(samples, int(facts["sample_rate"])), plugins)
