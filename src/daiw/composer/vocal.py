"""The sung tune: its rhythm comes from the words, its motifs, contour and returns from the melody writer."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from daiw.composer import motif as motifs
from daiw.composer.chords import generator
from daiw.composer.line import Slot
from daiw.composer.melody import Sung, Theme, Tune, one_voice
from daiw.composer.motif import Motif
from daiw.composer.phrase import Phrase, lay_out
from daiw.composer.pulse import QUARTER
from daiw.composer.register import crowned
from daiw.composer.returning import arriving, same_harmony, transposition
from daiw.composer.rhythm import Rhythm
from daiw.music.lyrics import SungLine, SungSyllable
from daiw.music.plan import Plan, Section
from daiw.music.room import voice_room
from daiw.music.score import Note
from daiw.music.styles.compose import ComposeStyle
from daiw.verse.meter import STRONG, weight
from daiw.verse.placing import Placed
from daiw.verse.section_lines import PlacedLine, lines_of, placed_lines
from daiw.verse.sung_notes import beside, on_vowels, with_syllables


@lru_cache(maxsize=4)
def sung_tune(plan: Plan, style: ComposeStyle) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
    """The voice's notes with their syllables, and the tune's notes where nobody sings."""
    return SungTune(plan, style).parts()


class SungTune(Tune):
    """One song's tune while a voice's words are set."""

    def __init__(self, plan: Plan, style: ComposeStyle) -> None:
        super().__init__(plan, style.melody)
        if plan.voice is None:
            raise ValueError("nobody sings in this plan")
        self.room = voice_room(plan, plan.voice)
        self.vocal = style.vocal
        self.free_from = 0
        self.first_lines: dict[str, tuple[SungLine, ...]] = {}

    def parts(self) -> tuple[tuple[Note, ...], tuple[Note, ...]]:
        """(voice, instrument)."""
        playing = self._playing()
        for section in sorted(playing, key=lambda s: (s.name not in ("chorus", "drop"), s.start_bar)):
            self._theme(section)
        before: tuple[int, ...] = ()
        voice: list[Note] = []
        played: list[Note] = []
        for section in playing:
            sung = self._section(section, before)
            before = sung.pitches[-2:] or before
            notes = self._dynamics(section, sung)
            if "vocal" in section.roles:
                voice += self._texted(section, sung, notes)
                self.free_from = max((note.end for note in notes), default=self.free_from)
            else:
                played += notes
        sung_notes = one_voice(voice, self.plan.timeline.end)
        syllables = sum(len(line.syllables) for line in self.plan.words)
        if self.plan.words and sum(bool(note.phonemes) for note in sung_notes) != syllables:
            raise ValueError(f"{syllables} syllables, {sum(bool(note.phonemes) for note in sung_notes)} of them have a note")
        return sung_notes, beside(one_voice(played, self.plan.timeline.end), sung_notes)

    def _playing(self) -> list[Section]:
        return [section for section in self.plan.sections if "melody" in section.roles or "vocal" in section.roles]

    def _lines(self, section: Section) -> tuple[SungLine, ...]:
        return lines_of(self.plan, section)

    def _texted(self, section: Section, sung: Sung, notes: Sequence[Note]) -> list[Note]:
        """The notes of a section with what is sung on each."""
        syllables = [syllable for line in self._lines(section) for syllable in line.syllables]
        if not syllables:
            return on_vowels(notes, section.energy)
        return with_syllables(((note, slot.held) for slot, note in zip(sung.slots, notes, strict=True)), syllables)

    def _slots(self, section: Section, theme: Theme, rng: np.random.Generator) -> tuple[Slot, ...]:
        lines = self._lines(section)
        if not lines:
            return super()._slots(section, theme, rng)
        shapes = self._shapes(section, theme, rng)
        first = section.start_bar * self.plan.meter.bar_ticks
        tune = {first + i * self.plan.meter.bar_ticks + onset: 0.8 for i, s in enumerate(shapes) for onset in s.motif.rhythm.onsets}
        slots: list[Slot] = []
        for each in self._placed(section, lines, tune):
            slots += self._line_slots(section, each.line, each.placed, shapes, rng)
        return crowned(self.plan, tuple(self._lean(slots, rng)), section, self.room)

    def _placed(self, section: Section, lines: Sequence[SungLine], tune: dict[int, float]) -> list[PlacedLine]:
        return placed_lines(
            self.plan, section, lines, free_from=self.free_from, breath=self._breath(section), tune=tune, syncopation=self.own.syncopation
        )

    def _shapes(self, section: Section, theme: Theme, rng: np.random.Generator) -> list["_BarShape"]:
        """The motif of every bar, as a section without words would have it."""
        shapes: list[_BarShape] = []
        for index, phrase in enumerate(lay_out(section.bars, theme.form, theme.pick, self._closing(section))):
            for at, bar in enumerate(phrase.bars):
                shaped, shift = self._shape(theme, bar, self._breath(section) if at == len(phrase.bars) - 1 else 0, rng)
                lift = phrase.lift + shift + 2.2 * float(np.sin(np.pi * (at + 0.5) / len(phrase.bars)))
                shapes.append(_BarShape(shaped, lift, 100 * index + at, phrase))
        return shapes

    def _line_slots(
        self, section: Section, line: SungLine, placed: Placed, shapes: Sequence["_BarShape"], rng: np.random.Generator
    ) -> list[Slot]:
        """A placed line as slots: each bar's notes follow the bar's motif, long vowels may move."""
        bar_ticks = self.plan.meter.bar_ticks
        first, centre = section.start_bar * bar_ticks, self._centre(section)
        ends = (*placed.onsets[1:], placed.end)
        slots: list[Slot] = []
        for index in sorted({max(-1, (onset - first) // bar_ticks) for onset in placed.onsets}):
            here = [onset for onset in placed.onsets if (onset - first) // bar_ticks == index]
            shape = shapes[min(max(0, index), len(shapes) - 1)]
            pickup = index < 0
            rhythm = Rhythm(tuple((onset - first - index * bar_ticks, True) for onset in here), bar_ticks)
            heights = tuple(range(len(here))) if pickup or not shape.motif.heights else motifs.with_rhythm(shape.motif, rhythm).heights
            for onset, height in zip(here, heights, strict=True):
                stop = ends[placed.onsets.index(onset)]
                lift = -1.5 + height if pickup else shape.lift + 1.2 * height
                slots.append(Slot(onset, stop - onset, 99 if pickup else shape.unit, height, centre + lift))
        last_bar = min(max(0, (placed.onsets[-1] - first) // bar_ticks), len(shapes) - 1)
        phrase = shapes[last_bar].phrase
        closes = last_bar >= phrase.start + len(phrase.bars) - 2
        slots[-1] = replace(slots[-1], cadence=phrase.cadence if closes else "open")
        return _melismas(slots, line.syllables, self.vocal.melisma * (0.5 + section.energy), rng)

    def _centre(self, section: Section) -> float:
        """Where the section's line hovers in the voice: verses low, choruses high."""
        height = {"chorus": 1.5, "drop": 1.5, "bridge": 0.8, "pre-chorus": 0.3, "build": 0.3, "verse": -1.2}.get(section.name, -0.8)
        return self.room.centre + height + 2.0 * (section.energy - 0.5) - 1.0

    def _strain(self, section: Section, slots: tuple[Slot, ...]) -> float:
        """Stressed syllables off the beat and syllables in a hurry: the motif must fit the words, not only the words the motif."""
        syllables = [syllable for line in self._lines(section) for syllable in line.syllables]
        if not syllables:
            return 0.0
        own = [slot for slot in slots if not slot.held]
        off = [weight(self.plan.meter, slot.start) < STRONG for slot, s in zip(own, syllables, strict=True) if s.stress == 2]
        return 1.5 * sum(off) / max(1, len(off))

    def _section(self, section: Section, before: tuple[int, ...]) -> Sung:
        lines = self._lines(section)
        if section.letter not in self.first_lines:
            self.first_lines[section.letter] = lines
        return super()._section(section, before)

    def _return(self, section: Section, known: tuple[Section, Sung], before: tuple[int, ...]) -> Sung:
        """The same words come back on the same notes; new words take the rhythm they need and the pitches the tune had."""
        lines, original = self._lines(section), self.first_lines[section.letter]
        same = _syllables(lines) == _syllables(original) and section.bars == known[0].bars
        ahead = section.start_bar * self.plan.meter.bar_ticks - known[1].first
        fits = not known[1].slots or known[1].slots[0].start + ahead >= self.free_from
        if not lines and not original:
            return super()._return(section, known, before)
        if lines and same and fits:
            return self._again(section, known, before)
        if not lines:
            return super()._return(section, known, before)
        return self._new_lines(section, lines, known, before)

    def _again(self, section: Section, known: tuple[Section, Sung], before: tuple[int, ...]) -> Sung:
        """Every note of the section once more, bent only where the chords have changed."""
        _, sung = known
        start = section.start_bar * self.plan.meter.bar_ticks
        offset, shift = start - sung.first, transposition(self.plan, sung.first, start)
        moved = [self._kept(slot, pitch, offset, shift) for slot, pitch in zip(sung.slots, sung.pitches, strict=True)]
        rng = generator(self.plan, f"again {section.letter} {section.start_bar}")
        return self._sing(section, tuple(arriving(self.plan, moved)), before, rng)

    def _kept(self, slot: Slot, pitch: int, offset: int, shift: int) -> Slot:
        """A slot at its new place that wishes for the pitch it had."""
        return replace(
            slot, start=slot.start + offset, wish=pitch + shift, fixed=same_harmony(self.plan, slot, offset, shift), ceiling=128,
            leaning=False,
            chromatic=False, target=float(pitch + shift),
        )  # fmt: skip

    def _new_lines(self, section: Section, lines: Sequence[SungLine], known: tuple[Section, Sung], before: tuple[int, ...]) -> Sung:
        """Other words to a tune that was heard before."""
        original, sung = known
        bar_ticks = self.plan.meter.bar_ticks
        start = section.start_bar * bar_ticks
        shift = transposition(self.plan, sung.first, start)
        lap = original.bars * bar_ticks
        heard = {
            slot.start + start - sung.first + i * lap: (slot, pitch + shift)
            for i in range(-(-section.bars // original.bars))
            for slot, pitch in zip(sung.slots, sung.pitches, strict=True)
        }
        theme = self._theme(section)
        rng = generator(self.plan, f"again {section.letter} {section.start_bar}")
        shapes = self._shapes(section, theme, rng)
        slots: list[Slot] = []
        for each in self._placed(section, lines, dict.fromkeys(heard, 1.0)):
            slots += self._line_slots(section, each.line, each.placed, shapes, rng)
        wished = [_remembered(slot, heard) for slot in slots]
        return self._sing(section, tuple(arriving(self.plan, wished)), before, rng)


class _BarShape:
    """One bar of the section's plan.  motif: its idea.  lift: semitones above the centre.  unit: its number.  phrase: it belongs to."""

    __slots__ = ("lift", "motif", "phrase", "unit")

    def __init__(self, motif: Motif, lift: float, unit: int, phrase: Phrase) -> None:
        self.motif, self.lift, self.unit, self.phrase = motif, lift, unit, phrase


def _syllables(lines: Sequence[SungLine]) -> list[tuple[SungSyllable, ...]]:
    return [line.syllables for line in lines]


def _remembered(slot: Slot, heard: dict[int, tuple[Slot, int]]) -> Slot:
    """A slot that wishes for what the tune had at its place, or hovers where the tune was."""
    if slot.held:
        return slot
    if slot.start in heard:
        old, pitch = heard[slot.start]
        return replace(slot, wish=pitch, target=float(pitch), unit=old.unit + 1000, height=old.height)
    earlier = [start for start in heard if start < slot.start]
    if not earlier:
        return slot
    return replace(slot, target=(slot.target + 2.0 * heard[max(earlier)][1]) / 3.0)


def _melismas(slots: Sequence[Slot], syllables: Sequence[SungSyllable], appetite: float, rng: np.random.Generator) -> list[Slot]:
    """Stressed vowels that last a beat and a half or more may move to another note on their way; a line's last note less often."""
    result: list[Slot] = []
    for i, (slot, syllable) in enumerate(zip(slots, syllables, strict=True)):
        last = i + 1 == len(slots)
        long = slot.duration >= (4 * QUARTER if last else 3 * QUARTER // 2)
        if not (long and syllable.stress == 2 and rng.random() < appetite * (0.5 if last else 1.0)):
            result.append(slot)
            continue
        tail = QUARTER if slot.duration >= 2 * QUARTER else QUARTER // 2
        head = slot.duration - tail
        result.append(replace(slot, duration=head, cadence=""))
        result.append(replace(slot, start=slot.start + head, duration=tail, held=True, height=slot.height - 1, target=slot.target - 1.5))
    return result
