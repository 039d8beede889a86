"""The drummer: a style's pattern, varied by phrase, thickened by energy, with fills where the form turns."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from daiw.composer.fills import build_bar, fill_bar, roll_hats
from daiw.composer.kit_bars import SIXTEENTH, Beat, Hit, beats_of, play_rows
from daiw.music.drum_patterns import KIT, TIME_KEEPERS, DrumPattern, drum_pattern, steps
from daiw.music.groove import Groove, groove
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle

LETTER_VELOCITY = {"X": 108, "x": 92, "o": 70}
"""Accent, hit and soft hit at middle energy; ghost notes take the groove's own range."""

TIME_KEEPER_SHARE = 0.84
"""Time-keepers are struck this much softer than drums."""

RING_TICKS = {"crash": 4 * 480, "crash 2": 4 * 480, "china": 2 * 480, "splash": 480, "open hat": 2 * SIXTEENTH, "swirl": 4 * SIXTEENTH}
"""How long a voice rings in the score; other strokes last a thirty-second."""

HALF_TIME_ROWS = {"kick": "X... .... .... ..x.", "snare": ".... .... X... ...."}
LEVELS = (0.36, 0.66)
"""Mean energies of a letter below which its sections are quiet, and below which they are middling."""

ROLL_VOICES = {"taiko": "floor tom"}
"""Family of fills -> the voice that rolls in a build; the snare elsewhere."""

LONG_BUILDS = frozenset(("machine", "gated", "taiko", "toms"))
"""Families whose builds roll for several bars; other drummers roll for one."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """What the drummer knows while playing one section.

    level: 0 quiet, 1 middle, 2 loud, the same for every section of a letter.  rise: energy of the next section less this one's.
    melody, bass: onsets of those parts in ticks of the song, sorted.
    """

    plan: Plan
    section: Section
    pattern: DrumPattern
    feel: Groove
    level: int
    rise: float
    last: bool
    melody: frozenset[int]
    bass: frozenset[int]

    def rng(self, purpose: str, bar: int) -> np.random.Generator:
        """A generator that is the same for every return of a section's letter."""
        return np.random.default_rng([self.plan.seed % 2**63, crc32(f"drums {purpose} {self.section.letter}".encode()), bar])


