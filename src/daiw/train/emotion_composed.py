"""Sentences composed from tables: feelings said outright, feelings that are over, and music briefs."""

from itertools import product

import numpy as np

from daiw.train.emotion_data import NAN, Example
from daiw.words.genres import AROUSAL

_BAD = {
    "sad": (-0.6, -0.4), "lonely": (-0.5, -0.4), "hurt": (-0.5, -0.1), "scared": (-0.5, 0.5), "worried": (-0.4, 0.3), "bitter": (-0.5, 0.1),
    "ashamed": (-0.5, -0.2), "broken": (-0.6, -0.3), "jealous": (-0.4, 0.5), "furious": (-0.6, 0.8), "anxious": (-0.5, 0.6),
    "depressed": (-0.7, -0.6), "mad at the world": (-0.5, 0.7), "heartsick": (-0.6, -0.4), "miserable": (-0.7, -0.4), "lost": (-0.4, -0.2),
    "upset": (-0.5, 0.2), "cross": (-0.4, 0.4), "resentful": (-0.5, 0.3), "frightened": (-0.6, 0.5), "irritated": (-0.4, 0.4),
}  # fmt: skip
_GOOD = {
    "glad": (0.5, 0.3), "in love": (0.7, 0.4), "hopeful": (0.5, 0.2), "excited": (0.6, 0.7), "proud": (0.6, 0.3), "joyful": (0.8, 0.6),
    "cheerful": (0.6, 0.4), "safe": (0.5, -0.4), "loved": (0.6, 0.0), "at peace": (0.6, -0.6), "thrilled": (0.7, 0.7), "free": (0.6, 0.3),
    "content": (0.5, -0.5), "relaxed": (0.5, -0.6), "strong": (0.5, 0.4), "lucky": (0.6, 0.3),
}  # fmt: skip
_BAD_NOUNS = ("sorrow", "rage", "pain", "fear", "grief", "anxiety", "shame", "loneliness", "despair", "bitterness", "dread", "jealousy")
_GOOD_NOUNS = ("laughter", "hope", "love", "peace", "comfort", "music", "warmth", "happiness", "trust", "light", "tenderness", "fun")

_STATE_FRAMES = (
    ("I am {}", 1.0),
    ("I feel so {}", 1.0),
    ("we were {} all day", 0.9),
    ("tonight I'm {}", 1.0),
    ("a song for when you are {}", 0.8),
)
_BAD_GONE = (
    "I'm not {} any longer",
    "I used to be {}, not now",
    "I don't feel {} these days",
    "for once I am not {}",
    "she is no longer {}",
    "I stopped being {} with him",
    "I'm not {} at all any more",
    "there is no reason to be {} now",
)
_GOOD_GONE = (
    "I am not {}",
    "I don't feel {} any longer",
    "I used to be {}, not now",
    "I can't be {} without you",
    "nobody here is {}",
    "I was never {}",
)
_NOUN_GONE = ("the {} is gone", "no {} is left in me", "without {}", "all my {} went away", "there's no {} here", "I have no {} now")

