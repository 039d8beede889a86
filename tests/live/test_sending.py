"""The sending loop with a clock of the test's own: what is heard, what is never heard, and what a flood does."""

import itertools
import random
from multiprocessing import Pipe

import pytest

from daiw.errors import PortError
from daiw.live.clocks import ExternalClock, InternalClock
from daiw.live.messages import Closed, Heard, Put, Report, Transport
from daiw.live.ports import MOST_AT_ONCE
from daiw.live.sending import Sender


class Time:
    """Seconds that pass only where somebody sleeps."""

    def __init__(self):
        self.seconds = 1000.0

    def now(self):
        self.seconds += 1e-6
        return self.seconds

    def sleep(self, seconds):
        self.seconds += max(0.0, seconds)


class Hand:
    """An input that somebody plays."""

    def __init__(self):
        self.waiting = []

    def read(self):
        taken, self.waiting = self.waiting[:MOST_AT_ONCE], self.waiting[MOST_AT_ONCE:]
        return taken


@pytest.fixture
def stage(tape):
    """Sender, the session's end of its pipe, its tape, its time, its input."""

    class Port:
        def send(self, message):
            tape.send(message, time.seconds)

    def make(clock, **more):
        ours, theirs = Pipe()
        hand = Hand()
        return Sender(theirs, Port(), clock, hand, now=time.now, sleep=time.sleep, **more), ours, hand

    time = Time()
    return make, tape, time


def told(pipe, kind):
    found = []
    while pipe.poll(0):
        message = pipe.recv()
        if isinstance(message, kind):
            found.append(message)
    return found


def run_until(sender, time, seconds):
    until = time.seconds + seconds
    while time.seconds < until and not sender.why:
        sender.step()


def test_notes_go_out_on_time_to_a_millisecond(stage, make_bar):
    make, tape, time = stage
    sender, session, _ = make(InternalClock(120.0))
    session.send(Put(tuple(make_bar(i) for i in range(4))))
    session.send(Transport("start"))
    run_until(sender, time, 7.9)
    ons = [at for at, message in tape.events if message[0] == 0x90]
    assert len(ons) == 16
    assert all(abs(at - ons[0] - 0.5 * i) < 1e-3 for i, at in enumerate(ons))
    assert tape.events[0][1] == b"\xfa"


def test_it_waits_for_the_first_bar(stage, make_bar):
    make, tape, time = stage
    sender, session, _ = make(InternalClock(120.0))
    session.send(Transport("start"))
    run_until(sender, time, 1.0)
    assert tape.events == []
    session.send(Put((make_bar(0),)))
    run_until(sender, time, 0.5)
    assert [message[0] for _, message in tape.events][:2] == [0xFA, 0xF8]


def test_a_session_that_dies_leaves_silence(stage, make_bar):
    make, tape, time = stage
    sender, session, _ = make(InternalClock(120.0))
    session.send(Put(tuple(make_bar(i, length=470) for i in range(4))))
    session.send(Transport("start"))
    run_until(sender, time, 1.2)
    session.close()
    sender.run()
    assert sender.why == "orphaned"
    assert tape.hanging() == []
    assert bytes([0xB0, 123, 0]) in [message for _, message in tape.events[-2:]]


def test_a_session_that_hangs_does_not_stop_the_music(stage, make_bar):
    make, tape, time = stage
    sender, session, _ = make(InternalClock(240.0))
    session.send(Put((make_bar(0),)))
    session.send(Transport("start"))
    run_until(sender, time, 120.0)  # nobody reads its reports
    ons = [at for at, message in tape.events if message[0] == 0x90]
    assert max(b - a for a, b in itertools.pairwise(ons)) < 0.26 or len(ons) > 20
    assert sender.player.repeated > 50
    del session


