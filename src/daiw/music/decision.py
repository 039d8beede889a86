"""Why the song is as it is: every choice with its reason, evidence and the roads not taken."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice of one stage.

    stage: the verb that chose ("understand", "plan", ...).  subject: what was chosen ("bpm", "mode").
    choice: the result, as text with its unit.  because: one sentence for a musician.
    evidence: the words of the prompt or the figure that led here; may be empty.
    confidence: 0..1; 1.0 when the person said it.  alternatives: runners-up, best first.
    """

    stage: str
    subject: str
    choice: str
    because: str
    evidence: str = ""
    confidence: float = 1.0
    alternatives: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence must lie in 0..1, got {self.confidence}")
