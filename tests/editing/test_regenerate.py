from dataclasses import replace

import pytest

from daiw.editing.regenerate import regenerated
from daiw.errors import PromptError
from daiw.music.cells import bar_span, inside
from daiw.music.take import Lock
from daiw.studio import Studio


def again(take, *locks):
    return regenerated(replace(take, locks=locks), 77, Studio(), what="remake", why="")


def test_without_locks_it_is_the_song_of_that_seed(take):
    new = again(take)
    assert new.intent.seed == new.plan.seed == 77
    assert new.plan.title == take.plan.title
    assert new.score.parts != take.score.parts
    assert new.mixing is None


def test_a_locked_part_keeps_notes_player_and_ground(take):
    new = again(take, Lock("chords"), Lock("bass"))
    assert (new.plan.harmony, new.plan.sections, new.plan.timeline) == (take.plan.harmony, take.plan.sections, take.plan.timeline)
    for role in ("chords", "bass"):
        assert new.score.part(role) == take.score.part(role)
        assert next(t for t in new.arrangement.tracks if t.role == role) == next(t for t in take.arrangement.tracks if t.role == role)
    assert new.score.part("melody") != take.score.part("melody")


def test_locked_bars_keep_their_notes(take):
    new = again(take, Lock("melody", (16, 20)))
    span = bar_span((16, 20), take.plan.meter.bar_ticks)
    assert inside(new.score.part("melody").notes, span) == inside(take.score.part("melody").notes, span)
    assert new.score.part("melody") != take.score.part("melody")
    tracks = [next(t for t in one.arrangement.tracks if t.role == "melody") for one in (take, new)]
    middle = (span[0] + 480, span[1] - 480)
    assert inside(tracks[0].notes, middle) == inside(tracks[1].notes, middle)


def test_locked_harmony_keeps_the_chords_only(take):
    new = again(take, Lock("harmony"))
    assert new.plan.harmony == take.plan.harmony
    assert new.score.part("chords") != take.score.part("chords") or new.score.part("bass") != take.score.part("bass")


def test_locked_form_takes_new_chords(take):
    new = again(take, Lock("form"))
    assert (new.plan.sections, new.plan.timeline, new.plan.key) == (take.plan.sections, take.plan.timeline, take.plan.key)
    assert new.plan.harmony != take.plan.harmony
    assert sum(span.duration for span in new.plan.harmony) == take.plan.timeline.end


def test_all_locked_is_refused(take):
    with pytest.raises(PromptError, match="every part is locked"):
        again(take, *(Lock(part.role) for part in take.score.parts))
