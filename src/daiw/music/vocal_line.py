"""What a singer does in one breath, as sounds with times and as curves: everything can be seen, changed and sung again."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daiw.music.phoneme import base

STEP_S = 0.005
CURVES = ("f0_hz", "level_db", "effort", "breathiness", "whisper", "formant")
Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SungPhoneme:
    """One sound at its place.  symbol: ARPAbet, stress digit on vowels.  start_s, end_s: song time.  ends_word: a word ends after it."""

    symbol: str
    start_s: float
    end_s: float
    ends_word: bool = False

    def __post_init__(self) -> None:
        if not self.start_s < self.end_s:
            raise ValueError(f"a sound ends after it starts: {self}")

    @property
    def base(self) -> str:
        """The symbol without stress."""
        return base(self.symbol)


@dataclass(frozen=True, slots=True, eq=False)
class VocalLine:
    """One breath of singing.

    phonemes: gapless, in order.  The curves start at `start_s` of song time and have a point every `STEP_S`; they reach the end of
    the last sound.  f0_hz: pitch, also under sounds without voice.  level_db: loudness, 0 = ordinary.  effort: 0 hushed, 0.5 speaking,
    1 belted; sets the spectral tilt.  breathiness: 0..1, air in the tone.  whisper: 0 sung, 1 whispered.  formant: size of the
    mouth, 1 = the voice's own, above it smaller and brighter.
    breath_s: start and end of the breath taken before it, empty for none.  breath_db: its level.
    """

    phonemes: tuple[SungPhoneme, ...]
    start_s: float
    f0_hz: Curve
    level_db: Curve
    effort: Curve
    breathiness: Curve
    whisper: Curve
    formant: Curve
    breath_s: tuple[float, ...] = ()
    breath_db: float = -30.0

    def __post_init__(self) -> None:
        if not self.phonemes:
            raise ValueError("a line has at least one sound")
        points = len(self.f0_hz)
        for name in CURVES:
            curve = np.asarray(getattr(self, name), np.float32)
            if curve.shape != (points,) or not np.isfinite(curve).all():
                raise ValueError(f"{name} has {points} finite points, as f0_hz has, not {curve.shape}")
            curve = curve.view()
            curve.flags.writeable = False
            object.__setattr__(self, name, curve)

    @property
    def end_s(self) -> float:
        """Song time at the end of the last sound."""
        return self.phonemes[-1].end_s

    def at(self, curve: Curve, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """One of the curves at song times, straight between its points."""
        return np.interp(times_s, self.start_s + STEP_S * np.arange(len(curve)), curve)
