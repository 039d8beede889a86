from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.music.cells import changed_notes, inside, joined
from daiw.music.score import Note, Part

SPAN = (1920, 3840)
NOTES = st.builds(Note, st.integers(0, 5000), st.integers(1, 2500), st.integers(58, 62), st.integers(1, 127))
NEW = st.builds(Note, st.integers(SPAN[0], SPAN[1] - 1), st.integers(1, 2500), st.integers(58, 62), st.integers(1, 127))


def one_voice(notes):
    ordered = sorted({note.start: note for note in notes}.values())
    return tuple(Note(a.start, min(a.duration, b.start - a.start), a.pitch, a.velocity) for a, b in pairwise(ordered)) + tuple(ordered[-1:])


@given(st.lists(NOTES, max_size=12), st.lists(NEW, max_size=8, unique_by=lambda note: note.start))
def test_what_lies_outside_is_untouched_and_nothing_collides(old, new):
    for role, notes in (("melody", one_voice(old)), ("chords", tuple(sorted(old)))):
        part = joined(Part(role, notes), new, SPAN)
        assert [n for n in part.notes if not SPAN[0] <= n.start < SPAN[1]] == [n for n in notes if not SPAN[0] <= n.start < SPAN[1]]
        if role == "melody":
            assert all(a.end <= b.start for a, b in pairwise(part.notes))
        for note in inside(part.notes, SPAN):
            others = [n for n in part.notes if n.pitch == note.pitch and not SPAN[0] <= n.start < SPAN[1]]
            assert all(other.end <= note.start or other.start >= note.end for other in others)


def test_a_note_that_finds_no_room_is_left_out():
    ringing = Part("melody", (Note(0, 2500, 60, 80), Note(3840, 480, 60, 80)))
    assert joined(ringing, [Note(1920, 560, 64, 80)], SPAN) == ringing
    assert joined(ringing, [Note(1920, 1200, 64, 80)], SPAN).notes[1] == Note(2500, 620, 64, 80)


def test_new_notes_ring_as_far_as_the_old_ones_did():
    pad = Part("pad", (Note(2880, 3000, 60, 80), Note(7680, 480, 60, 80)))
    assert joined(pad, [Note(1920, 9000, 64, 80)], SPAN).notes[0].end == 5880
    with pytest.raises(ValueError, match="does not start in"):
        joined(pad, [Note(0, 480, 64, 80)], SPAN)


def test_changes_are_counted():
    a, b, c = Note(0, 480, 60, 80), Note(480, 480, 62, 80), Note(480, 240, 62, 80)
    assert (changed_notes((a, b), (a, b)), changed_notes((a, b), (a, c)), changed_notes((a,), (a, b, c)), changed_notes((), ())) == (
        0,
        1,
        2,
        0,
    )
