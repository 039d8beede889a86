"""The process in which one plugin lives: `python -m daiw.host.external.worker ARENA PARENT`.

Loads on the main thread, answers on what was its standard output, and sends everything that a plugin prints to its standard error.
It ends when its input ends, when the host dies, and, by a watchdog that needs no interpreter, when a request overruns its limit by far.
"""

import faulthandler
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from daiw.host.external import playing
from daiw.host.external.buses import buses_in
from daiw.host.external.hosted import Hosted, Refused, hurry, names_in, resident_mb
from daiw.host.external.protocol import VERSION, Message, packed, read_message, unpacked, write_message
from daiw.host.external.shared import Arena

GRACE_S = 15.0
BEAT_S = 0.25
_PR_SET_PDEATHSIG, _SIGKILL = 1, 9


def main(arguments: list[str]) -> int:
    """Answer requests until the input ends."""
    arena_name, parent = arguments[0], int(arguments[1])
    die_with(parent)
    source, sink = _private_streams()
    arena = Arena(arena_name)
    hurry()
    write_message(sink, {"worker": VERSION, "pid": os.getpid()})
    instances: dict[str, Hosted] = {}
    while (request := read_message(source)) is not None:
        faulthandler.dump_traceback_later(float(request["limit_s"]) + GRACE_S, exit=True)
        try:
            answer = _ACTIONS[request["do"]](request, instances, arena, sink)
        except Refused as refusal:
            answer = {"fault": refusal.kind, "message": str(refusal)}
        except MemoryError:
            answer = {"fault": "memory", "message": "ran out of memory"}
        except Exception as error:  # whatever a plugin throws through pedalboard is the plugin's fault, not the worker's end
            answer = {"fault": "load" if request["do"] != "render" else "crash", "message": f"{type(error).__name__}: {error}"}
        finally:
            faulthandler.cancel_dump_traceback_later()
        write_message(sink, answer | {"resident_mb": round(resident_mb(), 1)})
    sys.stderr.flush()
    os._exit(0)  # destructors of a stranger's plugin may hang; the kernel cleans up as well


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when the thread that started it ends; end at once where that has happened already."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.name == "posix" and os.getppid() != parent:
        os._exit(1)


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the host under numbers of their own; 0 reads nothing and 1 goes where 2 goes, so that plugins cannot disturb us."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return source, sink


def _open(request: Message, instances: dict[str, Hosted], arena: Arena, sink: BinaryIO) -> Message:
    """Open, or find, the instance of a slot and set it as asked."""
    spec, slot = request["spec"], str(request["slot"])
    known = slot in instances
    hosted = instances.pop(slot) if known else Hosted(str(spec["path"]), str(spec["plugin"]))
    hosted.warnings.clear()
    hosted.block = int(spec["buffer_frames"])
    hosted.apply(unpacked(spec["state"]), str(spec["preset"]), spec["params"])
    instances[slot] = hosted
    while len(instances) > int(request.get("most", 8)):
        instances.pop(next(iter(instances)))
    return {"ok": hosted.facts() | {"state": packed(hosted.state), "vstpreset": packed(hosted.preset()), "fresh": not known}}


def _describe(request: Message, instances: dict[str, Hosted], arena: Arena, sink: BinaryIO) -> Message:
    """Everything a scan wants to know of a file: each plugin in it with its parameters."""
    path = str(request["path"])
    found = []
    for name in names_in(path):
        hosted = Hosted(path, name)
        parameters = [asdict(parameter) for parameter in hosted.parameters()]
        found.append(hosted.facts() | {"parameters": parameters})
    return {"ok": found}


def _buses(request: Message, instances: dict[str, Hosted], arena: Arena, sink: BinaryIO) -> Message:
    """The buses of one plugin of a file that was described before."""
    hosted = Hosted(str(request["path"]), str(request["plugin"]))
    return {"ok": [asdict(bus) for bus in buses_in(Path(hosted.path), str(request["plugin"]))]}


def _render(request: Message, instances: dict[str, Hosted], arena: Arena, sink: BinaryIO) -> Message:
    """Play a stem into the arena."""
    hosted = instances[str(request["slot"])]
    programs = request.get("programs", {})
    wanted = playing.Wanted(
        int(request["sample_rate"]), int(request["frames"]), int(request["tail_frames"]),
        {key: [(int(f), float(v)) for f, v in points] for key, points in request["lines"].items()}, float(request["memory_limit_mb"]),
        str(programs.get("parameter", "")), [(int(f), int(number)) for f, number in programs.get("changes", ())],
    )  # fmt: skip

    last = time.monotonic()

    def beat(frames: int) -> None:
        nonlocal last
        if time.monotonic() - last > BEAT_S:
            last = time.monotonic()
            write_message(sink, {"beat": frames})

    if hosted.instrument:
        events = [(int(f), bytes.fromhex(data)) for f, data in request["events"]]
        played = playing.play_instrument(hosted, events, wanted, beat, arena.room)
    else:
        channels, stride = int(request["channels"]), int(request["stride"])
        played = playing.play_effect(hosted, arena.room(channels, stride), wanted, beat)
    return {"ok": asdict(played) | {"latency_samples": hosted.latency}}


_ACTIONS = {"open": _open, "describe": _describe, "buses": _buses, "render": _render}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