def test_a_port_that_breaks_ends_it_with_a_line(stage, make_bar):
    make, _, time = stage
    sender, session, _ = make(InternalClock(120.0))

    class Broken:
        def send(self, message):
            raise PortError("the MIDI port does not take messages any more: unplugged")

    session.send(Put((make_bar(0),)))
    session.send(Transport("start"))
    sender.out = Broken()
    sender.run()
    assert "unplugged" in sender.why
    assert "unplugged" in told(session, Closed)[-1].why
    assert time.seconds < 1002


def test_a_clock_from_outside_moves_it_and_its_end_ends_the_notes(stage, make_bar):
    make, tape, time = stage
    sender, session, hand = make(ExternalClock(), clocks=False)
    session.send(Put(tuple(make_bar(i, length=470) for i in range(4))))
    session.send(Transport("start"))
    run_until(sender, time, 0.5)
    assert tape.events == []  # the other side says when
    hand.waiting.append(b"\xfa")
    for _ in range(24 * 5):
        hand.waiting.append(b"\xf8")
        run_until(sender, time, 60 / 24 / 150)
    ons = [at for at, message in tape.events if message[0] == 0x90]
    assert len(ons) == 5
    assert all(abs(b - a - 0.4) < 0.01 for a, b in itertools.pairwise(ons))
    run_until(sender, time, 1.0)  # silence from outside
    assert tape.hanging() == []
    assert "stopped" in told(session, Report)[-1].advice
    hand.waiting += [bytes([0xF2, 16, 0]), b"\xfb"]
    for _ in range(24):
        hand.waiting.append(b"\xf8")
        run_until(sender, time, 60 / 24 / 150)
    assert sender.player.position >= 1920 + 460


def test_a_hundred_thousand_random_messages_do_no_harm(stage, make_bar):
    make, tape, _time = stage
    sender, session, hand = make(ExternalClock(), clocks=False)
    rng = random.Random(3)
    session.send(Put(tuple(make_bar(i) for i in range(64))))
    sent = 0
    while sent < 100_000:
        for _ in range(500):
            kind = rng.random()
            if kind < 0.5:
                hand.waiting.append(rng.randbytes(rng.randrange(0, 5)))
            elif kind < 0.8:
                hand.waiting.append(bytes([rng.choice((0xF2, 0xF8, 0xFA, 0xFB, 0xFC)), rng.randrange(128), rng.randrange(128)]))
            else:
                hand.waiting.append(bytes([rng.randrange(0x80, 0xF0), rng.randrange(256), rng.randrange(256)]))
            sent += 1
        while hand.waiting:
            sender.step()
        for heard in told(session, Heard):
            for _, message in heard.events:
                assert 0x80 <= message[0] < 0xF0
                assert all(byte < 128 for byte in message[1:])
    sender.player.silence()
    assert tape.hanging() == []
    assert not sender.why


def test_a_flood_of_input_does_not_hold_up_what_is_sent(stage, make_bar):
    make, tape, time = stage
    sender, session, hand = make(InternalClock(120.0))
    session.send(Put(tuple(make_bar(i) for i in range(8))))
    session.send(Transport("start"))
    until = time.seconds + 6.0
    while time.seconds < until:
        hand.waiting += [bytes([0xB0, 1, 5])] * 500
        sender.step()
        told(session, Heard)
        del hand.waiting[5000:]
    ons = [at for at, message in tape.events if message[0] == 0x90]
    assert all(abs(at - ons[0] - 0.5 * i) < 2e-3 for i, at in enumerate(ons))


def test_starts_stops_and_jumps_end_every_note(stage, make_bar):
    make, tape, time = stage
    sender, session, _ = make(InternalClock(200.0))
    rng = random.Random(5)
    session.send(Put(tuple(make_bar(i, length=900, step=240) for i in range(32))))
    sender.step()
    for _ in range(150):
        session.send(
            Transport(rng.choice(("start", "stop", "continue", "panic", "locate", "tempo")), rng.randrange(0, 40000), rng.uniform(60, 300))
        )
        run_until(sender, time, rng.uniform(0, 0.6))
        told(session, Report)
    session.send(Transport("stop"))
    run_until(sender, time, 0.1)
    assert tape.hanging() == []
