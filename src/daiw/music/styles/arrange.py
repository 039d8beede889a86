"""The [arrange] table of a preset: who plays, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from daiw.music.styles.ranges import check_range


@dataclass(frozen=True, slots=True)
class RoleStyle:
    """How one role is played.

    instruments: manifest names from plugins/, the usual one first; the seed may choose another.  calm, fierce: the instrument of songs
    of low and of high arousal, empty for none.  gate: times the emotion's own, .3 staccato .. 1.5 legato.  octave: -2..2, moves the part.
    level: -30..30, added to the velocity.  spread_ms: 0..30, from the first to the last note of a chord, as a strum.
    pedal: the sustain pedal goes down, and changes with the chords, where the instrument has one.
    swell: 0..1, depth of the phrase-long swell of sustained sounds (CC 11).  vibrato: 0..1, depth on long notes (CC 1).
    from_energy: 0..1, the section energy below which the role rests; melody, bass and drums never do.
    octave_from_energy: 0..1, the section energy from which the part is doubled an octave above; above 1 is never.
    """

    instruments: tuple[str, ...] = ()
    calm: str = ""
    fierce: str = ""
    gate: float = 1.0
    octave: int = 0
    level: int = 0
    spread_ms: float = 0.0
    pedal: bool = False
    swell: float = 0.4
    vibrato: float = 0.4
    from_energy: float = 0.0
    octave_from_energy: float = 2.0

    def __post_init__(self) -> None:
        check_range(self, 0.3, 1.5, "gate")
        check_range(self, -2, 2, "octave")
        check_range(self, -30, 30, "level")
        check_range(self, 0.0, 30.0, "spread_ms")
        check_range(self, 0.0, 1.0, "swell", "vibrato", "from_energy")
        check_range(self, 0.0, 2.0, "octave_from_energy")


@dataclass(frozen=True, slots=True)
class ArrangeStyle:
    """What a style asks of the arrange stage.

    groove: the entry of `music.groove` that is performed; the same as in [compose].  humanize: 0..1, share of a player's natural spread
    in time and level; about .4 is liked best (Kilchenmann & Senn 2015).  dynamics_db: 0..30, level between energy 0 and energy 1.
    asked: roles whose instrument the person chose by name.  The tables describe one role each.
    """

    groove: str = "rock"
    humanize: float = 0.4
    dynamics_db: float = 14.0
    asked: tuple[str, ...] = ()
    melody: RoleStyle = field(default_factory=lambda: RoleStyle(("grand_piano",)))
    counter: RoleStyle = field(default_factory=lambda: RoleStyle(("strings",)))
    chords: RoleStyle = field(default_factory=lambda: RoleStyle(("grand_piano",), pedal=True))
    pad: RoleStyle = field(default_factory=lambda: RoleStyle(("warm_pad",)))
    bass: RoleStyle = field(default_factory=lambda: RoleStyle(("finger_bass",)))
    drums: RoleStyle = field(default_factory=lambda: RoleStyle(("standard_kit",)))
    vocal: RoleStyle = field(default_factory=lambda: RoleStyle(swell=0.25, vibrato=0.5))
    backing: RoleStyle = field(default_factory=lambda: RoleStyle(swell=0.25, vibrato=0.3))

    def __post_init__(self) -> None:
        check_range(self, 0.0, 1.0, "humanize")
        check_range(self, 0.0, 30.0, "dynamics_db")

    def played_by(self, chosen: Mapping[str, str]) -> "ArrangeStyle":
        """This style with one instrument for each role in `chosen`, whatever the feeling; raises ValueError on a role it has not."""
        tables = {field.name for field in fields(self) if isinstance(getattr(self, field.name), RoleStyle)}
        if unknown := sorted(set(chosen) - tables):
            raise ValueError(f"there is no role {unknown[0]!r} to choose an instrument for; roles are {', '.join(sorted(tables))}")
        changed = {role: replace(self.role(role), instruments=(name,), calm="", fierce="") for role, name in chosen.items()}
        return replace(self, asked=tuple(sorted({*self.asked, *chosen})), **changed)  # type: ignore[arg-type]

    def role(self, name: str) -> RoleStyle:
        """The table of a role; takes beside the voice are sung like it, roles without a table are played like the melody."""
        tables = {
            "melody": self.melody, "counter": self.counter, "chords": self.chords, "pad": self.pad, "bass": self.bass, "drums": self.drums,
            "vocal": self.vocal, "backing": self.backing, "backing low": self.backing, "ad-libs": self.backing,
            "double left": self.vocal, "double right": self.vocal, "whisper": self.vocal,
        }  # fmt: skip
        return tables.get(name, self.melody)
