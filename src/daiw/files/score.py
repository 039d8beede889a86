"""score.json and mix.json: the notes on the grid, the notes as played, and the mix's settings; one note a line, for people and diffs.

A song's timeline is its plan's and stands in song.json; these files hold the rest of a `Take`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from daiw.errors import FileFormatError
from daiw.files.table import dump_table, load_table
from daiw.music.mixing import MixSettings
from daiw.music.score import Arrangement, Control, Note, Part, Score, Timeline, Track

SCORE, MIX = "score.json", "mix.json"
SCORE_SCHEMA, MIX_SCHEMA = "daiw-score-1", "daiw-mix-1"
MAX_BYTES = 64 * 1024 * 1024
_NUMBERS = ("start", "duration", "pitch", "velocity")
_EXTRAS = tuple(name for name in Note.__dataclass_fields__ if name not in _NUMBERS)
"""What a note may carry besides, in the order of its columns: left out from the right where it is empty."""

Row = list[Any]


def score_text(score: Score, arrangement: Arrangement) -> str:
    """The text of score.json."""
    parts = [{"role": part.role, "notes": [_row(note) for note in part.notes]} for part in score.parts]
    tracks = [
        {
            "role": track.role, "instrument": track.instrument, "program": track.program, "drums": track.drums,
            "bend_range": track.bend_range, "notes": [_row(note) for note in track.notes], "sources": list(track.sources),
            "controls": [[control.tick, control.kind, control.number, control.value] for control in track.controls],
        }
        for track in arrangement.tracks
    ]  # fmt: skip
    return rows_text({"schema": SCORE_SCHEMA, "parts": parts, "tracks": tracks})


def mix_text(settings: MixSettings) -> str:
    """The text of mix.json."""
    return rows_text({"schema": MIX_SCHEMA, **dump_table(settings)})


def read_score(path: Path, timeline: Timeline) -> tuple[Score, Arrangement]:
    """Score and arrangement out of a score.json, over the plan's timeline; raises FileFormatError naming what is wrong."""
    data = _load(path, SCORE_SCHEMA, ("parts", "tracks"))
    try:
        parts = tuple(Part(_text(part["role"]), tuple(_note(row) for row in part["notes"])) for part in data["parts"])
        tracks = tuple(_track(track) for track in data["tracks"])
    except KeyError as error:
        raise FileFormatError(f"{path} lacks the key {error.args[0]!r}") from error
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise FileFormatError(f"{path} holds a part or track that cannot be read: {error}") from error
    for track in tracks:
        count = next((len(part.notes) for part in parts if part.role == track.role), 0)
        if len(track.sources) != len(track.notes) or any(not -1 <= source < count for source in track.sources):
            raise FileFormatError(f"{path}: the sources of {track.role} do not fit its notes")
    return Score(parts, timeline), Arrangement(tracks, timeline)


def read_mix(path: Path) -> MixSettings:
    """The settings of a mix.json; raises FileFormatError."""
    data = _load(path, MIX_SCHEMA, ())
    return load_table(MixSettings, {key: value for key, value in data.items() if key != "schema"}, str(path), FileFormatError)


def rows_text(value: object, depth: int = 0) -> str:
    """JSON in which every list or table that holds only plain values stands on one line.

    >>> print(rows_text({"a": [[1, 2], [3, 4]]}), end="")
    {
     "a": [
      [1, 2],
      [3, 4]
     ]
    }
    """
    return _lines(value, depth) + "\n"


def _lines(value: object, depth: int) -> str:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    if not any(isinstance(item, dict | list) for item in inner):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    indent, close = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict):
        body = f",{indent}".join(f"{json.dumps(key, ensure_ascii=False)}: {_lines(item, depth + 1)}" for key, item in value.items())
        return f"{{{indent}{body}{close}}}"
    body = f",{indent}".join(_lines(item, depth + 1) for item in inner)
    return f"[{indent}{body}{close}]"


def _row(note: Note) -> Row:
    """[start, duration, pitch, velocity], and what else it carries."""
    extras = [dump_table(getattr(note, name)) for name in _EXTRAS]
    while extras and not extras[-1]:
        extras.pop()
    return [note.start, note.duration, note.pitch, note.velocity, *extras]


def _note(row: Sequence[Any]) -> Note:
    """The note of a row."""
    if not isinstance(row, list) or not 4 <= len(row) <= 4 + len(_EXTRAS) or any(type(number) is not int for number in row[:4]):
        raise ValueError(f"a note is [start, duration, pitch, velocity] in whole numbers, got {str(row)[:60]}")
    extras = {name: tuple(value) if isinstance(value, list) else _text(value) for name, value in zip(_EXTRAS, row[4:], strict=False)}
    return Note(*row[:4], **extras)  # type: ignore[arg-type]


def _track(table: dict[str, Any]) -> Track:
    """The track of a table."""
    controls = tuple(Control(_whole(tick), _text(kind), _whole(number), _whole(value)) for tick, kind, number, value in table["controls"])
    return Track(
        _text(table["role"]), _text(table["instrument"]), tuple(_note(row) for row in table["notes"]), _whole(table["program"]),
        bool(table["drums"]), controls, float(table["bend_range"]), tuple(_whole(source) for source in table["sources"]),
    )  # fmt: skip


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"want a text, got {str(value)[:60]}")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"want a whole number, got {str(value)[:60]}")
    return value


def _load(path: Path, schema: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The table in a JSON file of that schema."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileFormatError(f"{path} is larger than {MAX_BYTES} bytes")
        data = json.loads(path.read_bytes().decode("utf-8"))
    except OSError as error:
        hint = "the song was made before daiw kept its score; make it again with daiw remake SONG -o NEW"
        raise FileFormatError(f"cannot read {path}: {error.strerror} ({hint})") from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path} is not valid JSON: {error}") from error
    found = data.get("schema") if isinstance(data, dict) else None
    if found != schema:
        raise FileFormatError(f"{path} has the schema {found!r}; this version of daiw reads {schema!r}")
    missing = [key for key in keys if not isinstance(data.get(key), list)]
    if missing:
        raise FileFormatError(f"{path} lacks the list {missing[0]!r}")
    return dict(data)
