"""Feeling as numbers: valence, arousal and dominance, each -1..1, and names that explain them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Emotion:
    """A point in the circumplex with dominance (Russell 1980; Mehrabian 1996), and its likely names.

    valence: -1 unpleasant .. 1 pleasant.  arousal: -1 calm .. 1 excited.  dominance: -1 helpless .. 1 in control.
    labels: (name, probability 0..1), likeliest first; they explain, the numbers steer.
    """

    valence: float
    arousal: float
    dominance: float = 0.0
    labels: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name in ("valence", "arousal", "dominance"):
            if not -1.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in -1..1, got {getattr(self, name)}")

    def towards(self, other: "Emotion", share: float) -> "Emotion":
        """The feeling that lies `share` (0..1) of the way to another; the names stay.

        >>> Emotion(-0.5, 0.0).towards(Emotion(0.5, 1.0, 0.4), 0.5)
        Emotion(valence=0.0, arousal=0.5, dominance=0.2, labels=())
        """
        valence, arousal, dominance = (
            round((1.0 - share) * own + share * its, 4)
            for own, its in ((self.valence, other.valence), (self.arousal, other.arousal), (self.dominance, other.dominance))
        )
        return Emotion(valence, arousal, dominance, self.labels)

    @property
    def quadrant(self) -> str:
        """Two signs, valence then arousal: "++", "+-", "-+" or "--"."""
        return ("+" if self.valence >= 0 else "-") + ("+" if self.arousal >= 0 else "-")


@dataclass(frozen=True, slots=True)
class EmotionReading:
    """A feeling as some reader heard it, and how sure it is of each number.

    valence_confidence, arousal_confidence, dominance_confidence: 0..1, the chance that the sign is right.
    """

    emotion: Emotion
    valence_confidence: float
    arousal_confidence: float
    dominance_confidence: float
