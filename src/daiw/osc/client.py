"""A small client of the bridge: asks, asks again, and puts results together.  It is also the example that the schema shows."""

import contextlib
import hashlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from daiw.errors import PortError
from daiw.osc.packets import Argument, Received, decode, encode
from daiw.osc.schema import PORT

PATIENCE_S = 0.3
"""How long an answer may take before the request is repeated."""
MOST_RESENT = 200


@dataclass(frozen=True, slots=True)
class Done:
    """A finished job."""

    id: str
    summary: dict[str, Any]


class Client:
    """Speaks to a bridge on this machine.  timeout_s: after which a request is given up with PortError."""

    def __init__(self, port: int = PORT, host: str = "127.0.0.1", timeout_s: float = 60.0) -> None:
        self.timeout_s = timeout_s
        self._target = (host, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._numbers = count(1)
        self._name = f"{self._socket.getsockname()[1]}-{time.monotonic_ns() % 10**9}"

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, address: str, *arguments: Argument) -> Received:
        """Send a request and return its first answer; raises PortError where it is an error or none comes."""
        return self._ask(address, self._new(), *arguments)

    def make(self, request: dict[str, Any], *, watch: Callable[[str], None] = lambda stage: None) -> Done:
        """Have a song composed; returns when it is done."""
        return self.finish("/daiw/1/generate", json.dumps(request), watch=watch)

    def finish(self, address: str, *arguments: Argument, watch: Callable[[str], None] = lambda stage: None) -> Done:
        """Send a request that becomes a job and wait for it; the request is repeated now and then, in case its end got lost."""
        identity = self._new()
        packet = encode(address, identity, *arguments)
        deadline, repeat = time.monotonic() + self.timeout_s, 0.0
        while time.monotonic() < deadline:
            if time.monotonic() >= repeat:
                self._socket.sendto(packet, self._target)
                repeat = time.monotonic() + 2 * PATIENCE_S
            for answer in self._answers(PATIENCE_S, identity):
                if answer.address == "/daiw/1/done":
                    return Done(identity, json.loads(str(answer.arguments[1])))
                if answer.address == "/daiw/1/progress":
                    watch(str(answer.arguments[1]))
                _raise_error(answer)
        raise PortError(f"no end of {address} within {self.timeout_s:g} s")

    def fetch(self, job: str, form: str = "json") -> bytes:
        """The result of a job, whatever chunks get lost on the way."""
        identity = self._new()
        request = encode("/daiw/1/result", identity, job, form)
        pieces: dict[int, bytes] = {}
        total, sha256 = -1, ""
        deadline = time.monotonic() + self.timeout_s
        self._socket.sendto(request, self._target)
        while time.monotonic() < deadline:
            for answer in self._answers(PATIENCE_S, identity):
                _raise_error(answer)
                if answer.address == "/daiw/1/chunk":
                    _, index, total, sha256, data = answer.arguments  # type: ignore[assignment]
                    pieces[int(index)] = bytes(data)  # type: ignore[arg-type]
                if len(pieces) == total:
                    break
            if total < 0:
                self._socket.sendto(request, self._target)
            elif len(pieces) == total:
                whole = b"".join(pieces[i] for i in range(total))
                if hashlib.sha256(whole).hexdigest() == sha256:
                    return whole
                pieces.clear()
            else:
                missing = [str(i) for i in range(total) if i not in pieces][:MOST_RESENT]
                self._socket.sendto(encode("/daiw/1/resend", identity, ",".join(missing)), self._target)
        raise PortError(f"the result of {job} did not arrive within {self.timeout_s:g} s")

    def _ask(self, address: str, identity: str, *arguments: Argument) -> Received:
        packet = encode(address, identity, *arguments)
        deadline = time.monotonic() + self.timeout_s
        while time.monotonic() < deadline:
            self._socket.sendto(packet, self._target)
            for answer in self._answers(PATIENCE_S, identity):
                _raise_error(answer)
                return answer
        raise PortError(f"no answer to {address} within {self.timeout_s:g} s; is daiw serve osc running?")

    def _answers(self, wait_s: float, identity: str) -> list[Received]:
        """What comes within `wait_s` for a request; the rest of a burst comes at once."""
        found: list[Received] = []
        self._socket.settimeout(wait_s)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while True:
                with contextlib.suppress(ValueError):
                    found += [m for m in decode(self._socket.recv(65536)) if m.arguments and m.arguments[0] == identity]
                if found:
                    self._socket.settimeout(0.005)
        return found

    def _new(self) -> str:
        return f"{self._name}-{next(self._numbers)}"


def _raise_error(answer: Received) -> None:
    if answer.address == "/daiw/1/error":
        raise PortError(f"{answer.arguments[1]!s}: {answer.arguments[2]!s}")
