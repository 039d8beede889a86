import hashlib
import tomllib

import numpy as np
import pytest

from daiw.files.preset import find_preset, preset_paths
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import Key
from daiw.nets.charted_sections import SECTIONS_PATH
from daiw.nets.harmonist import load_harmonist
from daiw.nets.harmony_transformer import MODEL_FOLDER, WEIGHTS_PATH, load_harmony
from daiw.pipeline import plan
from daiw.tokens.harmony_levels import measured
from daiw.train.harmony_evaluate import figures, loops_of
from daiw.train.harmony_obedience import bars_of, by_controls


def planned(style, seed=0, composer="neural", valence=0.4, **wishes):
    intent = Intent("", Emotion(valence, 0.2, 0.0), Wishes(bars=32, **wishes), seed=seed)
    return plan(intent, find_preset(style), composer=composer)


def test_the_card_is_that_of_the_shipped_weights():
    card = tomllib.loads((MODEL_FOLDER / "card.toml").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(WEIGHTS_PATH.read_bytes()).hexdigest()
    assert card["sections_sha256"] == hashlib.sha256(SECTIONS_PATH.read_bytes()).hexdigest()
    assert {"data", "licence", "command", "metrics", "limits"} <= set(card)
    parameters = sum(matrix.size for matrix in load_harmony().matrices.values()) + load_harmony().tables.size
    assert f"{parameters / 1e6:.1f} M parameter" in card["what"]


@pytest.mark.parametrize("style", sorted(preset_paths()))
def test_every_style_gets_a_whole_plan_with_a_reason_for_each_progression(style):
    made = planned(style)
    assert made.harmony[0].start == 0
    assert all(a.start + a.duration == b.start for a, b in zip(made.harmony, made.harmony[1:], strict=False))
    assert made.harmony[-1].start + made.harmony[-1].duration == made.timeline.end
    written = [decision for decision in made.decisions if decision.subject.startswith("harmony of the ")]
    if str(made.meter) in ("4/4", "3/4", "6/8", "12/8"):
        assert written
        assert all(decision.alternatives for decision in written)


def test_the_same_seed_gives_the_same_chords_and_another_seed_others():
    assert planned("pop").harmony == planned("pop").harmony
    assert planned("pop").harmony != planned("pop", seed=1).harmony
    assert planned("pop").harmony != planned("pop", composer="reference").harmony


def test_jazz_gets_more_sevenths_and_quicker_changes_than_folk():
    def share(style):
        chords = [span.chord for seed in range(3) for span in planned(style, seed).harmony]
        return sum(len(chord.intervals) > 3 for chord in chords) / len(chords)

    assert share("jazz") > share("indie-folk") + 0.3


def brightness(composer, valence, mode, seeds=range(8)):
    """Mean share of the time on major thirds of pop songs in a key."""
    key = Key.parse(f"C {mode}")
    made = [planned("pop", seed, composer, valence, key=key, bpm=100.0) for seed in seeds]
    return sum(measured(bars_of(one), mode == "minor")["brightness"] for one in made) / len(made)


@pytest.mark.parametrize("mode", ["major", "minor"])
def test_within_a_mode_a_lighter_feeling_gets_lighter_chords(mode):
    assert brightness("neural", 0.8, mode) > brightness("neural", -0.8, mode) + 0.12


def test_each_value_that_is_asked_for_is_heard():
    found = by_controls(load_harmonist(), 12)
    assert found["n"] == 24
    for name in ("changes", "brightness", "sevenths", "tension"):
        assert found[name] > 0.5, found


def test_colours_are_the_charts_and_the_styles():
    loops = [one for style in ("pop", "rock") for seed in range(10) for one in loops_of(planned(style, seed))]
    share = figures(loops)
    assert 0.08 < np.mean(share["share of sevenths"]) < 0.6
    assert np.mean(share["share outside the mode"]) > 0.03
    assert 0.3 < np.mean(share["bars 5-8 as bars 1-4"]) < 0.85
    assert 3.0 < np.mean(share["distinct chords"]) < 5.0


def test_a_song_that_goes_somewhere_has_chords_that_go_there():
    """Bridges and outros lie later than verses, so they are lighter where the song goes to light than where it goes to dark."""
    key = Key.parse("C major")
    told = {}
    for first, last in ((-0.8, 0.9), (0.9, -0.8)):
        lighter = []
        for seed in range(12):
            intent = Intent(
                "", Emotion(first, 0.0, 0.0), Wishes(bars=64, key=key, bpm=100.0), seed=seed, destination=Emotion(last, 0.0, 0.0)
            )
            made = plan(intent, find_preset("confessional-acoustic"), composer="neural")
            bars, early, late = bars_of(made), next(s for s in made.sections if s.name == "verse"), made.sections[-2]
            start, end = (measured(bars[s.start_bar : s.start_bar + s.bars], False)["brightness"] for s in (early, late))
            lighter.append(end - start)
        told[last] = np.mean(lighter)
    assert told[0.9] > told[-0.8] + 0.05


@pytest.mark.parametrize(("mode", "colour"), [("dorian", 9), ("phrygian", 1), ("lydian", 6), ("mixolydian", 10)])
def test_a_rarer_mode_is_heard_in_nearly_every_section(mode, colour):
    """Told that nothing is foreign, the network wrote lydian as major: 26 of 31 sections had no raised fourth."""
    heard = []
    for seed in range(6):
        made = planned(("pop", "rock", "lofi")[seed % 3], seed, key=Key.parse(f"C {mode}"))
        for section in made.sections:
            if section.name in ("verse", "chorus"):
                first, ticks = section.start_bar, made.meter.bar_ticks
                spans = [span for span in made.harmony if first * ticks <= span.start < (first + section.bars) * ticks]
                heard.append(any(colour in (pitch % 12 for pitch in span.chord.pitch_classes) for span in spans))
    assert np.mean(heard) > 0.75
