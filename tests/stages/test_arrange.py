import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.composer.drums import write_drums
from daiw.errors import PresetError
from daiw.files.preset import load_preset
from daiw.files.shipped import shipped
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.drum_patterns import KIT
from daiw.music.emotion import Emotion
from daiw.music.ensemble import ANY_PROGRAM, SOUNDS
from daiw.music.groove import GROOVES
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part, Score, Timeline
from daiw.music.styles.arrange import ArrangeStyle, RoleStyle
from daiw.music.styles.compose import ComposeStyle
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.planning.feel import KIT_JITTER_MS, MAX_OFFSET_MS, SNARES, TIME_PITCHES, Feel, swing
from daiw.stages.arrange import arrange

COMMON_TIME = Meter(4, 4)
ROLES = ("melody", "chords", "bass", "drums", "pad", "counter")
FORM = (("verse", "A", 8, 0.3), ("chorus", "B", 8, 0.9), ("verse", "A", 8, 0.4), ("chorus", "B", 8, 1.0))
PRESETS = sorted(path.stem for path in shipped("presets").glob("*.toml"))
"""Shipped styles."""


def make_plan(seed=1, meter=COMMON_TIME, bpm=96.0, arousal=0.0, timing_ms=0.0, form=FORM, tempos=None, wanted=(), unwanted=(), valence=0.0):
    cues = Cues(
        bpm=bpm, brightness=0, register=66, density=0.5, dissonance=0.2, velocity=80, gate=0.9, timing_ms=timing_ms, tone_db=0, reverb_s=1,
        width=0.5,
    )  # fmt: skip
    sections, bar = [], 0
    for name, letter, bars, energy in form:
        sections.append(Section(name, letter, bar, bars, energy, Emotion(valence, arousal), energy, ROLES))
        bar += bars
    chords = [Chord.parse(name) for name in ("C", "Am", "F", "G")]
    harmony = tuple(ChordSpan(i * meter.bar_ticks, meter.bar_ticks, chords[i % 4], "I") for i in range(bar))
    timeline = Timeline(tempos or TempoMap((Tempo(0, bpm),)), ((0, meter),), ((0, Key.parse("C")),), (), bar * meter.bar_ticks)
    return Plan(
        "t", Key.parse("C"), meter, timeline, "climb-to-climax", tuple(sections), harmony, ROLES, cues, seed, with_instruments=wanted,
        without_instruments=unwanted,
    )  # fmt: skip


