import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from daiw.composer.drums import write_drums
from daiw.errors import PresetError
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.drum_patterns import DRUM_PATTERNS, KIT, TIME_KEEPERS
from daiw.music.emotion import Emotion
from daiw.music.groove import GROOVES
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part, Timeline
from daiw.music.styles.compose import ComposeStyle
from daiw.music.time import Meter, Tempo, TempoMap

CUES = Cues(
    bpm=100, brightness=0, register=66, density=0.5, dissonance=0.2, velocity=80, gate=0.9, timing_ms=0, tone_db=0, reverb_s=1.5, width=0.5
)
FORM = (
    ("intro", "A", 4, 0.2), ("verse", "B", 8, 0.5), ("chorus", "C", 8, 0.8), ("verse", "B", 8, 0.55), ("breakdown", "D", 4, 0.3),
    ("build", "E", 4, 0.6), ("chorus", "C", 8, 0.95), ("outro", "F", 4, 0.3),
)  # fmt: skip
COMMON_TIME = Meter(4, 4)
GROOVE_NAMES = list(DRUM_PATTERNS)


def make_plan(form=FORM, meter=COMMON_TIME, seed=1, roles=("drums",), bpm=100.0):
    feeling = Emotion(0, 0)
    sections, bar = [], 0
    for name, letter, bars, energy in form:
        sections.append(Section(name, letter, bar, bars, energy, feeling, energy, roles))
        bar += bars
    end = bar * meter.bar_ticks
    timeline = Timeline(TempoMap((Tempo(0, bpm),)), ((0, meter),), ((0, Key.parse("C")),), (), end)
    harmony = (ChordSpan(0, end, Chord.parse("C"), "I"),)
    return Plan("t", Key.parse("C"), meter, timeline, "climb-to-climax", tuple(sections), harmony, roles, CUES, seed)


def bar_of(part, plan, bar):
    start = bar * plan.meter.bar_ticks
    return [(n.start - start, n.pitch) for n in part.notes if start <= n.start < start + plan.meter.bar_ticks]


METERS = [
    Meter(4, 4),
    Meter(3, 4),
    Meter(6, 8),
    Meter(5, 4),
    Meter(7, 8),
    Meter(2, 4),
    Meter(12, 8),
    Meter(9, 8),
    Meter(2, 2),
    Meter(7, 16),
]


@pytest.mark.parametrize("name", GROOVE_NAMES)
@pytest.mark.parametrize("meter", METERS, ids=str)
def test_every_groove_plays_on_the_grid_in_every_meter(name, meter):
    plan = make_plan(meter=meter)
    part = write_drums(plan, ComposeStyle(groove=name), ())
    assert part.notes
    assert list(part.notes) == sorted(part.notes)
    assert all(note.end <= plan.timeline.end for note in part.notes)
    assert {note.pitch for note in part.notes} <= set(KIT.values())
    places = {note.start % meter.bar_ticks for note in part.notes}
    assert all(tick % 60 == 0 or tick % 80 == 0 for tick in places)
    assert len({(note.start, note.pitch) for note in part.notes}) == len(part.notes)
    for a, b in pairwise(sorted(part.notes, key=lambda n: (n.pitch, n.start))):
        assert a.pitch != b.pitch or a.end <= b.start


@pytest.mark.parametrize("name", [n for n in GROOVE_NAMES if n != "ambient"])
def test_kit_is_never_in_unison_and_no_bar_is_dead(name):
    plan = make_plan()
    part = write_drums(plan, ComposeStyle(groove=name), ())
    for bar in range(plan.bars):
        assert bar_of(part, plan, bar), f"bar {bar} is silent"
    ticks = {voice: {n.start for n in part.notes if n.pitch == pitch} for voice, pitch in KIT.items()}
    kick, others = ticks["kick"], set().union(*(ticks[voice] for voice in KIT if voice != "kick"))
    assert kick
    assert len(others - kick) >= len(kick) * (0.1 if name == "metal" else 0.5)
    pitches_at = {}
    for note in part.notes:
        pitches_at.setdefault(note.start, set()).add(note.pitch)
    assert max(map(len, pitches_at.values())) <= 6
    assert sum(len(p) == 1 for p in pitches_at.values()) >= 0.2 * len(pitches_at)


