"""The schema of the OSC bridge, as one table; README.md beside this file is made of it, and a test holds it to that.

    python -m daiw.osc.schema > src/daiw/osc/README.md

Type tags as in OSC 1.0: s string, i int32, f float32, b blob.  Every versioned request begins with an id that the client chooses; every
answer begins with the same id, so a client may repeat a request that got no answer: the server answers again and does not act twice.
"""

from dataclasses import dataclass

VERSION = 1
PORT, REPLY_PORT = 9000, 9001
CHUNK_BYTES = 1200
"""Payload of one result chunk: with OSC's and UDP's headers it stays under the 1500 bytes of an Ethernet frame."""
MAX_PACKET_BYTES = 65_507
CODES = ("syntax", "unknown", "version", "argument", "busy", "no-job", "no-session", "port", "prompt", "failed", "cancelled")
"""The second argument of /daiw/1/error."""


@dataclass(frozen=True, slots=True)
class Message:
    """One row.  arguments: (name, type tag, meaning); answers: addresses that may follow."""

    address: str
    arguments: tuple[tuple[str, str, str], ...]
    about: str
    answers: tuple[str, ...] = ()


ID = ("id", "s", "yours, any text up to 64 bytes")

SONG = "JSON: prompt; optional preset, seed, bars, bpm, key, meter, minutes, composer, sound (true: audio, in a folder)"
KNOB = "valence, arousal, tension, density, vulnerability, or bpm"
WELCOME, PONG, ACK, PROGRESS, DONE, CHUNK, FILE, STATUS, ERROR = (
    f"/daiw/1/{name}" for name in ("welcome", "pong", "ack", "progress", "done", "chunk", "file", "status", "error")
)
JOB = (ACK, PROGRESS, DONE, ERROR)

REQUESTS: tuple[Message, ...] = (
    Message(
        "/daiw/1/hello",
        (ID, ("version", "i", "the schema you speak"), ("reply_port", "i", "where you listen; 0: where you send from")),
        "Handshake. Not required, but it tells a mismatch, and sends answers to another port.",
        (WELCOME, ERROR),
    ),
    Message("/daiw/1/ping", (ID,), "Is anybody there?", (PONG,)),
    Message("/daiw/1/generate", (ID, ("request", "s", SONG)), "Compose a song. It becomes the job `id`.", JOB),
    Message(
        "/daiw/1/plan",
        (ID, ("request", "s", "as for generate")),
        "Only read the words and plan form and harmony; a job whose result is the plan.",
        JOB,
    ),
    Message(
        "/daiw/1/regenerate",
        (
            ID,
            ("job", "s", "a finished job"),
            ("section", "s", "its name or 1-based number"),
            ("seed", "i", "another number, another section"),
        ),
        "Compose one section, or every one of a name, again and keep every other note of the score. It becomes the job `id`.",
        JOB,
    ),
    Message(
        "/daiw/1/result",
        (ID, ("job", "s", "a finished job"), ("form", "s", "json, midi, or file for a path on this machine")),
        "Fetch what a job made: chunks, or the path of a file.",
        (CHUNK, FILE, ERROR),
    ),
    Message(
        "/daiw/1/resend",
        (ID, ("indexes", "s", "0-based chunk numbers that did not arrive, with commas")),
        "Send some chunks of the result request `id` again.",
        (CHUNK, ERROR),
    ),
    Message("/daiw/1/cancel", (ID, ("job", "s", "a job that waits or runs")), "Give a job up.", (ACK, ERROR)),
    Message(
        "/daiw/1/live",
        (ID, ("request", "s", "JSON: optional prompt, preset, seed, bpm, key, port, clock, listen")),
        "Open a MIDI port and play music that is composed as it goes.",
        (ACK, ERROR),
    ),
    Message(
        "/daiw/1/play",
        (ID, ("what", "s", "a finished job, a song folder or a MIDI file; empty: go on")),
        "Play through the MIDI port.",
        (ACK, ERROR),
    ),
    Message("/daiw/1/stop", (ID,), "Stop playing; every note ends.", (ACK, ERROR)),
    Message("/daiw/1/quit", (ID,), "Stop playing and close the MIDI port.", (ACK, ERROR)),
    Message("/daiw/1/locate", (ID, ("bar", "i", "1-based")), "Jump.", (ACK, ERROR)),
    Message(
        "/daiw/1/parameter",
        (ID, ("name", "s", KNOB), ("value", "f", "-1..1 for valence and arousal, else 0..1; bpm 10..400")),
        "Move a knob of the music that plays; it follows within a bar.",
        (ACK, ERROR),
    ),
    Message(
        "/daiw/1/intent",
        (ID, ("request", "s", "JSON: prompt, optional preset, seed, key")),
        "Other words for the music that plays, from the next bar.",
        (ACK, ERROR),
    ),
    Message("/daiw/1/status", (ID,), "What plays, what is being made, and what was dropped.", (STATUS,)),
)

