"""What the kit plays in each style: drum patterns, hat patterns and fills as rows of letters.

A row is a bar of 4/4 in sixteenths, spaces between beats: X accent, x hit, o soft hit, g ghost, . silence.  Other meters are
built from the same beats by `composer.drums`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from daiw.errors import PresetError

STEPS = 16
LETTERS = "Xxog."

KIT: Mapping[str, int] = {
    "kick": 36, "side stick": 37, "snare": 38, "clap": 39, "swirl": 40, "floor tom": 41, "closed hat": 42, "low tom": 43, "pedal hat": 44,
    "mid tom": 45, "open hat": 46, "high tom": 48, "crash": 49, "top tom": 50, "ride": 51, "china": 52, "ride bell": 53,
    "tambourine": 54, "splash": 55, "cowbell": 56, "crash 2": 57, "high bongo": 60, "low conga": 64, "cabasa": 69, "maracas": 70,
    "claves": 75, "triangle": 81, "shaker": 82,
}  # fmt: skip
"""Voice of the kit -> General MIDI percussion pitch; "swirl" is the electric snare, which brush kits stir with."""

TIME_KEEPERS = frozenset(
    ("closed hat", "pedal hat", "open hat", "ride", "ride bell", "tambourine", "cabasa", "maracas", "shaker", "triangle", "claves")
)
"""Voices that hold the time; they share the hat's place in the groove."""


@dataclass(frozen=True, slots=True)
class DrumPattern:
    """What a kit plays in one style.

    kick, snare: variants, the plain one first; phrases walk through them.  backbeat: the voice that plays `snare`.
    time: (voice, row) for quiet, middle and loud sections.  ghosts: rows of ghost notes on the snare, as many played as the groove says.
    extras: (voice, row, energy from which it plays).  pedal: row of the hi-hat's foot.  quiet_kick: kick row of quiet sections.
    fills: family of `FILLS`, or "" for none.  crash: voice of section starts, or "".  half_time: breakdowns halve the backbeat.
    rolls: 0..1, chance of a roll on the hats in a bar.
    """

    kick: tuple[str, ...]
    snare: tuple[str, ...]
    time: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    ghosts: tuple[str, ...] = ()
    extras: tuple[tuple[str, str, float], ...] = ()
    backbeat: str = "snare"
    pedal: str = ""
    quiet_kick: str = ""
    fills: str = "toms"
    crash: str = "crash"
    half_time: bool = False
    rolls: float = 0.0

    def __post_init__(self) -> None:
        voices = {self.backbeat, *(voice for voice, _ in self.time), *(voice for voice, _, _ in self.extras), *filter(None, [self.crash])}
        if unknown := voices - KIT.keys():
            raise ValueError(f"no such voice in the kit: {', '.join(sorted(unknown))}")
        for row in self.rows():
            steps(row)

    def rows(self) -> tuple[str, ...]:
        """Every row of the pattern."""
        single = tuple(row for row in (self.pedal, self.quiet_kick) if row)
        return (*self.kick, *self.snare, *self.ghosts, *single, *(row for _, row in self.time), *(row for _, row, _ in self.extras))


def steps(row: str) -> str:
    """The sixteen letters of a row; raises ValueError for another length or letter.

    >>> steps("X... x... X... x...")
    'X...x...X...x...'
    """
    letters = row.replace(" ", "")
    if len(letters) != STEPS or set(letters) - set(LETTERS):
        raise ValueError(f"a row has {STEPS} letters of {LETTERS!r}: {row!r}")
    return letters


_QUARTERS = "x... x... x... x..."
_EIGHTHS = "X.x. X.x. X.x. X.x."
_SOFT_EIGHTHS = "x.o. x.o. x.o. x.o."
_SIXTEENTHS = "Xoxo Xoxo Xoxo Xoxo"
_OFFBEATS = "..X. ..X. ..X. ..X."
_BACKBEAT = ".... X... .... X..."
_NOTHING = ".... .... .... ...."

