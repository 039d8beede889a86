"""The data of the emotion heads: three public sets, our own sentences, and sentences composed from tables."""

import ast
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from daiw.words.genres import AROUSAL

Vad = tuple[float, float, float]

GO_EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire", "disappointment",
    "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
    "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)  # fmt: skip
OWN_LABELS = ("calm", "nostalgia", "longing", "loneliness", "tension", "triumph", "determination", "defiance", "awe")
"""Feelings that music knows and GoEmotions does not; only our own sentences teach them."""
LABELS = (*GO_EMOTIONS, *OWN_LABELS)

VAD_OF_LABEL: Mapping[str, Vad] = {
    "admiration": (0.6, 0.2, 0.1), "amusement": (0.6, 0.5, 0.2), "anger": (-0.6, 0.8, 0.4), "annoyance": (-0.4, 0.5, 0.1),
    "approval": (0.4, 0.0, 0.2), "caring": (0.4, -0.2, 0.2), "confusion": (-0.2, 0.2, -0.3), "curiosity": (0.1, 0.2, 0.0),
    "desire": (0.3, 0.3, 0.1), "disappointment": (-0.5, -0.2, -0.3), "disapproval": (-0.4, 0.3, 0.1), "disgust": (-0.6, 0.4, 0.1),
    "embarrassment": (-0.4, 0.2, -0.4), "excitement": (0.7, 0.7, 0.3), "fear": (-0.6, 0.6, -0.5), "gratitude": (0.6, 0.0, 0.1),
    "grief": (-0.8, -0.4, -0.5), "joy": (0.8, 0.5, 0.3), "love": (0.7, 0.2, 0.2), "nervousness": (-0.3, 0.4, -0.4),
    "optimism": (0.5, 0.2, 0.3), "pride": (0.6, 0.4, 0.5), "realization": (0.0, 0.1, 0.0), "relief": (0.5, -0.3, 0.2),
    "remorse": (-0.6, -0.2, -0.4), "sadness": (-0.6, -0.4, -0.4), "surprise": (0.1, 0.6, -0.1), "neutral": (0.0, 0.0, 0.0),
}  # fmt: skip
"""Where we place each GoEmotions label (after Russell 1980, by hand): weak teachers of the three numbers."""

MUSIC_WORDS: Mapping[str, tuple[float | None, float | None]] = {
    "sad": (-0.6, -0.5), "melancholic": (-0.5, -0.5), "melancholy": (-0.5, -0.5), "emotional": (-0.2, -0.1), "dark": (-0.4, 0.1),
    "eerie": (-0.5, 0.1), "haunting": (-0.4, 0.0), "sinister": (-0.6, 0.3), "scary": (-0.6, 0.5), "suspenseful": (-0.4, 0.5),
    "tense": (-0.5, 0.5), "intense": (-0.1, 0.6), "aggressive": (-0.4, 0.8), "angry": (-0.6, 0.8), "heavy": (-0.2, 0.5),
    "ominous": (-0.6, 0.2), "gloomy": (-0.6, -0.4), "mysterious": (-0.2, 0.0), "spooky": (-0.4, 0.2), "creepy": (-0.5, 0.2),
    "happy": (0.7, 0.5), "cheerful": (0.7, 0.5), "joyful": (0.8, 0.5), "fun": (0.6, 0.5), "playful": (0.5, 0.4), "upbeat": (0.5, 0.6),
    "uplifting": (0.6, 0.4), "exciting": (0.5, 0.7), "energetic": (0.4, 0.8), "groovy": (0.4, 0.4), "party": (0.5, 0.7),
    "danceable": (0.4, 0.6), "vibrant": (0.5, 0.5), "lively": (0.5, 0.6), "passionate": (0.1, 0.3), "romantic": (0.5, -0.3),
    "sentimental": (0.1, -0.4), "nostalgic": (0.1, -0.3), "dreamy": (0.3, -0.5), "ethereal": (0.3, -0.5), "calm": (0.5, -0.7),
    "calming": (0.5, -0.7), "relaxing": (0.5, -0.7), "peaceful": (0.6, -0.7), "soothing": (0.5, -0.7), "mellow": (0.3, -0.5),
    "chill": (0.3, -0.5), "gentle": (0.4, -0.6), "soft": (0.2, -0.5), "meditative": (0.3, -0.7), "hypnotic": (0.0, 0.0),
    "epic": (0.2, 0.6), "heroic": (0.5, 0.6), "triumphant": (0.7, 0.6), "inspiring": (0.6, 0.3), "hopeful": (0.5, 0.1),
    "soulful": (0.2, 0.0), "cool": (0.3, 0.1), "sexy": (0.4, 0.3), "sensual": (0.4, 0.0), "funky": (0.5, 0.5), "cute": (0.5, 0.2),
    "funny": (0.5, 0.4), "quirky": (0.3, 0.3), "loud": (-0.1, 0.7), "chaotic": (-0.3, 0.7), "dissonant": (-0.5, 0.3),
    "slow tempo": (None, -0.6), "medium tempo": (None, 0.0), "medium to uptempo": (None, 0.3), "mid-tempo": (None, 0.0),
    "fast tempo": (None, 0.6), "up-tempo": (None, 0.6), "uptempo": (None, 0.6), "slow": (None, -0.5), "fast": (None, 0.6),
    "ballad": (-0.1, -0.5), "lullaby": (0.4, -0.8), "ambient": (0.1, -0.7), "death metal": (-0.6, 0.9), "metal": (-0.3, 0.8),
    "techno": (0.1, 0.7), "edm": (0.4, 0.7), "trance": (0.4, 0.7), "house": (0.4, 0.6), "dubstep": (-0.1, 0.7),
}  # fmt: skip
"""Mood and tempo words of MusicCaps' aspect lists with the valence and arousal we hear in them; None where a word says nothing."""


