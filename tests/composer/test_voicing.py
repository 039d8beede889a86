"""Voice-leading: properties over all chords, and figures against block transposition."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daiw.composer.voicing import candidates, clear_of, lead_voices, roughness
from daiw.measure import voices
from daiw.music.chord import QUALITIES, Chord
from daiw.music.pitch import PitchClass

VOICINGS = ("close", "open", "drop2", "shell", "rootless", "power", "spread")
roots = st.sampled_from(["C", "C#", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B"])
chords = st.builds(lambda root, quality: Chord(PitchClass.parse(root), quality), roots, st.sampled_from(sorted(QUALITIES)))


@given(chords, st.sampled_from(VOICINGS), st.integers(2, 6))
@settings(max_examples=200, deadline=None)
def test_candidates_hold_chord_tones_inside_the_window(chord, voicing, count):
    window = (48, 76)
    found = candidates(chord, voicing, window, count)
    assert found
    for voices_ in found:
        assert list(voices_) == sorted(set(voices_))
        assert {pitch % 12 for pitch in voices_} <= set(chord.pitch_classes)
        assert window[0] - 6 <= voices_[0]
        assert voices_[-1] <= window[1]


@given(st.lists(chords, min_size=2, max_size=8), st.sampled_from(("close", "open", "drop2", "rootless")))
@settings(max_examples=60, deadline=None)
def test_the_chain_has_one_voicing_a_chord_and_holds_repeated_chords(progression, voicing):
    chain = lead_voices(tuple(progression), voicing, (48, 76), 4)
    assert len(chain) == len(progression)
    for (chord, a), (following, b) in pairwise(zip(progression, chain, strict=True)):
        assert chord != following or a == b


@pytest.mark.parametrize("text", ["C Am F G C", "Dm7 G7 Cmaj7 A7 Dm7", "Em C G D Em", "Fm Db Ab Eb Fm", "Cmaj7 Cm7 F7 Bbmaj7 Bbm7 Eb7"])
def test_voices_move_little_and_outer_voices_do_not_run_in_parallel(text):
    progression = tuple(Chord.parse(symbol) for symbol in text.split())
    chain = lead_voices(progression, "close", (50, 74), 4)
    assert voices.movement(chain) <= 2.2
    assert voices.parallel_perfects([(v, chord.bass_number) for v, chord in zip(chain, progression, strict=True)]) == 0
    assert voices.muddy(chain) == 0


def test_parallels_are_rare_over_many_progressions():
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(40):
        progression = tuple(Chord.parse(symbol) for symbol in rng.choice(["C", "Dm", "Em", "F", "G", "Am"], 8))
        chain = lead_voices(progression, "close", (50, 74), 4)
        shares.append(voices.parallel_perfects([(v, chord.bass_number) for v, chord in zip(chain, progression, strict=True)]))
    assert np.mean(shares) < 0.05, "0.13 where nothing forbids them"


def test_common_tones_stay():
    first, second = lead_voices((Chord.parse("C"), Chord.parse("Am")), "close", (50, 74), 3)
    assert len(set(first) & set(second)) == 2


def test_jazz_voicings_leave_the_root_to_the_bass():
    rootless = lead_voices((Chord.parse("Dm9"), Chord.parse("G13"), Chord.parse("Cmaj9")), "rootless", (50, 74), 4)
    assert [root in {p % 12 for p in v} for root, v in zip((2, 7, 0), rootless, strict=True)] == [False, False, False]
    (shell,) = lead_voices((Chord.parse("G7"),), "shell", (50, 74), 3)
    assert {pitch % 12 for pitch in shell} == {7, 11, 5}
    (power,) = lead_voices((Chord.parse("Em7"),), "power", (40, 62), 3)
    assert {pitch % 12 for pitch in power} == {4, 11}


def test_low_thirds_and_minor_ninths_are_rough():
    c = Chord.parse("C")
    assert roughness((40, 43, 48), c) > roughness((52, 55, 60), c)
    assert roughness((60, 71, 72), Chord.parse("Cmaj7")) < roughness((59, 72), Chord.parse("Cmaj7"))


def test_the_tune_pulls_the_top_voice_under_it():
    free = lead_voices((Chord.parse("C"),) * 2, "close", (50, 80), 4)
    under = lead_voices((Chord.parse("C"),) * 2, "close", (50, 80), 4, (((61, 0.0),),) * 2)
    assert np.mean([v[-1] for v in under]) < np.mean([v[-1] for v in free])


@pytest.mark.parametrize("tune", [60, 64, 65, 72])
def test_no_voice_rubs_against_a_long_note_of_the_tune(tune):
    chords = tuple(Chord.parse(symbol) for symbol in ("Cmaj7", "Am7", "Fmaj7", "G7"))
    voicings = lead_voices(chords, "close", (50, 76), 4, (((tune, 1.0),),) * 4)
    assert all(abs(voice - tune) != 1 for voicing in voicings for voice in voicing), voicings


@given(st.sets(st.integers(40, 80), min_size=1, max_size=6), st.sets(st.integers(40, 90), max_size=4))
def test_what_is_left_out_rubs_and_two_voices_stay(voices, heard):
    voices = tuple(sorted(voices))
    clear = clear_of(voices, heard)
    assert set(clear) <= set(voices)
    assert len(clear) >= min(2, len(voices))
    if len(clear) < len(voices):
        assert not any(abs(voice - pitch) == 1 for voice in clear for pitch in heard)