DRUM_PATTERNS: Mapping[str, DrumPattern] = {
    "boom-bap": DrumPattern(
        kick=("X... .... ..x. ....", "X..x .... ..x. ....", "X... ...x ..x. ....", "X..x .... .xx. ...."),
        snare=(_BACKBEAT,),
        ghosts=(".... ...g .g.. ....", "...g .... ...g ...g"),
        time=(("closed hat", _QUARTERS), ("closed hat", _EIGHTHS), ("closed hat", "X.xo X.x. X.xo X.x.")),
        extras=(("open hat", ".... .... .... ..x.", 0.6),),
        quiet_kick="X... .... ..x. ....",
        fills="stumble",
        half_time=True,
    ),
    "trap": DrumPattern(
        kick=("X... .... ..x. ....", "X... ..x. .... ..x.", "X..x .... ..x. .x..", "X... .... .x.. ..x."),
        snare=(".... .... X... ....",),
        time=(("closed hat", _SOFT_EIGHTHS), ("closed hat", _EIGHTHS), ("closed hat", "X.x. X.xo X.x. Xox.")),
        extras=(("open hat", ".... ..x. .... ....", 0.55), ("side stick", "...o .... .... .o..", 0.7)),
        backbeat="clap",
        ghosts=("...g .... .... ..g.",),
        fills="machine",
        rolls=0.55,
    ),
    "neo-soul": DrumPattern(
        kick=("X... .... .x.. x...", "X..x .... .x.. ....", "X... ...x .x.. ....", "X..x .... ..x. .x.."),
        snare=(_BACKBEAT, ".... X... .... X..o"),
        ghosts=("..g. ...g .g.. ..g.", "...g ..g. .g.g ....", ".g.. ...g ..g. .g.g"),
        time=(("closed hat", _SOFT_EIGHTHS), ("closed hat", "X.xo x.xo X.xo x.xo"), ("closed hat", _SIXTEENTHS)),
        extras=(("open hat", ".... .... .... ..o.", 0.5), ("tambourine", ".... x... .... x...", 0.75)),
        backbeat="snare",
        quiet_kick="X... .... .x.. ....",
        fills="stumble",
        half_time=True,
    ),
    "funk": DrumPattern(
        kick=("X..x .... ..x. .x..", "X.x. .... .xx. ....", "X..x ..x. .x.. ..x.", "X... ...x ..x. .x.."),
        snare=(_BACKBEAT, ".... X... .... X.x.", ".... X..x .... X..."),
        ghosts=(".g.. .g.g .g.g .g..", "..g. ..gg .g.. ..g.", ".g.g .g.. .g.g .g.g"),
        time=(("closed hat", _EIGHTHS), ("closed hat", _SIXTEENTHS), ("closed hat", "XoxX oxXo xoXo xoXo")),
        extras=(("open hat", ".... ..x. .... ..x.", 0.55), ("cowbell", "X... x... X... x...", 0.85)),
        fills="linear",
    ),
    "swing": DrumPattern(
        kick=("o... o... o... o...", "o... o... o... o.x.", "o... o.x. o... o...", "x... o... o... o..."),
        snare=(".... .... .... ....", ".... ..o. .... ....", ".... .... ..o. ....", "..o. .... .... ..x.", ".... ..x. ...o ...."),
        ghosts=("..g. .... ..g. ..g.", ".... ..g. .... ..g.", "..g. ..g. .... ...."),
        time=(("closed hat", "x... x.x. x... x.x."), ("ride", "x... X.x. x... X.x."), ("ride", "x... X.x. x.x. X.x.")),
        pedal=".... x... .... x...",
        fills="jazz",
        crash="ride bell",
    ),
    "bossa": DrumPattern(
        kick=("x..x x..x x..x x..x", "x..x x..x x..x x..."),
        snare=("x..x ..x. ..x. .x..", "..x. x..x ..x. x..."),
        backbeat="side stick",
        time=(("closed hat", _SOFT_EIGHTHS), ("closed hat", _SOFT_EIGHTHS), ("ride", _EIGHTHS)),
        extras=(("shaker", "xoxo xoxo xoxo xoxo", 0.5),),
        pedal=".... o... .... o...",
        quiet_kick="x..o x... x..o x...",
        fills="jazz",
        crash="",
    ),
    "rock": DrumPattern(
        kick=("X... .... X.x. ....", "X... ..x. X... ....", "X.x. .... X.x. ..x.", "X... ..x. X.x. ...."),
        snare=(_BACKBEAT, ".... X... .... X..x"),
        ghosts=("...g ..g. .g.. ...g", ".... .g.g .g.. ...."),
        time=(("closed hat", _QUARTERS), ("closed hat", _EIGHTHS), ("ride", _EIGHTHS)),
        extras=(("crash 2", "X... .... .... ....", 0.92), ("tambourine", _BACKBEAT, 0.8)),
        quiet_kick="X... .... x... ....",
        fills="toms",
        half_time=True,
    ),
    "metal": DrumPattern(
        kick=("X.xx X.xx X.xx X.xx", "xxxx xxxx xxxx xxxx", "X..x ..x. X..x ..x.", "X.x. X.x. X.xx X.xx"),
        snare=(_BACKBEAT, ".... X... .... X.x.", ".... X... .... X..."),
        time=(("closed hat", _QUARTERS), ("open hat", _QUARTERS), ("china", _QUARTERS)),
        extras=(("ride bell", ".... ..x. .... ..x.", 0.75),),
        quiet_kick="X... .... X.x. ....",
        fills="toms",
        half_time=True,
    ),
    "pop": DrumPattern(
        kick=("X... .... X... ....", "X... ..x. X... ....", "X... ...x ..x. ....", "X... ..x. .x.. ...."),
        snare=(_BACKBEAT,),
        ghosts=(".... ...g .... ....",),
        time=(("closed hat", _QUARTERS), ("closed hat", _EIGHTHS), ("closed hat", _SIXTEENTHS)),
        extras=(("clap", _BACKBEAT, 0.6), ("open hat", "..x. ..x. ..x. ..x.", 0.72), ("shaker", _SIXTEENTHS, 0.85)),
        fills="machine",
        half_time=True,
    ),
    "dream-pop": DrumPattern(
        kick=("X... .... X... ....", "X... .... X.x. ....", "X... ..x. X... ....", "X... .... ..x. ...."),
        snare=(_BACKBEAT,),
        ghosts=(".... ...g .... ...g",),
        time=(("shaker", _SOFT_EIGHTHS), ("closed hat", _SOFT_EIGHTHS), ("ride", _EIGHTHS)),
        extras=(("tambourine", _OFFBEATS, 0.55),),
        quiet_kick="X... .... .... ....",
        fills="toms",
        half_time=True,
    ),
    "reggae": DrumPattern(
        kick=(".... .... X... ....", ".... .... X... ..o.", ".... ...o X... ...."),
        snare=(".... .... x... ....", ".... .... x... ...x"),
        backbeat="side stick",
        ghosts=("...g ..g. ...g ....", ".g.. .... .... .g.."),
        time=(("closed hat", _OFFBEATS), ("closed hat", "..X. o.X. ..X. o.X."), ("closed hat", "o.Xo o.X. o.Xo o.X.")),
        extras=(("open hat", ".... .... .... ..x.", 0.6), ("low conga", "...o ..o. ...o ..o.", 0.7)),
        fills="timbales",
    ),
    "house": DrumPattern(
        kick=("X... X... X... X...", "X... X... X... X.x.", "X... X... X..x X..."),
        snare=(_BACKBEAT, ".... X... .... X..o"),
        backbeat="clap",
        time=(("closed hat", _OFFBEATS), ("open hat", _OFFBEATS), ("open hat", _OFFBEATS)),
        extras=(
            ("closed hat", "xo.o xo.o xo.o xo.o", 0.45), ("shaker", _SIXTEENTHS, 0.7), ("low conga", "...x ..x. ...x ...x", 0.6),
            ("ride", _QUARTERS, 0.9),
        ),
        quiet_kick="X... X... X... X...",
        fills="machine",
    ),
    "techno": DrumPattern(
        kick=("X... X... X... X...", "X... X... X... X..o"),
        snare=(_NOTHING, ".... x... .... x..."),
        backbeat="clap",
        time=(("closed hat", _OFFBEATS), ("closed hat", ".oXo .oXo .oXo .oXo"), ("open hat", _OFFBEATS)),
        extras=(("closed hat", "x.ox x.ox x.ox x.ox", 0.6), ("side stick", "...x ..x. ...x .x..", 0.4), ("ride", _EIGHTHS, 0.8)),
        fills="machine",
    ),
    "lofi": DrumPattern(
        kick=("X... .... .x.. ....", "X..x .... ..x. ....", "X... ...x .x.. ....", "X... .... ..xx ...."),
        snare=(_BACKBEAT, ".... X... .... X..."),
        ghosts=("...g .... .g.. ...g", ".... ...g .... .g.."),
        time=(("closed hat", _QUARTERS), ("closed hat", _SOFT_EIGHTHS), ("closed hat", "x.oo x.o. x.oo x.o.")),
        extras=(("open hat", ".... .... .... ..o.", 0.5), ("shaker", "..o. ..o. ..o. ..o.", 0.65)),
        backbeat="snare",
        quiet_kick="X... .... .x.. ....",
        fills="stumble",
        crash="",
        half_time=True,
    ),
    "gospel": DrumPattern(
        kick=("X... ..x. X.x. ....", "X..x .... X... ..x.", "X... ..xx .x.. ....", "X.x. .... X..x ..x."),
        snare=(_BACKBEAT, ".... X..x .x.. X..."),
        ghosts=(".g.g ..g. .g.g ..g.", "..g. .g.g .g.. .g.g"),
        time=(("closed hat", _EIGHTHS), ("closed hat", "Xox. Xox. Xox. Xox."), ("ride", "X.xo X.xo X.xo X.xo")),
        extras=(("tambourine", ".... X... .... X...", 0.5), ("clap", _BACKBEAT, 0.75), ("tambourine", "x.x. ..x. x.x. ..x.", 0.8)),
        fills="linear",
        half_time=True,
    ),
    "country": DrumPattern(
        kick=("X... .... X... ....", "X... .... X... ..x.", "X... ..o. X... ...."),
        snare=(_BACKBEAT,),
        ghosts=("..g. ..g. ..g. ..g.",),
        time=(("closed hat", _QUARTERS), ("closed hat", _EIGHTHS), ("ride", _EIGHTHS)),
        extras=(("tambourine", _OFFBEATS, 0.7),),
        fills="snare",
    ),
    "folk": DrumPattern(
        kick=("X... .... x... ....", "X... ..o. x... ....", "X... .... x.o. ...."),
        snare=("..g. x.g. ..g. x.g.", "..g. x.gg ..g. x.g.", ".gg. x.g. .gg. x..g"),
        time=(("shaker", "o.x. o.x. o.x. o.x."), ("shaker", "xoXo xoXo xoXo xoXo"), ("shaker", "xoXo xoXo xoXo xoXo")),
        extras=(("swirl", "o... .... o... ....", 0.0), ("tambourine", _BACKBEAT, 0.6), ("floor tom", "x... .... ..x. ....", 0.8)),
        quiet_kick="x... .... .... ....",
        fills="snare",
    ),
    "acoustic": DrumPattern(
        kick=("x... .... .... ....", "x... .... ..o. ....", "x... .... x... ...."),
        snare=(".... o... .... o...", ".... o... .... o..g"),
        backbeat="side stick",
        time=(("shaker", "o.o. o.o. o.o. o.o."), ("shaker", "o.x. o.x. o.x. o.x."), ("shaker", "xoxo xoxo xoxo xoxo")),
        extras=(("tambourine", ".... x... .... x...", 0.7),),
        quiet_kick=".... .... .... ....",
        fills="",
        crash="",
    ),
    "waltz": DrumPattern(
        kick=("X... .... .... ....", "X... .... .... ..o.", "X... .... ..o. ...."),
        snare=(".... .... o... x...", ".... .... o... x.o.", ".... .... o.g. x..."),
        ghosts=("..g. .... ..g. ..g.",),
        time=(("closed hat", ".... o... o... o..."), ("ride", "x... x.o. x... x.o."), ("ride", "X... x.o. x.o. x.o.")),
        pedal=".... o... o... o...",
        quiet_kick="x... .... .... ....",
        fills="jazz",
        crash="ride bell",
    ),
    "ballad": DrumPattern(
        kick=("X... .... .... ....", "X... .... ..x. ....", "X... ...x .... ...."),
        snare=(_BACKBEAT,),
        ghosts=("..g. ...g ..g. ....",),
        time=(("closed hat", _QUARTERS), ("closed hat", _SOFT_EIGHTHS), ("ride", _EIGHTHS)),
        extras=(("tambourine", _BACKBEAT, 0.75),),
        backbeat="snare",
        fills="toms",
    ),
    "synthwave": DrumPattern(
        kick=("X... .... X... ....", "X... ..x. X... ....", "X... .... X.x. ....", "X... ..x. X... ..x."),
        snare=(_BACKBEAT,),
        time=(("closed hat", _OFFBEATS), ("closed hat", _EIGHTHS), ("closed hat", _SIXTEENTHS)),
        extras=(("clap", _BACKBEAT, 0.7), ("open hat", _OFFBEATS, 0.62), ("tambourine", ".... x... .... x...", 0.8)),
        fills="gated",
    ),
    "cinematic": DrumPattern(
        kick=("X... .... .... ....", "X... .... x... ....", "X... .... ..x. x...", "X... .... X... ..x."),
        snare=(_NOTHING,),
        time=(
            ("floor tom", ".... .... o... ...."), ("floor tom", "x... ..o. x... ..o."), ("floor tom", "X.oo X.o. X.oo x.oo"),
        ),
        extras=(
            ("low tom", "...o ..o. ..o. ...o", 0.6), ("mid tom", ".... x... .... x..x", 0.75), ("snare", "..oo x.oo ..oo x.oo", 0.85),
        ),
        quiet_kick="x... .... .... ....",
        fills="taiko",
        crash="crash 2",
    ),
    "ambient": DrumPattern(
        kick=(_NOTHING, "o... .... .... ....", _NOTHING, "o... .... .... ...."),
        snare=(_NOTHING,),
        time=(("shaker", "...o .... ...o ...."), ("shaker", "..o. ..o. ..o. ..o."), ("shaker", "o.x. o.x. o.x. o.x.")),
        extras=(("triangle", "o... .... .... ....", 0.4),),
        quiet_kick=_NOTHING,
        fills="",
        crash="",
    ),
}  # fmt: skip
"""Style -> pattern; the keys are those of `GROOVES`."""

