"""A trained melody that is sung: the words say when, the network says how high and how long.

First the network sketches every new section without words, as dense as the words will be; the words then take the places that suit
their stress best, and of those the sketch's where they can (`verse.placing`).  Then it writes the line itself with those onsets as musts
(`lead_rules.Must`), so that every syllable is on a note of its own whatever is drawn; a long stressed vowel may move.  What returns keeps
its tune: the same words the same notes, other words the pitches that were heard at their places, but in the bars that would change without
words, too (`lead_returns`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log
from zlib import crc32

import numpy as np

from daiw.measure.melody import intervals, unresolved
from daiw.music.decision import Decision
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.time import TICKS_PER_QUARTER
from daiw.nets.composer_sheet import LIFT, key_at, phrased, shift_of
from daiw.nets.lead_cost import KNOWN_TUNE, SUNG_ON_CHORDS, Judged, known_cost, musical_costs, summed
from daiw.nets.lead_line import ATTEMPTS
from daiw.nets.lead_returns import AS_IT_WAS, Return, return_of, told
from daiw.nets.sampler import Drawn, draw
from daiw.nets.stretch import Stretch
from daiw.nets.sung_onsets import Asked, Heard, as_heard, asked_of, musts_of, over_other_chords
from daiw.nets.sung_places import Sketch, all_placed
from daiw.nets.writers import Lead
from daiw.tokens.codec import decode, split_bars
from daiw.tokens.controls import PHRASE_BARS, bin_of
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT
from daiw.verse.section_lines import PlacedLine, lines_of
from daiw.verse.sung_notes import beside, on_vowels, with_syllables

CHUNK_BARS = 16
CONTEXT_BARS = 14
WIDEST = 9
"""Semitones that a sung line leaps at most: a sixth."""

RELUCTANCE = -2.0
"""Logit that keeps half of ten long vowels on their note in four songs of ours, where the network alone would move seven."""


@dataclass(frozen=True, slots=True)
class SungSong:
    """voice: notes with their syllables.  played: the tune where nobody sings.  decisions: one a section, with the losers' scores."""

    voice: tuple[Note, ...]
    played: tuple[Note, ...]
    decisions: tuple[Decision, ...]


