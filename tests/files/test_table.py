from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import PresetError
from daiw.files.table import dump_table, load_table
from daiw.music.decision import Decision
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.time import Meter


@dataclass(frozen=True, slots=True)
class Inner:
    level_db: float = 0.0

    def __post_init__(self):
        if self.level_db > 12:
            raise ValueError("level_db must be at most 12")


@dataclass(frozen=True, slots=True)
class Outer:
    sends: Mapping[str, Inner] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    bars: int = 4
    bpm: float | None = None
    feel: Literal["straight", "swung"] = "straight"
    pair: tuple[float, float] = (0.0, 1.0)


REFUSED = [
    ({"sends": {"bass": {"level_db": 99}}}, r"sends\['bass'\] level_db must be at most 12"),
    ({"sends": {"bass": {"levle_db": 1}}}, r"sends\['bass'\] has no key levle_db; keys are level_db"),
    ({"sends": 3}, "sends must be a table"),
    ({"names": "abc"}, "names must be a list"),
    ({"names": [1]}, r"names\[0\] must be a text"),
    ({"bars": "4"}, "bars must be a whole number, got '4'"),
    ({"bars": True}, "bars must be a whole number"),
    ({"bars": 4.5}, "bars must be a whole number"),
    ({"bpm": "fast"}, "bpm must be a number"),
    ({"feel": "odd"}, "feel must be one of straight, swung"),
    ({"pair": [1.0]}, "pair"),
    ({"tempo": 3}, "has no key tempo; keys are sends, names, bars, bpm, feel, pair"),
    ([], "must be a table"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED)
def test_what_is_wrong_is_said_in_one_line(data, message):
    with pytest.raises(PresetError, match=message) as caught:
        load_table(Outer, data, "x.toml", PresetError)
    assert str(caught.value).startswith("x.toml: ")
    assert "\n" not in str(caught.value)


def test_numbers_may_be_written_whole():
    assert load_table(Outer, {"bpm": 90, "pair": [0, 2]}, "x", PresetError) == Outer(bpm=90.0, pair=(0.0, 2.0))


names = st.text(st.characters(codec="utf-8"), max_size=12)
unit = st.floats(-1, 1)
keys = st.builds(Key, st.builds(PitchClass, st.sampled_from("CDEFGAB"), st.integers(-1, 1)), st.sampled_from(sorted(MODES)))
wishes = st.builds(
    Wishes,
    bpm=st.none() | st.floats(20, 300),
    key=st.none() | keys,
    meter=st.none() | st.builds(Meter, st.integers(1, 12), st.sampled_from([4, 8])),
    bars=st.none() | st.integers(1, 99),
    sung=st.none() | st.booleans(),
    with_instruments=st.lists(names, max_size=3).map(tuple),
)
intents = st.builds(
    Intent,
    prompt=names,
    emotion=st.builds(Emotion, unit, unit, unit, st.lists(st.tuples(names, st.floats(0, 1)), max_size=3).map(tuple)),
    wishes=wishes,
    decisions=st.lists(st.builds(Decision, names, names, names, names, names, st.floats(0, 1)), max_size=3).map(tuple),
    seed=st.integers(0, 2**63),
)


@given(intents)
def test_load_inverts_dump(intent):
    assert load_table(Intent, dump_table(intent), "intent", PresetError) == intent