@dataclass(frozen=True, slots=True)
class Example:
    """One sentence to learn from.

    vad: valence, arousal, dominance -1..1, NaN where unknown.  labels: those that hold.
    known: the labels that were judged at all; the others are not trained by this example.  weight: of its errors.
    """

    text: str
    vad: Vad
    labels: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    weight: float = 1.0
    source: str = field(default="")


_NAN = float("nan")


def emobank(folder: Path) -> dict[str, list[Example]]:
    """EmoBank by its official split; scores z-scored on the training part and scaled by .35, since they barely spread."""
    rows = list(csv.DictReader((folder / "emobank.csv").open(encoding="utf-8", newline="")))
    scores = np.array([[float(row[axis]) for axis in "VAD"] for row in rows])
    training = np.array([row["split"] == "train" for row in rows])
    z = np.clip(0.35 * (scores - scores[training].mean(axis=0)) / scores[training].std(axis=0), -1.0, 1.0)
    parts: dict[str, list[Example]] = {"train": [], "dev": [], "test": []}
    for row, vad in zip(rows, z, strict=True):
        parts[row["split"]].append(Example(row["text"], (float(vad[0]), float(vad[1]), float(vad[2])), source="emobank", weight=4.0))
    return parts


def goemotions(folder: Path, part: str) -> list[Example]:
    """GoEmotions: labels, and the mean place of the labels as a weak teacher of the three numbers."""
    names = (folder / "labels.txt").read_text().split()
    examples = []
    for line in (folder / f"{part}.tsv").read_text(encoding="utf-8").splitlines():
        text, ids, *_ = line.split("\t")
        labels = frozenset(names[int(i)] for i in ids.split(","))
        vad = np.mean([VAD_OF_LABEL[label] for label in labels], axis=0)
        examples.append(Example(text, (vad[0], vad[1], vad[2]), labels, frozenset(GO_EMOTIONS), weight=0.5, source="goemotions"))
    return examples


def musiccaps(folder: Path) -> list[Example]:
    """MusicCaps: captions, and aspect lists, with the mean of the mood and tempo words among the aspects; others are left out."""
    examples = []
    for row in csv.DictReader((folder / "musiccaps-public.csv").open(encoding="utf-8", newline="")):
        aspects = [str(aspect).lower() for aspect in ast.literal_eval(row["aspect_list"])]
        hits = [scores for word, scores in MUSIC_WORDS.items() if any(word in aspect for aspect in aspects)]
        valences = [valence for valence, _ in hits if valence is not None]
        arousals = [arousal for _, arousal in hits if arousal is not None]
        if not hits:
            continue
        vad = (float(np.mean(valences)) if valences else _NAN, float(np.mean(arousals)) if arousals else _NAN, _NAN)
        for text in (row["caption"], ", ".join(aspects)):
            examples.append(Example(text, vad, weight=0.5, source="musiccaps"))
    return examples


_SENTENCES = tuple(sorted(Path(__file__).parent.glob("emotion_sentences*.txt")))


def own_sentences(paths: Sequence[Path] = _SENTENCES) -> list[Example]:
    """Our own sentences, each once; the head of each block gives labels and the three numbers."""
    examples = {example.text: example for path in paths for example in _blocks(path)}
    return list(examples.values())


def _blocks(path: Path) -> list[Example]:
    """The sentences of one file."""
    examples: list[Example] = []
    labels: frozenset[str] = frozenset()
    vad: Vad = (_NAN, _NAN, _NAN)
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            _, names, *numbers = line.split()
            labels = frozenset() if names == "-" else frozenset(names.split(","))
            vad = (float(numbers[0]), float(numbers[1]), float(numbers[2]))
            unknown = labels - set(LABELS)
            if unknown:
                raise ValueError(f"{path}: unknown labels {sorted(unknown)}")
        elif line and not line.startswith("#"):
            known = frozenset(LABELS) if labels else frozenset()
            examples.append(Example(line, vad, labels, known, weight=3.0, source="own"))
    return examples


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
    return Example(text, (valence, arousal, _NAN), weight=weight, source="composed")


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


def texts_of(examples: Iterable[Example]) -> list[str]:
    """Their texts, in order."""
    return [example.text for example in examples]
