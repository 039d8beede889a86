"""The data of the reader of feelings: three public sets and our own sentences; `emotion_composed` adds some from tables."""

import ast
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

Vad = tuple[float, float, float]

GO_EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion", "curiosity", "desire", "disappointment",
    "disapproval", "disgust", "embarrassment", "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism",
    "pride", "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)  # fmt: skip
OWN_LABELS = ("calm", "nostalgia", "longing", "loneliness", "tension", "triumph", "determination", "defiance", "awe")
"""Feelings that music knows and GoEmotions does not; only our own sentences teach them."""
LABELS = (*GO_EMOTIONS, *OWN_LABELS)
SOURCE_TEACHERS = {"emobank": 0, "goemotions": 1, "musiccaps": 2, "own": 3, "composed": 3}
"""Source -> place in `nets.emotion_heads.TEACHERS`."""

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


NAN = float("nan")


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
        vad = (float(np.mean(valences)) if valences else NAN, float(np.mean(arousals)) if arousals else NAN, NAN)
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
    vad: Vad = (NAN, NAN, NAN)
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


def texts_of(examples: Iterable[Example]) -> list[str]:
    """Their texts, in order."""
    return [example.text for example in examples]
