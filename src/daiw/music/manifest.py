"""What a plugin folder says about itself: an instrument, an effect or a voice as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from daiw.music.automation import Automation

MANIFEST_FILE = "plugin.toml"
KINDS = ("instrument", "effect", "voice")
EXTERNAL = ("vst3", "au")
TRAITS = ("sustained", "pedal", "bends", "strums")
Value = float | str | bool
"""A parameter: a number in its own unit, one of its choices, or a switch."""


@dataclass(frozen=True, slots=True)
class Insert:
    """One effect of a chain.

    effect: a name the host knows, a manifest of kind effect, or "vst3:NAME".  params: its settings, the unit in each name.
    automation: settings that follow the song.  fallback: what takes its place where an external one fails: another effect by name, with
    its usual settings, or "bypass"; empty stops the run.
    """

    effect: str
    params: Mapping[str, Value] = field(default_factory=dict)
    automation: Mapping[str, Automation] = field(default_factory=dict)
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """The notes below or above an instrument's range that choose how it plays.

    switches: articulation -> MIDI pitch.  usual: the articulation a track begins with.  short: the one for notes shorter than short_ms.
    """

    switches: Mapping[str, int] = field(default_factory=dict)
    usual: str = ""
    short: str = ""
    short_ms: float = 180.0

    def __post_init__(self) -> None:
        for name in (self.usual, self.short):
            if name and name not in self.switches:
                raise ValueError(f"no switch named {name!r}; switches are {', '.join(self.switches) or 'none'}")
        if any(not 0 <= pitch <= 127 for pitch in self.switches.values()):
            raise ValueError("switches are MIDI pitches, 0..127")


@dataclass(frozen=True, slots=True)
class Hosting:
    """How an external plugin is to be hosted.

    tail_s: how long it may ring after the last note; it ends earlier once it is silent.  sample_rate_hz: the only rate it works at, 0 for
    any; sound is converted.  volume: who obeys CC 7, 10 and 11, the "host" or the "plugin".  bend_semitones: what a full bend does in it.
    load_limit_s, stall_limit_s: how long it may take to load, and be without a sign of life while it renders.  memory_mb: how much it
    may grow while it renders.  buffer_frames: 16..8192, what the plugin gets at once.  program_parameter: the parameter that a program
    change moves, to the choice of that number from 0; empty for none: program changes themselves reach no VST3.  allow_dc: its sound may
    stand off the centre.
    """

    tail_s: float = 12.0
    sample_rate_hz: int = 0
    volume: str = "host"
    bend_semitones: float = 2.0
    load_limit_s: float = 60.0
    stall_limit_s: float = 20.0
    memory_mb: float = 2048.0
    buffer_frames: int = 1024
    program_parameter: str = ""
    allow_dc: bool = False

    def __post_init__(self) -> None:
        if self.volume not in ("host", "plugin"):
            raise ValueError(f"volume must be host or plugin, not {self.volume!r}")
        if self.sample_rate_hz and not 8000 <= self.sample_rate_hz <= 384_000:
            raise ValueError(f"sample_rate_hz must be 8000..384000, or 0 for any, not {self.sample_rate_hz}")
        for name, low, high in (
            ("tail_s", 0.0, 120.0), ("bend_semitones", 0.01, 96.0), ("load_limit_s", 0.1, 3600.0), ("stall_limit_s", 0.1, 3600.0),
            ("memory_mb", 1.0, 1e6), ("buffer_frames", 16, 8192),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be {low:g}..{high:g}, not {getattr(self, name):g}")


@dataclass(frozen=True, slots=True)
class Declaration:
    """The keys of a plugin.toml.

    kind: one of `KINDS`.  engine: the machine that plays it ("soundfont", "synth", "vst3", ...).  license: an SPDX expression, of the
    sound as well as of the code.  roles: what it is good for, best first.  range: lowest and highest sensible MIDI pitch.
    comfort: where in it a voice is understood best.
    program, bank, drums: General MIDI, for the engine and for the MIDI file; program -1 plays whatever the track asks for.
    font: fonts to look for, best first; the embedded default ends the list.  voice: which of the engine's own voices, where it has some.
    params: its settings.  chain: effects that belong to the sound.  gain_db: trim after the chain.
    fallback: the instrument that takes over where this one cannot be opened or fails.
    For engines vst3 and au: path: the file or bundle, absolute, below ~, or beside the manifest.  plugin: which one of several in it.
    state, vstpreset: files beside the manifest with the plugin's state.  automation: parameters that follow the song.
    traits: any of `TRAITS`.  keys: keyswitches.  hosting: limits and manners.
    """

    kind: str
    engine: str
    license: str
    description: str
    roles: tuple[str, ...] = ()
    range: tuple[int, int] = (0, 127)
    comfort: tuple[int, int] = (0, 127)
    program: int = 0
    bank: int = 0
    drums: bool = False
    font: tuple[str, ...] = ()
    voice: str = ""
    params: Mapping[str, Value] = field(default_factory=dict)
    chain: tuple[Insert, ...] = ()
    gain_db: float = 0.0
    fallback: str = ""
    path: str = ""
    plugin: str = ""
    state: str = ""
    vstpreset: str = ""
    automation: Mapping[str, Automation] = field(default_factory=dict)
    traits: tuple[str, ...] = ()
    keys: Keys = field(default_factory=Keys)
    hosting: Hosting = field(default_factory=Hosting)

    def __post_init__(self) -> None:
        low, high = self.range
        if self.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if not 0 <= low <= high <= 127:
            raise ValueError(f"range must be two MIDI pitches, low first, not {low}, {high}")
        if self.comfort != (0, 127) and not low <= self.comfort[0] <= self.comfort[1] <= high:
            raise ValueError(f"comfort must be two MIDI pitches inside range, low first, not {self.comfort[0]}, {self.comfort[1]}")
        if not (-1 <= self.program <= 127 and 0 <= self.bank <= 16383):
            raise ValueError(f"program must be -1..127 and bank 0..16383, not {self.program}, {self.bank}")
        if not -60.0 <= self.gain_db <= 24.0:
            raise ValueError(f"gain_db must be -60..24, not {self.gain_db}")
        if unknown := sorted(set(self.traits) - set(TRAITS)):
            raise ValueError(f"traits are any of {', '.join(TRAITS)}, not {unknown[0]!r}")
        if self.engine in EXTERNAL and not self.path:
            raise ValueError(f"a plugin of engine {self.engine} needs a path")

    @property
    def external(self) -> bool:
        """True for a stranger's plugin, which runs in a process of its own."""
        return self.engine in EXTERNAL


@dataclass(frozen=True, slots=True)
class Manifest(Declaration):
    """A declaration that was found.  name: of its folder.  folder: where it lies.  sha256: of its bytes."""

    name: str = ""
    folder: Path = Path()
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """An external plugin as it sounded in one stem: enough to hear the same again.

    slot: "instrument", or "insert 1 zam_tube".  title: manifest or effect name.  path, plugin: where it was.  vendor, version: as it says.
    sha256: of its binary.  state: its own, after everything was set.  vstpreset: the same as a .vstpreset file, which any host of VST3s
    can load; empty where the plugin is none.  params: what was asked for.  manifest: the text of its plugin.toml, where it has one.
    remarks: what a person should know, as that it is not the plugin the song was made with.
    """

    slot: str
    title: str
    path: str
    plugin: str
    vendor: str
    version: str
    sha256: str
    state: bytes = b""
    params: Mapping[str, Value] = field(default_factory=dict)
    manifest: str = ""
    vstpreset: bytes = b""
    remarks: tuple[str, ...] = ()
