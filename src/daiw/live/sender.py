"""The sender: a process that owns ports and clock, sends every event at its deadline, and does nothing else.

Deadlines are absolute, so lateness never adds up.  Between them it looks for commands and input at least every millisecond.  Where the
system allows it runs at SCHED_FIFO priority and waits the last moments awake; the garbage collector is off.
When its parent dies, its pipe breaks, or it is told to quit or terminate, it ends every note first.
"""

import contextlib
import ctypes
import gc
import os
import signal
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from daiw.errors import PortError
from daiw.live.clocks import Clock, ExternalClock, InternalClock
from daiw.live.messages import Opened
from daiw.live.ports import RtIn, RtOut, open_input, open_output
from daiw.live.sending import Sender, tell

CLOSING_S = 0.4
"""JACK takes messages once a period, later where the machine is busy; closing at once would lose the last note-offs."""


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """What a sender is asked for.

    port: the name of our port.  clock: "internal", "external" or "link".  bpm: the tempo to begin with.  beats: quarters a bar, for Link.
    listen: the name of another input to hear, "" for none.  control: open an input of our own for control changes and clock.
    clocks: send MIDI clock and transport (never while slaved to a MIDI clock).
    """

    port: str = "DAiW"
    clock: str = "internal"
    bpm: float = 120.0
    beats: float = 4.0
    listen: str = ""
    control: bool = True
    clocks: bool = True


def run_sender(commands: Connection, options: SenderOptions) -> None:
    """The process's main: open the ports, say so, play until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the session decides
    ports: list[RtOut | RtIn] = []
    try:
        clock = _clock(options)
        out, name, system = open_output(options.port)
        ports.append(out)
        control = listen = None
        inputs = []
        if options.control:
            control, heard = open_input(options.port if system == "windows" else f"{name} control", virtual=True)
            ports.append(control)
            inputs.append(heard)
        if options.listen:
            listen, heard = open_input(options.listen, virtual=False)
            ports.append(listen)
            inputs.append(heard)
    except PortError as error:
        tell(commands, Opened(error=str(error)))
        return
    priority = real_time()
    lock_memory()
    tell(commands, Opened(name, system, tuple(inputs), priority))
    gc.collect()
    gc.freeze()
    gc.disable()
    sender = Sender(commands, out, clock, control, listen, clocks=options.clocks and options.clock != "external", spin="fifo" in priority)
    signal.signal(signal.SIGTERM, lambda *_: sender.end("terminated"))
    try:
        sender.run()
    finally:
        if system == "jack":
            time.sleep(CLOSING_S)
        for port in ports:
            port.close()


def _clock(options: SenderOptions) -> Clock:
    if options.clock == "external":
        return ExternalClock(options.bpm)
    if options.clock == "link":
        from daiw.live.link import LinkClock

        return LinkClock(options.bpm, options.beats)
    return InternalClock(options.bpm)


def lock_memory() -> bool:
    """Keep what is in memory there, so that no deadline waits for a page; True where the system allows it (mlockall, MCL_CURRENT)."""
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).mlockall(1) == 0)
    except (OSError, AttributeError):
        return False


def real_time() -> str:
    """Ask for real-time priority, else for a better nice value; returns what was given."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
            return "real time (fifo 50)"
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(-10)
            return "raised (nice -10)"
    return "normal"
