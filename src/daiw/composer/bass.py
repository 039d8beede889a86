"""The bass: the chord's lowest note in the style's figure, leaning on the kick and leading into the next chord."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from daiw.composer.chords import clip_velocity, generator, section_velocity, span_index_at
from daiw.composer.patterns import BASS_PATTERNS, Hit, bar_hits
from daiw.composer.pulse import QUARTER, SIXTEENTH, weight
from daiw.composer.scale import chord_scale, key_at
from daiw.music.chord import Chord
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import BassStyle, ComposeStyle, by_energy

KICKS = (35, 36)
CHROMATIC_STYLES = ("walking", "funk")


@dataclass(slots=True)
class _Line:
    """Where the hand is."""

    plan: Plan
    own: BassStyle
    rng: np.random.Generator
    last: int

    def near(self, pitch_class: int, target: int | None = None) -> int:
        """The pitch of that class nearest to `target` (else to the last note), inside the window and preferring its lower half."""
        aim = self.last if target is None else target
        fitting = [pitch for pitch in range(self.own.low, self.own.high + 1) if pitch % 12 == pitch_class % 12]
        middle = self.own.low + 7
        return min(fitting, key=lambda pitch: (abs(pitch - aim) + 0.7 * abs(pitch - middle), pitch))


def write_bass(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `bass`; the song's last bar is held."""
    own = style.bass
    line = _Line(plan, own, generator(plan, "bass"), own.low + 7)
    kicks = sorted({note.start for part in earlier if part.role == "drums" for note in part.notes if note.pitch in KICKS})
    notes: list[Note] = []
    for section in plan.sections:
        if "bass" not in section.roles:
            continue
        name = by_energy(own.patterns, section.energy)
        level = section_velocity(own.velocity, section.energy, plan)
        for index in range(section.bars):
            bar = (section.start_bar + index) * plan.meter.bar_ticks
            last = section.start_bar + index == plan.bars - 1
            hits = bar_hits(BASS_PATTERNS["hold" if last else name], plan.meter, index)
            hits = _with_kick(hits, [k - bar for k in kicks if bar <= k < bar + plan.meter.bar_ticks], own.lock, line.rng)
            for hit in _with_changes(plan, bar, hits):
                notes.append(_play(line, name, section, bar, hit, level))
    return Part("bass", _monophonic(notes))


def _with_kick(hits: tuple[Hit, ...], kicks: list[int], lock: float, rng: np.random.Generator) -> tuple[Hit, ...]:
    """Hits pulled to the kick: an off-beat hit within a 16th of a kick moves onto it, as often as `lock` says."""
    if not kicks or lock == 0:
        return hits
    moved = []
    for hit in hits:
        nearest = min(kicks, key=lambda kick: (abs(kick - hit.offset), kick))
        if hit.offset % QUARTER and 0 < abs(nearest - hit.offset) <= SIXTEENTH and rng.random() < lock:
            moved.append(Hit(nearest, hit.duration, hit.voice))
        else:
            moved.append(hit)
    unique = {hit.offset: hit for hit in reversed(moved)}
    return tuple(unique[offset] for offset in sorted(unique))