FILLS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "toms": (
        {
            "snare": "x.x. xxxx .... ....", "high tom": ".... .... xxx. ....",
            "low tom": ".... .... ...x xx..", "floor tom": ".... .... .... ..xX",
        },
        {
            "snare": "x.x. x.x. Xx.. x...", "mid tom": ".... .... ..xx ....",
            "floor tom": ".... .... .... .xxX", "kick": "x... x... .... ....",
        },
        {"snare": "x... x.xx x.x. Xxxx", "floor tom": "..x. ..x. .x.x ...."},
    ),
    "snare": (
        {"snare": "x.g. x.g. xgxg xxxX"},
        {"snare": "..g. x.gx .gx. xgxX", "kick": "x... .... x... ...."},
        {"snare": "x.x. x.x. x.xx x.X."},
    ),
    "stumble": (
        {"snare": ".... x..x ..x. .xx.", "kick": "x... ..x. x... x..."},
        {"snare": ".... x..g .x.. x.xg", "kick": "x..x .... x.x. ...."},
        {"snare": ".... X... .g.x ..xx", "kick": "x... ...x .... ...x"},
    ),
    "linear": (
        {"snare": "x..x ..x. x.xx .xX.", "kick": ".x.. x..x .x.. x..x", "floor tom": ".... .... .... ...."},
        {"snare": "xg.x g.xg .xg. xgxX", "kick": "..x. .x.. x..x ...."},
        {
            "snare": "x... x.x. x.g. x...", "high tom": ".... .... .x.x ....",
            "floor tom": ".... .... .... .xxX", "kick": "..x. .x.x .... ....",
        },
    ),
    "jazz": (
        {"snare": "x.x. ..x. x... x.x.", "kick": "...x .... ..x. ....", "high tom": ".... x... .... ...."},
        {"snare": "..x. x.x. ..x. x...", "floor tom": ".... .... x... ..x.", "kick": "x... .... .... ...."},
        {"snare": "x... x... x.x. x.o.", "kick": "..x. ..x. .... ..x."},
    ),
    "machine": (
        {"clap": ".... x... x..x x.xX", "kick": "x... .... x... ...."},
        {"snare": "x... x... x.x. xxxX", "kick": "x... x... .... ...."},
        {"snare": "..x. ..x. .x.x .xxX", "clap": ".... x... .... x..."},
    ),
    "timbales": (
        {"high tom": "x.x. xx.. x... ....", "side stick": ".... ..x. ..x. x...", "snare": ".... .... .... ..xX"},
        {"snare": "x... .x.x ..x. x.xX", "kick": ".... .... x... ...."},
    ),
    "gated": (
        {
            "snare": "x.x. x.x. .... ....", "high tom": ".... .... x.x. ....",
            "mid tom": ".... .... .... x...", "floor tom": ".... .... .... ..X.",
        },
        {"snare": "x... x... x.x. xxxx", "floor tom": "..x. ..x. .... ...."},
        {
            "high tom": "xx.. .... x... ....", "mid tom": "..xx .... ..x. ....",
            "low tom": ".... xx.. .... x.x.", "floor tom": ".... ..xx .... .x.X",
        },
    ),
    "taiko": (
        {"floor tom": "x.x. x.x. xxxx xxxX", "low tom": ".... ..x. ..x. x.x.", "kick": "X... .... X... ...."},
        {"floor tom": "x..x ..x. x.x. xxXX", "mid tom": "..x. x..x .x.x ....", "kick": "X... .... .... ...."},
    ),
}  # fmt: skip
"""Family -> fills of a whole bar; a shorter fill is the bar's end, the groove playing before it."""


def drum_pattern(name: str) -> DrumPattern:
    """The pattern called `name`; raises PresetError listing the others."""
    if name not in DRUM_PATTERNS:
        raise PresetError(f"no groove is called {name!r}; grooves are {', '.join(DRUM_PATTERNS)}")
    return DRUM_PATTERNS[name]
