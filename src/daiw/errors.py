"""Everything that can go wrong because of the world, not because of us.

    DaiwError               caught once, in the command line
    ├── PromptError         the words ask for something impossible
    ├── TheoryError         a chord, key, scale or numeral that does not exist
    ├── PresetError         a preset file: which file, which key, what was expected
    ├── PluginError         a manifest or a plugin: which one, what to do about it
    │   └── PluginFault     an external plugin misbehaved: crash, hang, silence ...; its fallback may play
    ├── ModelError          trained weights are missing or damaged
    ├── FileFormatError     a MIDI, audio or song file is malformed: path and offset
    ├── PortError           a MIDI or network port cannot be opened, or has gone
    └── OutputError         a file or folder cannot be written

A wrong argument from our own code is a bug and stays a ValueError or an assert.
"""


class DaiwError(Exception):
    """Base class; its text is one line a musician can act on."""


class PromptError(DaiwError):
    """The prompt or an option contradicts itself or leaves the supported range."""


class TheoryError(DaiwError):
    """A chord symbol, key, scale degree or roman numeral cannot be read."""


class PresetError(DaiwError):
    """A preset has an unknown key, a wrong type or a value out of range."""


class PluginError(DaiwError):
    """A plugin or font is missing, declared twice, or fails."""


class PluginFault(PluginError):
    """An external plugin failed while it was opened or played.

    plugin: the manifest or effect at fault.  kind: "missing", "load", "state", "crash", "hang", "slow", "silence", "nan", "dc", "level",
    "length", "memory" or "protocol".
    """

    def __init__(self, plugin: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.plugin, self.kind = plugin, kind


class ModelError(DaiwError):
    """Trained weights are missing, damaged or do not fit."""


class FileFormatError(DaiwError):
    """A file is not what its name says."""


class OutputError(DaiwError):
    """The result cannot be written where it was asked for."""


class PortError(DaiwError):
    """A MIDI or network port cannot be opened, is taken, or has gone."""
