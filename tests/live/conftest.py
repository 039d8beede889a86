import pytest

from daiw.live.bars import LiveBar, LiveNote
from daiw.live.player import Player


class Tape:
    """A port that remembers: (tick it was due, message)."""

    def __init__(self):
        self.events = []

    def send(self, message, tick=None):
        self.events.append((tick, message))

    def notes(self, kind):
        return [(tick, message[1]) for tick, message in self.events if message[0] & 0xF0 == kind]

    def hanging(self):
        """Keys struck and not let go."""
        down = {}
        for _, message in self.events:
            key = (message[0] & 15, message[1] if len(message) > 1 else -1)
            if message[0] & 0xF0 == 0x90 and message[2]:
                assert key not in down, f"{key} struck while it sounds"
                down[key] = True
            elif message[0] & 0xF0 in (0x80, 0x90):
                down.pop(key, None)
        return sorted(down)


@pytest.fixture
def tape():
    return Tape()


@pytest.fixture
def new_tape():
    return Tape


@pytest.fixture(name="make_bar")
def _bar():
    return make_bar


@pytest.fixture
def player(tape):
    return Player(tape.send)


def make_bar(index, version=0, *, pitch=60, channel=0, step=480, length=240, held=(), **more):
    """Four quarters of a bar in 4/4."""
    start = 1920 * index
    notes = tuple(LiveNote(start + t, start + t + length, channel, pitch, 80) for t in range(0, 1920, step))
    return LiveBar(start, 1920, 480, version, notes, held, **more)


@pytest.fixture
def song(tmp_path):
    """Two bars at 240 bpm."""
    from daiw.files.midi import write_midi
    from daiw.music.score import Arrangement, Note, Timeline, Track
    from daiw.music.time import Tempo, TempoMap

    notes = tuple(Note(240 * i, 200, 60 + i % 12, 90) for i in range(16))
    pad = (Note(0, 3840, 40, 60),)
    timeline = Timeline(TempoMap((Tempo(0, 240.0),)), end=3840)
    path = tmp_path / "two bars.mid"
    write_midi(Arrangement((Track("melody", "x", notes), Track("pad", "x", pad)), timeline), path)
    return path