def write_drums(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The drum part over the whole plan, in General MIDI percussion pitches, on the grid.

    Sections that do not list "drums" stay silent.  Kick variants follow the bass and fills make room for the melody where
    those parts are among `earlier`.  Raises PresetError for a groove that is not in the table.
    """
    pattern, feel = drum_pattern(style.groove), groove(style.groove)
    onsets = {part.role: frozenset(note.start for note in part.notes) for part in earlier}
    energies: dict[str, list[float]] = {}
    for section in plan.sections:
        energies.setdefault(section.letter, []).append(section.energy)
    notes: dict[tuple[int, int], Note] = {}
    for i, section in enumerate(plan.sections):
        if "drums" not in section.roles:
            continue
        mean = sum(energies[section.letter]) / len(energies[section.letter])
        following = plan.sections[i + 1] if i + 1 < len(plan.sections) else None
        seat = _Seat(
            plan, section, pattern, feel,
            level=sum(mean >= edge for edge in LEVELS),
            rise=following.energy - section.energy if following else -1.0,
            last=following is None,
            melody=onsets.get("melody", frozenset()) | onsets.get("vocal", frozenset()),
            bass=onsets.get("bass", frozenset()),
        )  # fmt: skip
        for bar in range(section.bars):
            for note in _play_bar(seat, bar):
                key = (note.start, note.pitch)
                if key not in notes or notes[key].velocity < note.velocity:
                    notes[key] = note
    return Part("drums", _unlapped(sorted(notes.values()), plan.timeline.end))


def _play_bar(seat: _Seat, bar: int) -> list[Note]:
    """The notes of one bar of a section, `bar` counted from its start."""
    meter, bar_ticks = seat.plan.meter, seat.plan.meter.bar_ticks
    start = (seat.section.start_bar + bar) * bar_ticks
    beats = beats_of(meter, bar, _answers(seat.pattern))
    if seat.last and bar == seat.section.bars - 1 and seat.section.bars > 1:
        hits = _final_hit(seat)
    elif (left := _build_bars_left(seat, bar)) > 0:
        hits = build_bar(left, beats, ROLL_VOICES.get(seat.pattern.fills, "snare"))
    else:
        hits = _groove_bar(seat, bar, beats)
        if seat.pattern.fills and (length := _fill_beats(seat, bar, start + beats[-1].start)):
            hits = fill_bar(hits, beats, length, (seat.pattern.fills, int(seat.rng("fill", bar).integers(1 << 16))))
    if bar == 0 or (bar % 8 == 0 and seat.level == 2):
        hits = _with_crash(seat, hits)
    return [_note(seat, hit, start, bar) for hit in sorted(hits)]


def _answers(pattern: DrumPattern) -> tuple[int, int]:
    """The beats that answer the downbeat in bars of two: the backbeats, or the middle of the row in half-time styles."""
    row = steps(pattern.snare[0])
    return (2, 2) if row[8:12].strip(".") and not (row[4:8] + row[12:]).strip(".") else (1, 3)


def _groove_bar(seat: _Seat, bar: int, beats: tuple[Beat, ...]) -> list[Hit]:
    """Kick, backbeat, ghosts, time and extras of one bar."""
    pattern, level, section = seat.pattern, seat.level, seat.section
    opening = section.name == "intro" and section.bars >= 4 and bar < section.bars // 2
    closing = section.name == "outro" and bar >= section.bars // 2
    halved = section.name in ("breakdown", "bridge") and pattern.half_time
    kick, snare = _phrase_rows(seat, bar, beats)
    if halved:
        kick, snare = HALF_TIME_ROWS["kick"], HALF_TIME_ROWS["snare"]
    voice, row = pattern.time[0 if halved else level]
    rows = {voice: row}
    if not opening:
        rows |= {"kick": kick, pattern.backbeat: snare}
    if pattern.pedal and voice != "closed hat":
        rows["pedal hat"] = pattern.pedal
    hits = play_rows(rows, beats)
    if steps(row).strip(".") and not any(hit.voice == voice for hit in hits):
        hits.append(Hit(0, voice, "o"))  # a bar too short for its off-beats keeps time on its downbeat
    if not opening and not closing:
        for extra, extra_row, energy in pattern.extras:
            if section.energy >= energy and not halved and _in_turn(extra_row, bar):
                hits = _layered(hits, play_rows({extra: extra_row}, beats))
    if level > 0 and not (opening or closing or halved) and pattern.ghosts:
        hits += _ghosts(seat, bar, beats, hits)
    rng = seat.rng("roll", bar)
    if rng.random() < pattern.rolls * (0.4 + 0.6 * section.density) and level > 0 and not halved:
        hits = roll_hats(hits, beats, rng)
    return hits


def _in_turn(row: str, bar: int) -> bool:
    """Whether a row plays in this bar: a lone stroke comes every second bar, early ones in even bars and late ones in odd bars."""
    letters = steps(row)
    place = len(letters) - len(letters.lstrip("."))
    return len(letters.strip(".")) > 1 or bar % 2 == place // 8


def _phrase_rows(seat: _Seat, bar: int, beats: tuple[Beat, ...]) -> tuple[str, str]:
    """Kick and backbeat rows of a bar: the plain variant on even bars, an answer on odd ones, another at the end of four and eight."""
    pattern = seat.pattern
    place = bar % 8
    plain_kick = pattern.quiet_kick if seat.level == 0 and pattern.quiet_kick else pattern.kick[0]
    if place % 2 == 0 or (seat.level == 0 and place % 4 != 3):
        return plain_kick, pattern.snare[0] if place != 6 else pattern.snare[-1 if seat.level == 2 else 0]
    slot = {1: 0, 3: 1, 5: 0, 7: 2}[place]
    rng = seat.rng("variant", slot)
    order = [int(i) for i in rng.permutation(len(pattern.kick))]
    kick = max(order, key=lambda i: (_shared_with_bass(seat, bar, beats, pattern.kick[i]), i != 0))
    snare = pattern.snare[int(rng.integers(len(pattern.snare)))]
    return pattern.kick[kick], snare


def _shared_with_bass(seat: _Seat, bar: int, beats: tuple[Beat, ...], row: str) -> float:
    """Share of a kick row's strokes that meet the bass, in steps of a third; 0 where no bass was heard yet."""
    start = (seat.section.start_bar + bar) * seat.plan.meter.bar_ticks
    ticks = [start + hit.tick for hit in play_rows({"kick": row}, beats)]
    if not ticks or not seat.bass:
        return 0.0
    return round(3 * sum(tick in seat.bass for tick in ticks) / len(ticks)) / 3


def _ghosts(seat: _Seat, bar: int, beats: tuple[Beat, ...], hits: list[Hit]) -> list[Hit]:
    """The ghost notes of a bar, thinned by the groove and by density, never on a stroke of the hands' other drum."""
    rng = seat.rng("ghost", bar % 8)
    row = seat.pattern.ghosts[int(rng.integers(len(seat.pattern.ghosts)))]
    taken = {hit.tick for hit in hits if hit.voice in ("snare", "clap", "side stick", "kick")}
    share = seat.feel.ghosts * (0.5 + 0.5 * seat.section.density)
    ghosts = play_rows({"snare": row}, beats)
    keep = rng.random(len(ghosts)) < share
    return [ghost for ghost, kept in zip(ghosts, keep, strict=True) if kept and ghost.tick not in taken]


def _layered(hits: list[Hit], extra: list[Hit]) -> list[Hit]:
    """Hits with another voice on top; an open hat silences the closed one under it."""
    opened = {hit.tick for hit in extra if hit.voice == "open hat"}
    return [hit for hit in hits if hit.voice != "closed hat" or hit.tick not in opened] + extra


def _fill_beats(seat: _Seat, bar: int, last_beat: int) -> int:
    """How many beats of this bar are a fill; `last_beat` is the tick of the song where its last beat starts."""
    section = seat.section
    if bar == section.bars - 1:
        if seat.rise >= 0.12:
            return 4 if seat.level > 0 and (seat.level == 2 or seat.rise >= 0.3) else 2
        return (0, 1, 2)[seat.level] if seat.rise > -0.3 else min(1, seat.level)
    if bar % 4 != 3 or seat.level == 0 or section.name in ("intro", "outro", "breakdown"):
        return 0
    if bar % 8 == 7:
        return 2
    beat_ticks = seat.plan.meter.beat_ticks
    busy = sum(last_beat <= tick < last_beat + beat_ticks for tick in seat.melody) >= 2
    return 0 if busy or seat.rng("mid fill", bar).random() > 0.3 + 0.5 * section.density else 1


def _build_bars_left(seat: _Seat, bar: int) -> int:
    """Bars to the end of a build's roll, 0 outside of one."""
    section = seat.section
    if not seat.pattern.fills or section.bars < 2:
        return 0
    length = 0
    if section.name == "build":
        length = min(4, section.bars // 2) if seat.pattern.fills in LONG_BUILDS else 1
    if section.name == "pre-chorus" and seat.rise >= 0.1 and seat.pattern.fills in ("machine", "gated", "taiko"):
        length = 1
    left = section.bars - bar
    return left if left <= length else 0


def _final_hit(seat: _Seat) -> list[Hit]:
    """The last bar of the song: one stroke, as loud as the section."""
    letter = "Xxo"[2 - seat.level]
    hits = [Hit(0, "kick", letter)]
    if seat.pattern.crash:
        hits.append(Hit(0, seat.pattern.crash, letter))
    elif not seat.pattern.fills:
        hits = [Hit(0, seat.pattern.time[0][0], "o")]
    return hits


def _with_crash(seat: _Seat, hits: list[Hit]) -> list[Hit]:
    """The bar with a crash on its first beat instead of the time-keeper, where the section is loud enough for one."""
    crash = seat.pattern.crash
    if not crash or seat.section.energy < 0.45 or seat.level == 0 or seat.section.name in ("intro", "breakdown", "outro"):
        return hits
    kept = [hit for hit in hits if hit.tick > 0 or (hit.voice not in TIME_KEEPERS and hit.voice != "crash 2")]
    return [*kept, Hit(0, crash, "X")]


def _note(seat: _Seat, hit: Hit, start: int, bar: int) -> Note:
    """A stroke as a note of the song."""
    if hit.letter == "g":
        low, high = seat.feel.ghost_velocity
        velocity = low + crc32(f"{hit.tick} {bar % 8} {seat.plan.seed}".encode()) % (high - low + 1)
    else:
        velocity = LETTER_VELOCITY[hit.letter]
        if hit.voice in TIME_KEEPERS:
            velocity = round(velocity * TIME_KEEPER_SHARE)
    return Note(start + hit.tick, RING_TICKS.get(hit.voice, SIXTEENTH // 2), KIT[hit.voice], velocity)


def _unlapped(notes: list[Note], song_end: int) -> tuple[Note, ...]:
    """Notes shortened to end where the same voice is struck again; open hats end at the next closed one, and all with the song."""
    choke = {KIT["open hat"]: (KIT["open hat"], KIT["closed hat"], KIT["pedal hat"])}
    following: dict[int, int] = {}
    result = []
    for note in reversed(notes):
        following_ticks = [following[pitch] for pitch in choke.get(note.pitch, (note.pitch,)) if following.get(pitch, 0) > note.start]
        end = min([note.end, song_end, *following_ticks])
        result.append(Note(note.start, end - note.start, note.pitch, note.velocity))
        following[note.pitch] = note.start
    return tuple(sorted(result))  # a shorter note may now come first
