"""The trained reader of feelings: small neural heads, in plain numpy, on what `feeling_layers` hear in a sentence.

Two readers are added: five networks, each trained on its own resampling of the public data and ours (bagging), and a
kernel regression on our own sentences, the anchors, which knows idiom, euphemism and the words of musicians. Where the
networks disagree the confidence falls. Training, data and measurements: `train/emotion.py` and `models/emotion/card.toml`.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.music.emotion import Emotion, EmotionReading
from daiw.nets.feeling_layers import FeelingLayers
from daiw.nets.text_encoder import EMBEDDING_SIZE, TextEncoder

WEIGHTS_PATH = Path(__file__).parents[1] / "models" / "emotion" / "heads.npz"
AXES = ("valence", "arousal", "dominance")
TEACHERS = ("EmoBank", "GoEmotions", "MusicCaps", "DAiW")
"""Each data set means its own thing by valence and arousal, so each has outputs of its own; the calibration weighs them."""
AXES_OUT, CALIBRATION = len(TEACHERS) * len(AXES), (len(AXES), len(TEACHERS) + 2)
THREADS = 2
"""One network run keeps one core busy."""
TEMPO_CENTRE_BPM, TEMPO_SPAN_BPM = 100.0, 60.0
"""A tempo prior of 0 and the distance from it to a prior of ±.76: arousal rises with tempo (Gabrielsson and Lindström 2010)."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Weights of the ensemble.

    mean, scale: (384,), standardise the embeddings.  w1: (members, 384, hidden), b1: (members, hidden),
    w2: (members, hidden, 3 * teachers + labels), b2: (members, 3 * teachers + labels); the axes teacher by teacher.
    anchors: (anchors, 384), unit length; pull: (anchors, 3), what each adds to an axis; width: the kernel is exp((cosine - 1) / width).
    calibration: (3, teachers + 2), for each axis the shares of the networks' outputs, teacher by teacher, of the anchors, and an offset.
    expected_error: (3,), error of each axis on held data, added to the spread of the members.
    prior_weights: (tempo, genre), shares of arousal that each prior takes where it is known.  labels: names, in order of columns.
    """

    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    w1: NDArray[np.float32]
    b1: NDArray[np.float32]
    w2: NDArray[np.float32]
    b2: NDArray[np.float32]
    anchors: NDArray[np.float32]
    pull: NDArray[np.float32]
    width: NDArray[np.float32]
    calibration: NDArray[np.float32]
    expected_error: NDArray[np.float32]
    prior_weights: NDArray[np.float32]
    labels: tuple[str, ...]

    @classmethod
    def load(cls, path: Path = WEIGHTS_PATH) -> "Heads":
        """Read the .npz that `train/emotion.py` writes; raises ModelError where it is missing or does not fit."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            labels = tuple(str(label) for label in arrays.pop("labels"))
            heads = cls(**{name: array.astype(np.float32) for name, array in arrays.items()}, labels=labels)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise ModelError(f"{path}: the emotion heads cannot be read ({error}); reinstall daiw") from error
        if heads.w1.shape[1] != EMBEDDING_SIZE or heads.w2.shape[2] != AXES_OUT + len(labels) or heads.calibration.shape != CALIBRATION:
            raise ModelError(f"{path}: the emotion heads have the shape of another version; reinstall daiw")
        return heads

    def outputs(self, embeddings: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(texts, 384) to the uncalibrated axes (members, texts, teachers, 3) and the logits of the labels (members, texts, labels)."""
        standard = (embeddings - self.mean) / self.scale
        hidden = np.maximum(standard[None] @ self.w1 + self.b1[:, None], 0.0)
        result = hidden @ self.w2 + self.b2[:, None]
        axes: NDArray[np.float32] = result[:, :, :AXES_OUT].reshape(*result.shape[:2], len(TEACHERS), len(AXES))
        logits: NDArray[np.float32] = result[:, :, AXES_OUT:]
        return axes, logits

    def kernel(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """(texts, 384) to (texts, 3): what the anchors say."""
        result: NDArray[np.float64] = np.exp((embeddings @ self.anchors.T - 1.0) / self.width).astype(np.float64) @ self.pull
        return result

    def axes(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """(texts, 384) to (members, texts, 3): calibrated valence, arousal and dominance, without priors and not yet clipped."""
        shares = self.calibration.astype(np.float64)
        networks = np.einsum("mntx,xt->mnx", self.outputs(embeddings)[0].astype(np.float64), shares[:, :-2])
        result: NDArray[np.float64] = networks + self.kernel(embeddings) * shares[:, -2] + shares[:, -1]
        return result

    def chances(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """(texts, 384) to (texts, labels): how likely each label holds, 0..1."""
        logits = self.outputs(embeddings)[1].astype(np.float64)
        result: NDArray[np.float64] = (1.0 / (1.0 + np.exp(-logits))).mean(axis=0)
        return result


def tempo_prior(bpm: float) -> float:
    """The arousal that a tempo alone suggests, -1..1."""
    return math.tanh((bpm - TEMPO_CENTRE_BPM) / TEMPO_SPAN_BPM)


class EmotionReader:
    """The `Reader` of the understand stage: text encoder, layers and heads, loaded at the first text; what was read is remembered.

    encoded: text -> its embedding, what was encoded before; the reader adds to it.
    """

    def __init__(
        self,
        encoder: TextEncoder | None = None,
        weights_path: Path = WEIGHTS_PATH,
        encoded: dict[str, NDArray[np.float32]] | None = None,
        layers: FeelingLayers | None = None,
    ) -> None:
        self._encoder = encoder or TextEncoder()
        self._layers = layers or FeelingLayers()
        self._weights_path = weights_path
        self._encoded = {} if encoded is None else encoded
        self._felt: dict[str, NDArray[np.float32]] = {}

    @cached_property
    def _heads(self) -> Heads:
        return Heads.load(self._weights_path)

    def feel(self, text: str, *, bpm: float | None = None, genre_arousal: float | None = None) -> EmotionReading:
        """Valence, arousal and dominance -1..1 with labels; a tempo in bpm and a genre's usual arousal -1..1 move arousal."""
        heads = self._heads
        embedding = self._felt_in(text)[None]
        axes = heads.axes(embedding)[:, 0]
        values = axes.mean(axis=0)
        for prior, weight in ((tempo_prior(bpm) if bpm else None, heads.prior_weights[0]), (genre_arousal, heads.prior_weights[1])):
            if prior is not None:
                values[1] += float(weight) * (prior - values[1])
        values = np.clip(values, -1.0, 1.0)
        error = np.hypot(axes.std(axis=0), heads.expected_error)
        sure = [_chance_of_sign(float(value), float(sd)) for value, sd in zip(values, error, strict=True)]
        chances = heads.chances(embedding)[0]
        order = np.argsort(-chances, kind="stable")
        labels = tuple((heads.labels[i], round(float(chances[i]), 4)) for i in order)
        valence, arousal, dominance = (round(float(value), 4) for value in values)
        return EmotionReading(Emotion(valence, arousal, dominance, labels), *sure)

    def read_ahead(self, texts: Sequence[str]) -> None:
        """Read texts on two threads, so that `feel` and `nearness` find them ready; each is read alone, so no number changes."""
        new = [text for text in dict.fromkeys(texts) if text not in self._felt]
        if len(new) > 1:
            with ThreadPoolExecutor(THREADS) as pool:
                loading = pool.submit(self._encoder.load)
                self._layers.load()
                _ = self._heads  # loaded meanwhile
                loading.result()
                list(pool.map(self._read, new))

    def nearness(self, text: str, others: Sequence[str]) -> tuple[float, ...]:
        """Cosine of the sentence embeddings, -1..1."""
        own = self._meaning(text)
        return tuple(float(own @ self._meaning(other)) for other in others)

    def _meaning(self, text: str) -> NDArray[np.float32]:
        if text not in self._encoded:
            self._read(text)
        return self._encoded[text]

    def _felt_in(self, text: str) -> NDArray[np.float32]:
        if text not in self._felt:
            self._read(text)
        return self._felt[text]

    def _read(self, text: str) -> None:
        """Remember what a text means and what is felt in it, (384,) each, of unit length."""
        read = self._encoder.read(text)
        self._encoded[text], self._felt[text] = read.meaning, self._layers.vector(read.middle)


def _chance_of_sign(value: float, sd: float) -> float:
    """The chance, .5..1, that the true value has the sign of `value`, were errors normal with this spread."""
    return 0.5 * (1.0 + math.erf(abs(value) / (max(sd, 1e-6) * math.sqrt(2.0))))
