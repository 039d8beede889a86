"""The three writers and their tables: lead (melody and chords), band (bass and keys), kit (drums)."""

from collections.abc import Mapping
from dataclasses import dataclass

from daiw.tokens.band_controls import BAND_CONTROLS, BAND_FELT
from daiw.tokens.band_walk import BAND_FEATURES, KIT_FEATURES, SIZES_OF_FEATURES
from daiw.tokens.controls import CONTROLS, FELT
from daiw.tokens.kit_controls import KIT_CONTROLS, KIT_FELT
from daiw.tokens.vocab import BAND_SIZE, SIZE
from daiw.tokens.walk import FEATURE_SIZES, FEATURES


@dataclass(frozen=True, slots=True)
class Layout:
    """What one network sees and says.

    vocabulary: number of token ids.  features: name and number of values of each column of a step.  controls: the same of each column
    of a bar's controls.  felt: controls that guidance strengthens.  told: others that training hides singly.  window_bars: bars at once.
    """

    name: str
    roles: tuple[str, ...]
    vocabulary: int
    features: tuple[tuple[str, int], ...]
    controls: tuple[tuple[str, int], ...]
    felt: tuple[str, ...]
    told: tuple[str, ...]
    window_bars: int

    def column(self, name: str) -> int:
        """The place of a control."""
        return [known for known, _ in self.controls].index(name)


def _features(names: tuple[str, ...], sizes: Mapping[str, int], vocabulary: int) -> tuple[tuple[str, int], ...]:
    return tuple((name, sizes.get(name, vocabulary)) for name in names)


LEAD = Layout("lead", ("melody", "chords"), SIZE, _features(FEATURES, FEATURE_SIZES, SIZE), CONTROLS, FELT, ("kind", "style", "minor"), 32)
BAND = Layout(
    "band", ("bass", "keys"), BAND_SIZE, _features(BAND_FEATURES, SIZES_OF_FEATURES, BAND_SIZE), BAND_CONTROLS, BAND_FELT,
    ("kind", "style", "minor"), 32,
)  # fmt: skip
KIT = Layout(
    "kit", ("drums",), BAND_SIZE, _features(KIT_FEATURES, SIZES_OF_FEATURES, BAND_SIZE), KIT_CONTROLS, KIT_FELT, ("style", "tempo"), 12
)
LAYOUTS: Mapping[str, Layout] = {layout.name: layout for layout in (LEAD, BAND, KIT)}