def _with_changes(plan: Plan, bar: int, hits: tuple[Hit, ...]) -> list[Hit]:
    """The bar's hits with every change of chord struck: a change that falls in a held note or in silence gets a root of its own."""
    changes = [s.start - bar for s in plan.harmony if bar < s.start < bar + plan.meter.bar_ticks]
    result = list(hits)
    for change in changes:
        before, after = plan.chord_at(bar + change - 1).chord, plan.chord_at(bar + change).chord
        if before.bass_number == after.bass_number or any(change <= hit.offset < change + QUARTER // 2 for hit in result):
            continue
        covering = [hit for hit in result if hit.offset < change < hit.offset + hit.duration]
        later = [hit.offset for hit in result if hit.offset > change]
        end = min([covering[0].offset + covering[0].duration] if covering else [change + QUARTER], default=change + QUARTER)
        end = min([end, *later])
        result = [Hit(h.offset, change - h.offset, h.voice) if h in covering else h for h in result]
        result.append(Hit(change, max(SIXTEENTH, end - change), "R"))
    return sorted(result, key=lambda hit: hit.offset)


def _play(line: _Line, name: str, section: Section, bar: int, hit: Hit, level: float) -> Note:
    """One hit as a note."""
    plan = line.plan
    start = bar + hit.offset
    index = span_index_at(plan, start)
    span = plan.harmony[index]
    first_of_chord = start - span.start < QUARTER // 2
    ends = span.start + span.duration
    following = plan.harmony[index + 1] if index + 1 < len(plan.harmony) else None
    changes = following is not None and following.chord.bass_number != span.chord.bass_number
    voice = "R" if first_of_chord and hit.voice in "5378wa" else hit.voice
    goes_on = ends < plan.timeline.end and "bass" in plan.section_at(ends // plan.meter.bar_ticks).roles
    closing = changes and goes_on and start >= ends - QUARTER and start + hit.duration >= ends - SIXTEENTH
    wants = voice == "a" or (voice in "r5w" and name not in ("pedal", "hold", "sub", "offbeat") and line.rng.random() < line.own.approach)
    if name == "pedal" and section.name not in ("outro",):
        pitch = line.near(plan.chord_at(section.start_bar * plan.meter.bar_ticks).chord.bass_number)
        pitch = pitch if _fits(plan, span.chord, pitch, start) else line.near(span.chord.bass_number)
    elif closing and wants and following is not None:
        pitch = _approach(line, start, span.chord, following.chord, name in CHROMATIC_STYLES and start + hit.duration >= ends)
    else:
        pitch = _pitch(line, voice, start, span.chord, following.chord if changes and following else span.chord)
    line.last = pitch if voice != "8" else line.last
    duration = min(hit.duration, ends - start) if changes and start + hit.duration > ends else hit.duration
    accent = 5 * (voice == "R") + 3 * (weight(plan.meter, start) == 3) - 6 * (voice in "a" or weight(plan.meter, start) < 0)
    return Note(start, max(1, min(duration, plan.timeline.end - start)), pitch, clip_velocity(level + accent))


def _fits(plan: Plan, chord: Chord, pitch: int, tick: int) -> bool:
    """True where a pedal note lies in the chord's scale and not a semitone above a chord tone."""
    return pitch % 12 in chord_scale(key_at(plan, tick), chord) and (pitch - 1) % 12 not in chord.pitch_classes


def _pitch(line: _Line, voice: str, start: int, chord: Chord, following: Chord) -> int:
    """The pitch of a tablature character over `chord`."""
    root = line.near(chord.bass_number)
    if voice in "Rra":
        return root
    tones = {interval % 12: (chord.root.number + interval) % 12 for interval in chord.intervals}
    fifth = next((tones[i] for i in (7, 6, 8) if i in tones), chord.root.number)
    third = next((tones[i] for i in (4, 3, 5, 2) if i in tones), fifth)
    seventh = next((tones[i] for i in (10, 11, 9) if i in tones), fifth)
    if voice == "w":
        return _walk(line, start, chord, following)
    if voice == "8":
        return root + 12 if root + 12 <= line.own.high else root
    above = root + ({"5": fifth, "3": third, "7": seventh}[voice] - root) % 12
    return above if above <= line.own.high else line.near(above % 12, above - 12)


def _walk(line: _Line, start: int, chord: Chord, following: Chord) -> int:
    """A step or small chordal skip towards the next chord's bass; never the same note twice."""
    scale = chord_scale(key_at(line.plan, start), chord)
    goal = line.near(following.bass_number)
    on_beat = weight(line.plan.meter, start) >= 2
    best, lowest = line.last, 99.0
    for pitch in range(max(line.own.low, line.last - 7), min(line.own.high, line.last + 7) + 1):
        if pitch % 12 not in scale or pitch == line.last:
            continue
        tone = pitch % 12 in chord.pitch_classes
        cost = 0.6 * abs(pitch - goal) ** 0.5 + 0.25 * abs(pitch - line.last) + (0 if tone else 2.0 if on_beat else 0.6)
        cost += 2.5 * (pitch == goal) + 0.12 * max(0, pitch - line.own.low - 14) + line.rng.random() * 1.2
        if cost < lowest:
            best, lowest = pitch, cost
    return best


def _approach(line: _Line, start: int, chord: Chord, following: Chord, chromatic: bool) -> int:
    """The note that leads into the next bass: a scale step, its fifth, or in walking and funk lines a semitone."""
    goal = line.near(following.bass_number)
    scale = chord_scale(key_at(line.plan, start), chord)
    options = [goal + step for step in (-1, 1, -2, 2, 7, -5) if line.own.low <= goal + step <= line.own.high]
    options = [p for p in options if p % 12 in scale or (chromatic and abs(p - goal) == 1)]
    if not options:
        return line.near(chord.bass_number)
    cost = {p: abs(p - line.last) * 0.2 + (abs(p - goal) > 2) * 1.0 + (p == line.last) * 2 + line.rng.random() for p in options}
    return min(sorted(options), key=lambda p: cost[p])


def _monophonic(notes: list[Note]) -> tuple[Note, ...]:
    """Notes in order, each ending where the next begins at the latest."""
    by_start = {note.start: note for note in sorted(notes)}
    ordered = [by_start[start] for start in sorted(by_start)]
    clipped = [
        Note(note.start, min(note.duration, after.start - note.start), note.pitch, note.velocity) for note, after in pairwise(ordered)
    ]
    return tuple(clipped + ordered[-1:])
