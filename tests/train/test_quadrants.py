import io
from argparse import Namespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.cli.main import main
from daiw.errors import FileFormatError, ModelError
from daiw.train.hearing import CUES
from daiw.train.quadrants import (
    HALVES,
    PATH,
    SETS,
    confusion,
    fit_half,
    load_probe,
    quadrants,
    save_probe,
    separation,
)
from daiw.train.quadrants_train import FOLDS, Table, alone, folds_of, judged, learn, left_out_scores, within_modes

MODE, TEMPO = CUES.index("mode"), CUES.index("tempo")


def made_up(n=240, composers=24, told=1.0, seed=1):
    """Songs whose mode says their valence and whose tempo says their arousal, as far as `told`."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, len(CUES)))
    valence, arousal = rng.choice([1, -1], n), rng.choice([1, -1], n)
    values[:, MODE] += told * 2 * valence
    values[:, TEMPO] += told * 2 * arousal
    names = np.array([f"Composer {i % composers}" for i in range(n)], np.str_)
    return Table(values, valence, arousal, names, np.array([str(i) for i in range(n)], np.str_))


def test_a_half_is_learnt_from_what_tells_it():
    table = made_up()
    half = fit_half(table.values, table.valence, CUES)
    assert np.argmax(np.abs(half.weights)) == MODE
    assert separation(half.scores(table.values), table.valence)["auc"] > 0.95


def test_other_composers_are_judged_by_what_was_learnt_without_them():
    table = made_up()
    assert separation(left_out_scores(table, table, "arousal", CUES), table.arousal)["auc"] > 0.9
    assert separation(left_out_scores(table, table, "arousal", SETS["notes"]), table.arousal)["auc"] < 0.65
    nothing = made_up(told=0.0)
    assert separation(left_out_scores(nothing, nothing, "valence", CUES), nothing.valence)["auc"] < 0.65


def test_a_composer_known_by_heart_does_not_help():
    """Each composer has a cue of his own that tells his valence; it says nothing of anybody else."""
    rng = np.random.default_rng(3)
    n = 300
    names = np.array([f"Composer {i % 20}" for i in range(n)], np.str_)
    valence = np.where(np.arange(n) % 20 % 2, 1, -1)
    values = rng.normal(size=(n, len(CUES)))
    values[:, :20] += 4.0 * np.eye(20)[np.arange(n) % 20]
    table = Table(values, valence, valence, names, names)
    assert separation(fit_half(values, valence, CUES).scores(values), valence)["auc"] > 0.85
    assert separation(left_out_scores(table, table, "valence", CUES), valence)["auc"] < 0.65


def test_a_rare_sign_counts_as_much_as_the_other():
    table = made_up(1800, told=0.5)
    keep = (table.valence > 0) | (np.arange(1800) % 6 == 0)
    half = fit_half(table.values[keep], table.valence[keep], CUES)
    fresh = made_up(1800, told=0.5, seed=2)
    score = half.scores(fresh.values)
    assert abs(np.mean(score[fresh.valence > 0] > 0) - np.mean(score[fresh.valence < 0] < 0)) < 0.12


def test_what_is_unknown_is_taken_as_the_mean():
    table = made_up()
    half = fit_half(table.values, table.arousal, CUES)
    gone, mean = table.values.copy(), table.values.copy()
    gone[:, TEMPO], mean[:, TEMPO] = np.nan, half.mean[CUES.index("tempo")]
    assert half.scores(gone) == pytest.approx(half.scores(mean))


def test_one_sign_alone_teaches_and_judges_nothing():
    table = made_up()
    with pytest.raises(ValueError, match="both"):
        fit_half(table.values, np.ones(240, np.int64), CUES)
    with pytest.raises(ValueError, match="both"):
        separation(np.zeros(4), np.ones(4, np.int64))


def test_no_composer_is_in_two_folds():
    names = np.array([f"Composer {i % 30}" for i in range(90)], np.str_)
    folds = folds_of(names)
    assert (folds[:30] == folds[30:60]).all()
    assert len(set(folds.tolist())) > FOLDS // 2
    assert set(folds.tolist()) <= set(range(FOLDS))


@given(st.lists(st.tuples(st.integers(-3, 3), st.sampled_from([1, -1])), min_size=2, max_size=30))
def test_separation_agrees_with_counting_pairs(rows):
    scores, signs = np.array([float(s) for s, _ in rows]), np.array([sign for _, sign in rows], np.int64)
    if len(set(signs.tolist())) < 2:
        return
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[signs > 0] for b in scores[signs < 0]]
    found = separation(scores, signs)
    assert found["auc"] == pytest.approx(np.mean(pairs))
    assert found["high"] + found["low"] == len(rows)
    assert found["majority"] >= 0.5


def test_quadrants_and_who_is_taken_for_whom():
    asked = quadrants(np.array([1, -1, -1, 1, 0]), np.array([1, 1, -1, -1, 1]))
    assert asked.tolist() == [1, 2, 3, 4, 0]
    found = confusion(asked, np.array([1, 2, 2, 4, 1]))
    assert found["n"] == 4
    assert found["rows"] == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert found["accuracy"] == found["balanced"] == 0.75


def test_the_probe_comes_back_from_disk(tmp_path):
    table = made_up()
    probe = learn(table)
    save_probe(probe, tmp_path / "p.npz")
    again = load_probe(tmp_path / "p.npz")
    for name in SETS:
        for half in HALVES:
            assert again[name][half].scores(table.values) == pytest.approx(probe[name][half].scores(table.values))


@pytest.mark.parametrize("broken", [b"", b"PK nonsense", b"\x93NUMPY"])
def test_a_broken_probe_is_one_error(tmp_path, broken):
    path = tmp_path / "p.npz"
    path.write_bytes(broken)
    with pytest.raises(ModelError, match=r"p\.npz"):
        load_probe(path)


def test_a_truncated_probe_and_one_of_another_version_are_one_error(tmp_path):
    whole = PATH.read_bytes()
    (tmp_path / "short.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=r"short\.npz"):
        load_probe(tmp_path / "short.npz")
    buffer = io.BytesIO()
    np.savez(buffer, **{f"{name}/{half}": np.ones((3, 4)) for name in SETS for half in HALVES})
    (tmp_path / "old.npz").write_bytes(buffer.getvalue())
    with pytest.raises(ModelError, match="another version"):
        load_probe(tmp_path / "old.npz")


def test_the_report_says_what_there_is_to_beat():
    table = made_up()
    found = judged(table, made_up(60, seed=4), shuffles=1)
    assert set(found) == {*SETS, "one cue alone", "valence within a mode"}
    assert found["all"]["valence"]["auc"] > 0.9
    assert found["all"]["valence, within songs"]["auc"] > 0.9
    assert abs(found["all"]["arousal, labels shuffled"]["auc"] - 0.5) < 0.15
    assert found["all"]["quadrants"]["n"] == 240
    assert alone(table)["valence: mode"] > 0.9 > alone(table)["valence: major_chords"]
    assert set(within_modes(table)) == {"major", "minor"}


def test_a_folder_without_art_songs_is_refused(tmp_path, capsys):
    assert main(["train", "quadrants", "--data", str(tmp_path), "--out", str(tmp_path / "x.npz")]) == 2
    assert "openscore_lieder" in capsys.readouterr().err
    (tmp_path / "openscore_lieder" / "scores").mkdir(parents=True)
    from daiw.train.quadrants_train import run

    with pytest.raises(FileFormatError, match="no marked song"):
        run(Namespace(data=tmp_path, out=tmp_path / "x.npz"))
