from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from daiw.files.preset import load_preset, preset_paths
from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part, Timeline
from daiw.music.styles.compose import BassStyle, ChordsStyle, ComposeStyle
from daiw.music.time import Meter, Tempo, TempoMap
from daiw.nets import band_rewrite
from daiw.nets.accompanists import ACCOMPANISTS, MIDDLING, SHARES, asked_density, asked_paces, asked_voices, repeats, who_plays
from daiw.nets.band import Player, players_chosen
from daiw.nets.band_leader import Leader
from daiw.nets.band_rules import BandRules
from daiw.nets.band_sheet import band_section_controls, manner
from daiw.nets.picking import Chance
from daiw.nets.sampler import draw_walks
from daiw.nets.transformer import Weights
from daiw.nets.transformer_shape import Shape
from daiw.tokens.band_controls import BAND_COLUMN, band_bin
from daiw.tokens.onsets import decode_onsets, heard, parse
from daiw.tokens.vocab import bar_token

SHAPE = Shape(width=16, layers=1, heads=1, head=16, inner=16, condition=8, cross=(0,), layout="band", window_bars=32)
RNG = np.random.default_rng(5)
BAND = Weights(SHAPE, {name: RNG.normal(0, 0.5, size).astype(np.float32) for name, size in SHAPE.weights().items()})
POP = ComposeStyle("pop", chords=ChordsStyle(("push",), low=50, high=70), bass=BassStyle(("roots",)))
JAZZ = ComposeStyle("swing", chords=ChordsStyle(("comp",), low=50, high=70), bass=BassStyle(("walking",)))


def section(energy, density=0.4, name="verse", bars=8):
    return Section(name, "A", 0, bars, energy, Emotion(0.2, 0.3), density, ("melody", "chords", "bass"))


def plan(energy=0.5, bpm=100.0, seed=4):
    ticks = Meter(4, 4).bar_ticks
    spans = tuple(ChordSpan(2 * i * ticks, 2 * ticks, Chord.parse(name), "I") for i, name in enumerate(("C", "Am", "F", "G")))
    timeline = Timeline(TempoMap((Tempo(0, bpm),)), ((0, Meter(4, 4)),), ((0, Key.parse("C major")),), (), 8 * ticks)
    cues = Cues(bpm, 0.3, 67.0, 0.5, 0.2, 80.0, 0.9, 0.0, 0.0, 1.5, 0.7)
    roles = ("melody", "chords", "bass")
    return Plan(
        "t", Key.parse("C major"), Meter(4, 4), timeline, "static-reflection", (section(energy),), spans, roles, cues, seed
    )  # fmt: skip


def four_a_bar(role):
    """What a plain reference would play: quarters, each as long as it lasts."""
    return Part(role, tuple(Note(480 * i, 480, 40 if role == "bass" else 60, 80) for i in range(32)))


@pytest.mark.parametrize("role", ["bass", "keys"])
@pytest.mark.parametrize("who", [-2.0, 0.0, 2.0])
def test_whoever_plays_is_busier_where_a_section_asks_for_more_and_where_the_song_is_slow(role, who):
    made = plan()
    louder = [asked_density(role, made, section(energy), who) for energy in (0.05, 0.3, 0.5, 0.7, 0.95)]
    denser = [asked_density(role, made, section(0.5, density), who) for density in (0.1, 0.4, 0.9)]
    slower = [asked_density(role, plan(bpm=bpm), section(0.5), who) for bpm in (160.0, 100.0, 60.0)]
    for asked in (louder, denser, slower):
        assert all(after > 1.02 * before for before, after in pairwise(asked))


