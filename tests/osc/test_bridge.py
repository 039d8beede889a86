import json
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daiw.errors import PortError
from daiw.files.midi import parse_arrangement
from daiw.osc.bridge import QUEUE_SIZE, Bridge
from daiw.osc.client import Client
from daiw.osc.packets import Received, decode, encode
from daiw.osc.schema import CHUNK_BYTES

SONG = {"prompt": "the last train has gone", "preset": "lofi", "bars": 8, "seed": 3}
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NUMBERS = st.one_of(st.integers(-(2**31), 2**31 - 1), st.floats(width=32, allow_nan=False))
ARGUMENTS = st.lists(st.one_of(TEXT, NUMBERS, st.binary(min_size=1, max_size=40)), max_size=6)


@given(ARGUMENTS)
def test_packets_say_the_same_when_read_back(arguments):
    (message,) = decode(encode("/daiw/1/x", *arguments))
    assert message == Received("/daiw/1/x", tuple(arguments))


def test_hello_and_ping(composing):
    with Client(composing.port) as client:
        welcome = client.ask("/daiw/1/hello", 1, 0)
        assert welcome.address == "/daiw/1/welcome"
        assert json.loads(welcome.arguments[3])["valence"] == [-1.0, 1.0]
        assert client.ask("/daiw/1/ping").address == "/daiw/1/pong"
        with pytest.raises(PortError, match=r"version: .*schema 1"):
            client.ask("/daiw/1/hello", 2, 0)


def test_a_song_is_composed_and_fetched(composing):
    stages = []
    with Client(composing.port) as client:
        done = client.make(SONG, watch=stages.append)
        assert done.summary["bars"] == 8
        assert "compose" in stages
        midi = parse_arrangement(client.fetch(done.id, "midi"))
        document = json.loads(client.fetch(done.id, "json"))
        path = client.ask("/daiw/1/result", done.id, "file")
    assert sum(len(track.notes) for track in midi.tracks) == done.summary["notes"]
    assert sum(len(track["notes"]) for track in document["tracks"]) == done.summary["notes"]
    assert Path(path.arguments[1]).read_bytes()[:4] == b"MThd"


def test_the_same_request_is_done_once(composing):
    with Client(composing.port) as client:
        packet = encode("/daiw/1/generate", "twice", json.dumps(SONG))
        for _ in range(3):
            client._socket.sendto(packet, client._target)
        answers = []
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not any(a.address.endswith("done") for a in answers):
            answers += client._answers(0.3, "twice")
    assert sum(a.address.endswith("ack") for a in answers) == 3
    assert sum(a.address.endswith("done") for a in answers) == 1


def test_a_section_is_composed_again_and_the_rest_is_kept(composing):
    with Client(composing.port) as client:
        first = client.make(SONG | {"bars": 24})
        before = json.loads(client.fetch(first.id))
        name = before["plan"]["sections"][1]["name"]
        second = client.finish("/daiw/1/regenerate", first.id, name, 99)
        after = json.loads(client.fetch(second.id))
        with pytest.raises(PortError, match="no section"):
            client.finish("/daiw/1/regenerate", first.id, "cadenza", 1)
    spans = [(s["start_bar"], s["start_bar"] + s["bars"]) for s in before["plan"]["sections"] if s["name"] == name]
    beats, unit = before["meter"].split("/")
    bar = 1920 * int(beats) // int(unit)

    def pitches(document, inside):
        found = []
        for track in document["tracks"]:
            for start, _, pitch, _ in track["notes"]:
                if any(a * bar - 60 <= start < b * bar + 60 for a, b in spans) == inside:
                    found.append((track["role"], pitch))
        return sorted(found)

    assert pitches(before, True) != pitches(after, True)
    assert pitches(before, False) == pitches(after, False)


