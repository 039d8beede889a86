"""Theory with a trained drummer: drums are his where he plays the style, and nothing else changes."""

import pytest

from daiw.composer.reference import ReferenceComposer
from daiw.files.preset import load_preset, preset_paths
from daiw.live.writer import WriterOptions, by_network
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.time import Meter
from daiw.nets.mixed import MixedComposer
from daiw.pipeline import compose, plan
from daiw.studio import Studio


def scores(name, meter=None):
    preset = load_preset(preset_paths()[name])
    made = plan(Intent("", Emotion(0.3, 0.5), Wishes(bars=12, meter=meter or Meter(4, 4)), seed=4), preset)
    return [compose(made, preset, composer=composer) for composer in ("reference", "mixed")]


def test_the_drums_are_the_trained_drummers_and_every_other_part_is_theorys():
    theory, mixed = scores("rock")
    for part in theory.parts:
        assert (mixed.part(part.role).notes == part.notes) == (part.role != "drums"), part.role
    assert len({note.late_ms for note in mixed.part("drums").notes}) > 20
    said = next(decision for decision in mixed.decisions if decision.subject == "drums")
    assert (said.choice, said.alternatives) == ("trained drummer", ("reference composer",))
    assert "nearer to recorded drummers" in said.because
    again = scores("rock")[1]
    assert again == mixed


@pytest.mark.parametrize(("name", "meter", "why"), [("house", None, "house groove"), ("rock", Meter(6, 8), "6/8")])
def test_drums_that_he_has_not_learnt_stay_theorys_and_no_weights_are_loaded(name, meter, why):
    preset = load_preset(preset_paths()[name])
    made = plan(Intent("", Emotion(0.3, 0.5), Wishes(bars=8, meter=meter or Meter(4, 4)), seed=4), preset)
    theory = ReferenceComposer(preset.compose)

    def load():
        raise AssertionError("the drummer's weights were loaded")

    composer = MixedComposer(load, preset.compose, theory)
    assert composer.write(made, "drums", ()) == theory.write(made, "drums", ())
    assert why in composer.decisions[-1].because


def test_a_mixed_song_states_the_drummers_weights_and_live_the_parts_stay_theorys():
    stated = Studio().weights("mixed")
    assert "kit.safetensors" in stated
    assert "band.safetensors" not in stated
    assert Studio().harmonist("mixed") is None
    assert not by_network(WriterOptions(composer="mixed"))
    assert by_network(WriterOptions(composer="neural"))