@pytest.mark.parametrize("role", ["bass", "keys"])
def test_a_middling_section_at_the_usual_tempo_gets_what_half_of_the_players_do(role):
    table = ACCOMPANISTS[role]
    assert asked_density(role, plan(bpm=80.0), section(MIDDLING, MIDDLING), 0.0) == pytest.approx(table.densities[len(SHARES) // 2])
    assert all(list(row) == sorted(row) for row in (table.densities, table.voices))
    assert asked_voices("keys", section(0.9)) > asked_voices("keys", section(0.1)) > 1.2


def test_every_song_has_its_own_player_who_stays_through_the_song():
    drawn = [manner("bass", plan(seed=seed)) for seed in range(400)]
    assert abs(np.mean(drawn)) < 0.2
    assert 0.8 < np.std(drawn) < 1.2
    assert manner("bass", plan()) == manner("bass", plan(energy=0.9))
    assert manner("bass", plan()) != manner("keys", plan())


@pytest.mark.parametrize(
    ("preset", "role", "energy", "who"),
    [
        ("pop", "keys", 0.5, "pianists"), ("pop", "keys", 0.1, "theory"), ("pop", "bass", 0.1, "pianists"),
        ("pop", "bass", 0.9, "guitarists"), ("indie-folk", "bass", 0.9, "pianists"), ("indie-folk", "keys", 0.9, "theory"),
        ("dream-pop", "keys", 0.9, "pianists"), ("jazz", "bass", 0.5, "theory"), ("jazz", "keys", 0.5, "theory"),
        ("synthwave", "keys", 0.9, "theory"), ("ambient", "bass", 0.2, "theory"), ("rock", "keys", 0.9, "theory"),
        ("rock", "bass", 0.5, "guitarists"), ("cinematic", "keys", 0.9, "theory"), ("waltz", "bass", 0.5, "theory"),
    ],
)  # fmt: skip
def test_pianists_decide_only_where_a_style_asks_for_nothing_of_its_own(preset, role, energy, who):
    assert who_plays(role, load_preset(preset_paths()[preset]).compose, section(energy)) == who


@pytest.mark.parametrize("role", ["bass", "keys"])
def test_a_styles_figure_is_told_as_it_is_and_elsewhere_what_players_do(role):
    made = plan()
    model = np.array([(12 * i, 40 if role == "bass" else 60, 12, 0) for i in range(96)], np.int32)
    told = {style.groove: band_section_controls(role, made, made.sections[0], model, style)[5] for style in (POP, JAZZ)}
    density = BAND_COLUMN["density"]
    assert told["swing"][density] == band_bin(role, "density", 1.0)
    assert told["swing"][BAND_COLUMN["held"]] == band_bin(role, "held", 1.0)
    assert told["pop"][density] == band_bin(role, "density", asked_density(role, made, made.sections[0], manner(role, made)))
    assert [told["pop"][BAND_COLUMN[name]] for name in ("offbeat", "held")] == [0, 0]
    own = POP.bass if role == "bass" else POP.chords
    edges = (band_bin(role, "register", own.low + share * (own.high - own.low)) for share in (0.45, 0.6))
    assert next(edges) <= told["pop"][BAND_COLUMN["register"]] <= next(edges)


def test_a_bass_may_hold_its_note_while_a_chord_goes_on_but_a_walking_one_walks():
    made = plan()
    for style, bars in ((POP, {0, 2, 4, 6}), (JAZZ, set(range(8)))):
        leader = Leader(style, made, "bass", (), four_a_bar("bass"), 32)
        passage = leader.passage_of(made.sections[0])
        assert leader.window_of(passage, {}, frozenset(range(8)), {}).sounding == bars
        assert passage.wanted(2, 4, 48) == pytest.approx(16 if style is JAZZ else 16 * passage.density)
    keys = Leader(POP, made, "chords", (), four_a_bar("chords"), 32)
    assert keys.window_of(keys.passage_of(made.sections[0]), {}, frozenset(range(8)), {}).sounding == set(range(8))


def test_hands_repeat_a_bar_in_sixteen_and_half_of_the_sections_none():
    made = plan()

    def found(alike, seeds=range(600)):
        return [repeats("keys", replace(made, seed=seed), section(0.5), alike) for seed in seeds]

    free, even = found(lambda one, other: True), found(lambda one, other: one % 2 == other % 2)
    bars = section(0.5).bars
    assert 0.03 < np.mean([len(each) for each in free]) / bars < 0.09
    assert 0.5 < np.mean([not each for each in free]) < 0.8
    assert all(1 <= back <= min(4, bar) for each in free for bar, back in each.items())
    assert {back for each in free for back in each.values()} == {1, 2, 3, 4}
    assert {back for each in even for back in each.values()} == {2, 4}
    assert not any(found(lambda one, other: False))
    assert repeats("bass", made, section(0.5), lambda one, other: True) == {}


def test_a_bar_that_the_hands_repeat_is_given_its_reference_and_told(monkeypatch):
    monkeypatch.setattr("daiw.nets.band_leader.repeats", lambda *which: {2: 1, 6: 4})
    made = plan()
    leader = Leader(POP, made, "chords", (), four_a_bar("chords"), 32)
    passage = leader.passage_of(made.sections[0])
    window, lead = leader.window(passage, None, [], {}, [], 8)
    assert window.head == {lead + 2: bar_token(1, 1), lead + 6: bar_token(1, 4)}
    kept, _ = leader.window(passage, None, [], {6: (bar_token(0, 0),)}, [], 8)
    assert kept.head == {lead + 2: bar_token(1, 1)}
    back, lead = leader.window(passage, replace(passage, bars=((bar_token(0, 0),),) * 8), [], {}, [], 8)
    assert back.head == {lead: bar_token(2, lead)}, "what returns takes after what it was"


@pytest.mark.parametrize("kept", [True, False])
def test_only_bars_that_the_hands_did_play_again_are_told(monkeypatch, kept):
    monkeypatch.setattr("daiw.nets.band_leader.repeats", lambda *which: {1: 1, 3: 1})
    if not kept:
        monkeypatch.setattr("daiw.nets.band_rules.repeating", lambda options, walk: options)
    made = replace(plan(), harmony=(ChordSpan(0, 8 * 1920, Chord.parse("C"), "I"),))
    player = Player(BAND, POP, made, "chords", (), lambda: four_a_bar("chords"))
    player.part()
    (passage,) = player.passages
    bars = [heard(bar, "keys") for bar in parse([token for bar in passage.bars for token in bar])]
    again = [f"bar {bar + 1} as bar {bar}" for bar in (1, 3) if bars[bar] == bars[bar - 1]]
    told = [decision.choice for decision in player.decisions if decision.subject == "repeats of chords from bar 1"]
    assert (len(again) == 2) == kept
    assert told == ([", ".join(again)] if again else [])


def test_hands_play_a_repeated_bar_to_the_note_and_others_as_they_like():
    made = replace(plan(), harmony=(ChordSpan(0, 8 * 1920, Chord.parse("C"), "I"),))
    leader = Leader(POP, made, "chords", (), four_a_bar("chords"), 32)
    whole = leader.window_of(leader.passage_of(made.sections[0]), {}, frozenset(range(8)), {})
    apart = 0
    for head in (bar_token(1, 2), bar_token(2, 2)):
        window = replace(whole, bars=4, head={1: bar_token(0, 0), 2: head, 3: bar_token(0, 0)}, low=0, high=127, chords_only=True)
        walks = [window.walk() for _ in range(6)]
        for line in draw_walks(BAND, window, BandRules(window), walks, Chance(candidates=6), np.random.default_rng(2)):
            bars = [heard(bar, "keys") for bar in parse(list(line.tokens))]
            if head == bar_token(1, 2):
                assert bars[2] == bars[0] != bars[1]
            else:
                apart += bars[2] != bars[0]
    assert apart == 6


def test_bars_written_anew_are_played_by_the_songs_own_player(monkeypatch):
    made = plan()
    seeds = []

    class Stretch:
        def __init__(self, player, seeded, part, bars):
            seeds.append((player.leader.plan.seed, seeded.seed))

        def notes(self):
            return []

    monkeypatch.setattr(band_rewrite, "_Stretch", Stretch)
    for seed in (1, 2):
        band_rewrite.rewrite_band(
            BAND, POP, made, four_a_bar("bass"), (), (2, 4), seed, lambda: four_a_bar("bass")
        )  # fmt: skip
    (first, drawn), (again, other) = seeds
    assert first == again == made.seed
    assert drawn != other


def test_a_section_that_comes_with_two_players_is_named_by_its_bars():
    low, high = replace(section(0.2, name="chorus"), bars=4), replace(section(0.9, name="chorus"), start_bar=4, bars=4)
    style = replace(POP, bass=BassStyle(("walking", "roots")))
    found = players_chosen(replace(plan(), sections=(low, high)), "bass", style)
    assert {who_plays("bass", style, one) for one in (low, high)} == {"theory", "pianists"}
    assert [decision.because.split(" the style")[0] for decision in found] == [
        "In the chorus of bars 1-4", "In the chorus of bars 5-8",
    ]  # fmt: skip
    assert players_chosen(replace(plan(), sections=(low, low)), "bass", style)[0].because.startswith("In chorus the style")


def test_a_styles_figure_stays_theorys_and_the_reason_is_kept():
    made, figure = plan(), four_a_bar("bass")
    player = Player(BAND, JAZZ, made, "bass", (), lambda: figure)
    assert player.part().notes == figure.notes
    assert [(decision.choice, decision.subject) for decision in player.decisions] == [("reference composer", "who plays bass")]
    assert band_rewrite.rewrite_band(BAND, JAZZ, made, figure, (), (2, 4), 1, lambda: figure) is None
    free = Player(BAND, POP, made, "bass", (), lambda: figure)
    assert free.part().notes != figure.notes
    assert free.decisions[-1].choice == "as pianists of the training songs"


def test_keys_do_not_grate_against_a_long_note_of_the_tune():
    made, grating = plan(), 0
    tune = Part("melody", tuple(Note(960 * i, 960 if i % 2 else 240, 60 + (i * 5) % 8, 80) for i in range(16)))
    for seed in range(16):
        notes = Player(BAND, POP, replace(made, seed=seed), "chords", (tune,), lambda: four_a_bar("chords")).part().notes
        pairs = [(note, long) for note in notes for long in tune.notes if note.start < long.end and note.end > long.start]
        assert not [(note, long) for note, long in pairs if long.duration >= 480 and abs(note.pitch - long.pitch) == 1]
        grating += sum(long.duration < 480 and abs(note.pitch - long.pitch) == 1 for note, long in pairs)
    assert grating


def test_phrases_keep_the_pace_that_pianists_are_asked_for():
    made = plan(bpm=120.0)
    leader = Leader(POP, made, "chords", (), four_a_bar("chords"), 32)
    passage = leader.passage_of(made.sections[0])
    window, lead = leader.window(passage, None, [], {}, [], 8)
    assert lead == 0
    assert [(window.paces[bar].first, window.paces[bar].end) for bar in range(8)] == [(0, 4)] * 4 + [(4, 8)] * 4
    assert window.paces[0].low < passage.density < window.paces[0].high
    unequal = []
    for asked in (0.5, 3.0):
        told = replace(window, paces=asked_paces(asked, 0, 8, 0))
        chance = Chance(candidates=4, top_p=1.0, guidance=1.0)
        lines = draw_walks(BAND, told, BandRules(told), [told.walk() for _ in range(4)], chance, np.random.default_rng(3))
        unequal.append(np.mean([len(set(decode_onsets(list(line.tokens), "keys", passage.chords, 48)[:, 0].tolist())) for line in lines]))
    assert unequal[1] > 1.5 * unequal[0]
    jazz = Leader(JAZZ, made, "chords", (), four_a_bar("chords"), 32)
    assert jazz.window(jazz.passage_of(made.sections[0]), None, [], {}, [], 8)[0].paces == {}
