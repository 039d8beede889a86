"""The addresses of earlier bridges, told apart by their type tags, and answered as those did."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from daiw.errors import DaiwError
from daiw.osc.jobs import Job, checked, result_file
from daiw.osc.packets import Argument, Received, encode
from daiw.osc.schema import REPLY_PORT

if TYPE_CHECKING:
    from daiw.osc.bridge import Bridge
    from daiw.osc.requests import Peer

LONGEST = 60_000
"""A result beyond this many bytes goes as the path of a file."""


class Historic:
    """Accepts what is unambiguous; `take` says whether it did."""

    def __init__(self, bridge: "Bridge") -> None:
        self.bridge = bridge
        self.words = "a song"
        self._count = 0

    def take(self, message: Received, peer: "Peer") -> bool:
        """Act on one message; False where its address or its tags are not known."""
        action = self._action(message)
        if action is None:
            return False
        try:
            action(message.arguments, peer)
        except Exception as error:
            from daiw.osc.fields import RequestError

            if not isinstance(error, DaiwError | RequestError):
                raise
            self._tell(peer, "/daiw/error", str(error))
        return True

    def _action(self, message: Received) -> "Callable[[tuple[Argument, ...], Peer], None] | None":
        kinds = message.tags.replace("i", "f") if message.address != "/daiw/generate" else message.tags
        table: dict[tuple[str, str], Callable[[tuple[Argument, ...], Peer], None]] = {
            ("/daiw/ping", ""): lambda a, peer: self._tell(peer, "/daiw/pong"),
            ("/daiw/generate", "ff"): lambda a, peer: self._generate(peer, self.words, a[0], a[1]),
            ("/daiw/generate", "ssff"): lambda a, peer: self._generate(peer, f"{a[0]!s}, {a[1]!s}", a[2], a[3]),
            ("/daiw/generate", "siff"): lambda a, peer: self._generate(peer, str(a[0]), a[2], a[3]),
            ("/daiw/generate", "s"): lambda a, peer: self._generate(peer, str(a[0])),
            ("/daiw/generate", "ss"): lambda a, peer: self._generate(peer, str(a[0]), mark=a[1]),
            ("/daiw/generate", "si"): lambda a, peer: self._generate(peer, str(a[0]), mark=a[1]),
            ("/daiw/intent/process", "s"): lambda a, peer: self._generate(peer, str(a[0]), answer="/daiw/intent/process/response"),
            ("/daiw/intent/process", "ss"): lambda a, peer: self._generate(
                peer, str(a[0]), mark=a[1], answer="/daiw/intent/process/response"
            ),
            ("/daiw/set_intent", "s"): self._set_intent,
            ("/daiw/param", "sf"): lambda a, peer: self._parameter(str(a[0]), float(a[1])),
            ("/live/transport/play", ""): lambda a, peer: self._transport("continue"),
            ("/live/transport/stop", ""): lambda a, peer: self._transport("stop"),
            ("/live/transport/tempo", "f"): lambda a, peer: self.bridge.parameter("bpm", float(a[0])),
            ("/live/transport/position", "f"): lambda a, peer: self._transport("locate", round(480 * max(0.0, min(1e6, float(a[0]))))),
            ("/kelly/emotion/valence", "f"): lambda a, peer: self.bridge.parameter("valence", float(a[0])),
            ("/kelly/emotion/arousal", "f"): lambda a, peer: self.bridge.parameter("arousal", 2.0 * float(a[0]) - 1.0),
            ("/kelly/emotion/dominance", "f"): lambda a, peer: self.bridge.parameter("vulnerability", 1.0 - float(a[0])),
            ("/kelly/music/tempo", "f"): lambda a, peer: self.bridge.parameter("bpm", float(a[0])),
        }
        return table.get((message.address, kinds))

    def _tell(self, peer: "Peer", address: str, *arguments: Argument) -> None:
        """Answer where historic programs listen."""
        self.bridge.send_to(encode(address, *arguments), (peer[0], REPLY_PORT))

    def _transport(self, do: str, tick: int = 0) -> None:
        from daiw.osc.fields import RequestError

        if self.bridge.session is None:
            raise RequestError("no-session", "nothing plays")
        self.bridge.session.transport(do, tick=tick)

    def _parameter(self, name: str, value: float) -> None:
        name = {"chaos": "tension", "motivation": "arousal"}.get(name, name)
        self.bridge.parameter(name, value / 10.0 if name == "tension" and value > 1.0 else value)

    def _set_intent(self, arguments: tuple[Argument, ...], peer: "Peer") -> None:
        request = _request(str(arguments[0]))
        self.words = str(request["prompt"])
        if self.bridge.session is not None and self.bridge.session.writing is not None:
            self.bridge.intent(request)
        self._tell(peer, "/daiw/intent_ack", self.words[:1000])

    def _generate(
        self,
        peer: "Peer",
        text: str,
        chaos: Argument = 0.5,
        vulnerability: Argument = 0.5,
        *,
        mark: Argument = "",
        answer: str = "/daiw/result",
    ) -> None:
        """Compose, then answer with notes as JSON; chaos and vulnerability choose among seeds and colour the words."""
        from daiw.osc.fields import RequestError

        if self.bridge.jobs is None:
            raise RequestError("busy", "this bridge only steers live music")
        request = checked(_request(text))
        loose, open_hearted = (float(value) / (10.0 if float(value) > 1.0 else 1.0) for value in (chaos, vulnerability))
        request.setdefault("seed", round(1000 * min(1.0, max(0.0, loose))))
        request["prompt"] += ", raw and exposed" if open_hearted > 0.65 else ", guarded" if open_hearted < 0.35 else ""
        self._count += 1

        def tell(job: Job, what: str) -> None:
            if what == "progress":
                self._tell(peer, "/daiw/status", job.stage)
            elif what == "done":
                self._result(peer, job, mark, answer)
            else:
                self._tell(peer, "/daiw/error", job.error[1])

        self.bridge.jobs.add(Job(f"historic-{self._count}", "generate", request, tell))
        self._tell(peer, "/daiw/status", "generating")

    def _result(self, peer: "Peer", job: Job, mark: Argument, answer: str) -> None:
        document = job.document.decode()
        if len(job.document) > LONGEST:
            document = json.dumps(job.summary | {"file": str(result_file(job))})
        self._tell(peer, answer, document, *((mark,) if mark != "" else ()))
        plan: dict[str, Any] = json.loads(job.document).get("plan", {})
        progression = json.dumps([chord[2] for chord in plan.get("chords", [])][:512])
        self._tell(peer, "/daiw/progression", progression)


def _request(text: str) -> dict[str, Any]:
    """JSON with a prompt (or text), or the words themselves."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"prompt": text}
    if not isinstance(value, dict):
        return {"prompt": text}
    words = value.get("prompt") or value.get("text") or value.get("core_event") or ""
    known = {name: value[name] for name in ("preset", "seed", "bars", "bpm", "key", "meter") if name in value}
    return {"prompt": str(words), **known}
