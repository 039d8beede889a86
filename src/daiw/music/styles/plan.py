"""The [plan] table of a preset: form, keys, tempo and harmony of a style."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from daiw.errors import TheoryError
from daiw.music.instruments import ROLES
from daiw.music.lyrics import BLEND_LU, SPREAD_MS
from daiw.music.pitch import MODES, Key, PitchClass
from daiw.music.roman import chord_of
from daiw.music.styles.ranges import check_range

SECTION_NAMES = ("intro", "verse", "pre-chorus", "chorus", "bridge", "breakdown", "build", "drop", "solo", "outro")
ARCS = (
    "climb-to-climax", "slow-reveal", "repetitive-despair", "static-reflection", "sudden-shift", "descent", "rise-and-fall", "spiral",
)  # fmt: skip


def read_form(text: str) -> tuple[str, tuple[tuple[str, int], ...]]:
    """The arc a form is made for ("" for any), then section names and bars; raises ValueError.

    >>> read_form("intro 4, verse 8")
    ('', (('intro', 4), ('verse', 8)))
    >>> read_form("descent: chorus 16, outro 8")
    ('descent', (('chorus', 16), ('outro', 8)))
    """
    arc, _, body = text.rpartition(":")
    if arc and arc not in ARCS:
        raise ValueError(f'in the form "{text}": there is no arc {arc!r}; arcs are {", ".join(ARCS)}')
    sections = []
    for item in body.split(","):
        match = re.fullmatch(r"\s*([a-z-]+) (\d{1,3})\s*", item)
        if match is None or match[1] not in SECTION_NAMES or int(match[2]) < 1:
            raise ValueError(f'in the form "{text}": {item.strip()!r} is not "name bars"; names are {", ".join(SECTION_NAMES)}')
        sections.append((match[1], int(match[2])))
    return arc, tuple(sections)


def read_progression(text: str) -> tuple[tuple[str, ...], ...]:
    """Bars of chords: "ii7 V7 | Imaj7" is one bar of two chords and one bar of one.

    >>> read_progression("ii7 V7 | Imaj7")
    (('ii7', 'V7'), ('Imaj7',))
    """
    return tuple(tuple(bar.split()) for bar in text.split("|"))


@dataclass(frozen=True, slots=True)
class VoicesStyle:
    """Who sings when, and what the tune's instrument does meanwhile.

    lead: "rest" while the voice sings, "answer" between its lines, or "double" it softly.
    backing_from: 0..2, the energy of a chorus from which harmony voices sing; above 1 is never.
    second_from: 0..2, the energy of a chorus from which there are two harmonies, one on either side of the voice.
    doubled_from: 0..2, the energy from which two more takes of the voice stand left and right.
    whispers_to: -1..1, the energy of a section up to which a whispered take lies under the voice; below 0 is never.
    adlibs_from: 0..2, the energy of a chorus from which a voice answers between the lines.
    blend_lu: -12..12, how much louder than their usual place (`[mix.roles]`) all of them stand beside the voice.
    spread_ms: 0..40, how far a double's lines begin before or after the voice's, standard deviation; the others keep their proportion.
    """

    lead: Literal["rest", "answer", "double"] = "rest"
    backing_from: float = 0.6
    second_from: float = 2.0
    doubled_from: float = 2.0
    whispers_to: float = -1.0
    adlibs_from: float = 2.0
    blend_lu: float = 0.0
    spread_ms: float = 18.0

    def __post_init__(self) -> None:
        check_range(self, 0.0, 2.0, "backing_from", "second_from", "doubled_from", "adlibs_from")
        check_range(self, -1.0, 1.0, "whispers_to")
        check_range(self, *BLEND_LU, "blend_lu")
        check_range(self, *SPREAD_MS, "spread_ms")


@dataclass(frozen=True, slots=True)
class PlanStyle:
    """What a style asks of the plan stage.

    bpm: lowest and highest tempo of the style, quarter notes a minute.
    minutes: usual length of a song, .5..10.
    meters: meter -> weight ("4/4", "3/4", "6/8").
    modes: mode -> weight; emotion chooses among them by brightness.
    tonics: home tonics, respelled for the mode; empty: all twelve.
    forms: "intro 4, verse 8, chorus 8, ..."; one is chosen and fitted to the length.  "arc: ..." is a form made for that arc.
    arcs: arc -> weight added to what the feeling suggests, 0..2.
    progressions: mode -> section name -> progressions in roman numerals, bars divided by "|"; every mode in `modes` has "verse",
    and a section without its own borrows from its nearest kin.
    bars_per_written_bar: harmonic rhythm, bars that each written bar lasts: .5, 1, 2 or 4.
    invention: 0..1, how often a section's harmony is made by the functional grammar instead of taken from `progressions`.
    sevenths, ninths: 0..1, how often plain chords gain a seventh, and sevenths a ninth or more.
    suspensions, secondary, borrowed, slash: 0..1, appetite for sus chords, secondary dominants, borrowed chords, and basses that walk.
    roles: the roles of the style.
    entries: role -> section energy 0..1 from which it plays; others have the usual ones.
    cadences: 0..1, how often a section leads into the next by a cadence rather than looping on.
    rubato: 0..1, how far the tempo breathes at the end when nobody fixed it.
    vocal: the voices of a sung song.
    """

    bpm: tuple[float, ...] = (80.0, 120.0)
    minutes: float = 2.5
    meters: Mapping[str, float] = field(default_factory=lambda: {"4/4": 1.0})
    modes: Mapping[str, float] = field(default_factory=lambda: {"major": 1.0, "minor": 1.0})
    tonics: tuple[str, ...] = ()
    forms: tuple[str, ...] = ("intro 4, verse 8, chorus 8, verse 8, chorus 8, bridge 8, chorus 8, outro 4",)
    arcs: Mapping[str, float] = field(default_factory=dict)
    progressions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=lambda: {
            "major": {"verse": ("I | vi | IV | V", "I | IV | vi | V"), "chorus": ("IV | V | I | vi", "I | V | vi | IV")},
            "minor": {"verse": ("i | VI | III | VII", "i | iv | VI | V"), "chorus": ("VI | VII | i | i", "i | VII | VI | V")},
        }
    )
    bars_per_written_bar: float = 1.0
    invention: float = 0.25
    sevenths: float = 0.0
    ninths: float = 0.0
    suspensions: float = 0.1
    secondary: float = 0.1
    borrowed: float = 0.1
    slash: float = 0.2
    roles: tuple[str, ...] = ("melody", "chords", "bass", "drums", "pad")
    entries: Mapping[str, float] = field(default_factory=dict)
    cadences: float = 0.5
    rubato: float = 0.2
    vocal: VoicesStyle = field(default_factory=VoicesStyle)

    def __post_init__(self) -> None:
        if len(self.bpm) != 2 or not 30 <= self.bpm[0] <= self.bpm[1] <= 240:
            raise ValueError(f"bpm must be [lowest, highest] within 30..240, got {list(self.bpm)}")
        if not 0.5 <= self.minutes <= 10:
            raise ValueError(f"minutes must lie in 0.5..10, got {self.minutes}")
        if self.bars_per_written_bar not in (0.5, 1, 2, 4):
            raise ValueError(f"bars_per_written_bar must be 0.5, 1, 2 or 4, got {self.bars_per_written_bar}")
        for name in ("invention", "sevenths", "ninths", "suspensions", "secondary", "borrowed", "slash", "cadences", "rubato"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0..1, got {getattr(self, name)}")
        _check_names("modes", self.modes, tuple(MODES))
        _check_names("arcs", self.arcs, ARCS)
        _check_names("entries", self.entries, ROLES)
        _check_names("roles", dict.fromkeys(self.roles, 1.0), ROLES)
        if not self.roles or not self.modes or not self.forms or not self.meters:
            raise ValueError("roles, modes, forms and meters each need at least one entry")
        for meter in self.meters:
            if not re.fullmatch(r"\d{1,2}/(2|4|8|16)", meter):
                raise ValueError(f"meters: {meter!r} is not a meter; write 4/4, 3/4 or 6/8")
        for form in self.forms:
            read_form(form)
        _check_harmony(self)


def _check_names(field_name: str, table: Mapping[str, float], known: tuple[str, ...]) -> None:
    """Refuse unknown names and negative weights."""
    for name, weight in table.items():
        if name not in known:
            raise ValueError(f"{field_name}: there is no {name!r}; known are {', '.join(known)}")
        if not 0 <= weight <= 10:
            raise ValueError(f"{field_name}.{name} must lie in 0..10, got {weight}")


def _check_harmony(style: PlanStyle) -> None:
    """Read every tonic and every numeral once, in C."""
    _check_names("progressions", dict.fromkeys(style.progressions, 1.0), tuple(MODES))
    for mode in style.modes:
        if not style.progressions.get(mode, {}).get("verse"):
            raise ValueError(f"progressions.{mode} needs at least one verse, because modes names {mode}")
    try:
        for tonic in style.tonics:
            PitchClass.parse(tonic)
        for mode, sections in style.progressions.items():
            _check_names(f"progressions.{mode}", dict.fromkeys(sections, 1.0), SECTION_NAMES)
            for bar in (bar for texts in sections.values() for text in texts for bar in read_progression(text)):
                if not 1 <= len(bar) <= 4:
                    raise ValueError(f"progressions.{mode}: a bar holds one to four chords, got {len(bar)}")
                for numeral in bar:
                    chord_of(numeral, Key(PitchClass("C"), mode))
    except TheoryError as error:
        raise ValueError(f"tonics and progressions: {error}") from error
