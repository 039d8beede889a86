from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.drum_patterns import KIT
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part, Timeline
from daiw.music.styles.compose import BassStyle, ChordsStyle, ComposeStyle
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.nets.band import Player
from daiw.nets.band_rewrite import _Stretch, rewrite_band
from daiw.nets.band_rules import FEET, HATS, BandRules, BandWindow
from daiw.nets.band_sheet import DRUMMER_OF_GROOVE, backbeats, band_section_controls, kit_section_controls, section_strokes
from daiw.nets.drummers import DRUMMERS
from daiw.nets.picking import Chance
from daiw.nets.sampler import Drawn, draw_walks
from daiw.nets.transformer import Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.band_controls import BAND_COLUMN
from daiw.tokens.kit_controls import KIT_COLUMN, TURNS, kit_bin
from daiw.tokens.onsets import VOICE, decode_onsets, encode_onsets, onsets_of, sayable
from daiw.tokens.sheet import no_events
from daiw.tokens.vocab import BAR, KIT_VOICES, STRENGTH_EDGES, bar_reference

SMALL = {"width": 16, "layers": 1, "heads": 1, "head": 16, "inner": 16, "condition": 8, "cross": (0,)}
STYLE = ComposeStyle("rock", chords=ChordsStyle(low=50, high=70), bass=BassStyle(low=30, high=48))
REGGAE = replace(STYLE, groove="reggae")
CHANCE = Chance(candidates=2, top_p=1.0, guidance=1.5)


def weights(layout, seed=5):
    shape = Shape(**SMALL, layout=layout, window_bars=12 if layout == "kit" else 32)
    rng = np.random.default_rng(seed)
    return Weights(shape, {name: rng.normal(0, 0.5, size).astype(np.float32) for name, size in shape.weights().items()})


KIT_WEIGHTS, BAND_WEIGHTS = weights("kit"), weights("band")


def plan(
    chords=("Eb", "Cm7", "Ab/C", "Bb7"), meter=None, sections=(("verse", "A", 6), ("chorus", "B", 4), ("verse", "A", 6)), key="Eb major"
):
    meter = meter or Meter(4, 4)
    made, bar = [], 0
    for name, letter, bars in sections:
        roles = ("melody", "chords", "bass", "drums") if name != "intro" else ("melody", "chords")
        made.append(Section(name, letter, bar, bars, 0.6, Emotion(0.2, 0.3), 0.5, roles))
        bar += bars
    ticks = meter.bar_ticks
    spans = tuple(ChordSpan(i * ticks, ticks, Chord.parse(chords[i % len(chords)]), "I") for i in range(bar))
    timeline = Timeline(TempoMap((Tempo(0, 100.0),)), ((0, meter),), ((0, Key.parse(key)),), (), bar * ticks)
    cues = Cues(100.0, 0.3, 67.0, 0.5, 0.2, 80.0, 0.9, 0.0, 0.0, 1.5, 0.7)
    return Plan(
        "t", Key.parse(key), meter, timeline, "static-reflection", tuple(made), spans, ("melody", "chords", "bass", "drums"), cues, 4
    )


def simple(made, role):
    """What a plain player would do: two notes a bar, or a backbeat."""
    ticks, notes = made.meter.bar_ticks, []
    for section in made.sections:
        if role not in section.roles:
            continue
        for bar in range(section.start_bar, section.start_bar + section.bars):
            start = bar * ticks
            if role == "drums":
                notes += [Note(start + 240 * i, 60, KIT["closed hat"], 70) for i in range(8)]
                notes += [Note(start, 60, KIT["kick"], 100), Note(start + 480, 60, KIT["snare"], 100), Note(start, 60, KIT["shaker"], 50)]
            else:
                notes += [Note(start, 900, 40 if role == "bass" else 60, 80), Note(start + 960, 900, 43 if role == "bass" else 64, 84)]
    return Part(role, tuple(sorted(notes)))


def written(made, role, style=STYLE, earlier=(), given=None):
    chosen = given or (KIT_WEIGHTS if role == "drums" else BAND_WEIGHTS)
    player = Player(chosen, style, made, role, earlier, lambda: simple(made, role), CHANCE)
    return player.part().notes, player


@pytest.mark.parametrize("role", ["bass", "chords", "drums"])
def test_the_same_plan_gives_the_same_part_and_another_seed_another(role):
    made = plan()
    notes, player = written(made, role)
    assert notes == written(made, role)[0]
    assert notes != written(replace(made, seed=9), role)[0]
    assert len(player.decisions) >= 2
    assert all(decision.alternatives for decision in player.decisions)
    assert max(note.end for note in notes) <= made.timeline.end


