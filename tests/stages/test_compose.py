"""The stage around a composer: order, hearing, and what it refuses."""

from dataclasses import replace

import pytest

from daiw.music.chord import Chord
from daiw.music.cues import Cues
from daiw.music.emotion import Emotion
from daiw.music.pitch import Key
from daiw.music.plan import ChordSpan, Plan, Section
from daiw.music.score import Note, Part, Timeline
from daiw.music.time import Meter
from daiw.stages.compose import compose

ROLES = ("melody", "bass")
PLAN = Plan(
    "", Key.parse("C"), Meter(4, 4), Timeline(end=1920), "", (Section("verse", "A", 0, 1, 0.5, Emotion(0, 0), 0.5, ROLES),),
    (ChordSpan(0, 1920, Chord.parse("C"), "I"),), ROLES, Cues(100, 0, 66, 0.5, 0.2, 80, 0.9, 0, 0, 1, 0.5), 1,
)  # fmt: skip


class Recorder:
    """Writes one note a role and remembers what it heard."""

    def __init__(self, answer: str = "", end: int = 480) -> None:
        self.heard: list[tuple[str, ...]] = []
        self.answer, self.end = answer, end

    decisions = ()

    def write(self, plan, role, earlier):
        self.heard.append(tuple(part.role for part in earlier))
        return Part(self.answer or role, (Note(0, self.end, 60, 80),))


def test_every_role_is_written_in_order_and_hears_the_ones_before():
    composer = Recorder()
    score = compose(PLAN, composer)
    assert [part.role for part in score.parts] == ["melody", "bass"]
    assert composer.heard == [(), ("melody",)]
    assert score.timeline is PLAN.timeline


def test_the_plan_decides_the_order():
    assert [part.role for part in compose(replace(PLAN, roles=("bass", "melody")), Recorder()).parts] == ["bass", "melody"]


def test_a_composer_that_answers_for_another_role_or_plays_on_is_refused():
    with pytest.raises(ValueError, match="asked for 'melody', the composer wrote 'kazoo'"):
        compose(PLAN, Recorder("kazoo"))
    with pytest.raises(ValueError, match="plays beyond the end"):
        compose(PLAN, Recorder(end=1921))


def test_the_score_explains_itself():
    decisions = {decision.subject: decision.choice for decision in compose(PLAN, Recorder()).decisions}
    assert decisions == {"melody range": "C4 to C4", "melody peak": "bar 1 (verse)"}
    twice = replace(
        PLAN,
        sections=(PLAN.sections[0], replace(PLAN.sections[0], start_bar=1)),
        harmony=(PLAN.harmony[0], replace(PLAN.harmony[0], start=1920)),
        timeline=Timeline(end=3840),
    )
    found = {decision.subject: decision.choice for decision in compose(twice, Recorder()).decisions}
    assert found["return of the verse"] == "0 % of the notes"
    assert found["density"] == "0 notes a bar in the verse, 2 in the verse"


def test_a_peak_is_called_late_only_where_it_is():
    plan = replace(PLAN, sections=(replace(PLAN.sections[0], bars=4),), timeline=Timeline(end=4 * 1920))

    def why(peak_bar):
        class Peaked(Recorder):
            def write(self, plan, role, earlier):
                return Part(role, tuple(Note(bar * 1920, 480, 72 if bar == peak_bar else 60, 80) for bar in range(4)))

        return next(decision.because for decision in compose(plan, Peaked()).decisions if decision.subject == "melody peak")

    assert "early in its section" in why(1)
    assert "late in its section" in why(2)
