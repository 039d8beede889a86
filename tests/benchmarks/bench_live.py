"""Playing live: how late messages are sent, idle and with composing beside; what a receiver sees; how soon a hand is heard; OSC.

DAIW_BENCH_LIVE_S sets the length of each timing run in seconds (default 20; the figure of record is 300).  The load is a process that
composes without pause on whatever core is free.  Needs a JACK server, or jackd to start one; a real-time priority that is refused is told.
"""

import json
import multiprocessing
import os
import re
import subprocess
import time

import numpy as np
import pytest

from daiw.live.bars import LiveBar, LiveNote
from daiw.live.messages import Parameter, WriterOptions
from daiw.live.sender import SenderOptions
from daiw.live.session import Session

from .conftest import spread

SECONDS = float(os.environ.get("DAIW_BENCH_LIVE_S", "20"))
WHICH = os.environ.get("DAIW_BENCH_LIVE_WHICH", "both")
"""Which lateness: idle, load or both, so that five minutes of each fit into quiet windows."""
PERIOD = 128


def sixteenths(seconds):
    """16ths at 120 bpm."""
    bars = round(seconds / 2)
    made = []
    for i in range(bars):
        notes = tuple(LiveNote(i * 1920 + tick, i * 1920 + tick + 60, 0, 60, 80) for tick in range(0, 1920, 120))
        made.append(LiveBar(i * 1920, 1920, 480, 0, notes, last=i == bars - 1))
    return made


def compose_without_pause(stop):
    from daiw.live.writer import prepare

    music = prepare(WriterOptions(preset="pop"))
    value = 0.0
    while not stop.is_set():
        value = (value + 0.13) % 1.0
        music.move("density", value)
        music.refine()
        music.bars(0, 8)


def play(port, jack_tools, *, receiver=None):
    with Session(SenderOptions(port), song=sixteenths(SECONDS)) as session:
        if receiver:
            jack_tools.connect(f"{port}:out", receiver)
        session.transport("start")
        while not session.over:
            session.pump()
        return session.closed, session.opened


def sleep_to_deadlines(stop, told):
    """What the machine itself does: a process of the same priority that wakes every 20.8 ms, between our clocks, and does nothing."""
    import gc
    from array import array

    from daiw.live.sender import lock_memory, real_time
    from daiw.live.timing import summary

    real_time()
    lock_memory()
    gc.disable()
    late, due = array("d"), time.monotonic() + 0.01
    while not stop.is_set():
        due += 60 / 120 / 24
        time.sleep(max(0.0, due - time.monotonic()))
        late.append(time.monotonic() - due)
    told.send(summary(late))


def play_beside_a_sleeper(name, jack_tools):
    context = multiprocessing.get_context("spawn")
    stop, (ours, theirs) = context.Event(), context.Pipe()
    sleeper = context.Process(target=sleep_to_deadlines, args=(stop, theirs), daemon=True)
    sleeper.start()
    try:
        closed, opened = play(name, jack_tools)
    finally:
        stop.set()
        sleeper.join(20)
    return closed, opened, ours.recv()


def test_lateness_at_send(jack, jack_tools, publish):
    rows = [["sender", "priority", "notes: median, p99, max ms (n)", "clocks: median, p99, max ms (n)", "a bare sleeper beside it"]]

    def row(name, closed, opened, machine):
        cells = [f"{part.median_ms:.3f}, {part.p99_ms:.3f}, {part.max_ms:.3f} ({part.n})" for part in (closed.notes, closed.clocks)]
        bare = f"{machine.median_ms:.3f}, {machine.p99_ms:.3f}, {machine.max_ms:.3f} ({machine.n})"
        rows.append([name, opened.priority, *cells, bare])

    if WHICH in ("both", "idle"):
        row(f"idle, {SECONDS:.0f} s of 16ths at 120 bpm", *play_beside_a_sleeper("DAiW idle", jack_tools))
    if WHICH == "idle":
        rows.append(["limits", "", "p99 1, max 5", "the same", ""])
        publish("live: lateness at send", rows)
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    loads = [context.Process(target=compose_without_pause, args=(stop,), daemon=True)]
    for load in loads:
        load.start()
    time.sleep(4)
    row("with a composer working without pause", *play_beside_a_sleeper("DAiW load", jack_tools))
    stop.set()
    for load in loads:
        load.join(20)
    rows.append(["limits", "", "idle: p99 1, max 5; load: p99 3", "the same", ""])
    publish("live: lateness at send" + (" under load" if WHICH == "load" else ""), rows)


