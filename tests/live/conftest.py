import os
import shutil
import subprocess
import time

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


@pytest.fixture(scope="session")
def jack():
    """A JACK server with a dummy driver, started here and ended here; or the reason why it is not."""
    for program in ("jackd", "jack_lsp", "jack_connect"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (Debian: jackd2)")
    if subprocess.run(["jack_lsp"], capture_output=True, timeout=20, env=jack_environment()).returncode == 0:
        yield "found"  # somebody's server is as good as ours
        return
    command = ["jackd", "-r", "-d", "dummy", "-r", "48000", "-p", "128"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=jack_environment())
    for _ in range(100):
        if subprocess.run(["jack_lsp"], capture_output=True, timeout=20, env=jack_environment()).returncode == 0:
            break
        time.sleep(0.1)
    else:
        server.kill()
        server.wait(10)
        pytest.skip("jackd does not start here")
    yield "started"
    server.terminate()
    server.wait(20)


def jack_environment():
    return os.environ | {"JACK_NO_START_SERVER": "1", "DAIW_MIDI_API": "jack"}


class JackTools:
    """The JACK example programs."""

    environment = property(lambda self: jack_environment())

    def there(self, *programs):
        return all(shutil.which(program) for program in programs)

    def ports(self):
        found = subprocess.run(["jack_lsp"], capture_output=True, text=True, timeout=20, env=jack_environment())
        return found.stdout.split("\n")

    def connect(self, source, target):
        self.wait_for(lambda: source in self.ports() and target in self.ports())
        subprocess.run(["jack_connect", source, target], check=True, capture_output=True, timeout=20, env=jack_environment())

    def wait_for(self, condition, seconds=20.0):
        """Wait until `condition()` is true; its value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.02)
        raise AssertionError(f"nothing after {seconds} s")

    def settled(self, messages):
        """What was heard, once nothing more comes."""
        count = -1
        while count != len(messages()):
            count = len(messages())
            time.sleep(0.3)
        return messages()


@pytest.fixture
def jack_tools():
    return JackTools()
