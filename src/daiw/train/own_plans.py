"""Plans of our own planner in every installed style, over feelings spread evenly: what the composers are judged on besides real songs."""

import numpy as np

from daiw.files.preset import load_preset, preset_paths
from daiw.music.emotion import Emotion
from daiw.music.intent import Intent, Wishes
from daiw.music.plan import Plan
from daiw.music.preset import Preset
from daiw.pipeline import plan

LEAD_SEED, LEAD_REACH = 7, 0.9
FEELINGS_SEED = 5
DRUMS_SEED, DRUMS_REACH = 11, 0.8
"""Each figure keeps the feelings that it was first measured with."""


def own_intents(count: int, wishes: Wishes, *, seed: int, reach: float, only: str = "") -> list[tuple[Intent, Preset]]:
    """`count` feelings for every style, or for one.

    seed, reach: of the feelings, each axis within -reach..reach.
    """
    rng = np.random.default_rng(seed)
    found = []
    for name, path in sorted(preset_paths().items()):
        if only not in ("", name):
            continue
        preset = load_preset(path)
        for number in range(count):
            valence, arousal, dominance = (float(x) for x in rng.uniform(-reach, reach, 3))
            found.append((Intent("", Emotion(valence, arousal, dominance), wishes, seed=number), preset))
    return found


def own_plans(count: int, wishes: Wishes, *, seed: int, reach: float, composer: str = "reference") -> list[tuple[Plan, Preset]]:
    """Plans of `own_intents`.  composer: who writes form and chords."""
    intents = own_intents(count, wishes, seed=seed, reach=reach)
    return [(plan(intent, preset, composer=composer), preset) for intent, preset in intents]