_MOODS = {
    "sad": (-0.6, -0.4),
    "melancholic": (-0.5, -0.5),
    "happy": (0.7, 0.4),
    "joyful": (0.8, 0.5),
    "dark": (-0.4, 0.1),
    "angry": (-0.6, 0.8),
    "peaceful": (0.6, -0.7),
    "gentle": (0.4, -0.6),
    "aggressive": (-0.4, 0.8),
    "uplifting": (0.6, 0.4),
    "euphoric": (0.8, 0.8),
    "nostalgic": (0.2, -0.3),
    "menacing": (-0.5, 0.4),
    "dreamy": (0.3, -0.5),
    "tender": (0.5, -0.5),
    "bleak": (-0.6, -0.4),
    "triumphant": (0.7, 0.6),
    "chill": (0.4, -0.5),
    "sunny": (0.6, 0.3),
    "tense": (-0.5, 0.6),
    "hopeful": (0.5, 0.2),
    "lonely": (-0.5, -0.5),
    "playful": (0.5, 0.4),
    "eerie": (-0.4, 0.0),
    "energetic": (0.4, 0.7),
    "heartbroken": (-0.7, -0.4),
    "festive": (0.7, 0.7),
    "warm": (0.4, -0.3),
}
_TEMPI = {"slow": -0.5, "very slow": -0.7, "mid-tempo": 0.0, "fast": 0.5, "up-tempo": 0.5, "half-time": -0.2, "driving": 0.5, "": 0.0}
_GENRE_VALENCE = {
    "doom": -0.5,
    "doom metal": -0.5,
    "funeral doom": -0.7,
    "requiem": -0.6,
    "death metal": -0.6,
    "black metal": -0.6,
    "thrash": -0.4,
    "hardcore": -0.3,
    "metal": -0.3,
    "industrial": -0.4,
    "drill": -0.3,
    "trap": -0.1,
    "grunge": -0.3,
    "blues": -0.3,
    "adagio": -0.3,
    "gospel": 0.6,
    "disco": 0.6,
    "funk": 0.5,
    "ska": 0.5,
    "salsa": 0.6,
    "samba": 0.7,
    "edm": 0.5,
    "house": 0.5,
    "pop": 0.5,
    "bossa nova": 0.5,
    "lullaby": 0.4,
    "reggae": 0.5,
    "afrobeat": 0.5,
    "bluegrass": 0.5,
    "polka": 0.6,
    "swing": 0.5,
    "soul": 0.3,
    "k-pop": 0.6,
    "trance": 0.4,
    "lofi": 0.3,
    "spa": 0.5,
    "meditation": 0.4,
    "music box": 0.2,
    "waltz": 0.3,
    "synthwave": 0.3,
    "drum and bass": 0.3,
    "dub": 0.2,
}


def _composed(text: str, valence: float, arousal: float, weight: float = 1.4) -> Example:
    """One composed example; composed sentences say nothing of dominance."""
    return Example(text, (valence, arousal, NAN), weight=weight, source="composed")


def states() -> list[Example]:
    """Feelings said outright, in several frames."""
    return [
        _composed(frame.format(word), valence * share, arousal * share)
        for (word, (valence, arousal)), (frame, share) in product([*_BAD.items(), *_GOOD.items()], _STATE_FRAMES)
    ]


def negations() -> list[Example]:
    """Feelings that are over, absent or impossible: relief where the feeling was bad, loss where it was good."""
    examples = [
        _composed(frame.format(word), 0.35, -0.25 if arousal > 0 else -0.05)
        for (word, (_, arousal)), frame in product(_BAD.items(), _BAD_GONE)
    ]
    examples += [
        _composed(frame.format(word), -0.5, -0.3 if arousal > -0.3 else 0.2)
        for (word, (_, arousal)), frame in product(_GOOD.items(), _GOOD_GONE)
    ]
    examples += [_composed(frame.format(noun), 0.4, -0.3) for noun, frame in product(_BAD_NOUNS, _NOUN_GONE)]
    examples += [_composed(frame.format(noun), -0.5, -0.3) for noun, frame in product(_GOOD_NOUNS, _NOUN_GONE)]
    return examples


def briefs(rng: np.random.Generator, count: int = 900) -> list[Example]:
    """Music briefs: every genre alone, then `count` random meetings of mood, tempo and genre."""
    genres, moods, tempi = list(AROUSAL), list(_MOODS), list(_TEMPI)
    examples = [
        _composed(frame.format(genre), _GENRE_VALENCE.get(genre, 0.1), AROUSAL[genre])
        for genre, frame in product(genres, ("{}", "a {} track", "make me some {}"))
    ]
    for _ in range(count):
        genre, mood, tempo = (str(rng.choice(words)) for words in (genres, moods, tempi))
        (valence, arousal), prior = _MOODS[mood], _GENRE_VALENCE.get(genre, 0.1)
        text = str(rng.choice(["{t} {m} {g}", "{m} {g}, {t}", "{g}, {m} and {t}", "a {m} {g} track, {t}"]))
        words = " ".join(text.format(t=tempo, m=mood, g=genre).replace("and ,", ",").split()).strip(" ,").removesuffix(" and")
        mixed = 0.45 * arousal + 0.35 * AROUSAL[genre] + 0.5 * _TEMPI[tempo]
        examples.append(_composed(words, 0.8 * valence + 0.2 * prior, float(np.clip(mixed, -0.9, 0.9)), 0.7))
    return examples
