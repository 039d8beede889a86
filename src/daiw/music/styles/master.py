"""The [master] table of a preset."""

from dataclasses import dataclass, field

from daiw.music.styles.ranges import check_range


@dataclass(frozen=True, slots=True)
class Tone:
    """The balance to aim at: dB of each band against 500-2000 Hz, on top of the average of recorded music; each -12..12.

    sub 20-60 Hz, bass 60-250, low_mid 250-500, high_mid 2-4 kHz, presence 4-6, brilliance 6-12, air 12-20.
    """

    sub: float = 0.0
    bass: float = 0.0
    low_mid: float = 0.0
    high_mid: float = 0.0
    presence: float = 0.0
    brilliance: float = 0.0
    air: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, -12.0, 12.0, *self.__slots__)


@dataclass(frozen=True, slots=True)
class Glue:
    """Bus compression.

    reduction_db: 0 (none) .. 6, what the loud tenth of the song gets.  ratio: 1..10.  attack_ms: 0.1..200.  release_ms: 5..2000.
    """

    reduction_db: float = 1.5
    ratio: float = 2.0
    attack_ms: float = 30.0
    release_ms: float = 180.0

    def __post_init__(self) -> None:
        check_range(self, 0.0, 6.0, "reduction_db")
        check_range(self, 1.0, 10.0, "ratio")
        check_range(self, 0.1, 200.0, "attack_ms")
        check_range(self, 5.0, 2000.0, "release_ms")


@dataclass(frozen=True, slots=True)
class MasterStyle:
    """What a style asks of the master stage.

    lufs: integrated loudness to reach, -30..-6.  true_peak_dbtp: ceiling, -9..-0.1.  tone: the balance.
    tone_strength: 0..1, how much of the distance to it is corrected.  width: 0..2, factor on the sides.
    max_limit_db: 1..24, what the limiter may take from the highest peak; where that is not enough the song stays quieter than `lufs`.
    """

    lufs: float = -14.0
    true_peak_dbtp: float = -1.0
    tone_strength: float = 0.6
    width: float = 1.0
    max_limit_db: float = 15.0
    tone: Tone = field(default_factory=Tone)
    glue: Glue = field(default_factory=Glue)

    def __post_init__(self) -> None:
        check_range(self, -30.0, -6.0, "lufs")
        check_range(self, -9.0, -0.1, "true_peak_dbtp")
        check_range(self, 0.0, 1.0, "tone_strength")
        check_range(self, 0.0, 2.0, "width")
        check_range(self, 1.0, 24.0, "max_limit_db")