def test_a_large_result_survives_loss(composing, lossy):
    """64 bars of eight tracks, over a network that loses one datagram in a hundred, and one in ten."""
    wanted = {"prompt": "we danced until the lights came on", "preset": "house", "bars": 64, "seed": 1}
    with Client(composing.port) as direct:
        job = direct.make(wanted)
        document = json.loads(direct.fetch(job.id))
        while len(document["tracks"]) < 8:  # the style has fewer roles: fill up
            document["tracks"].append(document["tracks"][0])
        big = json.dumps(document).encode()
        composing.bridge.jobs.known[job.id].document = big
        assert len(big) > 60 * CHUNK_BYTES
        for loss in (0.01, 0.1):
            proxy = lossy(composing.port, loss)
            with Client(proxy.port) as client:
                assert client.fetch(job.id) == big
            assert proxy.lost > 0


def test_a_job_can_be_given_up(composing):
    with Client(composing.port) as client:
        long = SONG | {"bars": 200, "preset": "jazz"}
        client._socket.sendto(encode("/daiw/1/generate", "long", json.dumps(long)), client._target)
        time.sleep(0.2)
        client.ask("/daiw/1/cancel", "long")
        status = json.loads(client.ask("/daiw/1/status").arguments[1])
        assert status["jobs"]["long"]["state"] == "cancelled"
        with pytest.raises(PortError, match="no-job"):
            client.ask("/daiw/1/cancel", "long")
        assert client.make(SONG).summary["bars"] == 8  # and it goes on


@pytest.mark.parametrize(
    ("address", "arguments", "code"),
    [
        ("/daiw/1/generate", ("not json",), "syntax"),
        ("/daiw/1/generate", ("[1]",), "syntax"),
        ("/daiw/1/generate", ('{"prompt": "x", "tempo": 3}',), "prompt"),
        ("/daiw/1/generate", ('{"prompt": ""}',), "prompt"),
        ("/daiw/1/generate", ('{"prompt": "x", "bars": 1.5}',), "prompt"),
        ("/daiw/1/generate", (1,), "syntax"),
        ("/daiw/1/sing", (), "unknown"),
        ("/daiw/1/result", ("nobody", "json"), "no-job"),
        ("/daiw/1/stop", (), "no-session"),
        ("/daiw/1/parameter", ("valence", 0.5), "no-session"),
        ("/daiw/1/play", ("/nowhere/at/all.mid",), "prompt"),
        ("/daiw/1/live", ('{"clock": "sundial"}',), "argument"),
        ("/daiw/1/live", ('{"preset": "no such"}',), "prompt"),
        ("/daiw/1/live", ('{"seed": "x"}',), "argument"),
    ],
)
def test_impossible_requests_are_answered_with_a_code_and_a_line(composing, address, arguments, code):
    with Client(composing.port) as client, pytest.raises(PortError, match=f"^{code}: .+"):
        client.ask(address, *arguments)