ANSWERS: tuple[Message, ...] = (
    Message(
        WELCOME,
        (ID, ("version", "i", "the schema"), ("daiw", "s", "the program's version"), ("parameters", "s", "JSON: name -> [low, high]")),
        "Hello to you.",
    ),
    Message(PONG, (ID,), "Here."),
    Message(ACK, (ID, ("what", "s", "what is being done")), "The request has arrived and is being done, or has been."),
    Message(
        PROGRESS,
        (ID, ("stage", "s", "understand, plan, compose, arrange, render, mix, master or write"), ("share", "f", "0..1")),
        "A job goes on.",
    ),
    Message(
        DONE,
        (ID, ("summary", "s", "JSON: title, preset, key, meter, bpm, bars, seed, sections; tracks and notes; folder with sound")),
        "A job is finished; its result waits to be fetched.",
    ),
    Message(
        CHUNK,
        (
            ("id", "s", "of the result request"),
            ("index", "i", "0-based"),
            ("count", "i", "of chunks"),
            ("sha256", "s", "of the whole, hexadecimal"),
            ("data", "b", f"up to {CHUNK_BYTES} bytes"),
        ),
        "A piece of a result, in no certain order; put together by index, ask with resend for what is missing.",
    ),
    Message(
        FILE,
        (ID, ("path", "s", "absolute"), ("bytes", "i", "its size")),
        "Where a result lies on this machine; a folder where the job made sound.",
    ),
    Message(
        STATUS,
        (ID, ("status", "s", "JSON: playing, bar, chord, key, section, bpm, parameters, jobs, received, malformed, dropped")),
        "How things stand.",
    ),
    Message(
        ERROR,
        (ID, ("code", "s", ", ".join(CODES)), ("text", "s", "one line for people")),
        "A request could not be met; nothing else changed.",
    ),
)

HISTORIC: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("/daiw/ping", ("",), "answered with /daiw/pong"),
    ("/daiw/generate", ("ff",), "chaos, vulnerability, each 0..1 (above 1 they count to 10)"),
    ("/daiw/generate", ("ssff", "siff"), "words, motivation, chaos, vulnerability"),
    ("/daiw/generate", ("s", "ss", "si"), "JSON or words, message id"),
    ("/daiw/set_intent", ("s",), "JSON or words for the next generate and for what plays; answered with /daiw/intent_ack"),
    ("/daiw/intent/process", ("s", "ss"), "as generate, answered with /daiw/intent/process/response"),
    ("/daiw/param", ("sf", "si"), "a parameter by name; chaos moves tension"),
    ("/live/transport/play", ("",), "go on"),
    ("/live/transport/stop", ("",), "stop"),
    ("/live/transport/tempo", ("f", "i"), "bpm"),
    ("/live/transport/position", ("f", "i"), "beats from the start"),
    ("/kelly/emotion/valence", ("f", "i"), "-1..1"),
    ("/kelly/emotion/arousal", ("f", "i"), "0..1"),
    ("/kelly/emotion/dominance", ("f", "i"), "0..1; moves vulnerability the other way"),
    ("/kelly/music/tempo", ("f", "i"), "bpm"),
)
"""Addresses of earlier programs: address, the type tags it came with, meaning.  Told apart by tags; nothing ambiguous is accepted."""

