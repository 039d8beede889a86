"""What a plugin folder says about itself: an instrument, an effect or a voice as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("instrument", "effect", "voice")


@dataclass(frozen=True, slots=True)
class Insert:
    """One effect of a chain.  effect: a name the host knows.  params: its settings, the unit in each name."""

    effect: str
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declaration:
    """The keys of a plugin.toml.

    kind: one of `KINDS`.  engine: the machine that plays it ("soundfont", "synth", "vst3", ...).  license: an SPDX expression, of the
    sound as well as of the code.  roles: what it is good for, best first.  range: lowest and highest sensible MIDI pitch.
    program, bank, drums: General MIDI, for the engine and for the MIDI file; program -1 plays whatever the track asks for.
    font: fonts to look for, best first; the embedded default ends the list.  voice: which of the engine's own voices, where it has some.
    params: its settings.  chain: effects that belong to the sound.  gain_db: trim after the chain.
    fallback: the instrument that takes over where this one cannot be opened.
    """

    kind: str
    engine: str
    license: str
    description: str
    roles: tuple[str, ...] = ()
    range: tuple[int, int] = (0, 127)
    program: int = 0
    bank: int = 0
    drums: bool = False
    font: tuple[str, ...] = ()
    voice: str = ""
    params: Mapping[str, float] = field(default_factory=dict)
    chain: tuple[Insert, ...] = ()
    gain_db: float = 0.0
    fallback: str = ""

    def __post_init__(self) -> None:
        low, high = self.range
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if not 0 <= low <= high <= 127:
            raise ValueError(f"range must be two MIDI pitches, low first, not {low}, {high}")
        if not (-1 <= self.program <= 127 and 0 <= self.bank <= 16383):
            raise ValueError(f"program must be -1..127 and bank 0..16383, not {self.program}, {self.bank}")
        if not -60.0 <= self.gain_db <= 24.0:
            raise ValueError(f"gain_db must be -60..24, not {self.gain_db}")


@dataclass(frozen=True, slots=True)
class Manifest(Declaration):
    """A declaration that was found.  name: of its folder.  folder: where it lies.  sha256: of its bytes."""

    name: str = ""
    folder: Path = Path()
    sha256: str = ""