class SungMelody:
    """One song's tune while a voice's words are set."""

    def __init__(self, composer: Lead, plan: Plan) -> None:
        self.composer, self.plan, self.own = composer, plan, composer.style.melody
        self.sketch = Sketch(composer, plan)
        self.place, self.ticks = self.sketch.place, plan.meter.bar_ticks
        self.heard: dict[str, Heard] = {}
        self.voice: list[Note] = []
        self.played: list[Note] = []
        self.decisions: list[Decision] = []

    def song(self) -> SungSong:
        """All sections: the rhythm of all words first, then the notes."""
        free = {section.start_bar: self._free(section) for section in self.plan.sections if {"vocal", "melody"} & set(section.roles)}
        placed = all_placed(self.plan, self.own, free)
        for section in self.plan.sections:
            notes = free.get(section.start_bar, [])
            if lines := placed.get(section.start_bar):
                later = [each.placed.onsets[0] for start, rows in placed.items() if start > section.start_bar for each in rows]
                self._worded(section, lines, min(later, default=self.plan.timeline.end))
            elif "vocal" in section.roles:
                self.voice += on_vowels(notes, section.energy)
            else:
                self.played += notes
        voice = _one_voice(self.voice, self.plan.timeline.end)
        syllables = sum(len(line.syllables) for line in self.plan.words)
        if self.plan.words and sum(bool(note.phonemes) for note in voice) != syllables:
            raise ValueError(f"{syllables} syllables, {sum(bool(note.phonemes) for note in voice)} of them have a note")
        played = beside(_one_voice(self.played, self.plan.timeline.end), voice)
        return SungSong(voice, played, tuple(self.decisions))

    def _free(self, section: Section) -> list[Note]:
        """The section without words; a letter with words that was sketched before is not sketched again."""
        worded = bool(lines_of(self.plan, section))
        if worded and any(sung.section.letter == section.letter for sung in self.sketch.sung):
            return []
        before = len(self.sketch.decisions)
        notes = self.sketch.section(section)
        if not worded:
            self.decisions += self.sketch.decisions[before:]
        return notes

    def _worded(self, section: Section, lines: list[PlacedLine], ahead: int) -> None:
        """Write one section's notes."""
        style = self.composer.style.vocal
        appetite = style.melisma * (0.5 + section.energy)
        asked = asked_of(self.plan, section, lines, ahead, appetite > 0)
        heard = self.heard.get(section.letter)
        if heard is not None:
            shift = (self._tonic(section) - self._tonic(heard.section) + 6) % 12 - 6
            same = heard.same_words(section, lines)
            changed = AS_IT_WAS if same else self._changed(heard.section, section, shift)
            asked = as_heard(self.plan, section, asked, heard, shift, same=same, changed=changed)
        first = min(asked[0].tick // self.ticks, section.start_bar)
        notes: list[tuple[Note, Asked]] = []
        for start in range(first, section.start_bar + section.bars, CHUNK_BARS):
            bars = range(start, min(start + CHUNK_BARS, section.start_bar + section.bars))
            notes += self._chunk(
                section, [each for each in asked if each.tick // self.ticks in bars], bars, [note for note, _ in notes], appetite
            )
        sung = _joined(notes)
        loud = phrased(self.plan, section, [note for note, _ in sung], self.place.centre)
        syllables = [each.syllable for _, each in sung if each.syllable is not None]
        self.voice += with_syllables(((note, each.syllable is None) for note, (_, each) in zip(loud, sung, strict=True)), syllables)
        if heard is None:
            start = section.start_bar * self.ticks
            known = {note.start - start: (note.pitch, note.duration, each.syllable is None) for note, each in sung}
            self.heard[section.letter] = Heard(section, tuple(lines), known)

    def _changed(self, first: Section, section: Section, shift: int) -> Return:
        """What of the tune changes where it returns with other words, as it would without any."""
        others = over_other_chords(self.plan, first, section, shift)
        changed = return_of(self.plan, first, section, len(others))
        self.decisions.append(told(first, section, changed, others))
        return changed

    def _tonic(self, section: Section) -> int:
        return key_at(self.plan, section.start_bar * self.ticks).tonic.number

    def _chunk(
        self, section: Section, asked: Sequence[Asked], bars: range, so_far: Sequence[Note], appetite: float
    ) -> list[tuple[Note, Asked]]:
        """The best of several candidates for up to sixteen bars, each note with what was asked."""
        subject = f"sung melody of bars {bars.start + 1}-{bars.stop}"
        if not asked:
            return []
        if all(each.pitch is not None and not each.maybe for each in asked):
            self.decisions.append(
                Decision("compose", subject, "as before", "The same words over the same chords are sung to the same notes.")
            )
            return [(Note(each.tick, each.most, each.pitch or 0, 80), each) for each in asked]
        shift = shift_of(key_at(self.plan, section.start_bar * self.ticks), self.place.centre)
        begin = max(0, bars.start - CONTEXT_BARS)
        stretch = Stretch(
            self.plan, self.own, begin, bars.stop, bars.start, bars.stop, self.place, shift, told_of(asked, bars, self.plan.meter.bar_ticks)
        )
        before = [*beside(self.played, self.voice), *self.voice, *so_far]
        musts = musts_of([*_context(before, asked[0].tick, bars.start * self.ticks), *asked], bars, self.ticks, shift)
        window = stretch.window(before, self.composer.weights.shape.window_bars, musts=musts, refer_from=section.start_bar)
        chance = replace(self.composer.chance, widest=WIDEST, moved=_leaning(appetite))
        for attempt in range(ATTEMPTS):
            rng = np.random.default_rng([self.plan.seed % 2**32, crc32(f"sung melody {bars.start} {attempt}".encode())])
            drawn = draw(self.composer.weights, window, chance, rng)
            tunes = [self._notes(line, bars.start - begin, bars.start, asked, shift) for line in drawn]
            costs = [self._cost(line, tune, section) for line, tune in zip(drawn, tunes, strict=True)]
            order = sorted(range(len(drawn)), key=lambda i: (costs[i][0], i))
            cost, reasons = costs[order[0]]
            if cost < KNOWN_TUNE:
                losers = tuple(f"candidate {i + 1}: {costs[i][0]:.2f} ({costs[i][1]})" for i in order[1:])
                because = f"Of {len(drawn)} lines for these words the likeliest that keeps to chords and range; cost {cost:.2f}: {reasons}."
                self.decisions.append(Decision("compose", subject, f"candidate {order[0] + 1}", because, alternatives=losers))
                return tunes[order[0]]
        return self._spared(asked, subject)

    def _notes(self, line: Drawn, lead: int, first_bar: int, asked: Sequence[Asked], shift: int) -> list[tuple[Note, Asked]]:
        """A candidate's notes, each with what was asked; those that were there before are left out."""
        meter = self.sketch.meter
        tokens = [token for bar in split_bars(line.tokens)[lead:] for token in bar]
        wanted, start = {each.tick: each for each in asked}, first_bar * self.ticks
        found = []
        for unit, pitch, length in decode(tokens, "melody", METER_UNITS[meter]).tolist():
            each = wanted.get(start + unit * TICKS_PER_UNIT)
            if each is not None:
                found.append((Note(each.tick, min(each.most, length * TICKS_PER_UNIT), pitch - shift, 80), each))
        return found

    def _cost(self, line: Drawn, tune: Sequence[tuple[Note, Asked]], section: Section) -> Judged:
        """What speaks against a candidate."""
        notes = [note for note, _ in tune]
        ends = [note for note, each in tune if each.last]
        loose = sum(note.pitch % 12 not in self.plan.chord_at(note.start).chord.pitch_classes for note in ends)
        leaps = sum(abs(step) > 7 for step in intervals(notes))
        height = float(np.mean([note.pitch for note in notes])) if notes else self.place.centre
        away = abs(height - self.place.centre - LIFT.get(section.name, 0.0))
        parts = musical_costs(self.plan, notes, line.bits, SUNG_ON_CHORDS) | {
            "line ends off the chord": 1.2 * loose / max(1, len(ends)),
            "dissonances left by leap": 3.0 * len(unresolved(notes, self.plan)) / max(1, len(notes)),
            "wide leaps": 4.0 * leaps / max(1, len(notes)),
            "register": 0.25 * max(0.0, away - 1.0),
            "known tune": known_cost(self.composer.novelty, line.tokens, METER_UNITS[self.sketch.meter]),
        }
        return summed(parts)

    def _spared(self, asked: Sequence[Asked], subject: str) -> list[tuple[Note, Asked]]:
        """The same words on the pitches that the fallback sings nearest to them."""
        because = "Every line drawn for these words held twelve notes of a melody it was trained on."
        self.decisions.append(Decision("compose", subject, "pitches of the reference composer", because))
        other: Part = self.composer.fallback.write(self.plan, "vocal", ())
        result = []
        for each in asked:
            if each.maybe:
                continue
            near = min(other.notes, key=lambda note: abs(note.start - each.tick))
            result.append((Note(each.tick, each.most, near.pitch if each.pitch is None else each.pitch, 80), each))
        return result


def told_of(asked: Iterable[Asked], bars: range, bar_ticks: int) -> dict[str, dict[int, int]]:
    """How dense and how syncopated every phrase of four bars will be, since its onsets are known; control -> bar -> its bin."""
    told: dict[str, dict[int, int]] = {"density": {}, "offbeat": {}}
    own = [each.tick for each in asked if not each.maybe]
    for first in range(bars.start, bars.stop, PHRASE_BARS):
        phrase = range(first, min(bars.stop, first + PHRASE_BARS))
        ticks = [tick for tick in own if tick // bar_ticks in phrase]
        density = bin_of("density", len(ticks) * TICKS_PER_QUARTER / (len(phrase) * bar_ticks))
        off = bin_of("offbeat", sum(tick % TICKS_PER_QUARTER != 0 for tick in ticks) / max(1, len(ticks)))
        told["density"] |= dict.fromkeys(phrase, density)
        told["offbeat"] |= dict.fromkeys(phrase, off)
    return told


def _leaning(appetite: float) -> float:
    """Logit that a style with such an appetite for melismas adds to moving on."""
    share = min(0.95, max(0.05, appetite))
    return log(share / (1.0 - share)) + RELUCTANCE


def _context(notes: Iterable[Note], until: int, start: int) -> list[Asked]:
    """What was written from tick `start` on and before `until`: it is there already."""
    by_start = {note.start: note for note in sorted(notes) if start <= note.start < until}
    return [
        Asked(note.start, None, min(note.duration, until - note.start), min(note.duration, until - note.start), note.pitch)
        for note in by_start.values()
    ]


def _joined(notes: Sequence[tuple[Note, Asked]]) -> list[tuple[Note, Asked]]:
    """The notes, none reaching into the next; words and held vowels without a gap."""
    result = []
    for i, (note, each) in enumerate(notes):
        if i + 1 < len(notes):
            after, asked = notes[i + 1]
            gap = after.start - note.start
            note = replace(note, duration=gap if each.joins or asked.syllable is None else min(note.duration, gap))
        result.append((note, each))
    return result


def _one_voice(notes: Iterable[Note], end: int) -> tuple[Note, ...]:
    """Sorted, without overlaps, within the song."""
    ordered = sorted(note for note in notes if note.start < end)
    stops = [note.start for note in ordered[1:]] + [end] * bool(ordered)
    return tuple(replace(note, duration=min(note.duration, stop - note.start)) for note, stop in zip(ordered, stops, strict=True))
