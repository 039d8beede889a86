"""One voice and its habits, as the [params] of a manifest."""

from dataclasses import dataclass, fields

RANGES = {
    "formant": (0.7, 1.4), "register": (-24.0, 24.0), "tilt_db": (-6.0, 6.0), "effort": (0.0, 1.0), "breathiness": (0.0, 1.0),
    "whisper": (0.0, 1.0), "level_db": (-24.0, 24.0), "vibrato_cents": (0.0, 120.0), "vibrato_hz": (3.0, 9.0),
    "vibrato_delay_ms": (0.0, 3000.0), "scoop_cents": (0.0, 300.0), "portamento_ms": (0.0, 400.0), "drift_cents": (0.0, 60.0),
    "breath_db": (-80.0, -10.0), "timing_spread_ms": (0.0, 60.0), "cents_spread": (0.0, 40.0), "clarity": (0.0, 1.0),
    "seed": (0.0, 2.0**31),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Voice:
    """How a voice sounds and sings; every field is a key of [params].

    formant: 1 the recorded mouth, 0.85 a larger head, 1.1 a smaller one.  register: semitones from the network's own register up to
    this voice's.  tilt_db: per octave above 1 kHz.  effort, breathiness, whisper: 0..1, where no control says otherwise.  level_db: trim.
    vibrato_cents: half its width.  vibrato_delay_ms: from the vowel's start until it has half its width.  scoop_cents: how far below a
    phrase starts.  portamento_ms: the slide between two tones.  drift_cents: how far the pitch wanders, standard deviation.
    breath_db: breaths between phrases against the voice.  timing_spread_ms, cents_spread: how far another take (any role but "vocal")
    lies from this one, standard deviation.  clarity: how much of the consonants' bursts is kept.  seed: another performance.
    """

    formant: float = 1.0
    register: float = 0.0
    tilt_db: float = 0.0
    effort: float = 0.5
    breathiness: float = 0.15
    whisper: float = 0.0
    level_db: float = 0.0
    vibrato_cents: float = 22.0
    vibrato_hz: float = 5.6
    vibrato_delay_ms: float = 350.0
    scoop_cents: float = 45.0
    portamento_ms: float = 80.0
    drift_cents: float = 4.0
    breath_db: float = -24.0
    timing_spread_ms: float = 12.0
    cents_spread: float = 7.0
    clarity: float = 1.0
    seed: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = RANGES[field.name]
            value = getattr(self, field.name)
            if not low <= value <= high:
                raise ValueError(f"{field.name} must be {low:g}..{high:g}, not {value:g}")
