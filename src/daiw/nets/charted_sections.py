"""What real sections are like, all values of one together: the harmony network is asked for one of them, not for any mixture.

Values drawn each by itself are of sections that nobody wrote: a few sevenths, some roughness and half of the time on major thirds are, in
minor, a dominant seventh at the end of every loop.  The table holds Billboard's training verses and choruses
(`daiw.train.harmony_sections`).
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError
from daiw.tokens.harmony_levels import TOLD

SECTIONS_PATH = Path(__file__).parent.parent / "models" / "harmony" / "sections.csv"
COLUMNS = ("minor", *TOLD, "distinct")

APART: Mapping[str, float] = {"brightness": 0.1, "changes": 0.3, "tension": 0.06, "sevenths": 0.25, "foreign": 0.2}
"""How far two sections differ in a value to count as one apart; changes in octaves.  Returns come as the section has them."""

CHANCE = 1.0
"""How much of the choice is the seed's: the scale of the noise (Gumbel's) on squared distances."""

LEAST_CHANGES = 0.1
"""Changes a bar of a section that has fewer, so that octaves can be taken."""


@lru_cache(maxsize=1)
def charted() -> NDArray[np.float64]:
    """(sections, len(COLUMNS)); raises ModelError where the table is missing or damaged."""
    try:
        head, *lines = SECTIONS_PATH.read_text(encoding="ascii").splitlines()
        table = np.array([[float(value) for value in line.split(",")] for line in lines])
    except (OSError, ValueError) as error:
        raise ModelError(f"{SECTIONS_PATH}: the table of sections cannot be read ({error}); reinstall daiw") from error
    if tuple(head.split(",")) != COLUMNS or table.ndim != 2 or not np.isfinite(table).all():
        raise ModelError(f"{SECTIONS_PATH}: not the table of sections that this version reads; reinstall daiw")
    return table


def real_section(wanted: Mapping[str, float], minor: bool, rng: np.random.Generator) -> tuple[dict[str, float], int]:
    """(values of TOLD, number of different chords) of a real eight-bar section of the mode, near to what is wanted.

    wanted: name -> value, of all in APART, as `tokens.harmony_levels.measured` has them.
    """
    table = charted()
    table = table[table[:, 0] == minor]
    distance = np.zeros(len(table))
    for name, apart in APART.items():
        have, want = table[:, COLUMNS.index(name)], wanted[name]
        if name == "changes":
            have, want = np.log2(np.maximum(LEAST_CHANGES, have)), float(np.log2(max(LEAST_CHANGES, want)))
        distance += ((have - want) / apart) ** 2
    found = table[int(np.argmin(distance - CHANCE * rng.gumbel(size=len(table))))]
    return {name: float(found[COLUMNS.index(name)]) for name in TOLD}, int(found[-1])
