"""What comes back from another program, whatever its format."""

from dataclasses import dataclass

from daiw.music.chord import Chord
from daiw.music.score import Arrangement


@dataclass(frozen=True, slots=True)
class Foreign:
    """Music out of a file that may be ours, edited, or a stranger's.

    kind: "midi", "dawproject" or "musicxml".  arrangement: tracks under the names they have there; those without a note are in `empty`.
    said: which of "tempo", "meter", "key", "markers", "velocity", "controls" the file speaks of; on the others it is silent, not different.
    harmony: (tick, chord) of written chord symbols.  remarks: what was in the file and cannot be taken over, one sentence each.
    """

    kind: str
    title: str
    arrangement: Arrangement
    said: frozenset[str]
    empty: tuple[str, ...] = ()
    harmony: tuple[tuple[int, Chord], ...] = ()
    remarks: tuple[str, ...] = ()
