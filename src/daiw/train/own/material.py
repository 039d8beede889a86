"""Songs of a person's folder as what the networks learn from: a lead sheet, an accompaniment, a drummer's take, a chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from daiw.music.drum_patterns import KIT
from daiw.music.score import Note
from daiw.nets.band_sheet import VOICE_OF_PITCH, neutral_shift
from daiw.nets.composer_sheet import meter_name, shift_of
from daiw.tokens.codec import restate
from daiw.tokens.grid import METER_UNITS, TICKS_PER_UNIT, UNITS_PER_QUARTER
from daiw.tokens.harmony import Chart
from daiw.tokens.onsets import VOICE, sayable
from daiw.tokens.sheet import SECTION_KINDS, Events, Sheet, no_events
from daiw.tokens.takes import Accompaniment, DrumTake
from daiw.tokens.vocab import PITCH_HIGH, PITCH_LOW
from daiw.train.accompaniment import accompaniment, heard_chords, split_hands
from daiw.train.groove import grid_units, without_swing
from daiw.train.harmony_corpus import chart_of
from daiw.train.own.reading import OwnSong
from daiw.train.pop909 import Notes, one_voice

FEWEST_ROWS = 32
"""Notes below which a part is not worth a network's while."""

SOURCE = "own"
QUANTISED_MS = 1.0
"""Drums whose timing spreads less were put on the grid: their feel is not learnt, ours stays."""

KINDS = (
    ("pre", "verse"), ("intro", "intro"), ("verse", "verse"), ("chorus", "chorus"), ("hook", "chorus"), ("drop", "chorus"),
    ("refrain", "chorus"), ("bridge", "bridge"), ("solo", "later"), ("inter", "interlude"), ("break", "interlude"),
    ("outro", "outro"), ("end", "outro"),
)  # fmt: skip
"""Beginning of a marker's text -> the corpus's kind of section."""

GENERAL_MIDI = {
    35: "kick", 40: "snare", 39: "snare", 37: "side stick", 41: "low tom", 43: "low tom", 45: "mid tom", 47: "mid tom", 48: "high tom",
    50: "high tom", 52: "crash", 55: "crash", 57: "crash", 59: "ride", 53: "ride bell", 44: "pedal hat",
}  # fmt: skip
DRUM_OF_PITCH = {pitch: VOICE[name] for pitch, name in GENERAL_MIDI.items()} | VOICE_OF_PITCH
"""General MIDI drum -> voice of the tokens; the rest is percussion that the drummer's network does not play."""

assert KIT["kick"] in DRUM_OF_PITCH


def rows_of(notes: Sequence[Note]) -> Notes:
    """Notes as (start, duration, pitch, velocity) rows in ticks."""
    return np.array([(note.start, note.duration, note.pitch, note.velocity) for note in notes], np.int64).reshape(-1, 4)


