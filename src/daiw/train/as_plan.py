"""A real song's sheet as a plan, so that composers may be asked to write what its own melody answers."""

from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key, PitchClass
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Timeline
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.nets.composer_sheet import asking_density
from daiw.tokens.controls import feelings, phrase_cues
from daiw.tokens.grid import TICKS_PER_UNIT, UNITS_PER_QUARTER
from daiw.tokens.sheet import SECTION_KINDS, Sheet
from daiw.tokens.vocab import CHORD_CLASSES

SPELLING = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
NAMES = {"unknown": "verse", "later": "bridge", "interlude": "breakdown"}
SECTION_BARS = 8
MIDDLE_DENSITY = 0.5


def notes_of(sheet: Sheet) -> tuple[Note, ...]:
    """The sheet's melody in the neutral key."""
    return tuple(Note(start * TICKS_PER_UNIT, length * TICKS_PER_UNIT, pitch, 80) for start, pitch, length in sheet.notes.tolist())


def plan_of(sheet: Sheet, seed: int, style_density: float) -> Plan:
    """The plan that the song might have had: its chords, form, tempo, and density and feeling as measured section by section.

    Where the form is unknown, sections are eight bars and never return.  style_density: of the style the composers write in, so that a
    section's density asks for the song's own, as far as a plan can: at middle tempo .8 to 1.6 of that style's.
    """
    meter = Meter(*(int(part) for part in sheet.meter.split("/")))
    bar = meter.bar_ticks
    starts = [(start, SECTION_KINDS[kind]) for start, kind in sheet.sections] or [
        (i, "unknown") for i in range(0, sheet.bars, SECTION_BARS)
    ]
    sections = []
    for i, (start, kind) in enumerate(starts):
        end = starts[i + 1][0] if i + 1 < len(starts) else sheet.bars
        if end <= start:
            continue
        cues = phrase_cues(sheet, start, end)
        plays = cues["density"] * (end - start) * sheet.bar_units / UNITS_PER_QUARTER >= 1
        valence, arousal, dominance = feelings(cues)
        density = asking_density(cues["density"], style_density, sheet.bpm, MIDDLE_DENSITY)
        letter = kind if sheet.sections else f"{kind}{i}"
        name = NAMES.get(kind, kind)
        sections.append(
            Section(
                name,
                letter,
                start,
                end - start,
                0.5 + arousal / 2,
                Emotion(valence, arousal, dominance),
                density,
                ("melody",) if plays else (),
            )
        )
    pitches = sheet.notes[:, 1]
    register = float(pitches.mean()) if len(pitches) else 70.0
    cues_of_song = Cues(sheet.bpm, 0.0, register, MIDDLE_DENSITY, 0.2, 80.0, 0.9, 0.0, 0.0, 1.5, 0.7)
    key = Key(PitchClass("A"), "minor") if sheet.minor else Key(PitchClass("C"), "major")
    end = sheet.bars * bar
    timeline = Timeline(TempoMap((Tempo(0, sheet.bpm),)), ((0, meter),), ((0, key),), (), end)
    return Plan(
        sheet.name,
        key,
        meter,
        timeline,
        "static-reflection",
        tuple(sections),
        harmony_of(sheet, end),
        ("melody",),
        cues_of_song,
        seed,
        "pop",
    )


def harmony_of(sheet: Sheet, end: int) -> tuple[ChordSpan, ...]:
    """The chords without gap, re-statements joined; C major where there are none."""
    rows = [(0, 0, 0), *sheet.chords.tolist()] if not len(sheet.chords) or sheet.chords[0, 0] > 0 else sheet.chords.tolist()
    changes = [row for i, row in enumerate(rows) if i == 0 or row[1:] != rows[i - 1][1:]]
    spans = []
    for i, (start, root, quality) in enumerate(changes):
        stop = changes[i + 1][0] * TICKS_PER_UNIT if i + 1 < len(changes) else end
        spans.append(
            ChordSpan(
                start * TICKS_PER_UNIT, stop - start * TICKS_PER_UNIT, Chord(PitchClass.parse(SPELLING[root]), CHORD_CLASSES[quality]), ""
            )
        )
    return tuple(spans)
