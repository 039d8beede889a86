"""What the processes of a live session say to each other; all of it is pickled over private pipes."""

from dataclasses import dataclass, field

from daiw.live.bars import LiveBar


@dataclass(frozen=True, slots=True)
class Put:
    """To the sender: bars, new or replaced."""

    bars: tuple[LiveBar, ...]


@dataclass(frozen=True, slots=True)
class Forget:
    """To the sender: bars from `tick` on that have not begun are no longer wanted."""

    tick: int


@dataclass(frozen=True, slots=True)
class Transport:
    """To the sender.  do: "start" (from the beginning), "continue", "stop", "locate" (to `tick`), "tempo" (`bpm`), "panic", "quit".

    "gone": the MIDI system has ended; quit without another message to it.  To the writer also "end": play the ending, then stop.
    """

    do: str
    tick: int = 0
    bpm: float = 120.0


@dataclass(frozen=True, slots=True)
class Opened:
    """From the sender, first: where it plays and listens, at what priority; or why not, in `error`."""

    port: str = ""
    driver: str = ""
    inputs: tuple[str, ...] = ()
    priority: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """From the sender: channel messages that came in.  source: "control" or "listen".  events: (tick, message)."""

    source: str
    events: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late messages were sent, in milliseconds after their deadline.  n: messages counted."""

    n: int = 0
    median_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """From the sender, ten times a second and at every bar.

    tick: the position.  running: the clock runs.  bpm: its tempo.  ahead: the tick up to which there are bars.
    chord, section, key, feeling: of the playing bar.  sounding: notes.  sent: messages so far.  repeated: bars played again for want
    of new ones, in all; repeats: right now in a row.  recent: of the last seconds; late: from the start, once it is over.
    dropped: input messages beyond what can be read.  advice: what is odd about the clock.  finished: the music is over.
    jumped: the transport moved since the last report.
    """

    tick: int = 0
    running: bool = False
    bpm: float = 0.0
    ahead: int = 0
    chord: str = ""
    section: str = ""
    key: str = ""
    feeling: str = ""
    version: int = 0
    sounding: int = 0
    sent: int = 0
    repeated: int = 0
    repeats: int = 0
    recent: Lateness = field(default_factory=Lateness)
    advice: str = ""
    peers: int = 0
    finished: bool = False
    jumped: bool = False
    bar_start: int = 0
    bar_ticks: int = 1920


@dataclass(frozen=True, slots=True)
class Closed:
    """From the sender, last: everything is off.  why: "quit", "finished", "orphaned", or an error.  late: over the whole session."""

    why: str
    late: Lateness = field(default_factory=Lateness)
    notes: Lateness = field(default_factory=Lateness)
    clocks: Lateness = field(default_factory=Lateness)


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """What the writer composes.

    prompt: words, "" for a neutral feeling.  preset: a style's name, "" for the nearest to the prompt.  seed, bpm, key: as in
    `pipeline.make`; bpm and key hold exactly where given.  parameters: their values to begin with, by name.
    programs: send program changes.  answer: what heard notes do: "both", "chords", "melody".  composer: who writes the chords.
    """

    prompt: str = ""
    preset: str = ""
    seed: int = 0
    bpm: float | None = None
    key: str | None = None
    parameters: tuple[tuple[str, float], ...] = ()
    programs: bool = True
    answer: str = "both"
    composer: str = "reference"
    tempo_follows: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """To the writer: a parameter's new value, 0..1, or -1..1 for valence and arousal."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Told:
    """From the writer: `what` is so.  "remark": a line to read.  "parameter NAME": its value.  "load": share of a core, 0..1."""

    what: str
    value: object


@dataclass(frozen=True, slots=True)
class Crashed:
    """From the writer, last: why it failed."""

    why: str
