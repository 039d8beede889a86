"""Golden scores: a change of the composer's notes must be meant.  See golden/regenerate_scores.py."""

import importlib.util
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "golden"
spec = importlib.util.spec_from_file_location("regenerate_scores", GOLDEN / "regenerate_scores.py")
assert spec
assert spec.loader
regenerate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(regenerate)


@pytest.mark.parametrize("name", ["song", "waltz"])
def test_the_score_is_the_golden_one(name):
    golden = (GOLDEN / f"score_{name}.txt").read_text(encoding="utf-8")
    assert len(golden.splitlines()) > 50
    assert regenerate.text_of(regenerate.songs()[name]) == golden
