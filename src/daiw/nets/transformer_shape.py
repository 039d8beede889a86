"""A writer's size and the names of its weights, shared by training (torch) and run time (numpy)."""

from dataclasses import dataclass

from daiw.tokens.layout import LAYOUTS, Layout


@dataclass(frozen=True, slots=True)
class Shape:
    """One small transformer.

    width: of the residual stream.  heads share one key and one value head of width `head`.  inner: SwiGLU width.
    condition: width of the control vector.  cross: layers that also attend to the phrases' controls.  window_bars: bars it sees at once.
    layout: name in LAYOUTS of what it sees and says.
    """

    width: int = 256
    layers: int = 6
    heads: int = 4
    head: int = 64
    inner: int = 704
    condition: int = 128
    cross: tuple[int, ...] = (2, 4)
    window_bars: int = 32
    layout: str = "lead"

    def __post_init__(self) -> None:
        if self.heads * self.head != self.width or self.head % 2 or any(not 0 <= layer < self.layers for layer in self.cross):
            raise ValueError(f"no such transformer: {self}")
        if self.layout not in LAYOUTS:
            raise ValueError(f"no such transformer: {self}")

    @property
    def table(self) -> Layout:
        """What it sees and says."""
        return LAYOUTS[self.layout]

    @property
    def phrases(self) -> int:
        """Entries of the conditioning memory, one for four bars."""
        return self.window_bars // 4

    def weights(self) -> dict[str, tuple[int, ...]]:
        """Name -> array shape of every weight; matrices are (out, in)."""
        d, c = self.width, self.condition
        shapes: dict[str, tuple[int, ...]] = {f"feature.{name}": (size, d) for name, size in self.table.features}
        shapes |= {f"control.{name}": (size, c) for name, size in self.table.controls}
        shapes["control_in"] = (d, c)
        for i in range(self.layers):
            shapes |= {
                f"{i}.scale": (2 * d, c),
                f"{i}.query": (d, d),
                f"{i}.key_value": (2 * self.head, d),
                f"{i}.out": (d, d),
                f"{i}.gate_up": (2 * self.inner, d),
                f"{i}.down": (d, self.inner),
            }
        for i in self.cross:
            shapes |= {
                f"{i}.cross_query": (d, d),
                f"{i}.cross_key_value": (2 * self.head, c),
                f"{i}.cross_bias": (2 * self.phrases - 1, self.heads),
                f"{i}.cross_out": (d, d),
            }
        shapes["head"] = (self.table.vocabulary, d)
        return shapes
