import json

import pytest

from daiw.cli.main import main
from daiw.files.preset import find_preset
from daiw.measure.expression import Expression, expression_of
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.pipeline import arrange, compose, plan
from daiw.studio import Studio
from daiw.train.emotion_sweep import DIRECTIONS, Heard, followings, sweep, table


def heard(valence, arousal, **cues):
    plain = {"brightness": 0.0, "bpm": 90.0, "register": 60.0, "density": 8.0, "velocity": 64.0, "gate": 0.9}
    return Heard(valence, arousal, 0, Expression(**(plain | cues)))


def test_a_cue_that_follows_scores_one_and_one_that_stands_still_scores_nothing():
    songs = [heard(0.0, arousal, bpm=90 + 30 * arousal) for arousal in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    songs += [heard(1.0, arousal, bpm=90 + 30 * arousal) for arousal in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    found = {(one.cue, one.dimension): one for one in followings(songs)}
    assert found["bpm", "arousal"].rho_of_means == pytest.approx(1.0)
    assert found["bpm", "arousal"].span == pytest.approx(60.0)
    assert found["density", "arousal"].rho == 0.0
    assert set(found) == set(DIRECTIONS)


def test_the_wrong_way_is_negative():
    found = {one.cue: one for one in followings([heard(a, a, gate=0.8 + 0.1 * a) for a in (-1.0, 0.0, 1.0)]) if one.dimension == "arousal"}
    assert found["gate"].rho == pytest.approx(-1.0)
    assert "| gate | arousal | down | -1.00 |" in table([found["gate"]])


def test_one_step_is_no_sweep():
    with pytest.raises(ValueError, match="two steps"):
        followings([heard(0.0, 0.0)])


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["pop", "indie-folk"])
def test_the_product_follows_the_feeling_in_every_stated_direction(preset):
    found = followings(sweep(find_preset(preset), seeds=2, steps=5, report=lambda line: None))
    assert len(found) == len(DIRECTIONS)
    for one in found:
        assert one.rho_of_means >= 0.8, one


def test_the_command_prints_a_table_and_keeps_every_song(capsys, tmp_path):
    assert main(["evaluate", "emotion", "--seeds", "1", "--steps", "2", "--bars", "8", "--out", str(tmp_path / "x.json")]) == 0
    assert "| bpm | arousal | up | " in capsys.readouterr().out
    assert len(json.loads((tmp_path / "x.json").read_text())["songs"]["pop"]) == 4


def test_a_sweep_of_one_step_is_refused(capsys):
    assert main(["evaluate", "emotion", "--steps", "1"]) == 2
    assert "two steps" in capsys.readouterr().err


def test_a_trained_composer_is_heard_with_the_chords_that_it_would_get():
    preset, studio = find_preset("pop"), Studio()
    first = sweep(preset, seeds=1, steps=2, bars=8, composer="neural", report=lambda line: None)[0]
    outline = plan(Intent("", Emotion(-1.0, -1.0, 0.0), Wishes(bars=8), seed=0), preset, composer="neural", studio=studio)
    played = arrange(compose(outline, preset, composer="neural", studio=studio), outline, preset)
    assert first.expression == expression_of(played, outline.key)
