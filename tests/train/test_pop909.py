import numpy as np

from daiw.tokens.sheet import SECTION_KINDS
from daiw.train.pop909 import bar_phase, one_voice, sampled_chords, sections, signature_shift


def row(**given):
    return {"struct_offset16": "0", "struct_match": "0.9", "struct_scale": "1", "human_label1": "i4A8B8o2"} | given


def chord_notes(starts):
    return np.array([(start * 120, 1800, 60, 90) for start in starts], np.int64)


def test_bar_lines_move_to_where_chords_change():
    on_three = [8, 24, 40, 56, 64]
    assert bar_phase(chord_notes(on_three), row(struct_match="0.2")) == 8
    assert bar_phase(chord_notes(on_three), row(struct_offset16="8")) == 8
    assert bar_phase(chord_notes(on_three), row(struct_offset16="4")) == 8


def test_labels_are_used_only_where_they_fit_the_bar_lines():
    found = sections(row(struct_offset16="24"), 8, 40)
    assert [(bar, SECTION_KINDS[kind]) for bar, kind in found] == [(0, "intro"), (2, "intro"), (6, "verse"), (14, "chorus"), (22, "outro")]
    assert sections(row(struct_offset16="24"), 0, 40) == ()
    assert sections(row(struct_match="0.5"), 0, 40) == ()


def test_a_melody_is_one_voice_on_the_grid():
    notes = np.array([(0, 960, 60, 90), (10, 400, 64, 90), (470, 100, 67, 90), (5000, 480, 30, 90)], np.int64)
    assert one_voice(notes, 3, 48, 2).tolist() == [[0, 66, 9], [12, 69, 2], [124, 44, 12]]


def test_chords_are_named_from_their_notes():
    notes = np.array(
        [
            (0, 1920, 57, 90),
            (0, 1920, 60, 90),
            (0, 1920, 64, 90),
            (1920, 1920, 55, 90),
            (1920, 1920, 59, 90),
            (1920, 1920, 62, 90),
            (1920, 1920, 65, 90),
        ]
    )
    assert sampled_chords(notes, 96, 0, 48).tolist() == [[0, 9, 1], [48, 7, 6]]


def test_every_signature_is_brought_to_none():
    for sharps in range(-7, 8):
        assert (7 * sharps + signature_shift(sharps)) % 12 == 0
        assert -6 <= signature_shift(sharps) <= 5
