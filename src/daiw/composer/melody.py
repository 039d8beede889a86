"""The tune: motifs are drawn for each letter of the form, laid out in phrases, sung in several versions, and the best is kept."""

from dataclasses import dataclass, replace

import numpy as np

from daiw.composer import motif as motifs
from daiw.composer import rhythm as rhythms
from daiw.composer.chords import clip_velocity, generator
from daiw.composer.line import Slot, Taste, sing
from daiw.composer.motif import Motif
from daiw.composer.phrase import SECTION_FORMS, Bar, Phrase, lay_out
from daiw.composer.pulse import QUARTER, weight
from daiw.composer.register import crowned, room_of, section_centre, section_top
from daiw.composer.returning import arriving, new_words, same_harmony, transposition
from daiw.composer.rhythm import Feel
from daiw.music.plan import Plan, Section
from daiw.music.score import Note, Part
from daiw.music.styles.compose import ComposeStyle, MelodyStyle
from daiw.verse.section_lines import breath_ticks

CANDIDATES = 10
HOOKS = ("chorus", "drop", "solo", "intro", "outro", "breakdown", "build")
FAITHFUL = ("chorus", "drop", "intro", "outro", "breakdown", "build", "pre-chorus")
NEUTRAL_GATE = 0.87
"""The gate at neutral feeling; a song that asks for more holds its notes instead of breaking them off."""


@dataclass(frozen=True, slots=True)
class Theme:
    """What a letter of the form is made of: its two motifs, its form and which variant of it."""

    a: Motif
    b: Motif
    form: str
    pick: int


@dataclass(frozen=True, slots=True)
class Sung:
    """A section's tune.  slots and pitches belong together; first: the tick at which the section starts."""

    slots: tuple[Slot, ...]
    pitches: tuple[int, ...]
    first: int
    cost: float


def write_melody(plan: Plan, style: ComposeStyle, earlier: tuple[Part, ...]) -> Part:
    """The part of `melody`; the tune leads, so `earlier` is not consulted."""
    return Part("melody", Tune(plan, style.melody).notes())


