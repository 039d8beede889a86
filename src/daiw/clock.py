"""Which stage of a job runs, and how long each took."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Watch = Callable[[str], None]
"""Called with a stage's name when it begins."""


@dataclass
class Clock:
    """Tells a watcher which stage begins and keeps how long each took."""

    watch: Watch | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as stage `name`."""
        if self.watch:
            self.watch(name)
        began = time.perf_counter()
        yield
        _give_back()
        self.seconds[name] = time.perf_counter() - began


def _give_back() -> None:
    """Hand freed memory to the system: glibc keeps it, and 180 MB of a sung three-minute song would stay beside the next stage's."""
    if sys.platform == "linux":
        import ctypes

        if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # musl has none
            trim(0)