def test_intervals_at_a_receiver(jack, jack_tools, publish, tmp_path):
    if not jack_tools.there("jack_midi_dump", "stdbuf"):
        pytest.skip("jack_midi_dump is not installed (Debian: jackd2)")
    path = tmp_path / "dump.txt"
    with path.open("w") as out:
        dump = subprocess.Popen(
            ["stdbuf", "-oL", "jack_midi_dump", "-a"], stdout=out, stderr=subprocess.DEVNULL, env=jack_tools.environment
        )
    name = jack_tools.wait_for(lambda: next((port for port in jack_tools.ports() if re.match(r"midi-monitor.*:input", port)), None))
    play("DAiW receiver", jack_tools, receiver=name)
    time.sleep(1)
    dump.terminate()
    dump.wait(10)
    frames = [int(frame) for frame in re.findall(r"^\s*(\d+): 90 3c ", path.read_text(), flags=re.M)]
    gaps = np.diff(frames) / 48.0 - 125.0
    within = np.mean(np.abs(gaps) <= PERIOD / 48.0 + 1e-6)
    rows = [["receiver", "notes sent, heard", "deviation of 16th intervals, ms: median of |x|, p99, max", "within one period (2.67 ms)"]]
    figures = f"{np.median(np.abs(gaps)):.2f}, {np.percentile(np.abs(gaps), 99):.2f}, {np.abs(gaps).max():.2f}"
    rows.append(["jack_midi_dump, period 128 at 48 kHz", f"{16 * round(SECONDS / 2)}, {len(frames)}", figures, f"{within:.1%}"])
    publish("live: intervals at a JACK receiver", rows)
    assert len(frames) == 16 * round(SECONDS / 2)


def test_from_the_hand_to_the_ear(jack, jack_tools, publish):
    """From sending a parameter to the first bar of the new music, and as a share of a bar at 120 bpm."""
    seconds = []
    with Session(SenderOptions("DAiW hand"), writing=WriterOptions(preset="house", bpm=120.0)) as session:
        session.transport("start")
        jack_tools.wait_for(lambda: (session.pump(0.01), session.report.tick > 4000)[1], 60)
        for i in range(12):
            version = session.report.version
            began = time.perf_counter()
            session.tell_writer(Parameter("arousal", 0.9 if i % 2 else -0.9))
            jack_tools.wait_for(lambda version=version: (session.pump(0.005), session.report.version != version)[1])
            seconds.append(time.perf_counter() - began)
            until = time.monotonic() + 1.5 + 0.17 * (i % 3)
            while time.monotonic() < until:
                session.pump(0.01)
    rows = [["from a knob to new music, at 120 bpm", "seconds", "bars", "limit"]]
    rows.append(["house, 12 moves of arousal", spread(seconds, " s"), f"{max(seconds) / 2.0:.2f} at most", "1 bar"])
    publish("live: from the hand to the ear", rows)


