"""Which material, under which licence, for which network; and a record of exactly which files were read."""

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

from daiw.errors import FileFormatError

MANIFEST = Path(__file__).with_name("manifest.toml")
NETWORKS = ("lead", "band", "kit", "harmony")
ALLOWED = frozenset(
    (
        "CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "Unlicense", "GPL-3.0-or-later",
        "LicenseRef-public-domain", "LicenseRef-own",
    )
)  # fmt: skip
"""Licences whose works may go into weights that are given on under the GPL-3.0-or-later."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source of the manifest."""

    name: str
    folder: str
    licence: str
    attribution: str
    networks: tuple[str, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if self.licence not in ALLOWED:
            raise ValueError(
                f"its licence {self.licence!r} is not one that weights may be made under; allowed are {', '.join(sorted(ALLOWED))}"
            )
        if unknown := set(self.networks) - set(NETWORKS):
            raise ValueError(f"there is no network {', '.join(sorted(unknown))}; networks are {', '.join(NETWORKS)}")
        if Path(self.folder).is_absolute() or ".." in Path(self.folder).parts:
            raise ValueError("its folder must lie below the data folder")


def read_manifest(path: Path = MANIFEST) -> tuple[Source, ...]:
    """The sources of a manifest; raises FileFormatError, naming the source at fault."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = told["source"]
    except (OSError, ValueError, KeyError) as error:
        raise FileFormatError(f"{path}: not a manifest of sources ({error})") from error
    if told.get("format") != 1 or not isinstance(rows, list):
        raise FileFormatError(f"{path}: a manifest of another version; this daiw reads format 1")
    found = []
    for row in rows:
        name = row.get("name", "?") if isinstance(row, dict) else "?"
        try:
            found.append(Source(**(row | {"networks": tuple(row["networks"])})))
        except (TypeError, KeyError, ValueError) as error:
            raise FileFormatError(f"{path}: source {name!r}: {error}") from error
    return tuple(found)


def fingerprint(folder: Path) -> tuple[int, str]:
    """(number of files, SHA-256 over their names and contents) of a source's folder."""
    digest, count = hashlib.sha256(), 0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
        count += 1
    return count, digest.hexdigest()


def write_record(path: Path, data: Path, sources: tuple[Source, ...]) -> None:
    """Write which sources were read, with their fingerprints, as JSON, beside the shards."""
    rows = []
    for source in sources:
        files, digest = fingerprint(data / source.folder)
        rows.append({**asdict(source), "files": files, "sha256": digest})
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps({"format": 1, "sources": rows}, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def read_record(path: Path) -> list[dict[str, object]]:
    """The sources of a record; empty where there is none."""
    if not path.exists():
        return []
    rows: list[dict[str, object]] = json.loads(path.read_text(encoding="utf-8"))["sources"]
    return rows
