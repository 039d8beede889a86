"""MIDI ports by python-rtmidi: virtual ones of our own where the system has them, existing ones by name elsewhere.

Backends: the ALSA sequencer, JACK, CoreMIDI.  RtMidi makes no virtual ports on Windows, where a loopback driver such as loopMIDI
offers ports that are opened by name.  Inputs are polled: callbacks from Python lost messages in our measurements.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from daiw.errors import PortError

MOST_AT_ONCE = 64
"""Input messages read in one go, so that a flood cannot hold up what is to be sent."""
QUEUE_LIMIT = 4096
"""Input messages that RtMidi keeps; what comes beyond is lost, as it must be somewhere."""


class OutPort(Protocol):
    """Takes MIDI messages."""

    def send(self, message: bytes) -> None:
        """Send one message now."""
        ...


class InPort(Protocol):
    """Gives MIDI messages."""

    def read(self) -> list[bytes]:
        """What came since the last call, at most MOST_AT_ONCE."""
        ...


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """What C libraries write to descriptor 2 goes nowhere inside the block."""
    try:
        saved = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
    except OSError:
        yield
        return
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)


def _rtmidi() -> Any:  # noqa: ANN401 - the module has no types
    try:
        import rtmidi
    except ImportError as error:
        raise PortError("live playing needs python-rtmidi; install it with: pip install python-rtmidi") from error
    return rtmidi


def driver() -> tuple[int, str]:
    """RtMidi's number and the name of the MIDI system to use; raises PortError where there is none.

    The environment's DAIW_MIDI_API (alsa, jack, core, windows) decides where several are there.
    """
    rtmidi = _rtmidi()
    numbers = {
        "alsa": rtmidi.API_LINUX_ALSA,
        "jack": rtmidi.API_UNIX_JACK,
        "core": rtmidi.API_MACOSX_CORE,
        "windows": rtmidi.API_WINDOWS_MM,
    }
    compiled = rtmidi.get_compiled_api()
    wished = os.environ.get("DAIW_MIDI_API", "")
    if wished:
        if numbers.get(wished) not in compiled:
            raise PortError(f"DAIW_MIDI_API={wished!r} is none of this system's MIDI systems: alsa, jack, core, windows")
        return numbers[wished], wished
    for name, there in (("alsa", Path("/dev/snd/seq").exists()), ("core", True), ("windows", True), ("jack", _jack_runs())):
        if numbers[name] in compiled and there:
            return numbers[name], name
    raise PortError(
        "there is no MIDI system here: no ALSA sequencer (/dev/snd/seq) and no JACK server; load snd-seq, or start JACK with: "
        "jackd -d dummy -r 48000 -p 128"
    )


def _jack_runs() -> bool:
    """True where a JACK server answers."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    rtmidi = _rtmidi()
    with quiet_stderr():
        try:
            probe = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="DAiW probe")
            probe.get_ports()
            probe.delete()
        except Exception:  # RtMidi's own errors have no common base that is not Exception
            return False
    return True


def port_names(api: int) -> tuple[list[str], list[str]]:
    """The ports that one can send to, and those one can listen to."""
    rtmidi = _rtmidi()
    with quiet_stderr():
        out, into = rtmidi.MidiOut(api, name="DAiW look"), rtmidi.MidiIn(api, name="DAiW look")
        names = out.get_ports(), into.get_ports()
        out.delete()
        into.delete()
    return names


class RtOut:
    """An open output."""

    def __init__(self, midi: Any) -> None:  # noqa: ANN401
        self._midi = midi

    def send(self, message: bytes) -> None:
        """Send one message now; raises PortError where the port has gone."""
        try:
            self._midi.send_message(message)
        except Exception as error:
            raise PortError(f"the MIDI port does not take messages any more: {error}") from error

    def close(self) -> None:
        """Give the port back."""
        with contextlib.suppress(Exception):
            self._midi.close_port()
            self._midi.delete()


class RtIn:
    """An open input, polled."""

    def __init__(self, midi: Any) -> None:  # noqa: ANN401
        self._midi = midi
        midi.ignore_types(sysex=True, timing=False, active_sense=True)

    def read(self) -> list[bytes]:
        """What came since the last call, at most MOST_AT_ONCE."""
        messages = []
        for _ in range(MOST_AT_ONCE):
            item = self._midi.get_message()
            if item is None:
                break
            messages.append(bytes(item[0]))
        return messages

    def close(self) -> None:
        """Give the port back."""
        with contextlib.suppress(Exception):
            self._midi.close_port()
            self._midi.delete()


def open_output(name: str) -> tuple[RtOut, str, str]:
    """A virtual output called `name`, or an existing port whose name holds it where there are no virtual ones.

    Returns the port, its name and the MIDI system's.  Raises PortError.
    """
    api, system = driver()
    rtmidi = _rtmidi()
    if system == "windows":
        midi = rtmidi.MidiOut(api)
        names = midi.get_ports()
        index = next((i for i, port in enumerate(names) if name.lower() in port.lower()), None)
        if index is None:
            there = ", ".join(names) or "none"
            raise PortError(
                f"Windows has no virtual MIDI ports and none here is called {name!r} (there are: {there}); install loopMIDI, "
                "add a port in it, and name that with --port"
            )
        return RtOut(midi.open_port(index)), names[index], system
    senders = port_names(api)[1]
    if any(_ours(name, port) for port in senders):
        raise PortError(f"a MIDI port called {name!r} is open already, perhaps by another daiw; choose another name with --port")
    with quiet_stderr():
        try:
            midi = rtmidi.MidiOut(api, name=name)
            midi.open_virtual_port("out")
        except Exception as error:
            raise PortError(f"cannot open a MIDI port called {name!r} on {system}: {error}") from error
    return RtOut(midi), name, system


def _ours(name: str, port: str) -> bool:
    """True where a listed port ("DAiW:out", "DAiW:out 128:0") belongs to a client of that name."""
    return port.split(":")[0].strip().lower() == name.lower()


def open_input(name: str, *, virtual: bool) -> tuple[RtIn, str]:
    """An input: a virtual one called `name`, or the existing port whose name holds it; returns it and its name; raises PortError."""
    api, system = driver()
    rtmidi = _rtmidi()
    with quiet_stderr():
        try:
            if virtual and system != "windows":
                midi = rtmidi.MidiIn(api, name=name, queue_size_limit=QUEUE_LIMIT)
                midi.open_virtual_port("in")
                return RtIn(midi), name
            midi = rtmidi.MidiIn(api, name=f"{name} listener"[:60], queue_size_limit=QUEUE_LIMIT)
            names = midi.get_ports()
            index = next((i for i, port in enumerate(names) if name.lower() in port.lower()), None)
            if index is not None:
                midi.open_port(index, "in")
                return RtIn(midi), names[index]
        except Exception as error:
            raise PortError(f"cannot listen to {name!r} on {system}: {error}") from error
    there = ", ".join(names) or "none"
    raise PortError(f"no MIDI port is called {name!r}; ports that one can listen to: {there}")