@pytest.mark.parametrize("role", ["bass", "chords"])
@pytest.mark.parametrize("key", ["Eb major", "F# minor"])
def test_range_is_exact_in_every_key(role, key):
    notes, _ = written(plan(key=key), role)
    own = STYLE.bass if role == "bass" else STYLE.chords
    assert {own.low <= note.pitch <= own.high for note in notes} == {True}


def test_the_first_bass_note_of_a_chord_is_its_bass_or_belongs_to_it():
    made = plan()
    notes, _ = written(made, "bass")
    assert all(note.end <= after.start for note, after in pairwise(notes))
    for span in made.harmony[:-1]:  # the last bar is the reference's
        first = next((note for note in notes if span.start <= note.start < span.start + span.duration), None)
        assert first is not None
        if span.chord.bass_number != span.chord.root.number:
            assert first.pitch % 12 == span.chord.bass_number
        else:
            assert first.pitch % 12 in span.chord.pitch_classes


def test_the_bass_leaps_an_octave_at_most():
    notes, _ = written(plan(), "bass")
    assert max(abs(after.pitch - note.pitch) for note, after in pairwise(notes)) <= 12


def test_every_bar_sounds_where_the_reference_plays_and_none_where_the_role_rests():
    made = plan(sections=(("intro", "I", 4), ("verse", "A", 8)))
    for role in ("bass", "drums"):
        notes, _ = written(made, role)
        bars = {note.start // made.meter.bar_ticks for note in notes}
        assert bars == set(range(4, 12))


@pytest.mark.parametrize("role", ["bass", "chords", "drums"])
def test_the_songs_last_bar_is_the_references_and_nothing_is_held_into_it(role):
    made = plan()
    final = (made.bars - 1) * made.meter.bar_ticks
    notes, _ = written(made, role)
    assert [note for note in notes if note.start >= final] == [note for note in simple(made, role).notes if note.start >= final]
    if role != "drums":
        assert max(note.end for note in notes if note.start < final) <= final
    before = [note for note in notes if note.start < final]
    assert before != [note for note in simple(made, role).notes if note.start < final]


def test_a_letter_returns_as_itself():
    form = (("verse", "A", 6), ("chorus", "B", 4), ("verse", "A", 6), ("outro", "O", 2))
    notes, _ = written(plan(chords=("Eb", "Ab"), sections=form), "bass")
    ticks = 4 * 480
    first = [(note.start, note.pitch) for note in notes if note.start < 6 * ticks]
    again = [(note.start - 10 * ticks, note.pitch) for note in notes if 10 * ticks <= note.start < 16 * ticks]
    assert first == again


def test_no_note_is_held_into_a_chord_it_does_not_belong_to():
    made = plan()
    notes, _ = written(made, "chords")
    for note in notes:
        for span in made.harmony:
            if note.start < span.start < note.end and span.chord != made.chord_at(note.start).chord:
                assert note.pitch % 12 in span.chord.pitch_classes


def test_two_hands_and_one_hi_hat_at_a_time():
    window = BandWindow("drums", 8, 48, no_events(), np.ones((12, len(KIT_WEIGHTS.shape.table.controls)), np.int64))
    for line in draw_walks(KIT_WEIGHTS, window, BandRules(window), [window.walk() for _ in range(4)], CHANCE, np.random.default_rng(1)):
        rows = decode_onsets(list(line.tokens), "drums", no_events(), 48)
        for unit in set(rows[:, 0].tolist()):
            voices = rows[rows[:, 0] == unit, 1].tolist()
            assert sum(voice not in FEET for voice in voices) <= 2
            assert len(HATS & set(voices)) <= 1


def test_strokes_carry_the_drummers_own_timing_and_percussion_stays_the_references():
    made = plan()
    notes, _ = written(made, "drums")
    last = made.timeline.end - made.meter.bar_ticks
    strokes = [note for note in notes if note.pitch != KIT["shaker"] and note.start < last]
    assert all(len(note.late_ms) == 1 and abs(note.late_ms[0]) <= 30.0 for note in strokes)
    assert len({note.late_ms for note in strokes}) > 20
    assert sum(note.pitch == KIT["shaker"] for note in notes) == 16
    assert [note for note in notes if note.start >= last] == [note for note in simple(made, "drums").notes if note.start >= last]


def test_no_crash_and_no_toms_where_the_style_has_none():
    notes, _ = written(plan(), "drums")
    assert not {KIT["crash"], KIT["low tom"], KIT["mid tom"], KIT["high tom"]} & {note.pitch for note in notes}
    assert "crash" in KIT_VOICES


@pytest.mark.parametrize(
    ("role", "meter", "groove", "why"),
    [
        ("drums", Meter(3, 4), "rock", "has not learnt 3/4"),
        ("bass", Meter(7, 8), "rock", "has not learnt 7/8"),
        ("drums", None, "techno", "techno"),
    ],
)
def test_what_was_not_learnt_is_the_references_and_says_so(role, meter, groove, why):
    made = plan(meter=meter)
    notes, player = written(made, role, replace(STYLE, groove=groove))
    assert notes == simple(made, role).notes
    assert [decision.choice for decision in player.decisions] == ["reference composer"]
    assert why in player.decisions[0].because


def test_a_build_is_left_to_the_reference():
    made = plan(sections=(("verse", "A", 4), ("build", "C", 2), ("chorus", "B", 4)))
    notes, player = written(made, "drums")
    start, end = 4 * 1920, 6 * 1920
    assert [note for note in notes if start <= note.start < end] == [n for n in simple(made, "drums").notes if start <= n.start < end]
    assert any("Rolls that grow" in decision.because for decision in player.decisions)


def test_keys_are_held_to_off_beats_where_the_style_means_them_and_free_elsewhere():
    made = plan()
    section = made.sections[0]
    on_beat, skank = (
        np.array([(48 * bar + unit, 60, 6, 0) for bar in range(6) for unit in units], np.int32) for units in ((0, 24), (6, 30))
    )
    told = [band_section_controls("keys", made, section, rows, REGGAE)[0, BAND_COLUMN["offbeat"]] for rows in (on_beat, skank)]
    assert told[0] == 0
    assert told[1] == 5
    assert band_section_controls("bass", made, section, on_beat, REGGAE)[0, BAND_COLUMN["offbeat"]] == 1


def test_a_waltz_has_a_bass():
    made = plan(meter=Meter(3, 4))
    notes, _ = written(made, "bass")
    assert {note.start // made.meter.bar_ticks for note in notes} == set(range(made.bars))


def test_the_styles_backbeat_is_struck_in_every_bar_that_is_no_fill():
    made = plan()
    notes, player = written(made, "drums")
    ticks = made.meter.bar_ticks
    fills = {
        passage.section.start_bar + bar
        for passage in player.passages
        for bar in range(passage.section.bars)
        if passage.controls[bar, KIT_COLUMN["turn"]] == 1 + TURNS.index("fill")
    }
    struck = {note.start // ticks for note in notes if note.pitch == KIT["snare"] and note.start % ticks == 480 and note.velocity >= 45}
    drawn = {passage.section.start_bar + bar for passage in player.passages for bar in range(passage.section.bars)}
    assert drawn - fills - {made.bars - 1} <= struck
    assert len(struck) >= 8


def test_a_place_that_the_reference_strikes_now_and_then_is_no_backbeat():
    rows = [(48 * bar + 12, VOICE["snare"], 100, 0) for bar in range(4)] + [(48 * bar + 36, VOICE["snare"], 100, 0) for bar in range(2)]
    rows += [(48 * bar + 24, VOICE["snare"], 30, 0) for bar in range(4)]
    model = np.array(sorted(rows), np.int32)
    assert backbeats(model, np.ones((4, len(KIT_COLUMN)), np.int64), 48) == ((6, VOICE["snare"]),)


def kicks(**limits):
    """Strength of every kick, bar by bar, of a kit that has a kick and a hi-hat only."""
    voices = frozenset({VOICE["kick"], VOICE["closed hat"]})
    window = BandWindow(
        "drums", 8, 48, no_events(), np.ones((12, len(KIT_WEIGHTS.shape.table.controls)), np.int64), voices=voices, **limits
    )
    lines = draw_walks(KIT_WEIGHTS, window, BandRules(window), [window.walk() for _ in range(4)], CHANCE, np.random.default_rng(1))
    rows = [decode_onsets(list(line.tokens), "drums", no_events(), 48) for line in lines]
    return [one[(one[:, 1] == VOICE["kick"]) & (one[:, 0] // 48 == bar), 2].tolist() for one in rows for bar in range(8)]


def test_the_kick_is_heard_and_no_busier_than_the_styles_drummers():
    free, limited = kicks(), kicks(most_kicks=1, softest_kick=4)
    assert max(len(bar) for bar in free) > 1
    assert max(len(bar) for bar in limited) == 1
    assert min(velocity for bar in free for velocity in bar) < STRENGTH_EDGES[3]
    assert min(velocity for bar in limited for velocity in bar) >= STRENGTH_EDGES[3]
    _, player = written(plan(), "drums", replace(STYLE, groove="pop"))
    window = player.leader.window_of(player.passages[0], {}, frozenset(), {})
    assert (window.most_kicks, window.softest_kick) == (5, 2)


def test_the_kick_marks_every_second_downbeat_where_the_reference_marks_them_all_and_jazz_does_not():
    made = plan()
    for groove, marked in (("rock", True), ("swing", False)):
        notes, player = written(made, "drums", replace(STYLE, groove=groove))
        passage = player.passages[0]
        assert ((0, VOICE["kick"]) in player.leader.backbeat_of(passage, 0)) == marked
        assert (0, VOICE["kick"]) not in player.leader.backbeat_of(passage, 1)
        where = [note.start for note in notes if note.pitch == KIT["kick"]]
        if marked:
            assert {section.start_bar * 1920 for section in made.sections} <= set(where)


def test_drums_are_told_as_busy_and_loud_as_the_styles_drummers_are_at_that_energy():
    made = plan()
    model = section_strokes(simple(made, "drums").notes, made, made.sections[0])
    told = []
    for energy in (0.1, 0.5, 0.95):
        section = replace(made.sections[0], energy=energy, density=energy)
        told.append(kit_section_controls(made, section, model, "rock")[0])
    for name in ("density", "loudness", "arousal"):
        values = [int(row[KIT_COLUMN[name]]) for row in told]
        assert values == sorted(values)
        assert len(set(values)) == 3
    hats = model[model[:, 1] == VOICE["closed hat"]]
    held = kit_section_controls(made, made.sections[0], hats, "rock")[0, KIT_COLUMN["density"]]
    assert held == kit_bin("density", 2.0)  # where the reference holds kick and backbeat back, its density stays


def test_every_groove_that_a_drummer_plays_has_one_who_was_learnt_from():
    assert set(DRUMMER_OF_GROOVE.values()) <= set(DRUMMERS)
    for drummer in DRUMMERS.values():
        assert list(drummer.densities) == sorted(drummer.densities)
        assert drummer.density(0.5) == drummer.densities[2]
        assert drummer.velocity(0.0) == drummer.loudness[0]


CHANCE_OF_SIX = Chance(candidates=6, top_p=1.0, guidance=1.0)


def references(**limits):
    """Kind of reference of every bar of six lines, bar by bar."""
    controls = np.ones((12, len(KIT_WEIGHTS.shape.table.controls)), np.int64)
    window = BandWindow("drums", 10, 48, no_events(), controls, **limits)
    lines = draw_walks(KIT_WEIGHTS, window, BandRules(window), [window.walk() for _ in range(6)], CHANCE_OF_SIX, np.random.default_rng(3))
    heads = [[token for token in line.tokens if token in BAR] for line in lines]
    return np.array([[bar_reference(token)[0] for token in one] for one in heads])


def test_bars_written_anew_repeat_no_bar_exactly():
    assert (references() == 1).any(axis=0)[4:].any()
    anew = references(anew=frozenset(range(4, 8)))
    assert not (anew[:, 4:8] == 1).any()
    assert (anew[:, 4:8] == 2).any()
    assert (anew[:, 8:] == 1).any()


@pytest.mark.parametrize("role", ["drums", "bass"])
def test_a_take_that_brings_back_what_was_there_costs_more(role):
    made = plan()
    part = simple(made, role)
    weights = KIT_WEIGHTS if role == "drums" else BAND_WEIGHTS
    player = Player(weights, STYLE, made, role, (), lambda: part)
    stretch = _Stretch(player, made, part, (6, 8))
    fresh, window = stretch._asked()
    assert window.anew == frozenset(range(stretch.lead, stretch.lead + 2))

    def line(notes):
        rows = sayable(player.voice, stretch._played(notes), fresh.chords)
        bars = onsets_of(player.voice, rows, fresh.chords, stretch.last - stretch.begin, player.units)
        return Drawn(tuple(encode_onsets(bars, player.voice)), 1.0)

    again = line(part.notes)
    other = line(tuple(sorted(replace(note, start=note.start + 240) if i % 2 else note for i, note in enumerate(part.notes[:-4]))))
    assert stretch.new_share(again, fresh) == 0
    assert stretch.new_share(other, fresh) > 0.2
    old, stretch.part = stretch._cost(again, fresh), replace(part, notes=part.notes[:1])
    assert old - stretch._cost(again, fresh) == pytest.approx(0.75)  # the same line where something else was played before


@pytest.mark.parametrize("role", ["drums", "bass"])
def test_bars_written_anew_up_to_the_songs_end_keep_its_last_bar_the_references(role):
    made = plan()
    final = (made.bars - 1) * made.meter.bar_ticks
    notes, player = written(made, role)
    weights = KIT_WEIGHTS if role == "drums" else BAND_WEIGHTS
    anew = rewrite_band(weights, STYLE, made, Part(role, notes), (), (made.bars - 4, made.bars), 3, lambda: simple(made, role))
    assert anew is not None
    assert [note for note in anew if note.start >= final] == [note for note in player.reference.notes if note.start >= final]
    assert [note for note in anew if note.start < final] != [
        note for note in notes if final - 3 * made.meter.bar_ticks <= note.start < final
    ]
