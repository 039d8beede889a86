"""Sound: float32, shape (channels, frames), full scale 1.0, read-only."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from daiw.music.decision import Decision
from daiw.music.manifest import PluginRecord
from daiw.music.mixing import MixSettings

SAMPLE_RATE_HZ = 48_000


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """samples: (channels, frames) float32.  sample_rate: Hz."""

    samples: NDArray[np.float32]
    sample_rate: int = SAMPLE_RATE_HZ

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise ValueError(f"want (channels, frames) float32, got {self.samples.shape} {self.samples.dtype}")
        view = self.samples.view()
        view.flags.writeable = False
        object.__setattr__(self, "samples", view)

    @property
    def frames(self) -> int:
        """Length in frames."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.sample_rate


@dataclass(frozen=True, slots=True, eq=False)
class Stem:
    """One role or bus return, heard alone.

    decisions: what happened while it was rendered: an instrument that failed and the one that took its place.  plugins: the external
    plugins that sounded.
    """

    role: str
    audio: Audio
    decisions: tuple[Decision, ...] = ()
    plugins: tuple[PluginRecord, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """The stereo bus before mastering, the processed stems whose exact sum it is, and the settings that make it again.

    decisions: those of the stems, too.
    """

    audio: Audio
    stems: tuple[Stem, ...]
    decisions: tuple[Decision, ...] = ()
    settings: MixSettings | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Master:
    """The finished song and what was measured on it, name -> figure with the unit in the name."""

    audio: Audio
    measurements: dict[str, float] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