class Tune:
    """One song's melody while it is written."""

    def __init__(self, plan: Plan, own: MelodyStyle) -> None:
        self.plan, self.own = plan, own
        self.room = room_of(plan, own)
        self.themes: dict[str, Theme] = {}
        self.first_sung: dict[str, tuple[Section, Sung]] = {}
        self.hook: Theme | None = None

    def notes(self) -> tuple[Note, ...]:
        """All sections in order, phrased dynamically, strictly one note at a time."""
        playing = self._playing()
        for section in sorted(playing, key=lambda s: (s.name not in ("chorus", "drop"), s.start_bar)):
            self._theme(section)
        before: tuple[int, ...] = ()
        result: list[Note] = []
        for section in playing:
            sung = self._section(section, before)
            before = sung.pitches[-2:] or before
            result += self._dynamics(section, sung)
        return one_voice(result, self.plan.timeline.end)

    def _playing(self) -> list[Section]:
        """The sections that have a tune."""
        return [section for section in self.plan.sections if "melody" in section.roles]

    def _feel(self, section: Section) -> Feel:
        """The rhythm wanted in a section, from style, emotion, energy and tempo."""
        bpm = self.plan.timeline.tempos.bpm(0)
        tempo = (95.0 / max(40.0, bpm)) ** 0.35
        density = self.own.density * (0.45 + 0.85 * section.density + 0.65 * self.plan.cues.density) * tempo
        if SECTION_FORMS.get(section.name) == "thin":
            density *= 0.7
        sync = self.own.syncopation * (0.7 + 0.6 * section.energy)
        return Feel(
            min(density, 300.0 / bpm * 1.6, 2.6), min(1.0, sync), self.own.triplets, 1.0 if bpm < 100 else max(0.0, 1 - (bpm - 100) / 50),
            legato=min(1.0, max(0.0, (self.plan.cues.gate - NEUTRAL_GATE) / (1.0 - NEUTRAL_GATE))),
        )  # fmt: skip

    def _theme(self, section: Section) -> Theme:
        """The letter's theme, made when first asked for; themes after the hook borrow from it so that the song is one piece."""
        if section.letter in self.themes:
            return self.themes[section.letter]
        rng = generator(self.plan, f"theme {section.letter}")
        feel = self._feel(section)
        meter = self.plan.meter
        a = motifs.sample_motif(meter, feel, self.own.leapiness, self.own.repetition, rng)
        b = motifs.sample_motif(meter, feel, self.own.leapiness * 0.7, self.own.repetition, rng)
        hook = self.hook
        if hook is not None:
            if section.name in HOOKS:
                a, b = hook.a, hook.b
            elif section.name == "bridge":
                a = motifs.inverted(hook.a)
            else:
                b = Motif(b.rhythm, motifs.fitted(hook.a.heights, len(b.rhythm.onsets)))
        form = SECTION_FORMS.get(section.name) or self._form(rng)
        theme = Theme(a, b, form, int(rng.integers(12)))
        self.themes[section.letter] = theme
        if hook is None:
            self.hook = theme
        return theme

    def _form(self, rng: np.random.Generator) -> str:
        """The style's phrase plan, or one by chance."""
        return self.own.form if self.own.form != "any" else ("period", "sentence", "period", "riff")[int(rng.integers(4))]

    def _section(self, section: Section, before: tuple[int, ...]) -> Sung:
        """The tune of one section: new, repeated, or varied as its letter and name ask."""
        known = self.first_sung.get(section.letter)
        if known is None:
            sung = self._best(section, before)
            self.first_sung[section.letter] = (section, sung)
            return sung
        return self._return(section, known, before)

    def _best(self, section: Section, before: tuple[int, ...]) -> Sung:
        """The best of several versions of a new section."""
        theme = self._theme(section)
        versions = []
        for index in range(CANDIDATES):
            rng = generator(self.plan, f"sing {section.letter} {index}")
            own = theme if index < CANDIDATES // 2 else replace(theme, pick=theme.pick + index)
            slots = self._slots(section, own, rng)
            sung = self._sing(section, slots, before, rng)
            versions.append((sung.cost + _blandness(sung) + self._strain(section, slots), index, sung, own))
        _, _, sung, own = min(versions, key=lambda version: version[:2])
        self.themes[section.letter] = own
        return sung

    def _strain(self, section: Section, slots: tuple[Slot, ...]) -> float:
        """What a rhythm costs beyond its notes; nothing without words."""
        return 0.0

    def _return(self, section: Section, known: tuple[Section, Sung], before: tuple[int, ...]) -> Sung:
        """A letter again: the same notes moved to the new place and key; verses get new endings; other chords bend single notes."""
        original, sung = known
        start = section.start_bar * self.plan.meter.bar_ticks
        offset = start - sung.first  # in ticks, as all that follows
        shift = transposition(self.plan, sung.first, start)
        end = start + section.bars * self.plan.meter.bar_ticks
        rng = generator(self.plan, f"again {section.letter} {section.start_bar}")
        laps = -(-section.bars // original.bars)
        cut = section.bars % original.bars != 0
        last_bar = end - self.plan.meter.bar_ticks
        moved = []
        for lap in range(laps):
            ahead = offset + lap * original.bars * self.plan.meter.bar_ticks
            for slot, pitch in zip(sung.slots, sung.pitches, strict=True):
                at = slot.start + ahead
                if not 0 <= at < end:
                    continue
                kept = same_harmony(self.plan, slot, ahead, shift) and not (cut and at >= last_bar)
                moved.append(
                    replace(
                        slot,
                        start=at,
                        wish=pitch + shift,
                        fixed=kept,
                        ceiling=128,
                        leaning=False,
                        chromatic=False,
                        target=float(pitch + shift),
                    )
                )
        moved = sorted({slot.start: slot for slot in moved}.values(), key=lambda slot: slot.start)
        if cut and moved:
            moved[-1] = replace(moved[-1], cadence="full", duration=min(moved[-1].duration, end - moved[-1].start))
        if section.name not in FAITHFUL:
            moved = new_words(self.plan, moved, section, rng)
        return self._sing(section, tuple(arriving(self.plan, moved)), before, rng)

    def _slots(self, section: Section, theme: Theme, rng: np.random.Generator) -> tuple[Slot, ...]:
        """The section's rhythm and wished contour."""
        phrases = lay_out(section.bars, theme.form, theme.pick, self._closing(section))
        slots: list[Slot] = []
        for index, phrase in enumerate(phrases):
            slots += self._phrase(section, theme, phrase, index, rng)
        return crowned(self.plan, tuple(self._lean(slots, rng)), section, self.room)

    def _closing(self, section: Section) -> str:
        """The cadence that a section ends with."""
        end_of_song = section.start_bar + section.bars == self.plan.bars
        if end_of_song or section.name in ("chorus", "drop", "outro", "solo"):
            return "full"
        return "half" if section.name in ("pre-chorus", "build", "bridge") else "open"

    def _lean(self, slots: list[Slot], rng: np.random.Generator) -> list[Slot]:
        """Some strong notes that a close neighbour follows become appoggiaturas, some weak ones chromatic approaches."""
        chance = 0.18 + 0.35 * self.plan.cues.dissonance
        result = []
        for slot, after in zip(slots, [*slots[1:], None], strict=True):
            close = after is not None and after.start == slot.start + slot.duration and after.unit == slot.unit and not slot.cadence
            beat = weight(self.plan.meter, slot.start)
            if close and beat >= 2 and slot.duration <= QUARTER and rng.random() < chance:
                slot = replace(slot, leaning=True)
            elif close and beat <= 0 and slot.duration <= QUARTER // 2 and rng.random() < self.own.chromatic:
                slot = replace(slot, chromatic=True)
            result.append(slot)
        return result

    def _phrase(self, section: Section, theme: Theme, phrase: Phrase, index: int, rng: np.random.Generator) -> list[Slot]:
        """One phrase: its bars as notes, with a breath at the end and perhaps an upbeat before."""
        bar_ticks = self.plan.meter.bar_ticks
        first = (section.start_bar + phrase.start) * bar_ticks
        ends_song = section.start_bar + phrase.start + len(phrase.bars) == self.plan.bars
        rest = 0 if ends_song else self._breath(section)
        events: list[tuple[int, bool, int, int, float]] = []
        for place, bar in enumerate(phrase.bars):
            shaped, shift = self._shape(theme, bar, rest if place == len(phrase.bars) - 1 else 0, rng)
            at = first + place * bar_ticks
            lift = phrase.lift + shift + 2.2 * float(np.sin(np.pi * (place + 0.5) / len(phrase.bars)))
            heights = dict(zip(shaped.rhythm.onsets, shaped.heights, strict=True))
            unit = 100 * index + place
            events += [(at + offset, sounds, unit, heights.get(offset, 0), lift) for offset, sounds in shaped.rhythm.events]
        end = first + len(phrase.bars) * bar_ticks
        centre = section_centre(self.room, section)
        slots = []
        for i, (start, sounds, unit, height, lift) in enumerate(events):
            stop = events[i + 1][0] if i + 1 < len(events) else end
            if sounds and stop > start:
                slots.append(Slot(start, stop - start, unit, height, centre + lift + 1.2 * height))
        if slots:
            slots[-1] = replace(slots[-1], cadence=phrase.cadence)
        return self._upbeat(section, phrase, rng, centre) + slots if phrase.start else slots

    def _breath(self, section: Section) -> int:
        """Silence at the end of a phrase in ticks, in whole eighths."""
        return breath_ticks(self.plan, section, self.own.rest_beats)

    def _upbeat(self, section: Section, phrase: Phrase, rng: np.random.Generator, centre: float) -> list[Slot]:
        """One or two eighths in the breath before a phrase."""
        room = self._breath(section)
        if room < QUARTER or rng.random() > 0.35 + 0.4 * self.own.density / 2 or self.plan.meter.bar_ticks < 2 * QUARTER:
            return []
        count = 2 if room >= 3 * QUARTER // 2 and rng.random() < 0.5 else 1
        first = (section.start_bar + phrase.start) * self.plan.meter.bar_ticks
        eighth = QUARTER // 2
        return [Slot(first - (count - i) * eighth, eighth, 100 * phrase.start + 99, i, centre - 1.5 + i) for i in range(count)]

    def _shape(self, theme: Theme, bar: Bar, rest: int, rng: np.random.Generator) -> tuple[Motif, float]:
        """A bar's motif after its operation, and how far it is shifted in semitones."""
        own = theme.a if bar.motif == "a" else theme.b
        meter = self.plan.meter
        if bar.operation == "rest":
            return Motif(replace(own.rhythm, events=((0, False),)), ()), 0.0
        if bar.operation == "cadence":
            rhythm = rhythms.cadence(own.rhythm, meter, rest, bool(rng.random() < 0.35))
            return motifs.with_rhythm(own, rhythm), -0.6
        if bar.operation == "vary":
            return motifs.with_rhythm(own, rhythms.vary(own.rhythm, meter, rng)), 0.0
        made = {
            "invert": lambda: motifs.inverted(own),
            "fragment": lambda: motifs.fragmented(own, meter, 1),
            "augment": lambda: motifs.augmented(own),
            "extend": lambda: motifs.fragmented(own, meter, 2),
        }.get(bar.operation, lambda: own)()
        return made, {"up": 2.0, "down": -2.0, "extend": 2.5}.get(bar.operation, 0.0)

    def _sing(self, section: Section, slots: tuple[Slot, ...], before: tuple[int, ...], rng: np.random.Generator) -> Sung:
        """Pitches for all slots, phrase by phrase: returning bars wish for the pitches they had."""
        cues = self.plan.cues
        given = [slot.wish for slot in slots if slot.fixed] or [self.room.low]
        low, high = min(self.room.low, *given), max(section_top(self.room, section), *given)
        taste = Taste(low, high, self.own.leapiness, self.own.repetition, self.own.pentatonic, cues.dissonance)
        pitches, cost = sing(self.plan, slots, taste, before, rng)
        return Sung(slots, pitches, section.start_bar * self.plan.meter.bar_ticks, cost)

    def _dynamics(self, section: Section, sung: Sung) -> list[Note]:
        """Velocities: section energy, metre, the phrase's arch, height, and weight on the peak."""
        level = self.plan.cues.velocity + 36 * (section.energy - 0.5)
        peak = max(sung.pitches, default=0)
        bar = self.plan.meter.bar_ticks
        notes = []
        for slot, pitch in zip(sung.slots, sung.pitches, strict=True):
            place = ((slot.start - sung.first) / bar) % 4 / 4
            accent = {3: 5, 2: 3, 1: 1, 0: -2, -1: -5}[weight(self.plan.meter, slot.start)]
            loud = (
                level + accent + 6 * np.sin(np.pi * place) + 0.5 * (pitch - self.room.centre) + 5 * (pitch == peak) - 4 * bool(slot.cadence)
            )
            notes.append(Note(slot.start, slot.duration, pitch, clip_velocity(float(loud))))
        return notes


def _blandness(sung: Sung) -> float:
    """Cost of a tune that hardly moves, sits on one note or has a second peak."""
    if len(sung.pitches) < 4:
        return 0.0
    pitches = np.array(sung.pitches)
    spread = pitches.max() - pitches.min()
    repeats = float(np.mean(np.diff(pitches) == 0))
    peaks = int((pitches == pitches.max()).sum())
    return 0.15 * max(0, 8 - int(spread)) + 0.15 * max(0, int(spread) - 15) + 1.5 * max(0.0, repeats - 0.25) + 0.15 * (peaks - 1)


def one_voice(notes: list[Note], end: int) -> tuple[Note, ...]:
    """Sorted, without overlaps, within the song."""
    by_start = {note.start: note for note in sorted(notes) if 0 <= note.start < end}
    ordered = [by_start[start] for start in sorted(by_start)]
    stops = [note.start for note in ordered[1:]] + [end] * bool(ordered)
    return tuple(replace(note, duration=min(note.duration, stop - note.start)) for note, stop in zip(ordered, stops, strict=True))
