"""A folder that is complete or absent: written beside its place under a temporary name, then renamed."""

import ctypes
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daiw.errors import OutputError

MANIFEST = "song.json"


def check_target(folder: Path, *, force: bool, manifest: str = MANIFEST, kind: str = "song") -> None:
    """Raise OutputError unless `folder` can be made: its parent writable, itself absent, or with `force` a folder of that kind.

    A folder without the kind's manifest, a song's song.json, is never replaced, forced or not.
    """
    parent = folder.absolute().parent
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(f"{folder} is in the way and is not a folder; choose another with -o")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / manifest).is_file():
            raise OutputError(f"{folder} exists and is not a {kind} folder; choose another with -o")
        if not force:
            raise OutputError(f"{folder} exists; choose another folder with -o, or replace the {kind} with --force")
    existing = next(place for place in (parent, *parent.parents) if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write to {existing}; choose another folder with -o")


@contextmanager
def new_folder(folder: Path, *, force: bool = False, manifest: str = MANIFEST, kind: str = "song") -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder` when the block ends well, and vanishes when it does not.

    Raises OutputError, also for every OSError of the block (a full disk, a lost permission).
    """
    check_target(folder, force=force, manifest=manifest, kind=kind)
    folder = folder.absolute()
    made = _missing_parents(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name[:80]}.", suffix=".part", dir=folder.parent))
    except OSError as error:
        raise OutputError(f"cannot write to {folder.parent}: {error.strerror}") from error
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        _swap(temporary, folder)
    except OutputError as error:  # says the temporary name, which means nothing to anybody
        raise OutputError(str(error).replace(str(temporary), str(folder))) from error
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not folder.exists():
            for parent in made:
                if parent.is_dir() and not any(parent.iterdir()):
                    parent.rmdir()


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in folder.parents if not parent.exists()]


def _swap(temporary: Path, folder: Path) -> None:
    """Put `temporary` in the place of `folder`; the old folder goes only once the new one stands.

    Where the system can exchange two names, there is no moment at which neither stands there.
    """
    if not folder.exists():
        temporary.rename(folder)
        return
    if _exchanged(temporary, folder):
        shutil.rmtree(temporary, ignore_errors=True)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name[:80]}.", suffix=".old", dir=folder.parent))
    folder.rename(old / "song")
    try:
        temporary.rename(folder)
    except OSError:
        (old / "song").rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two names at once by Linux's renameat2(RENAME_EXCHANGE); False where the system or the disk cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    swap.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    at_working_folder, exchange = -100, 2
    return bool(swap(at_working_folder, os.fsencode(one), at_working_folder, os.fsencode(other), exchange) == 0)


def _umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value


def free_name(folder: Path) -> Path:
    """`folder`, or the first of folder-2, folder-3, ... that does not exist."""
    candidate, count = folder, 1
    while candidate.exists():
        count += 1
        candidate = folder.with_name(f"{folder.name}-{count}")
    return candidate


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def file_hashes(folder: Path) -> dict[str, dict[str, str | int]]:
    """Every file below `folder`: its path with forward slashes -> sha256 and bytes, sorted."""
    return {
        path.relative_to(folder).as_posix(): {"sha256": sha256(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