def test_osc_round_trips(publish):
    import threading

    from daiw.osc.bridge import Bridge
    from daiw.osc.client import Client
    from daiw.osc.jobs import Jobs

    bridge = Bridge("127.0.0.1", 0, jobs=Jobs())
    stop = threading.Event()
    thread = threading.Thread(target=lambda: [bridge.poll(0.005) for _ in iter(stop.is_set, True)], daemon=True)
    thread.start()
    pings, plans = [], []
    with Client(bridge.port) as client:
        client.make({"prompt": "warm up", "preset": "pop", "bars": 8})
        for _ in range(200):
            began = time.perf_counter()
            client.ask("/daiw/1/ping")
            pings.append(1000 * (time.perf_counter() - began))
        for i in range(10):
            began = time.perf_counter()
            client.finish("/daiw/1/plan", json.dumps({"prompt": "the house is quiet since she left", "preset": "pop", "seed": i}))
            plans.append(1000 * (time.perf_counter() - began))
    stop.set()
    thread.join(5)
    bridge.close()
    rows = [["OSC request", "round trip, ms", "limit"]]
    rows.append(["ping", spread(pings, " ms"), "20 ms"])
    rows.append(["plan of a song, words to harmony, style given, warm", spread(plans, " ms", 0), "500 ms"])
    publish("live: OSC round trips", rows)


SERVERS = {
    "-r, 128 frames": ("-r", "-d", "dummy", "-r", "48000", "-p", "128"),
    "-r -S, 1024 frames": ("-r", "-S", "-d", "dummy", "-r", "48000", "-p", "1024"),
    "-R, 128 frames": ("-R", "-d", "dummy", "-r", "48000", "-p", "128"),
    "-R -S, 128 frames": ("-R", "-S", "-d", "dummy", "-r", "48000", "-p", "128"),
}
MESSAGES = 4000


def burn(stop):
    while not stop.is_set():
        sum(i * i for i in range(2000))


def lost(options, load, jack_tools, folder):
    """How many of 4,000 messages at 1,000 a second, plain rtmidi to jack_midi_dump, no code of ours, do not arrive."""
    import rtmidi

    name = f"daiwlost{os.getpid()}"
    environment = jack_tools.environment | {"JACK_DEFAULT_SERVER": name}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    server = subprocess.Popen(["jackd", "-n", name, *options], **silent)
    before, os.environ["JACK_DEFAULT_SERVER"] = os.environ["JACK_DEFAULT_SERVER"], name
    stop = multiprocessing.get_context("spawn").Event()
    busy = [multiprocessing.get_context("spawn").Process(target=burn, args=(stop,), daemon=True) for _ in range(load)]
    path = folder / "lost.txt"
    try:
        jack_tools.wait_for(lambda: "system:playback_1" in jack_tools.ports())
        with path.open("w") as out:
            dump = subprocess.Popen(["stdbuf", "-oL", "jack_midi_dump", "-a"], stdout=out, stderr=subprocess.DEVNULL, env=environment)
        port = jack_tools.wait_for(lambda: next((p for p in jack_tools.ports() if re.match(r"midi-monitor.*:input", p)), None))
        midi = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, name="plain")
        midi.open_virtual_port("out")
        jack_tools.connect("plain:out", port)
        for process in busy:
            process.start()
        time.sleep(2 if busy else 0.2)
        due = time.monotonic()
        for i in range(MESSAGES):
            midi.send_message([0x90 + (i >> 14), i >> 7 & 127, i & 127 or 1])
            due += 0.001
            time.sleep(max(0.0, due - time.monotonic()))
        time.sleep(1.0)
        midi.close_port()
        midi.delete()
        dump.terminate()
        dump.wait(10)
    finally:
        stop.set()
        for process in busy:
            process.join(10)
        server.terminate()
        server.wait(20)
        os.environ["JACK_DEFAULT_SERVER"] = before
    return MESSAGES - len(re.findall(r"^\s*\d+: 9", path.read_text(), flags=re.M))


def test_what_a_server_without_priority_loses(jack, jack_tools, publish, tmp_path):
    rows = [["jackd", "lost of 4,000, idle", "lost of 4,000, six busy processes"]]
    for name, options in SERVERS.items():
        rows.append([name, *(", ".join(str(lost(options, load, jack_tools, tmp_path)) for _ in range(3)) for load in (0, 6))])
    publish("live: messages that JACK loses of a plain client", rows)
