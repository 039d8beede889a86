"""A stranger's file as a song of ours: roles, key, chords and sections are guessed, its notes stay as they are."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import mean

from daiw.exchange.harmony import find_harmony, find_key, spans
from daiw.files.foreign import Foreign
from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.music.plan import Plan, Section
from daiw.music.preset import Preset
from daiw.music.score import Arrangement, Note, Score, Timeline, Track
from daiw.music.take import Take
from daiw.music.time import Meter
from daiw.planning.emotion import cues_of

SECTION_BARS = 8
"""Length of a section where the file has no markers."""
ENERGY = (0.3, 0.9)
WORDS = (
    ("drums", r"drum|perc|kit|beat"), ("bass", r"bass|kontrabass|808"), ("vocal", r"vocal|vox|voice|sing"),
    ("melody", r"melod|lead|solo|theme|tune"), ("pad", r"pad|string|choir|ambien"),
    ("chords", r"chord|piano|keys|guitar|gtr|organ|rhodes|harp"),
)  # fmt: skip
"""Roles -> what track names say of them."""
LOW_PITCH = 50


def new_take(theirs: Foreign, preset: Preset, source: str) -> tuple[Take, tuple[Track, ...]]:
    """A take without notes whose plan is read off the file, and the tracks to be played in it.  source: the file's name, for the intent."""
    found = theirs.arrangement
    named = _roles(found.tracks)
    tracks = tuple(replace(track, role=role) for track, role in zip(found.tracks, named, strict=True))
    meter = found.timeline.meter(0)
    bars = max(1, -(-max(found.timeline.end, *(note.end for track in tracks for note in track.notes)) // meter.bar_ticks))
    pitched = sorted(note for track in tracks if not track.drums for note in track.notes)
    key = found.timeline.keys[0][1] if found.timeline.keys else find_key(pitched)
    end = bars * meter.bar_ticks
    sections = _sections(tracks, found.timeline, meter, bars)
    markers = tuple((section.start_bar * meter.bar_ticks, section.name) for section in sections)
    timeline = replace(found.timeline, keys=found.timeline.keys or ((0, key),), markers=markers, end=end)
    written = [(tick, chord) for tick, chord in theirs.harmony if tick < end]
    harmony = spans(written, key, end) if written else find_harmony(pitched, key, meter, end)
    plan = Plan(
        theirs.title or "Imported", key, meter, timeline, "as it came", sections, harmony, tuple(named), cues_of(Emotion(0.0, 0.0)), 0,
        preset.name, _decisions(theirs, key, named, sections, written=bool(written)),
    )  # fmt: skip
    intent = Intent(f"imported from {source}", Emotion(0.0, 0.0), Wishes(bpm=timeline.tempos.bpm(0), key=key, meter=meter, bars=bars))
    return Take(intent=intent, preset=preset, plan=plan, score=Score((), timeline), arrangement=Arrangement((), timeline)), tracks


def _roles(tracks: Sequence[Track]) -> list[str]:
    """What each track is: by its name, else by register and texture; a role is given once, other tracks keep their names."""
    roles: dict[int, str] = {}
    for index, track in enumerate(tracks):
        role = "drums" if track.drums else next((role for role, words in WORDS if re.search(words, track.role.casefold())), "")
        if role and role not in roles.values() and (role == "drums") == track.drums:
            roles[index] = role
    free = [index for index, track in enumerate(tracks) if index not in roles and not track.drums and track.notes]
    lowest = sorted(free, key=lambda index: _height(tracks[index].notes))
    if "bass" not in roles.values() and lowest and _height(tracks[lowest[0]].notes) < LOW_PITCH:
        roles[lowest[0]] = "bass"
    single = [index for index in free if index not in roles and _voices(tracks[index].notes) < 1.2]
    if not {"melody", "vocal"} & set(roles.values()) and single:
        roles[max(single, key=lambda index: _height(tracks[index].notes))] = "melody"
    many = [index for index in free if index not in roles and _voices(tracks[index].notes) >= 1.2]
    if "chords" not in roles.values() and many:
        roles[max(many, key=lambda index: len(tracks[index].notes))] = "chords"
    taken = {role.casefold() for role in roles.values()}
    return [roles.get(index) or _free_name(track.role, taken) for index, track in enumerate(tracks)]


def _free_name(name: str, taken: set[str]) -> str:
    unique, number = name, 1
    while unique.casefold() in taken:
        number += 1
        unique = f"{name} {number}"
    taken.add(unique.casefold())
    return unique


def _height(notes: Sequence[Note]) -> float:
    return mean(note.pitch for note in notes)


def _voices(notes: Sequence[Note]) -> float:
    """Notes an onset, onsets a sixteenth apart taken together."""
    return len(notes) / len({note.start // 120 for note in notes})


def _sections(tracks: Sequence[Track], timeline: Timeline, meter: Meter, bars: int) -> tuple[Section, ...]:
    """From the markers, moved to their bar lines, else every SECTION_BARS bars; energy after how much is played, and how loud."""
    starts = {min(bars - 1, round(tick / meter.bar_ticks)): name for tick, name in timeline.markers if name}
    if not starts:
        starts = {bar: f"part {bar // SECTION_BARS + 1}" for bar in range(0, bars, SECTION_BARS)}
    if 0 not in starts:
        starts[0] = "intro"
    edges = [*sorted(starts), bars]
    letters: dict[str, str] = {}
    sections = []
    for first, end in pairwise(edges):
        inside = (first * meter.bar_ticks, end * meter.bar_ticks)
        playing = tuple(track.role for track in tracks if any(inside[0] <= note.start < inside[1] for note in track.notes))
        loud = sum(note.velocity for track in tracks for note in track.notes if inside[0] <= note.start < inside[1]) / (end - first)
        letter = letters.setdefault(starts[first], chr(ord("A") + len(letters) % 26))
        sections.append(Section(starts[first], letter, first, end - first, loud, Emotion(0.0, 0.0), 0.5, playing))
    most = max(section.energy for section in sections) or 1.0
    low, high = ENERGY
    return tuple(replace(section, energy=round(low + (high - low) * section.energy / most, 3)) for section in sections)


def _decisions(theirs: Foreign, key: Key, roles: Sequence[str], sections: Sequence[Section], *, written: bool) -> tuple[Decision, ...]:
    """What was guessed and what was said."""
    said = "the file says so" if theirs.arrangement.timeline.keys else "its notes fit this key best (Krumhansl & Kessler's profiles)"
    marked = "from its markers" if theirs.arrangement.timeline.markers else f"every {SECTION_BARS} bars: the file has no markers"
    chords = ("as written", "Chord symbols of the score.") if written else ("estimated", "From what sounds in each bar.")
    return (
        Decision("plan", "key", str(key), f"Because {said}."),
        Decision("plan", "chords", *chords),
        Decision("plan", "sections", str(len(sections)), f"Taken {marked}."),
        Decision("plan", "roles", ", ".join(roles), "By the tracks' names, else by register and texture."),
    )  # fmt: skip