@dataclass(frozen=True)
class Material:
    """One song, ready to be learnt from.  Each of its properties is None or empty where the file has no such part."""

    song: OwnSong

    @property
    def label(self) -> str:
        """The name that windows and figures carry."""
        return f"{SOURCE}/{self.song.name.replace(' ', '_')}"

    @property
    def meter(self) -> str:
        """The grid's name of its meter."""
        return meter_name(self.song.meter) or "4/4"

    @cached_property
    def comping(self) -> tuple[Note, ...]:
        """What accompanies, bass aside: chords, pads and second lines."""
        return tuple(sorted(note for role in ("chords", "pad") for note in self.song.parts.get(role, ())))

    @cached_property
    def hands(self) -> tuple[Notes, Notes]:
        """(bass, keys): the bass track, else the lowest notes of what accompanies, as a pianist's left hand."""
        bass, keys = rows_of(self.song.parts.get("bass", ())), rows_of(self.comping)
        return (bass, keys) if len(bass) >= FEWEST_ROWS or not len(keys) else split_hands(keys)

    @cached_property
    def guessed_from_tune(self) -> bool:
        """Whether nothing but the tune says what the chords are."""
        return len(self.comping) + len(self.song.parts.get("bass", ())) < FEWEST_ROWS

    def chords(self, shift: int) -> Events:
        """Chords heard every half bar, of a lone tune every bar; in the neutral key."""
        units = METER_UNITS[self.meter]
        step = units if self.guessed_from_tune or (units == 3 * UNITS_PER_QUARTER and self.meter == "3/4") else units // 2
        notes = rows_of(self.song.pitched)
        heard = heard_chords(notes, self.song.bars * units, shift, step) if len(notes) else no_events()
        return restate(heard, self.song.bars, units)

    def sheet(self, shift: int) -> Sheet:
        """The song's lead sheet, `shift` semitones up."""
        units = METER_UNITS[self.meter]
        melody = rows_of(self.song.parts.get("melody", ()))
        ticks = units * TICKS_PER_UNIT
        level = []
        pitched = rows_of(self.song.pitched)
        for bar in range(self.song.bars):
            inside = pitched[pitched[:, 0] // ticks == bar, 3]
            level.append(float(inside.mean()) if len(inside) else 0.0)
        return Sheet(
            self.label, "pop909", self.meter, self.song.bars,
            one_voice(melody, self.song.bars, units, shift), self.chords(shift), self.sections(), self.song.bpm, self.song.key.minor_third,
            tuple(level), shift,
        )  # fmt: skip

    def sections(self) -> tuple[tuple[int, int], ...]:
        """The file's markers as (bar, kind), where they name sections."""
        ticks = METER_UNITS[self.meter] * TICKS_PER_UNIT
        found: dict[int, int] = {}
        for tick, text in self.song.marks:
            kind = next((kind for word, kind in KINDS if text.strip().casefold().startswith(word)), None)
            bar = round(tick / ticks)
            if kind is not None and bar < self.song.bars:
                found[bar] = SECTION_KINDS.index(kind)
        if found and 0 not in found:
            found[0] = SECTION_KINDS.index("unknown")
        return tuple(sorted(found.items()))

    @cached_property
    def lead(self) -> Sheet | None:
        """Melody and chords, the tune around where the corpus's lies."""
        melody = self.song.parts.get("melody", ())
        if len(melody) < FEWEST_ROWS:
            return None
        return self.sheet(shift_of(self.song.key, float(np.mean([note.pitch for note in melody]))))

    @cached_property
    def band(self) -> Accompaniment | None:
        """Bass and keys over the song's chords."""
        bass, keys = self.hands
        if len(bass) < FEWEST_ROWS and len(keys) < FEWEST_ROWS:
            return None
        made = accompaniment(self.sheet(neutral_shift(self.song.key)), "pop909", bass, keys)
        return made if len(made.sheet.chords) else None

    @cached_property
    def take(self) -> DrumTake | None:
        """The drums, where the song is in 4/4."""
        strokes = [note for note in self.song.parts.get("drums", ()) if note.pitch in DRUM_OF_PITCH]
        if self.meter != "4/4" or len(strokes) < FEWEST_ROWS:
            return None
        places = np.array([note.start for note in strokes]) / TICKS_PER_UNIT
        units = grid_units(places)
        late_ms = without_swing(units, (places - units) * 60000.0 / self.song.bpm / UNITS_PER_QUARTER)
        rows = np.column_stack(
            [units, [DRUM_OF_PITCH[note.pitch] for note in strokes], [note.velocity for note in strokes], np.round(late_ms)]
        ).astype(np.int32)
        rows = rows[rows[:, 0] < self.song.bars * METER_UNITS["4/4"]]
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        return DrumTake(self.label, SOURCE, self.song.bpm, self.song.bars, sayable("drums", rows, no_events()))

    @cached_property
    def quantised(self) -> bool:
        """Whether the drums were put on the grid, so that they have no feel to learn."""
        starts = np.array([note.start for note in self.song.parts.get("drums", ())])
        if not len(starts):
            return True
        places = starts / TICKS_PER_UNIT
        late_ms = (places - grid_units(places)) * 60000.0 / self.song.bpm / UNITS_PER_QUARTER
        return float(late_ms.std()) < QUANTISED_MS

    @cached_property
    def chart(self) -> Chart | None:
        """The chords by section, where something besides a tune says what they are."""
        return None if self.guessed_from_tune else chart_of(self.sheet(neutral_shift(self.song.key)))

    @property
    def out_of_range(self) -> float:
        """Share of the tune's notes that must be moved by octaves to be said."""
        melody = self.song.parts.get("melody", ())
        if not melody:
            return 0.0
        shift = shift_of(self.song.key, float(np.mean([note.pitch for note in melody])))
        return sum(not PITCH_LOW <= note.pitch + shift <= PITCH_HIGH for note in melody) / len(melody)

    @property
    def percussion(self) -> float:
        """Share of the drums' strokes that no voice of the kit plays."""
        drums = self.song.parts.get("drums", ())
        return sum(note.pitch not in DRUM_OF_PITCH for note in drums) / len(drums) if drums else 0.0