@pytest.mark.parametrize("name", GROOVE_NAMES)
def test_louder_sections_have_more_strokes(name):
    plan = make_plan((("verse", "A", 8, 0.2), ("chorus", "B", 8, 0.95)))
    part = write_drums(plan, ComposeStyle(groove=name), ())
    quiet = sum(n.start < 8 * 1920 for n in part.notes)
    assert len(part.notes) - quiet > quiet


@pytest.mark.parametrize("name", GROOVE_NAMES)
def test_a_letter_returns_and_other_letters_differ(name):
    plan = make_plan()
    part = write_drums(plan, ComposeStyle(groove=name), ())
    first = [bar_of(part, plan, 12 + i) for i in range(8)]
    again = [bar_of(part, plan, 36 + i) for i in range(8)]
    shared = sum(len(set(a) & set(b)) for a, b in zip(first, again, strict=True))
    assert shared >= 0.8 * sum(map(len, first))
    verse = [bar_of(part, plan, 4 + i) for i in range(8)]
    assert verse != first


@pytest.mark.parametrize("name", GROOVE_NAMES)
def test_a_letter_at_the_same_energy_is_the_same_bar_for_bar(name):
    plan = make_plan((("chorus", "C", 8, 0.8), ("verse", "B", 8, 0.5), ("chorus", "C", 8, 0.8), ("verse", "B", 8, 0.5)))
    part = write_drums(plan, ComposeStyle(groove=name), ())
    assert [bar_of(part, plan, i) for i in range(8)] == [bar_of(part, plan, 16 + i) for i in range(8)]


@pytest.mark.parametrize("name", [n for n in GROOVE_NAMES if n not in ("ambient", "acoustic")])
def test_a_long_section_is_not_one_loop(name):
    plan = make_plan((("verse", "A", 16, 0.6),))
    part = write_drums(plan, ComposeStyle(groove=name), ())
    assert len({tuple(bar_of(part, plan, bar)) for bar in range(1, 15)}) >= 4


