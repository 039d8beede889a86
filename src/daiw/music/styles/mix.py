"""The [mix] table of a preset."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from daiw.music.styles.ranges import check_range

OFF_DB = -60.0
"""A send at or below this level is closed."""

LEVEL_LU = (-24.0, 12.0)


@dataclass(frozen=True, slots=True)
class RoleMix:
    """How one role stands in the mix; a field left out keeps what the role usually gets.

    level_lu: loudness against the melody, -24..12.  pan: -1 left .. 1 right.  width: factor on its own sides, 0 mono .. 2.
    spread: 0..1, how strong its sides shall be against its middle; what it lacks is made from the middle and vanishes in mono.
    highpass_hz: 10..2000.  body_db: shelf below 180 Hz.  carve_db at carve_hz: a broad bell.  presence_db: bell at 3 kHz.
    air_db: shelf above 9 kHz; all -18..18.  reverb_db, delay_db: sends, -60 closed .. 12.
    duck_db: how far it gives way to the kick, voice_duck_db: to the voice while it sings, 0..24.
    """

    level_lu: float | None = None
    pan: float | None = None
    width: float | None = None
    spread: float | None = None
    highpass_hz: float | None = None
    body_db: float | None = None
    carve_hz: float | None = None
    carve_db: float | None = None
    presence_db: float | None = None
    air_db: float | None = None
    reverb_db: float | None = None
    delay_db: float | None = None
    duck_db: float | None = None
    voice_duck_db: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _ROLE_RANGES.items():
            check_range(self, low, high, name)


@dataclass(frozen=True, slots=True)
class ReverbStyle:
    """The shared room.

    kind: "room", "chamber", "plate" or "hall".  decay_s: 0.2..12, to -60 dB, before emotion moves it.  damping: 0 bright .. 1 dark.
    predelay_ms: 0..200.  level_db: of the return, -40..12.
    """

    kind: Literal["room", "chamber", "plate", "hall"] = "chamber"
    decay_s: float = 1.6
    damping: float = 0.5
    predelay_ms: float = 18.0
    level_db: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, 0.2, 12.0, "decay_s")
        check_range(self, 0.0, 1.0, "damping")
        check_range(self, 0.0, 200.0, "predelay_ms")
        check_range(self, -40.0, 12.0, "level_db")


@dataclass(frozen=True, slots=True)
class DelayStyle:
    """The shared echo, in time with the song.

    beats: quarter notes between repeats, 0 (none) .. 4.  feedback: 0..0.9.  lowpass_hz: 500..20000.  cross: 0 centre .. 1 ping-pong.
    level_db: of the return, -40..12.
    """

    beats: float = 0.75
    feedback: float = 0.35
    lowpass_hz: float = 5000.0
    cross: float = 0.8
    level_db: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, 0.0, 4.0, "beats")
        check_range(self, 0.0, 0.9, "feedback")
        check_range(self, 500.0, 20000.0, "lowpass_hz")
        check_range(self, 0.0, 1.0, "cross")
        check_range(self, -40.0, 12.0, "level_db")


@dataclass(frozen=True, slots=True)
class MixStyle:
    """What a style asks of the mix stage.

    width: 0 mono .. 1 as wide as stays safe; scales the sides of every stem and of the reverb.  mono_below_hz: 20..300, no sides under it.
    duck_release_beats: 0.05..2, how long ducked roles take to come back.  tone_db: -12..12, shelf at 8 kHz on everything.
    ride_db: 0..6, how far section loudness may be moved towards the planned energy.
    follow: 0..1, how much emotion bends room, tone and width.
    voice_lu: -15..9, loudness of the voice against everything that is no voice, while it sings.
    """

    width: float = 0.6
    mono_below_hz: float = 120.0
    tone_db: float = 0.0
    ride_db: float = 1.5
    follow: float = 0.5
    duck_release_beats: float = 0.25
    voice_lu: float = -1.5
    reverb: ReverbStyle = field(default_factory=ReverbStyle)
    delay: DelayStyle = field(default_factory=DelayStyle)
    roles: Mapping[str, RoleMix] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_range(self, 0.0, 1.0, "width")
        check_range(self, 20.0, 300.0, "mono_below_hz")
        check_range(self, -12.0, 12.0, "tone_db")
        check_range(self, 0.0, 6.0, "ride_db")
        check_range(self, 0.0, 1.0, "follow")
        check_range(self, 0.05, 2.0, "duck_release_beats")
        check_range(self, -15.0, 9.0, "voice_lu")

    def role(self, name: str) -> "CompleteRole":
        """What a role gets: the preset's own figures over the usual ones; unknown names are treated as what they sound like.

        >>> MixStyle().role("Fretless Bass").pan
        0.0
        """
        usual = USUAL[name.casefold()] if name.casefold() in USUAL else USUAL[kind_of(name)]
        own = self.roles.get(name)
        if own is None:
            return usual
        return replace(usual, **{f.name: value for f in fields(RoleMix) if (value := getattr(own, f.name)) is not None})


@dataclass(frozen=True, slots=True)
class CompleteRole:
    """`RoleMix` with nothing left open; the defaults are an instrument nobody knows."""

    level_lu: float = -4.0
    pan: float = 0.0
    width: float = 1.0
    spread: float = 0.0
    highpass_hz: float = 40.0
    body_db: float = 0.0
    carve_hz: float = 320.0
    carve_db: float = -1.0
    presence_db: float = 0.0
    air_db: float = 0.0
    reverb_db: float = -14.0
    delay_db: float = OFF_DB
    duck_db: float = 0.0
    voice_duck_db: float = 0.0


USUAL: Mapping[str, CompleteRole] = {
    "melody": CompleteRole(0.0, 0.0, 0.9, 0.1, 110.0, -1.0, 350.0, -1.5, 1.5, 1.0, -11.0, -15.0, 0.0, 4.0),
    "vocal": CompleteRole(1.5, 0.0, 0.6, 0.0, 90.0, -1.0, 300.0, -2.0, 2.0, 1.5, -12.0, -17.0, 0.0),
    "backing": CompleteRole(-6.0, 0.0, 1.2, 0.6, 140.0, -2.0, 350.0, -2.5, 0.5, 1.5, -8.0, -20.0, 0.0),
    "double left": CompleteRole(-8.0, -0.75, 0.4, 0.0, 140.0, -3.0, 350.0, -3.0, 0.0, 0.5, -12.0, OFF_DB, 0.0),
    "double right": CompleteRole(-8.0, 0.75, 0.4, 0.0, 140.0, -3.0, 350.0, -3.0, 0.0, 0.5, -12.0, OFF_DB, 0.0),
    "backing low": CompleteRole(-7.0, 0.0, 1.2, 0.7, 130.0, -2.0, 320.0, -2.5, 0.0, 1.0, -8.0, -20.0, 0.0),
    "whisper": CompleteRole(-9.0, 0.0, 1.4, 0.8, 250.0, -3.0, 400.0, -2.0, 1.0, 2.0, -10.0, -14.0, 0.0),
    "ad-libs": CompleteRole(-5.0, 0.45, 0.8, 0.2, 160.0, -2.0, 320.0, -2.0, 1.0, 1.5, -8.0, -9.0, 0.0),
    "counter": CompleteRole(-4.5, 0.32, 1.0, 0.25, 130.0, -1.5, 400.0, -2.0, 0.5, 0.5, -10.0, -18.0, 0.0, 2.0),
    "chords": CompleteRole(-4.0, -0.22, 1.1, 0.45, 100.0, -2.0, 300.0, -2.0, -1.0, 0.0, -13.0, OFF_DB, 0.0, 1.5),
    "pad": CompleteRole(-8.0, 0.0, 1.3, 0.65, 130.0, -3.0, 320.0, -3.5, -1.5, 0.0, -9.0, OFF_DB, 0.0, 3.0),
    "bass": CompleteRole(-3.0, 0.0, 0.5, 0.0, 32.0, 0.5, 260.0, -2.0, 0.0, -1.0, OFF_DB, OFF_DB, 2.0),
    "drums": CompleteRole(-1.0, 0.0, 0.9, 0.0, 28.0, 1.0, 380.0, -2.5, 1.0, 1.0, -19.0, OFF_DB, 0.0),
    "other": CompleteRole(),
}
"""What each kind of role usually gets."""

_VOICES = {"double left": "double", "double right": "double", "whisper": "double", "backing low": "backing", "ad-libs": "backing"}
_KINDS = (
    ("drums", ("drum", "perc", "kit", "beat")),
    ("bass", ("bass", "808", "sub")),
    ("vocal", ("vocal", "vox", "voice", "sing")),
    ("backing", ("backing", "choir", "harmony")),
    ("melody", ("melody", "lead", "theme", "solo")),
    ("counter", ("counter",)),
    ("pad", ("pad", "strings", "texture", "drone")),
    ("chords", ("chord", "piano", "keys", "guitar", "organ", "comp")),
)


def kind_of(name: str) -> str:
    """The key of `USUAL` a stem's name points to, "double" for takes beside the voice, "other" where it says nothing.

    >>> kind_of("Drum Kit 2"), kind_of("Track 7")
    ('drums', 'other')
    """
    words = name.casefold()
    if words in USUAL:
        return _VOICES.get(words, words)
    return next((kind for kind, hints in _KINDS if any(hint in words for hint in hints)), "other")


_ROLE_RANGES: Mapping[str, tuple[float, float]] = {
    "level_lu": LEVEL_LU,
    "pan": (-1.0, 1.0),
    "width": (0.0, 2.0),
    "spread": (0.0, 1.0),
    "highpass_hz": (10.0, 2000.0),
    "body_db": (-18.0, 18.0),
    "carve_hz": (60.0, 8000.0),
    "carve_db": (-18.0, 18.0),
    "presence_db": (-18.0, 18.0),
    "air_db": (-18.0, 18.0),
    "reverb_db": (OFF_DB, 12.0),
    "delay_db": (OFF_DB, 12.0),
    "duck_db": (0.0, 24.0),
    "voice_duck_db": (0.0, 24.0),
}
