"""How drummers of each style play: how busy, how loud, with how many kicks, as measured on those that the network learnt from.

Quantiles over phrases of four bars of the grooves (no fills) in the training split of the Groove MIDI Dataset (Gillick et al. 2019).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the phrases, that lie below each number of a table."""


@dataclass(frozen=True, slots=True)
class Drummer:
    """One style's drummers.

    densities: strokes a quarter, at SHARES.  loudness: mean MIDI velocity, at SHARES.  most_kicks: in a bar, 95 % of the bars.
    softest_kick: index of STRENGTHS below which fewer than a tenth of the kicks lie.  downbeats: whether the kick marks them; jazz
    leaves them to the cymbal.
    """

    densities: tuple[float, ...]
    loudness: tuple[float, ...]
    most_kicks: int
    softest_kick: int = 2
    downbeats: bool = True

    def density(self, share: float) -> float:
        """Strokes a quarter of a phrase that is busier than `share` of theirs."""
        return float(np.interp(share, SHARES, self.densities))

    def velocity(self, share: float) -> float:
        """Mean velocity of a phrase that is louder than `share` of theirs."""
        return float(np.interp(share, SHARES, self.loudness))


DRUMMERS: Mapping[str, Drummer] = {
    "rock": Drummer((2.9, 3.7, 4.2, 4.9, 6.3), (56, 67, 73, 82, 96), 6),
    "funk": Drummer((3.5, 4.4, 5.3, 5.9, 6.9), (53, 62, 68, 78, 87), 7),
    "jazz": Drummer((2.4, 2.9, 3.3, 3.8, 5.3), (53, 61, 67, 76, 96), 5, softest_kick=0, downbeats=False),
    "latin": Drummer((4.4, 5.1, 5.7, 6.3, 7.0), (45, 53, 61, 74, 87), 8),
    "hiphop": Drummer((3.1, 3.6, 4.2, 5.2, 6.6), (61, 69, 75, 81, 91), 7),
    "soul": Drummer((3.4, 4.0, 4.4, 4.8, 5.2), (47, 52, 63, 73, 82), 7, softest_kick=1),
    "punk": Drummer((4.1, 4.8, 5.0, 5.1, 5.2), (63, 67, 70, 76, 81), 7),
    "country": Drummer((3.1, 3.5, 5.0, 5.2, 6.1), (53, 57, 61, 65, 69), 5),
    "reggae": Drummer((3.6, 4.3, 4.5, 4.6, 5.4), (51, 54, 56, 58, 63), 5),
    "pop": Drummer((2.6, 3.6, 3.8, 4.0, 4.3), (67, 69, 71, 74, 78), 5),
}
