"""The table of what real verses and choruses are like, which the planner asks the harmony network for (`daiw.nets.charted_sections`)."""

from pathlib import Path

from daiw.nets.charted_sections import COLUMNS
from daiw.tokens.harmony_levels import PLACES, TOLD, measured
from daiw.train.harmony import Streams
from daiw.train.harmony_evaluate import Loop, real_loops


def row_of(loop: Loop) -> tuple[float, ...]:
    """What a loop is like, in the order of COLUMNS."""
    found = measured([tuple((i * PLACES // len(bar), chord) for i, chord in enumerate(bar)) for bar in loop.bars], loop.minor)
    return (float(loop.minor), *(found[name] for name in TOLD), float(len(set(loop.changes))))


def write_sections(training: Streams, out: Path) -> None:
    """The first eight bars of every verse and chorus of Billboard's songs in 4/4, one a line, in the songs' order."""
    lines = [",".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in row_of(loop)) for loop in real_loops(training)]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="ascii")
