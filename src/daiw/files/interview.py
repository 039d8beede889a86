"""Answers on disk: a TOML file with one answer a line, which a person can read, change and continue."""

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from daiw.errors import FileFormatError, OutputError
from daiw.files.table import load_table, read_toml
from daiw.music.interview import ASKED, Interview, choices_of

SCHEMA = "daiw-interview-1"
MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class InterviewFile:
    """interview: the answers.  skipped: questions that were put and not answered."""

    interview: Interview = field(default_factory=Interview)
    skipped: tuple[str, ...] = ()


def read_interview(path: Path) -> InterviewFile:
    """The answers in a file; raises FileFormatError naming the key and what is wrong with it."""
    data = read_toml(path, "the answers", MAX_BYTES, FileFormatError)
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        raise FileFormatError(f"{path} has the schema {schema!r}; this version of daiw reads {SCHEMA!r}")
    skipped = load_table(tuple[str, ...], data.pop("skipped", []), f"{path}: skipped", FileFormatError)
    return InterviewFile(load_table(Interview, data, str(path), FileFormatError), skipped)


def write_interview(told: InterviewFile, path: Path) -> None:
    """Write the answers, replacing what is there in one step; raises OutputError."""
    rows = [f'schema = "{SCHEMA}"']
    for name, answer in asdict(told.interview).items():
        about = f"  # {ASKED[name]}" if name in ASKED else f"  # {', '.join(choices_of(name))}" if choices_of(name) != ("",) else ""
        if answer:
            rows.append(f"{name} = {_quoted(answer)}{about}")
    if told.skipped:
        rows.append(f"skipped = [{', '.join(map(_quoted, told.skipped))}]")
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(rows) + "\n")
        os.replace(temporary, path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


def _quoted(text: str) -> str:
    """A TOML basic string.

    >>> _quoted('she said "no"')
    '"she said \\\\"no\\\\""'
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