def test_ghost_notes_lie_in_the_grooves_range_and_only_between_other_strokes():
    plan = make_plan((("verse", "A", 16, 0.6),))
    part = write_drums(plan, ComposeStyle(groove="funk"), ())
    low, high = GROOVES["funk"].ghost_velocity
    ghosts = [n for n in part.notes if n.pitch == KIT["snare"] and n.velocity < 50]
    assert len(ghosts) >= 16
    assert all(low <= n.velocity <= high for n in ghosts)
    kicks = {n.start for n in part.notes if n.pitch == KIT["kick"]}
    in_groove = [n for n in ghosts if (n.start // 1920) % 4 != 3]
    assert not kicks & {n.start for n in in_groove}


def test_trap_rolls_and_rock_does_not():
    plan = make_plan((("verse", "A", 16, 0.9),))
    fine = {name: [n.start for n in write_drums(plan, ComposeStyle(groove=name), ()).notes if n.start % 120] for name in ("trap", "rock")}
    assert any(tick % 60 == 0 for tick in fine["trap"])
    assert any(tick % 80 == 0 for tick in fine["trap"])
    assert not fine["rock"]


def test_choruses_open_with_a_crash_and_the_breakdown_halves():
    plan = make_plan()
    part = write_drums(plan, ComposeStyle(groove="rock"), ())
    assert (0, KIT["crash"]) in bar_of(part, plan, 12)
    assert (0, KIT["crash"]) in bar_of(part, plan, 36)
    assert (0, KIT["crash"]) not in bar_of(part, plan, 0)
    half = [tick for tick, pitch in bar_of(part, plan, 29) if pitch == KIT["snare"]]
    assert half == [960]


def test_the_build_thickens_bar_by_bar():
    plan = make_plan()
    part = write_drums(plan, ComposeStyle(groove="house"), ())
    snares = [sum(pitch == KIT["snare"] for _, pitch in bar_of(part, plan, 32 + i)) for i in range(4)]
    assert snares == sorted(snares)
    assert snares[-1] >= 16


def test_a_jazz_drummer_rolls_for_one_bar_only():
    plan = make_plan()
    part = write_drums(plan, ComposeStyle(groove="swing"), ())
    snares = [sum(pitch == KIT["snare"] for _, pitch in bar_of(part, plan, 32 + i)) for i in range(4)]
    assert snares[3] == 16
    assert max(snares[:3]) < 8


def test_time_goes_on_through_the_long_beat_of_seven_eight():
    plan = make_plan((("verse", "A", 4, 0.5),), meter=Meter(7, 8))
    part = write_drums(plan, ComposeStyle(groove="techno"), ())
    assert {tick for tick, pitch in bar_of(part, plan, 1) if pitch == KIT["closed hat"]} == set(range(0, 1680, 120)) - {0, 480, 960, 1440}


def test_a_lone_extra_stroke_comes_every_second_bar():
    plan = make_plan((("verse", "A", 8, 0.6),))
    part = write_drums(plan, ComposeStyle(groove="lofi"), ())
    assert [any(p == KIT["open hat"] for _, p in bar_of(part, plan, i)) for i in range(3)] == [False, True, False]


def test_silent_where_the_plan_wants_no_drums():
    plan = make_plan(roles=("melody",))
    assert write_drums(plan, ComposeStyle(), ()).notes == ()


def test_same_seed_same_part_and_another_seed_another():
    parts = [write_drums(make_plan(seed=seed), ComposeStyle(groove="funk"), ()) for seed in (3, 3, 4)]
    assert parts[0] == parts[1]
    assert parts[0] != parts[2]


def test_kick_variants_follow_the_bass():
    plan = make_plan((("verse", "A", 8, 0.5),), roles=("bass", "drums"))
    shares = []
    for offset in (360, 840):
        bass = Part("bass", tuple(Note(bar * 1920 + tick, 100, 36, 90) for bar in range(8) for tick in (0, offset)))
        part = write_drums(plan, ComposeStyle(groove="boom-bap"), (bass,))
        kicks = {n.start % 1920 for n in part.notes if n.pitch == 36 and (n.start // 1920) % 8 == 1}
        shares.append(kicks)
    assert shares[0] != shares[1]
    assert 360 in shares[0]
    assert 840 in shares[1]


def test_a_busy_melody_keeps_the_drummer_from_filling():
    plan = make_plan((("verse", "A", 8, 0.5),), roles=("melody", "drums"))
    busy = Part("melody", tuple(Note(t, 100, 72, 90) for t in range(0, 8 * 1920, 240)))
    toms = [KIT[v] for v in KIT if "tom" in v]
    seeds = range(20)
    fills = {
        heard: sum(
            any(p in toms for _, p in bar_of(write_drums(make_plan(plan_form, seed=s), ComposeStyle(groove="rock"), parts), plan, 3))
            for s in seeds
        )
        for heard, parts, plan_form in (("busy", (busy,), (("verse", "A", 8, 0.5),)), ("rest", (), (("verse", "A", 8, 0.5),)))
    }
    assert fills["busy"] == 0
    assert fills["rest"] > 3


def test_unknown_groove_is_refused_with_the_list():
    with pytest.raises(PresetError, match=re.escape("'polka'; grooves are boom-bap")):
        write_drums(make_plan(), ComposeStyle(groove="polka"), ())


@settings(max_examples=40, deadline=None)
@example("metal", 1, 2, 0, 0.0, 1)
@example("reggae", 1, 8, 0, 0.0, 2)
@given(
    st.sampled_from(GROOVE_NAMES), st.integers(1, 16), st.sampled_from([1, 2, 4, 8, 16]), st.integers(0, 2**40), st.floats(0, 1),
    st.integers(1, 9),
)  # fmt: skip
def test_any_meter_energy_and_length(name, numerator, denominator, seed, energy, bars):
    plan = make_plan((("intro", "A", bars, energy), ("build", "B", bars, 1 - energy)), Meter(numerator, denominator), seed)
    part = write_drums(plan, ComposeStyle(groove=name), ())
    assert all(0 <= n.start < plan.timeline.end for n in part.notes)
    keepers = {KIT[v] for v in TIME_KEEPERS}
    assert part.notes == tuple(sorted(part.notes))
    assert len({(n.start, n.pitch) for n in part.notes}) == len(part.notes)
    assert keepers & {n.pitch for n in part.notes} or name in ("ambient", "cinematic") or bars == 1
