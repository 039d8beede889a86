from daiw.files.preset import preset_paths
from daiw.music.intent import Wishes
from daiw.train.band_bench import drummed_plans
from daiw.train.lead_bench import melodic_plans
from daiw.train.own_plans import own_intents, own_plans


def test_every_style_has_its_plans_and_the_same_ones_again():
    made = own_plans(2, Wishes(bars=16), seed=7, reach=0.9)
    assert [(plan.preset, plan.seed) for plan, _ in made] == [(name, number) for name in sorted(preset_paths()) for number in (0, 1)]
    assert all(plan.bars == 16 for plan, _ in made)
    assert made == own_plans(2, Wishes(bars=16), seed=7, reach=0.9)
    assert made != own_plans(2, Wishes(bars=16), seed=8, reach=0.9)


def test_one_style_may_be_asked_for_alone():
    made = own_intents(3, Wishes(bars=16), seed=5, reach=0.9, only="jazz")
    assert [(intent.seed, preset.name) for intent, preset in made] == [(0, "jazz"), (1, "jazz"), (2, "jazz")]
    assert len({intent.emotion.valence for intent, _ in made}) == 3


def test_melodies_and_drummers_are_judged_where_they_play():
    assert all("melody" in plan.roles and plan.bars == 64 for plan, _ in melodic_plans(1))
    drummed = drummed_plans(1, 16)
    assert drummed
    assert all("drums" in plan.roles and str(plan.meter) == "4/4" for plan, _ in drummed)
