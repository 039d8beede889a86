"""Captions of a few bars, from the file's own metadata and what can be measured in them; nobody wrote or rated them.

The feeling is the additive model's of `tokens.controls`, said in words of its quadrant; a caption tells some of what is true, never all.
"""

import numpy as np

from daiw.tokens.controls import feelings, phrase_cues
from daiw.tokens.sheet import Sheet

FEELINGS = {
    (1, 1): (
        "joyful", "euphoric", "excited", "triumphant", "dancing till morning", "the best day of my life", "happy and full of energy",
        "celebrating with everybody", "thrilled", "a summer party",
    ),
    (1, -1): (
        "peaceful", "tender", "content", "warm and gentle", "a quiet morning with you", "grateful and calm", "in love, softly", "serene",
        "soothing", "a lullaby for a sleeping child",
    ),
    (-1, 1): (
        "angry", "anxious", "desperate", "tense and restless", "running from what I did", "furious at everyone", "afraid of the dark",
        "defiant", "panicked", "a storm that will not end",
    ),
    (-1, -1): (
        "sad", "lonely", "grieving", "melancholy", "somebody I lost", "after the funeral", "tired and empty", "regretful", "mournful",
        "rain on an empty street",
    ),
}  # fmt: skip
"""Signs of valence and arousal -> words; the last UNSEEN of each are kept from training, to judge by words that were not learnt."""

UNSEEN = 2

SURE = 0.15
"""Valence or arousal nearer to 0 than this has no sign to tell."""

BANDS = {
    "tempo": (np.log2(76.0), np.log2(108.0), ("slow", "a ballad", "unhurried", "dragging"), ("fast", "up-tempo", "quick", "driving")),
    "density": (0.85, 1.45, ("sparse", "few notes", "with room to breathe"), ("busy", "many notes", "a chattering melody")),
    "register": (67.0, 73.0, ("low", "in a low register", "dark"), ("high", "in a high register", "bright")),
    "leap": (1.8, 2.8, ("stepwise", "smooth melody", "hardly moving"), ("wide leaps", "an angular melody", "reaching up")),
    "offbeat": (0.33, 0.55, ("on the beat", "square rhythm", "plain rhythm"), ("syncopated", "off the beat", "swaying rhythm")),
    "articulation": (0.06, 0.3, ("legato", "flowing", "sustained"), ("staccato", "short notes", "detached")),
    "dissonance": (0.3, 0.55, ("simple chords", "consonant", "plain triads"), ("rich chords", "sevenths", "dissonant, coloured harmony")),
}
"""Cue -> (low edge, high edge, words below, words above); between the edges nothing is said."""

GENRES = {
    "pop909": ("pop song", "pop ballad", "Chinese pop", "a song for the radio"),
    "openewld": ("an old standard", "tin pan alley song", "a jazz standard", "show tune"),
    "lieder": ("art song", "a romantic lied", "nineteenth-century song", "classical song for voice and piano"),
}
METERS = {
    "3/4": ("a waltz", "in three", "3/4"),
    "6/8": ("in six-eight", "lilting", "a barcarolle"),
    "2/4": ("in two", "a march"),
    "4/4": (),
}
MODES = {True: ("in minor", "minor key"), False: ("in major", "major key")}
TOLD = 0.55
"""Chance that something true is told."""


def truths(sheet: Sheet, *, music: bool = True, unseen: bool = False) -> list[tuple[str, ...]]:
    """Everything that can be said of a sheet, each in several words.  music: False says the feeling alone.  unseen: in unlearnt words."""
    cues = phrase_cues(sheet, 0, sheet.bars)
    valence, arousal, _ = feelings(cues)
    found = []
    if abs(valence) >= SURE or abs(arousal) >= SURE:
        words = FEELINGS[(1 if valence >= 0 else -1, 1 if arousal >= 0 else -1)]
        found.append(words[-UNSEEN:] if unseen else words[:-UNSEEN])
    if not music:
        return found
    for name, (low, high, below, above) in BANDS.items():
        if cues[name] <= low:
            found.append(below)
        elif cues[name] >= high:
            found.append(above)
    found += [words for words in (MODES[sheet.minor], METERS[sheet.meter], GENRES[sheet.style]) if words]
    return found


def caption(sheet: Sheet, rng: np.random.Generator, *, music: bool = True, unseen: bool = False) -> str:
    """Some of what is true, in any order; never nothing, where anything can be said.  music, unseen: as in `truths`."""
    true = truths(sheet, music=music, unseen=unseen)
    said = [words for words in true if rng.random() < TOLD] or true[:1]
    return ", ".join(str(words[int(rng.integers(len(words)))]) for words in (said[i] for i in rng.permutation(len(said))))