NOT_ACCEPTED = (
    "/daiw/intent/suggest", "/daiw/analyze/chords", "/live/track/*", "/live/clip/*", "/live/transport/record", "/penta/harmony/chord",
    "/kelly/music/mode", "/kelly/music/key", "/kelly/reward/coherence",
)  # fmt: skip

BY_ADDRESS = {message.address: message for message in REQUESTS}


def tags(message: Message) -> str:
    """The type tags of a message."""
    return "".join(tag for _, tag, _ in message.arguments)


def document() -> str:
    """The schema in Markdown."""
    lines = [
        "# The OSC bridge", "",
        "<!-- made by python -m daiw.osc.schema; do not edit -->", "",
        f"`daiw serve osc` listens on 127.0.0.1, UDP port {PORT}, and speaks schema {VERSION}. Answers go to where a request came from, or "
        "to the port that `hello` named. Every request begins with an id of yours and every answer with the same id; repeat a request that "
        "got no answer within a second: the server answers again and does not act twice. Packets that cannot be read are counted and "
        "dropped, and so is what comes faster than it can be done.", "",
        "## Requests", "", "| address | tags | arguments | what | answers |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for message in REQUESTS:
        lines.append(f"| `{message.address}` | `{tags(message)}` | {_arguments(message)} | {message.about} | {_names(message.answers)} |")
    lines += ["", "## Answers", "", "| address | tags | arguments | what |", "|---|---|---|---|"]
    for message in ANSWERS:
        lines.append(f"| `{message.address}` | `{tags(message)}` | {_arguments(message)} | {message.about} |")
    lines += [
        "", "## Historic addresses", "",
        f"Accepted for programs written for earlier bridges; they carry no ids. Answers (`/daiw/pong`, `/daiw/status`, `/daiw/result`, "
        f"`/daiw/progression`, `/daiw/intent_ack`, `/daiw/error`) go to port {REPLY_PORT}. A result too long for one packet comes as the "
        "path of a file.", "",
        "| address | tags | meaning |", "|---|---|---|",
        *(f"| `{address}` | {_kinds(types)} | {meaning} |" for address, types, meaning in HISTORIC), "",
        f"Not accepted, because what they meant was never settled or is none of our business: {_names(NOT_ACCEPTED)}.", "",
        "## A small client", "",
        "In Python, with python-osc's parser and nothing else of ours but the class that asks again for lost chunks:", "",
        "```python", *EXAMPLE.strip().split("\n"), "```", "",
        f"In Max or Pd, `[udpsend 127.0.0.1 {PORT}]` and `[udpreceive {REPLY_PORT}]`: send `/daiw/1/hello me 1 {REPLY_PORT}` once, then",
        "`/daiw/1/live a {}`, and from a slider scaled to -1..1 `/daiw/1/parameter b arousal $1`. In TouchOSC, give a fader the address",
        "`/kelly/emotion/valence`, the range -1..1 and this machine and port; nothing else is needed.", "",
    ]  # fmt: skip
    return "\n".join(lines)


EXAMPLE = """
from daiw.osc.client import Client

with Client(port=9000) as daiw:
    print(daiw.ask("/daiw/1/hello", 1, 0))
    job = daiw.make({"prompt": "the last train has gone", "preset": "lofi", "bars": 8})
    print(job.summary["key"], job.summary["bars"])
    open("train.mid", "wb").write(daiw.fetch(job.id, "midi"))
"""


def _arguments(message: Message) -> str:
    return "; ".join(f"{name}: {meaning}" for name, _, meaning in message.arguments)


def _kinds(variants: tuple[str, ...]) -> str:
    return ", ".join(f"`{kinds}`" if kinds else "none" for kinds in variants)


def _names(addresses: tuple[str, ...]) -> str:
    return ", ".join(f"`{address.removeprefix('/daiw/1/')}`" for address in addresses)


if __name__ == "__main__":
    print(document(), end="")
