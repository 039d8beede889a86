"""OpenUtau projects (.ustx, version 0.6): the sung part as notes with words, tempo and meter map, the other stems to sing to.

Written by OpenUtau's own project classes (github.com/stakira/OpenUtau, OpenUtau.Core/Ustx).  480 ticks a quarter, as here.  A word's
first note carries the whole word and its further syllables "+"; a note that a syllable is drawn over carries "+~".  No singer is
named: whoever opens the project chooses one that they have.  OpenUtau sings one note at a time, so notes that overlap are cut.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePosixPath

from daiw.files.notation import bars
from daiw.files.session import Session, plain
from daiw.music.score import Note, Track
from daiw.music.time import TICKS_PER_QUARTER

SUNG_ROLES = ("vocal", "melody")
"""Parts that are sung, the likeliest first, where no note has a word."""
SYLLABLE = "la"
"""What is sung where there are no words."""
SHORTEST_TICKS = 10
"""OpenUtau lengthens what is shorter."""

PHONEMIZER = "OpenUtau.Plugin.Builtin.ArpasingPhonemizer"
COLOURS = ("Pink", "Blue", "Green", "Orange", "Purple", "Light Blue", "Red", "Yellow")

Value = str | int | float | bool | Mapping[str, "Value"] | Sequence["Value"]


def sung_track(session: Session) -> Track:
    """The track that a singer gets: the one with the most words, else the vocal or the melody, else the highest that is no drum."""
    tracks = [track for track in session.arrangement.tracks if track.notes and not track.drums]
    if not tracks:
        raise LookupError("nothing but drums plays")
    words = {track.role: sum(bool(note.lyric) for note in track.notes) for track in tracks}
    if any(words.values()):
        return max(tracks, key=lambda track: words[track.role])
    for role in SUNG_ROLES:
        for track in tracks:
            if track.role == role:
                return track
    return max(tracks, key=lambda track: sum(note.pitch for note in track.notes) / len(track.notes))


def ustx_bytes(session: Session) -> bytes:
    """The project as UTF-8 YAML; raises LookupError where nothing can be sung."""
    sung = sung_track(session)
    timeline = session.arrangement.timeline
    backing = [stem for stem in session.stems if stem.name != sung.role]
    numbers = {bar.start: bar.number - 1 for bar in bars(timeline, session.end)}
    meters = [
        {"bar_position": numbers[tick], "beat_per_bar": meter.numerator, "beat_unit": meter.denominator}
        for tick, meter in timeline.meters
        if tick in numbers
    ]
    project: dict[str, Value] = {
        "name": session.title,
        "comment": session.comment,
        "output_dir": "Vocal",
        "cache_dir": "UCache",
        "ustx_version": "0.6",
        "resolution": TICKS_PER_QUARTER,
        "bpm": timeline.tempos.bpm(0),
        "beat_per_bar": timeline.meter(0).numerator,
        "beat_unit": timeline.meter(0).denominator,
        "time_signatures": meters,
        "tempos": [{"position": change.tick, "bpm": change.bpm} for change in timeline.tempos.changes],
        "tracks": [_track(name, index) for index, name in enumerate([sung.role, *(stem.name for stem in backing)])],
        "voice_parts": [_voice(sung, session.end)],
        "wave_parts": [
            {
                "name": stem.name, "comment": "", "track_no": index, "position": 0, "relative_path": str(PurePosixPath(stem.path)),
                "file_duration_ms": 1000 * stem.duration_s, "skip_ms": 0, "trim_ms": 0,
            }
            for index, stem in enumerate(backing, 1)
        ],
    }  # fmt: skip
    return ("\n".join(_yaml(project)) + "\n").encode()


def sung_notes(track: Track) -> tuple[Note, ...]:
    """The track as one voice: of notes that begin together the highest, each ending where the next begins at the latest."""
    top: dict[int, Note] = {}
    for note in track.notes:
        if note.start not in top or (bool(note.lyric), note.pitch) > (bool(top[note.start].lyric), top[note.start].pitch):
            top[note.start] = note
    line = [top[start] for start in sorted(top)]
    cut = [replace(note, duration=min(note.duration, following.start - note.start)) for note, following in pairwise(line)]
    return tuple(note for note in (*cut, *line[-1:]) if note.duration >= SHORTEST_TICKS)


def sung_words(notes: Sequence[Note]) -> list[str]:
    """What OpenUtau shall sing on each note.

    >>> sung_words([Note(0, 9, 60, 80, word) for word in ("the", "win-", "dow", "_", "is")])
    ['the', 'window', '+', '+~', 'is']
    """
    words: list[str] = []
    inside = -1
    for note in notes:
        syllable = note.lyric.strip("-_")
        if not syllable:
            words.append("+~" if words and note.lyric else SYLLABLE)
        elif inside >= 0:
            words[inside] += syllable
            words.append("+")
        else:
            words.append(syllable)
        if syllable:
            start = inside if inside >= 0 else len(words) - 1
            inside = start if note.lyric.endswith("-") else -1
    return words


def _voice(track: Track, end: int) -> dict[str, Value]:
    notes = sung_notes(track)
    return {
        "duration": end,
        "name": track.role,
        "comment": "",
        "track_no": 0,
        "position": 0,
        "notes": [_note(note, word) for note, word in zip(notes, sung_words(notes), strict=True)],
        "curves": [],
    }


def _note(note: Note, word: str) -> dict[str, Value]:
    """A note with OpenUtau's usual glide into it and no vibrato, both there to be drawn."""
    return {
        "position": note.start,
        "duration": note.duration,
        "tone": note.pitch,
        "lyric": word,
        "pitch": {"data": [{"x": x, "y": 0, "shape": "io"} for x in (-40, 40)], "snap_first": True},
        "vibrato": {"length": 0, "period": 175, "depth": 25, "in": 10, "out": 10, "shift": 0, "drift": 0},
        "phoneme_expressions": [],
        "phoneme_overrides": [],
    }


def _track(name: str, index: int) -> dict[str, Value]:
    return {
        "phonemizer": PHONEMIZER if index == 0 else "OpenUtau.Core.DefaultPhonemizer",
        "track_name": name,
        "track_color": COLOURS[index % len(COLOURS)],
        "mute": False,
        "solo": False,
        "volume": 0,
        "pan": 0,
    }


def _yaml(table: Mapping[str, Value], depth: int = 0) -> Iterator[str]:
    """Block style YAML: tables within lists and tables, every text in double quotes as JSON writes it."""
    pad = "  " * depth
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield f"{pad}{key}:"
            yield from _yaml(value, depth + 1)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield f"{pad}{key}:" if value else f"{pad}{key}: []"
            for item in value:
                assert isinstance(item, Mapping)
                first, *rest = _yaml(item, depth + 1)
                yield f"{pad}- {first.lstrip()}"
                yield from rest
        else:
            yield f"{pad}{key}: {_scalar(value)}"


def _scalar(value: str | int | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return plain(float(value))
