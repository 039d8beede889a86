"""daiw: a feeling in, a finished and editable song out.

    import daiw
    song = daiw.make("my grandmother's kitchen is empty now", preset="lofi", seed=7)
    song.save("kitchen")

The stages work alone, too: `daiw.understand("...").emotion` has valence, arousal, dominance and labels.
Importing this package loads nothing heavy; each name is fetched when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daiw.editing.folder import open_song as open
    from daiw.errors import DaiwError
    from daiw.exporting import export
    from daiw.files.midi import read_midi, write_midi
    from daiw.files.preset import find_preset, load_preset
    from daiw.guides.reading import Guides
    from daiw.music.interview import Interview
    from daiw.pipeline import arrange, compose, make, master, mix, plan, remake, render, render_midi, understand
    from daiw.song import Song

_HOMES = {
    "DaiwError": "daiw.errors",
    "Guides": "daiw.guides.reading",
    "Interview": "daiw.music.interview",
    "Song": "daiw.song",
    "export": "daiw.exporting",
    "find_preset": "daiw.files.preset",
    "load_preset": "daiw.files.preset",
    "read_midi": "daiw.files.midi",
    "write_midi": "daiw.files.midi",
    "open": "daiw.editing.folder",
} | dict.fromkeys(("arrange", "compose", "make", "master", "mix", "plan", "remake", "render", "render_midi", "understand"), "daiw.pipeline")

__all__ = [
    "DaiwError",
    "Guides",
    "Interview",
    "Song",
    "arrange",
    "compose",
    "export",
    "find_preset",
    "load_preset",
    "make",
    "master",
    "mix",
    "open",
    "plan",
    "read_midi",
    "remake",
    "render",
    "render_midi",
    "understand",
    "write_midi",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'daiw' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), "open_song" if name == "open" else name)


def __dir__() -> list[str]:
    return __all__