def make_score(plan, groove="rock"):
    """Six plain parts: eighths, chords on beats, a bass on the kick, held pads and a slow counter line."""
    ticks = plan.meter.bar_ticks
    melody, chords, bass, pad, counter = [], [], [], [], []
    for bar in range(plan.bars):
        start, root = bar * ticks, plan.chord_at(bar * ticks).chord.root.number
        energy = plan.section_at(bar).energy
        for i, tick in enumerate(range(0, ticks - 240, 240)):
            melody.append(Note(start + tick, 240, 72 + (root + 2 * i) % 12, 70 + round(30 * energy)))
        for tick in range(0, ticks, 480):
            length = min(480, ticks - tick)
            chords += [Note(start + tick, length, 48 + root + step, 72) for step in (0, 4, 7)]
            bass.append(Note(start + tick, length, 36 + root, 80))
        pad += [Note(start, ticks, 60 + root + step, 60) for step in (0, 4, 7)]
        counter.append(Note(start, ticks // 2, 67, 64))
    parts = (Part("melody", tuple(melody)), Part("chords", tuple(sorted(chords))), Part("bass", tuple(bass)))
    drums = write_drums(plan, ComposeStyle(groove=groove), parts)
    return Score((*parts, drums, Part("pad", tuple(sorted(pad))), Part("counter", tuple(counter))), plan.timeline)


def style_of(name):
    return load_preset(shipped("presets") / f"{name}.toml").arrange


def offsets_ms(part, track, plan, style):
    """Distance of every played note from the swung grid, in the score's order."""
    feel = Feel(GROOVES[style.groove], plan.timeline.tempos, plan.meter, plan.cues.timing_ms, style.humanize, plan.seed)
    grid = swing(np.array([note.start for note in part.notes]), feel)
    played = np.array(sorted(note.start for note in track.notes))
    return 1000 * (plan.timeline.tempos.seconds_of(played) - plan.timeline.tempos.seconds_of(np.sort(grid)))


def track_of(arrangement, role):
    return next(track for track in arrangement.tracks if track.role == role)


def test_shipped_presets_are_found():
    assert len(PRESETS) >= 14


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_plays_with_known_instruments_in_range(name):
    plan, style = make_plan(), style_of(name)
    result = arrange(make_score(plan, style.groove), plan, style)
    assert [track.role for track in result.tracks] == [part.role for part in make_score(plan).parts]
    for track in result.tracks:
        sound = SOUNDS[track.instrument]
        assert (track.program, track.drums) == (sound.program, sound.drums)
        assert all(sound.low <= note.pitch <= sound.high for note in track.notes)
    table = [style.role(role) for role in ROLES]
    assert {n for role in table for n in (*role.instruments, role.calm, role.fierce) if n} <= set(SOUNDS)
    for role, entry in zip(ROLES, table, strict=True):
        assert all(role in SOUNDS[n].roles or role == "bass" for n in entry.instruments), role


@pytest.mark.parametrize("name", PRESETS)
def test_the_preset_performs_the_groove_its_drums_play(name):
    preset = load_preset(shipped("presets") / f"{name}.toml")
    assert preset.arrange.groove == preset.compose.groove


def test_presets_differ():
    styles = [style_of(name) for name in PRESETS]
    assert len(set(map(repr, styles))) == len(styles)
    assert len({style.melody.instruments[0] for style in styles}) >= 8


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(GROOVES)), st.integers(0, 2**32), st.sampled_from([Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(7, 8)]),
    st.floats(40, 220), st.floats(-8, 12), st.floats(0, 1), st.floats(0, 30),
)  # fmt: skip
def test_humanising_is_bounded_and_keeps_every_note_in_order(groove, seed, meter, bpm, timing_ms, humanize, spread_ms):
    tempos = TempoMap((Tempo(0, bpm), Tempo(5000, bpm * 1.1), Tempo(20000, bpm * 0.8)))
    plan = make_plan(seed, meter, bpm, timing_ms=timing_ms, tempos=tempos, form=FORM[:2])
    style = ArrangeStyle(groove=groove, humanize=humanize, chords=RoleStyle(("steel_guitar",), spread_ms=spread_ms))
    score = make_score(plan, groove)
    result = arrange(score, plan, style)
    tick_ms = 60000 / (bpm * 0.8 * 480)
    for part, track in zip(score.parts, result.tracks, strict=True):
        assert len(track.notes) == len(part.notes)
        assert all(0 <= note.start < note.end <= plan.timeline.end for note in track.notes)
        assert np.abs(offsets_ms(part, track, plan, style)).max() <= MAX_OFFSET_MS + tick_ms
        for a, b in pairwise(sorted(track.notes, key=lambda n: (n.pitch, n.start))):
            assert a.pitch != b.pitch or a.end <= b.start
        counts = [sum(note.start == tick for note in part.notes) for tick in sorted({note.start for note in part.notes})]
        played = sorted(note.start for note in track.notes)
        edges = np.cumsum(counts)
        assert all(played[edge - 1] < played[edge] for edge in edges[:-1].tolist())


