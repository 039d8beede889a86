from dataclasses import replace

import numpy as np
import pytest

from daiw.nets.text_match import load_match, words_of
from daiw.tokens.portrait import SIZE, portrait
from daiw.tokens.sheet import Sheet, no_events
from daiw.train.captions import FEELINGS, UNSEEN, caption
from daiw.train.text_match import CAPTIONS, Texts, fit, judged, recalls, stretches

WORDS = [word for words in FEELINGS.values() for word in words]


def sheet(seed, *, fast=False, minor=False, high=0, bars=16):
    rng = np.random.default_rng(seed)
    every = 6 if fast else 24
    notes = [(unit, int(rng.choice([60, 62, 64, 65, 67, 69])) + high, 6 if fast else 24) for unit in range(0, bars * 48, every)]
    chords = [(bar * 48, (9, 5, 2, 9)[bar % 4] if minor else (0, 5, 7, 0)[bar % 4], 1 if minor else 0) for bar in range(bars)]
    return Sheet(
        f"pop909/{seed}", "pop909", "4/4", bars, np.array(notes, np.int32), np.array(chords, np.int32), (), 150.0 if fast else 60.0, minor
    )


def test_a_caption_says_what_is_true():
    bright, dark = sheet(1, fast=True, high=12), sheet(2, minor=True)
    rng = np.random.default_rng(0)
    said = [caption(bright, rng) for _ in range(60)]
    assert any(word in text for text in said for word in FEELINGS[(1, 1)])
    assert not any(word in text.split(", ") for text in said for word in ("slow", "in minor", "low"))
    said = [caption(dark, rng) for _ in range(60)]
    assert any(word in text for text in said for word in FEELINGS[(-1, -1)])
    assert not any(word in text.split(", ") for text in said for word in ("fast", "in major"))
    assert all(said)


def test_words_kept_from_training_are_in_no_training_caption():
    rng = np.random.default_rng(0)
    kept = {word for words in FEELINGS.values() for word in words[-UNSEEN:]}
    seen = {part for _ in range(300) for part in caption(sheet(3, fast=True), rng).split(", ")}
    assert not seen & kept
    assert caption(sheet(3, fast=True), rng, music=False, unseen=True) in kept


def test_a_portrait_moves_with_what_it_portrays_and_is_always_finite():
    plain = portrait(sheet(1))
    assert plain.shape == (SIZE,)
    assert portrait(sheet(1, high=12))[1] > plain[1]
    assert portrait(sheet(1, fast=True))[5] > plain[5]
    empty = replace(sheet(1), notes=no_events(), chords=no_events())
    assert np.isfinite(portrait(empty)).all()


def test_towers_learn_to_find_music_again_and_untrained_ones_do_not():
    pytest.importorskip("torch", reason="training needs torch")
    songs = [sheet(seed, fast=seed % 2 == 0, minor=seed % 3 == 0, high=seed % 5 * 4) for seed in range(40)]
    rng, texts = np.random.default_rng(1), Texts()
    portraits = np.stack([portrait(one) for one in songs])
    embeddings = np.stack([texts.of([caption(one, rng) for _ in range(CAPTIONS)]) for one in songs])
    held = [sheet(100 + seed, fast=seed % 2 == 0, minor=seed % 3 == 0, high=seed % 5 * 4) for seed in range(30)]
    learnt = judged(fit(portraits, embeddings, steps=150), held, texts)["all, whole captions"]
    blank = judged(fit(portraits, embeddings, steps=0), held, texts)["all, whole captions"]
    assert learnt["recall at 10"] > 1.6 * learnt["chance at 10"]
    assert blank["recall at 10"] < 1.3 * blank["chance at 10"]


def test_recall_counts_ranks():
    match = load_match()
    portraits = np.stack([portrait(sheet(seed, fast=seed % 2 == 0)) for seed in range(12)])
    found = recalls(match, portraits, np.stack([words_of_raw("slow and sad")] * 12))
    assert found["chance at 1"] == pytest.approx(1 / 12)
    assert found["recall at 1"] == pytest.approx(1 / 12)  # the same words for all: one of them is nearest


def words_of_raw(text):
    from daiw.nets.text_encoder import TextEncoder

    return TextEncoder().encode(text)


def test_the_shipped_towers_hear_slow_and_fast_minor_and_major():
    match = load_match()
    slow, fast = sheet(4, minor=True), sheet(4, fast=True, high=7)
    for words, near in (("a slow, sad song in minor", slow), ("fast, joyful, busy, in major", fast)):
        vector = words_of(words)
        assert vector is not None
        scores = match.scores(vector, [slow, fast])
        assert scores[0 if near is slow else 1] == max(scores)
    assert words_of("   ") is None


def test_only_stretches_with_music_are_learnt_from():
    assert len(stretches(sheet(1, bars=40))) == 2
    assert stretches(replace(sheet(1), chords=no_events())) == []
