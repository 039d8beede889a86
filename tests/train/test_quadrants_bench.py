import hashlib
import json
import tomllib

import numpy as np
import pytest

from daiw.cli.main import main
from daiw.files.preset import find_preset
from daiw.train.hearing import CUES
from daiw.train.quadrants import PATH, SETS, load_probe
from daiw.train.quadrants_bench import Songs, beside_their_style, held_out, read, songs_of, table


def songs(styles=("a", "b"), lift=0.0):
    """Forty songs at the means of art songs, of which major mode says valence and tempo arousal; the second style is higher by `lift`."""
    half = load_probe()["all"]["valence"]
    rng = np.random.default_rng(2)
    signs = np.array([(v, a) for v in (1, -1) for a in (1, -1)] * 10)
    values = half.mean + 0.1 * half.spread * rng.normal(size=(40, len(CUES)))
    for name, side in (("mode", 0), ("major_chords", 0), ("brightness", 0), ("tempo", 1), ("velocity", 1), ("onsets_a_second", 1)):
        values[:, CUES.index(name)] += 1.5 * half.spread[CUES.index(name)] * signs[:, side]
    names = np.array([styles[i // 20] for i in range(40)], np.str_)
    values[names == styles[1]] += lift * half.spread
    return Songs(values, signs[:, 0], signs[:, 1], names)


def test_the_shipped_probe_hears_what_theory_says():
    found = read(load_probe(), songs())["all"]["as they are"]
    assert found["valence"]["auc"] > 0.95
    assert found["arousal"]["auc"] > 0.95
    assert found["quadrants"]["balanced"] > 0.9


def test_without_tempo_and_loudness_they_are_not_heard():
    assert read(load_probe(), songs())["notes"]["as they are"]["arousal"]["auc"] < 0.8


def test_a_style_of_its_own_is_taken_off():
    probe, moved = load_probe(), songs(lift=3.0)
    assert read(probe, moved)["all"]["beside their style"] == read(probe, songs())["all"]["beside their style"]
    assert read(probe, moved)["all"]["as they are"] != read(probe, songs())["all"]["as they are"]
    centred = beside_their_style(moved, np.zeros(len(CUES)))
    for style in "ab":
        assert centred[moved.styles == style].mean(axis=0) == pytest.approx(np.zeros(len(CUES)), abs=1e-9)


def test_the_card_states_the_probe_that_is_here():
    card = tomllib.loads(PATH.with_name("card.toml").read_text(encoding="utf-8"))
    assert hashlib.sha256(PATH.read_bytes()).hexdigest() == card["sha256"]
    assert set(held_out()) == set(SETS)
    for line in held_out().values():
        assert sum(map(sum, line["quadrants"]["rows"])) == line["quadrants"]["n"]
        assert line["valence"]["high"] + line["valence"]["low"] > 200


@pytest.mark.slow
def test_the_reference_composer_is_heard_in_both_halves():
    found = read(load_probe(), songs_of([find_preset("pop")], "reference", seeds=6, bars=16, strength=0.6, report=lambda line: None))
    assert found["all"]["as they are"]["valence"]["auc"] > 0.7
    assert found["all"]["as they are"]["arousal"]["auc"] > 0.85
    assert found["notes"]["beside their style"]["quadrants"]["balanced"] > 0.35


def test_the_table_begins_with_the_probe_itself():
    lines = table(held_out(), {"neural": read(load_probe(), songs())}).splitlines()
    assert lines[2].startswith("| art songs, other composers | notes | 0.8")
    assert lines[3].startswith("| neural, as they are | notes | ")
    assert len([line for line in lines if "beside their style" in line]) == len(SETS)


def test_the_command_reads_songs_and_keeps_the_figures(capsys, tmp_path):
    out = tmp_path / "x.json"
    command = ["evaluate", "quadrants", "--composer", "reference", "--preset", "pop", "--seeds", "1", "--bars", "8", "--out", str(out)]
    assert main(command) == 0
    assert "| reference, as they are | all |" in capsys.readouterr().out
    assert json.loads(out.read_text())["songs"]["reference"]["all"]["as they are"]["quadrants"]["n"] == 4
    assert not out.with_name("x.json.part").exists()


def test_no_seed_or_no_feeling_is_refused(capsys):
    assert main(["evaluate", "quadrants", "--seeds", "0"]) == 2
    assert main(["evaluate", "quadrants", "--strength", "0"]) == 2
    assert "at least one seed" in capsys.readouterr().err