def test_even_the_fastest_notes_keep_their_order():
    plan = make_plan(bpm=300)
    line = Part("melody", tuple(Note(t, 20, 60 + t // 30 % 12, 80) for t in range(0, plan.timeline.end, 30)))
    style = ArrangeStyle(groove="ambient", humanize=1.0, melody=RoleStyle(("grand_piano",)))
    track = arrange(Score((line,), plan.timeline), plan, style).tracks[0]
    assert [note.pitch for note in track.notes] == [note.pitch for note in line.notes]


def test_the_kit_keeps_together():
    plan, style = make_plan(), replace(style_of("lofi"), humanize=1.0)
    part = make_score(plan, "lofi").part("drums")
    track = track_of(arrange(Score((part,), plan.timeline), plan, style), "drums")
    feel = GROOVES["lofi"]
    by_onset = {}
    grid = Feel(feel, plan.timeline.tempos, plan.meter, 0.0, style.humanize, plan.seed)
    swung = swing(np.array([n.start for n in part.notes]), grid)
    for pitch in {n.pitch for n in part.notes}:
        constant = feel.snare_ms if pitch in SNARES else feel.hat_ms if pitch in TIME_PITCHES else feel.kick_ms
        planned = [s for n, s in zip(part.notes, swung.tolist(), strict=True) if n.pitch == pitch]
        heard = sorted(n.start for n in track.notes if n.pitch == pitch)
        for a, b in zip(sorted(planned), heard, strict=True):
            by_onset.setdefault(a, []).append(1000 * (b - a) * 60 / (96 * 480) - constant)
    widths = [max(values) - min(values) for tick, values in by_onset.items() if len(values) > 1 and tick]
    assert len(widths) > 50
    assert 0 < max(widths) <= KIT_JITTER_MS + 2


@pytest.mark.parametrize(("groove", "share"), [("swing", 66), ("boom-bap", 58), ("lofi", 62), ("rock", 50)])
def test_swing_is_heard_in_the_hats(groove, share):
    plan = make_plan(bpm=90)
    style = ArrangeStyle(groove=groove, humanize=0.0)
    pair = GROOVES[groove].pair_ticks
    drums = Part("drums", tuple(Note(tick, 30, KIT["closed hat"], 80) for tick in range(0, plan.timeline.end, pair // 2)))
    track = arrange(Score((drums,), plan.timeline), plan, style).tracks[0]
    starts = [note.start for note in track.notes][2:-2]
    measured = np.mean([(b - a) / (c - a) for a, b, c in zip(starts[::2], starts[1::2], starts[2::2], strict=False)])
    assert measured == pytest.approx(share / 100, abs=0.01)


def test_triplets_and_compound_meters_are_not_swung():
    style = ArrangeStyle(groove="swing", humanize=0.0)
    for meter, ticks in ((COMMON_TIME, (0, 160, 320)), (Meter(6, 8), (0, 240, 480))):
        plan = make_plan(meter=meter)
        feel = Feel(GROOVES["swing"], plan.timeline.tempos, meter, 0.0, style.humanize, 1)
        assert swing(np.array(ticks), feel).tolist() == list(ticks)


def test_a_feeling_behind_the_beat_moves_the_melody_by_a_constant_and_not_the_drums():
    style = ArrangeStyle(humanize=0.0)
    early, late = (arrange(make_score(make_plan()), make_plan(timing_ms=ms), style) for ms in (0.0, 10.0))
    moved = {
        role: {b.start - a.start for a, b in zip(track_of(early, role).notes, track_of(late, role).notes, strict=True)} for role in ROLES
    }
    ticks = round(10 * 96 * 480 / 60000)
    assert moved["melody"] <= {ticks - 1, ticks, ticks + 1}
    assert moved["drums"] == {0}
    assert max(moved["bass"]) < ticks


def test_level_follows_energy():
    plan = make_plan(form=(("verse", "A", 8, 0.2), ("chorus", "B", 8, 1.0)))
    for name in ("cinematic", "pop", "rock"):
        result = arrange(make_score(plan), plan, style_of(name))
        for track in result.tracks:
            quiet = [n.velocity for n in track.notes if n.start < 7 * 1920 and n.velocity >= 1]
            loud = [n.velocity for n in track.notes if n.start >= 8 * 1920]
            if quiet and loud and track.role != "pad":
                assert np.mean(np.square(quiet)) <= 0.5 * np.mean(np.square(loud)), (name, track.role)


def test_ghost_notes_stay_ghosts():
    plan = make_plan()
    part = make_score(plan, "funk").part("drums")
    track = arrange(Score((part,), plan.timeline), plan, style_of("funk")).tracks[0]
    composed = sorted((n.velocity for n in part.notes if n.velocity < 50), reverse=True)
    played = sorted(n.velocity for n in track.notes if n.pitch == KIT["snare"])[: len(composed)]
    assert len(composed) > 20
    assert max(played) <= 50
    assert max(played) <= max(composed)


def test_the_loudest_section_leaves_room_for_accents():
    plan = make_plan()
    hot = Part("bass", tuple(Note(t, 200, 40, 100 + 20 * (t % 960 == 0)) for t in range(0, plan.timeline.end, 240)))
    notes = arrange(Score((hot,), plan.timeline), plan, style_of("rock")).tracks[0].notes
    last = [note.velocity for note in notes if note.start >= 24 * 1920]
    assert np.mean(last) <= 110
    assert np.std(last) > 4


def test_velocities_breathe():
    plan = make_plan()
    melody = track_of(arrange(make_score(plan), plan, style_of("pop")), "melody")
    levels = [n.velocity for n in melody.notes]
    assert np.std(levels) > 10
    assert max(levels) - min(levels) > 30
    downbeats = [n.velocity for n in melody.notes if min(n.start % 1920, 1920 - n.start % 1920) < 40]
    assert np.mean(downbeats) > np.mean(levels)


def test_gate_shortens_and_legato_joins():
    plan = make_plan()
    score = Score((Part("melody", tuple(Note(t, 240, 70 + (t // 240) % 5, 80) for t in range(0, 7680, 240))),), plan.timeline)
    short = arrange(score, plan, ArrangeStyle(melody=RoleStyle(("flute",), gate=0.5))).tracks[0]
    joined = arrange(score, plan, ArrangeStyle(melody=RoleStyle(("flute",), gate=1.4))).tracks[0]
    assert np.mean([n.duration for n in short.notes]) == pytest.approx(108, abs=6)
    assert all(a.end == b.start for a, b in pairwise(joined.notes))


def test_guitars_strum_down_and_up_and_pianos_hardly():
    plan = make_plan()
    chords = Part("chords", tuple(Note(t, 240, p, 80) for t in range(0, plan.timeline.end, 240) for p in (52, 55, 60, 64)))
    spans = {}
    for name in ("steel_guitar", "grand_piano"):
        style = ArrangeStyle(humanize=0.0, chords=RoleStyle((name,), spread_ms=26.0))
        notes = arrange(Score((chords,), plan.timeline), plan, style).tracks[0].notes
        groups = [sorted(notes[i : i + 4], key=lambda n: n.pitch) for i in range(8, len(notes), 4)]
        spans[name] = [60000 / (96 * 480) * (group[-1].start - group[0].start) for group in groups]
    down, up = spans["steel_guitar"][::2], spans["steel_guitar"][1::2]
    assert np.mean(down) == pytest.approx(26, abs=2)
    assert np.mean(up) == pytest.approx(-26, abs=2)
    assert np.mean(np.abs(spans["grand_piano"])) == pytest.approx(12, abs=2)


def test_the_top_of_a_chord_sings():
    plan = make_plan()
    chords = Part("chords", tuple(Note(t, 480, p, 80) for t in range(0, plan.timeline.end, 480) for p in (52, 55, 60, 64)))
    notes = arrange(Score((chords,), plan.timeline), plan, style_of("pop")).tracks[0].notes
    level = {pitch % 12: np.mean([n.velocity for n in notes if n.pitch % 12 == pitch % 12]) for pitch in (55, 60)}
    tops = np.mean(
        [max(n.velocity for n in notes[i : i + 4] if n.pitch == max(m.pitch for m in notes[i : i + 4])) for i in range(0, 256, 4)]
    )
    assert tops > max(level.values()) + 4


def test_lines_move_by_whole_octaves_into_range():
    plan = make_plan()
    line = Part("melody", tuple(Note(i * 480, 480, pitch, 80) for i, pitch in enumerate((36, 40, 43, 48, 41))))
    track = arrange(Score((line,), plan.timeline), plan, ArrangeStyle(melody=RoleStyle(("flute",)))).tracks[0]
    assert [note.pitch for note in track.notes] == [60, 64, 67, 72, 65]


@pytest.mark.parametrize(
    ("wanted", "roles"),
    [
        (("cello", "piano"), {"cello": {42}, "piano": {0}}), (("flute",), {"flute": {73}}), (("upright bass",), {"upright bass": {32}}),
        (("trombone",), {"trombone": {57}}),
        (("guitar", "violin", "strings"), {"guitar": {25, 24, 27}, "violin": {40, 110}, "strings": {48, 49}}),
        (("synth",), {"synth": {81, 89, 90, 38}}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["lofi", "rock", "cinematic", "house"])
def test_wished_instruments_are_heard(wanted, roles, name):
    plan = make_plan(wanted=wanted)
    result = arrange(make_score(plan), plan, style_of(name))
    for programs in roles.values():
        assert [t for t in result.tracks if t.program in programs and t.notes and not t.drums], (programs, result.tracks)
    assert {d.evidence for d in result.decisions} >= set(wanted)
    assert all(track.instrument in SOUNDS or track.instrument == ANY_PROGRAM for track in result.tracks)


def test_a_wish_is_not_given_to_a_silent_role():
    plan = make_plan(wanted=("cello",))
    score = make_score(plan)
    mute = Score(tuple(Part(part.role, ()) if part.role == "counter" else part for part in score.parts), plan.timeline)
    result = arrange(mute, plan, style_of("funk"))
    assert track_of(result, "melody").instrument == "cello"


def test_chords_wider_than_the_instrument_fold_into_its_range():
    plan = make_plan()
    wide = Part("pad", tuple(Note(t, 1920, p, 60) for t in range(0, plan.timeline.end, 1920) for p in (36, 48, 55, 64, 76, 88)))
    track = arrange(Score((wide,), plan.timeline), plan, ArrangeStyle(pad=RoleStyle(("choir",)))).tracks[0]
    assert {note.pitch % 12 for note in track.notes} == {0, 7, 4}
    assert all(48 <= note.pitch <= 79 for note in track.notes)


@pytest.mark.parametrize("name", PRESETS)
def test_unwanted_instruments_are_not(name):
    plan = make_plan(unwanted=("guitar", "piano", "strings", "synth"))
    result = arrange(make_score(plan), plan, style_of(name))
    for track in result.tracks:
        if not track.drums:
            assert track.program not in {*range(0, 6), *range(24, 32), *range(40, 52), 38, 39, *range(80, 104)}, track.role


def test_feeling_and_seed_choose_instruments():
    style = style_of("rock")
    calm, fierce = (arrange(make_score(make_plan()), make_plan(arousal=a), style) for a in (-0.6, 0.8))
    assert track_of(calm, "chords").instrument == "clean_guitar"
    assert track_of(fierce, "chords").instrument == "distortion_guitar"
    mild, angry = (arrange(make_score(make_plan()), make_plan(arousal=0.2, valence=v), style) for v in (0.5, -0.6))
    assert track_of(mild, "chords").instrument != "distortion_guitar"
    assert track_of(angry, "chords").instrument == "distortion_guitar"
    played = {track_of(arrange(make_score(make_plan()), make_plan(seed=s), style), "melody").instrument for s in range(12)}
    assert len(played) == 2


def test_decoration_rests_when_energy_is_low_and_pillars_do_not():
    plan = make_plan()
    style = ArrangeStyle(counter=RoleStyle(("flute",), from_energy=0.6), bass=RoleStyle(("finger_bass",), from_energy=0.6))
    result = arrange(make_score(plan), plan, style)
    assert min(n.start for n in track_of(result, "counter").notes) > 7.5 * 1920
    assert min(n.start for n in track_of(result, "bass").notes) < 100


def test_decoration_does_not_rest_where_it_would_leave_the_drums_alone():
    """A house intro of pad and hats was sixteen bars of hats."""
    plan = make_plan()
    first = replace(plan.sections[0], roles=("drums", "counter"))
    plan = replace(plan, sections=(first, *plan.sections[1:]))
    style = ArrangeStyle(counter=RoleStyle(("flute",), from_energy=0.6))
    assert min(n.start for n in track_of(arrange(make_score(plan), plan, style), "counter").notes) < 100


def test_the_loudest_sections_gain_an_octave():
    plan = make_plan()
    plain, wide = (arrange(make_score(plan), plan, ArrangeStyle(melody=RoleStyle(("violin",), octave_from_energy=e))) for e in (2.0, 0.8))
    added = len(track_of(wide, "melody").notes) - len(track_of(plain, "melody").notes)
    assert added == sum(n.start >= 8 * 1920 and not 16 * 1920 <= n.start < 24 * 1920 for n in make_score(plan).part("melody").notes)


def test_controls_swell_pedal_and_vibrato():
    plan = make_plan()
    style = ArrangeStyle(
        melody=RoleStyle(("violin",), vibrato=1.0), pad=RoleStyle(("strings",), swell=1.0), chords=RoleStyle(("grand_piano",), pedal=True)
    )
    result = arrange(make_score(plan), plan, style)
    swell = [c for c in track_of(result, "pad").controls if c.number == 11]
    assert swell[0].tick == 0
    assert max(c.value for c in swell) - min(c.value for c in swell) > 25
    assert len(swell) < plan.bars * 6
    pedal = [c for c in track_of(result, "chords").controls if c.number == 64]
    assert [c.value for c in pedal] == [127, 0] * (len(pedal) // 2)
    ups = {c.tick for c in pedal if c.value == 0}
    assert ups >= {span.start for span in plan.harmony[1:]}
    assert all(list(t.controls) == sorted(t.controls, key=lambda c: (c.tick, c.number)) for t in result.tracks)
    assert not track_of(result, "drums").controls


def test_deterministic_and_seeded():
    plan = make_plan()
    score, style = make_score(plan), style_of("neo-soul")
    assert arrange(score, plan, style) == arrange(score, plan, style)
    assert arrange(score, plan, style) != arrange(score, replace(plan, seed=2), style)


def test_empty_parts_and_unknown_grooves():
    plan = make_plan()
    empty = Score((Part("melody", ()), Part("drums", ())), plan.timeline)
    assert [track.notes for track in arrange(empty, plan, ArrangeStyle()).tracks] == [(), ()]
    with pytest.raises(PresetError, match="no groove is called 'x'"):
        arrange(empty, plan, ArrangeStyle(groove="x"))


@pytest.mark.parametrize("wrong", [{"gate": 0.1}, {"octave": 3}, {"spread_ms": 50.0}, {"swell": 2.0}, {"level": -40}])
def test_tables_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must lie in"):
        RoleStyle(**wrong)


def test_sounds_agree_with_the_manifests():
    from daiw.host.registry import load_manifests

    manifests = load_manifests([shipped("plugins")])
    assert set(SOUNDS) <= set(manifests)
    for name, sound in SOUNDS.items():
        manifest = manifests[name]
        assert (manifest.program, manifest.drums) == (sound.program, sound.drums), name
        assert sound.drums or (manifest.range[0] <= sound.low and sound.high <= manifest.range[1]), name
    assert manifests[ANY_PROGRAM].program == -1


def test_three_minutes_take_under_half_a_second():
    form = tuple((name, letter, 16, energy) for name, letter, _, energy in FORM * 2)
    plan = make_plan(form=form, bpm=160)
    score = make_score(plan, "funk")
    style = style_of("funk")
    best = min(_timed(score, plan, style) for _ in range(3))
    assert sum(len(part.notes) for part in score.parts) > 4000
    assert best < 0.5, best


def _timed(score, plan, style):
    start = time.perf_counter()
    arrange(score, plan, style)
    return time.perf_counter() - start


def test_a_players_own_timing_and_level_are_not_humanised_over():
    rng = np.random.default_rng(4)
    plan, style = make_plan(), replace(style_of("rock"), humanize=1.0)
    late = np.round(rng.normal(0.0, 8.0, 64), 1)
    levels = rng.integers(20, 110, 64)
    notes = tuple(
        Note(120 * i, 60, KIT["closed hat"], int(level), late_ms=(float(ms),))
        for i, (ms, level) in enumerate(zip(late, levels, strict=True))
    )
    part = Part("drums", notes)
    track = track_of(arrange(Score((part,), plan.timeline), plan, style), "drums")
    expected = late + GROOVES[style.groove].hat_ms
    assert np.abs(offsets_ms(part, track, plan, style) - expected)[1:].max() < 1.5  # the first cannot be early
    played = np.array([note.velocity for note in track.notes], float)
    assert np.corrcoef(played, levels)[0, 1] > 0.98
    hands = arrange(Score((Part("drums", tuple(replace(note, late_ms=()) for note in notes)),), plan.timeline), plan, style)
    assert np.abs(offsets_ms(part, track_of(hands, "drums"), plan, style) - expected).max() > 5.0


def test_an_instrument_that_was_asked_for_by_name_says_so():
    plan = make_plan()
    made = arrange(make_score(plan), plan, ArrangeStyle().played_by({"chords": "harp"}))
    told = {decision.subject: decision for decision in made.decisions}
    assert track_of(made, "chords").instrument == "harp"
    assert told["instrument of chords"].because == "You asked for it by name."
    assert told["instrument of chords"].confidence == 1.0
    assert "asked" not in told["instrument of melody"].because
