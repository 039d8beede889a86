import hashlib
import tomllib

import pytest

from daiw.files.preset import find_preset, preset_paths
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.nets.harmony_transformer import MODEL_FOLDER, WEIGHTS_PATH, load_harmony
from daiw.pipeline import plan


def planned(style, seed=0, composer="neural", valence=0.4, **wishes):
    intent = Intent("", Emotion(valence, 0.2, 0.0), Wishes(bars=32, **wishes), seed=seed)
    return plan(intent, find_preset(style), composer=composer)


def test_the_card_is_that_of_the_shipped_weights():
    card = tomllib.loads((MODEL_FOLDER / "card.toml").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(WEIGHTS_PATH.read_bytes()).hexdigest()
    assert {"data", "licence", "command", "metrics", "limits"} <= set(card)
    parameters = sum(matrix.size for matrix in load_harmony().matrices.values()) + load_harmony().tables.size
    assert f"{parameters / 1e6:.1f} M parameter" in card["what"]


@pytest.mark.parametrize("style", sorted(preset_paths()))
def test_every_style_gets_a_whole_plan_with_a_reason_for_each_progression(style):
    made = planned(style)
    assert made.harmony[0].start == 0
    assert all(a.start + a.duration == b.start for a, b in zip(made.harmony, made.harmony[1:], strict=False))
    assert made.harmony[-1].start + made.harmony[-1].duration == made.timeline.end
    written = [decision for decision in made.decisions if decision.subject.startswith("harmony of the ")]
    if str(made.meter) in ("4/4", "3/4", "6/8", "12/8"):
        assert written
        assert all(decision.alternatives for decision in written)


def test_the_same_seed_gives_the_same_chords_and_another_seed_others():
    assert planned("pop").harmony == planned("pop").harmony
    assert planned("pop").harmony != planned("pop", seed=1).harmony
    assert planned("pop").harmony != planned("pop", composer="reference").harmony


def test_jazz_gets_more_sevenths_and_quicker_changes_than_folk():
    def share(style):
        chords = [span.chord for seed in range(3) for span in planned(style, seed).harmony]
        return sum(len(chord.intervals) > 3 for chord in chords) / len(chords)

    assert share("jazz") > share("indie-folk") + 0.3
