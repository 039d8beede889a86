"""The harmony network's size and the names of its weights, shared by training (torch) and run time (numpy)."""

from dataclasses import dataclass

from daiw.tokens.harmony import FEATURE_SIZES, FEATURES, SIZE
from daiw.tokens.layout import Layout

CHART = Layout("chart", ("chords",), SIZE, tuple((name, FEATURE_SIZES[name]) for name in FEATURES), (), (), (), 1)
"""What the network sees and says.  It has no controls: what it is told stands in its stream."""


@dataclass(frozen=True, slots=True)
class HarmonyShape:
    """One small transformer.  width: of the residual stream.  heads share one key and one value head of width `head`.  inner: SwiGLU."""

    width: int = 192
    layers: int = 4
    heads: int = 3
    head: int = 64
    inner: int = 512

    def __post_init__(self) -> None:
        if self.heads * self.head != self.width or self.head % 2 or self.layers < 1:
            raise ValueError(f"no such transformer: {self}")

    @property
    def table(self) -> Layout:
        """What it sees and says."""
        return CHART

    @property
    def cross(self) -> tuple[int, ...]:
        """No layer attends to a memory of controls."""
        return ()

    @property
    def phrases(self) -> int:
        """Entries of that memory."""
        return 1

    @property
    def window_bars(self) -> int:
        """Places with conditions of their own: one, whose conditions change nothing."""
        return 1

    def weights(self) -> dict[str, tuple[int, ...]]:
        """Name -> array shape of every weight; matrices are (out, in)."""
        d = self.width
        shapes: dict[str, tuple[int, ...]] = {f"feature.{name}": (FEATURE_SIZES[name], d) for name in FEATURES}
        for i in range(self.layers):
            shapes |= {
                f"{i}.query": (d, d),
                f"{i}.key_value": (2 * self.head, d),
                f"{i}.out": (d, d),
                f"{i}.gate_up": (2 * self.inner, d),
                f"{i}.down": (d, self.inner),
            }
        shapes["head"] = (SIZE, d)
        return shapes
