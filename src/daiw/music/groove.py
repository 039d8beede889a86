"""The groove table: how far each player sits from the grid, in milliseconds, and how much the off-notes swing.

Offsets are constants of a style, not chance: irregularity inside a kit is disliked, a constant distance between players is not
(Senn et al. 2017).  They are stored in milliseconds because a feel keeps its time, not its share of a beat, when the tempo moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from daiw.errors import PresetError
from daiw.music.time import TICKS_PER_QUARTER

STRAIGHT_PERCENT = 50.0
MAX_SWING_PERCENT = 75.0
SHORTEST_SWUNG_S = 0.085
"""The short note of a swung pair hardly gets shorter than this, whatever the tempo (Friberg & Sundström 2002 report about 0.1 s)."""


@dataclass(frozen=True, slots=True)
class Groove:
    """How one style is felt.

    swing_percent: share of a pair that its first note takes, 50 straight .. 66.7 triplet .. 75.
    swing_steps: the note value that swings, 8 for eighths, 16 for sixteenths.
    kick_ms .. counter_ms: distance from the grid, + late.  "hat" is every time-keeper: hats, ride, shaker.
    ghost_velocity: lowest and highest MIDI velocity of a ghost note.  ghosts: 0..1, how many of the pattern's ghost notes are played.
    looseness: 0 machine .. 1 rubato; scales the natural spread of the players.
    """

    swing_percent: float = STRAIGHT_PERCENT
    swing_steps: int = 16
    kick_ms: float = 0.0
    snare_ms: float = 0.0
    hat_ms: float = 0.0
    bass_ms: float = 0.0
    chords_ms: float = 0.0
    melody_ms: float = 0.0
    counter_ms: float = 0.0
    ghost_velocity: tuple[int, int] = (28, 44)
    ghosts: float = 0.5
    looseness: float = 0.5

    def __post_init__(self) -> None:
        if not STRAIGHT_PERCENT <= self.swing_percent <= MAX_SWING_PERCENT:
            raise ValueError(f"swing_percent must lie in {STRAIGHT_PERCENT}..{MAX_SWING_PERCENT}, got {self.swing_percent}")
        if self.swing_steps not in (8, 16):
            raise ValueError(f"swing_steps must be 8 or 16, got {self.swing_steps}")

    @property
    def pair_ticks(self) -> int:
        """Length of one swung pair in ticks."""
        return 2 * 4 * TICKS_PER_QUARTER // self.swing_steps

    def swing_at(self, bpm: float) -> float:
        """The swing in percent at `bpm` quarter notes a minute: fast tempos flatten it, so that the short note stays playable."""
        pair_s = self.pair_ticks * 60.0 / (bpm * TICKS_PER_QUARTER)
        return max(STRAIGHT_PERCENT, min(self.swing_percent, 100.0 * (1.0 - SHORTEST_SWUNG_S / pair_s)))


GROOVES: Mapping[str, Groove] = {
    "boom-bap": Groove(58, 16, snare_ms=15, hat_ms=-5, bass_ms=12, chords_ms=6, ghost_velocity=(22, 38), ghosts=0.8, looseness=0.6),
    "trap": Groove(52, 16, snare_ms=5, ghost_velocity=(30, 42), ghosts=0.2, looseness=0.2),
    "neo-soul": Groove(
        62, 16, snare_ms=20, hat_ms=5, bass_ms=18, chords_ms=8, melody_ms=10, ghost_velocity=(24, 42), ghosts=0.7, looseness=0.65
    ),
    "funk": Groove(54, 16, kick_ms=-3, hat_ms=-5, bass_ms=-2, ghost_velocity=(25, 45), ghosts=0.9, looseness=0.45),
    "swing": Groove(
        66, 8, kick_ms=5, snare_ms=8, bass_ms=3, chords_ms=10, melody_ms=14, ghost_velocity=(26, 46), ghosts=0.6, looseness=0.6
    ),
    "bossa": Groove(50, 8, snare_ms=4, bass_ms=3, chords_ms=5, melody_ms=10, ghosts=0.3, looseness=0.5),
    "rock": Groove(50, 16, hat_ms=-3, chords_ms=-5, ghost_velocity=(30, 46), ghosts=0.4, looseness=0.45),
    "metal": Groove(50, 16, ghosts=0.1, looseness=0.2),
    "pop": Groove(50, 16, snare_ms=2, hat_ms=-2, ghosts=0.2, looseness=0.25),
    "dream-pop": Groove(50, 16, snare_ms=8, hat_ms=3, bass_ms=6, chords_ms=6, melody_ms=6, ghosts=0.2, looseness=0.55),
    "reggae": Groove(55, 16, snare_ms=5, hat_ms=8, bass_ms=10, ghosts=0.4, looseness=0.5),
    "house": Groove(54, 16, snare_ms=3, hat_ms=-3, ghosts=0.2, looseness=0.12),
    "techno": Groove(50, 16, ghosts=0.1, looseness=0.0),
    "lofi": Groove(
        62, 16, kick_ms=5, snare_ms=20, hat_ms=10, bass_ms=15, chords_ms=12, melody_ms=8, ghost_velocity=(20, 36), ghosts=0.6, looseness=0.7
    ),
    "gospel": Groove(60, 16, snare_ms=10, hat_ms=5, bass_ms=8, chords_ms=5, ghosts=0.7, looseness=0.5),
    "country": Groove(52, 8, hat_ms=-2, ghosts=0.4, looseness=0.4),
    "folk": Groove(53, 8, snare_ms=4, bass_ms=3, chords_ms=-3, ghost_velocity=(22, 40), ghosts=0.6, looseness=0.6),
    "acoustic": Groove(50, 16, snare_ms=6, bass_ms=4, melody_ms=8, ghosts=0.3, looseness=0.85),
    "waltz": Groove(50, 8, snare_ms=4, bass_ms=-4, chords_ms=6, melody_ms=5, ghosts=0.4, looseness=0.7),
    "ballad": Groove(50, 16, snare_ms=8, bass_ms=5, chords_ms=4, melody_ms=8, ghosts=0.4, looseness=0.6),
    "synthwave": Groove(50, 16, looseness=0.05, ghosts=0.0),
    "cinematic": Groove(50, 16, snare_ms=4, melody_ms=6, ghosts=0.4, looseness=0.7),
    "ambient": Groove(50, 16, melody_ms=8, chords_ms=5, ghosts=0.2, looseness=0.9),
}
"""Style -> groove; drawn from the project's domain table, where files disagreed the milliseconds were kept."""


def groove(name: str) -> Groove:
    """The groove called `name`; raises PresetError listing the others."""
    if name not in GROOVES:
        raise PresetError(f"no groove is called {name!r}; grooves are {', '.join(GROOVES)}")
    return GROOVES[name]