def test_a_hundred_thousand_broken_packets_do_no_harm(steering):
    """Fed directly, so that none is lost on the way; half of them mutations of good ones."""
    rng = random.Random(7)
    good = [
        encode("/daiw/1/hello", "a", 1, 0), encode("/daiw/1/parameter", "b", "valence", 0.5),
        encode("/daiw/1/generate", "c", '{"prompt": "x"}'),
        encode("/daiw/generate", 0.5, 0.5), encode("/daiw/1/resend", "d", "1,2,3"), encode("/kelly/emotion/valence", 0.1),
    ]  # fmt: skip
    bridge = steering.bridge
    peer = ("127.0.0.1", 9)
    for i in range(100_000):
        if i % 2:
            data = rng.randbytes(rng.randrange(0, 64))
        else:
            data = bytearray(rng.choice(good))
            for _ in range(rng.randrange(1, 4)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            data = bytes(data[: rng.randrange(1, len(data) + 1)]) if rng.random() < 0.3 else bytes(data)
        bridge.take(data, peer)
    assert bridge.received >= 100_000
    assert bridge.malformed > 10_000
    with Client(steering.port) as client:
        assert client.ask("/daiw/1/ping").address == "/daiw/1/pong"


def test_a_flood_is_bounded_and_the_bridge_lives(steering, until):
    noise = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    packet = encode("/daiw/1/status", "flood")
    for _ in range(20_000):
        noise.sendto(packet, ("127.0.0.1", steering.port))
    assert steering.bridge._queue.qsize() <= QUEUE_SIZE
    with Client(steering.port) as client:
        assert client.ask("/daiw/1/ping").address == "/daiw/1/pong"
    noise.close()


def test_a_port_in_use_is_one_clear_line(steering):
    with pytest.raises(PortError, match="osc-port"):
        Bridge("127.0.0.1", steering.port)
    command = [sys.executable, "-m", "daiw", "serve", "osc", "--osc-port", str(steering.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_historic_programs_are_understood(composing):
    try:
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.bind(("127.0.0.1", 9001))
    except OSError:
        pytest.skip("another program listens on UDP port 9001")
    ear.settimeout(60)
    mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def say(address, *arguments):
        mouth.sendto(encode(address, *arguments), ("127.0.0.1", composing.port))

    def hear():
        (message,) = decode(ear.recv(65536))
        return message

    try:
        say("/daiw/ping")
        assert hear().address == "/daiw/pong"
        say("/daiw/set_intent", json.dumps({"text": "an empty kitchen", "bars": 4}))
        assert hear().address == "/daiw/intent_ack"
        say("/daiw/generate", json.dumps({"prompt": "an empty kitchen", "bars": 4, "preset": "waltz"}), 77)
        heard = [hear()]
        while heard[-1].address != "/daiw/progression":
            heard.append(hear())
        result = next(message for message in heard if message.address == "/daiw/result")
        assert result.arguments[1] == 77
        assert json.loads(result.arguments[0])["bars"] == 4
        say("/daiw/param", "valence", 0.5)
        error = hear()
        assert error.address == "/daiw/error"  # nothing plays
        assert "plays" in error.arguments[0]
    finally:
        ear.close()
        mouth.close()


@pytest.mark.system
def test_live_music_is_steered_from_outside(jack, composing, until):
    with Client(composing.port) as client:
        client.ask("/daiw/1/live", json.dumps({"preset": "house", "port": "DAiW osc", "seed": 2}))
        until(lambda: json.loads(client.ask("/daiw/1/status").arguments[1])["playing"])
        client.ask("/daiw/1/parameter", "arousal", 0.9)
        client.ask("/daiw/1/intent", json.dumps({"prompt": "the first warm day"}))
        client.ask("/daiw/1/stop")
        until(lambda: not json.loads(client.ask("/daiw/1/status").arguments[1])["playing"])
        client.ask("/daiw/1/play", "")
        until(lambda: json.loads(client.ask("/daiw/1/status").arguments[1])["playing"])
        with pytest.raises(PortError, match="busy"):
            client.ask("/daiw/1/live", "{}")
        client.ask("/daiw/1/quit")
        assert not json.loads(client.ask("/daiw/1/status").arguments[1])["playing"]


@pytest.mark.slow
def test_a_song_with_sound_is_edited_like_any_song(tmp_path, monkeypatch):
    """The maker alone, in a folder of the test's own."""
    from daiw.osc.making import Maker

    monkeypatch.chdir(tmp_path)
    maker = Maker()
    summary, _, _, folder = maker.run("generate", {"prompt": "an empty kitchen", "preset": "waltz", "bars": 12, "sound": True})
    name = summary["sections"][-1].split()[0]
    again, midi, _, other = maker.run("regenerate", {"take": summary["take"], "section": name, "seed": 5})
    assert other != folder
    assert midi != (Path(folder) / "song.mid").read_bytes()
    assert (Path(other) / "master.wav").exists()
    assert again["bars"] == 12


def test_a_section_is_made_again_by_the_composer_of_its_song(monkeypatch):
    from daiw import pipeline
    from daiw.osc.making import Maker

    asked, plan, compose = [], pipeline.plan, pipeline.compose
    monkeypatch.setattr(pipeline, "plan", lambda *a, composer, **k: asked.append(composer) or plan(*a, composer="reference", **k))
    monkeypatch.setattr(pipeline, "compose", lambda *a, composer, **k: asked.append(composer) or compose(*a, composer="reference", **k))
    maker = Maker()
    summary, *_ = maker.run("generate", {"prompt": "an empty kitchen", "preset": "pop", "bars": 8, "composer": "neural"})
    maker.run("regenerate", {"take": summary["take"], "section": "1", "seed": 5})
    assert asked == ["neural"] * 3
