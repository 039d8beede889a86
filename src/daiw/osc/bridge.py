"""The bridge itself: a socket, a bounded queue, and one function a request; nothing in it waits for anything."""

import contextlib
import json
import queue
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from daiw.errors import DaiwError, PortError, PromptError
from daiw.live.clocks import check_bpm
from daiw.live.feeling import KNOBS
from daiw.live.messages import Parameter, WriterOptions
from daiw.live.sender import SenderOptions
from daiw.live.session import Session
from daiw.osc.jobs import Job, Jobs, checked, result_file
from daiw.osc.packets import Argument, Received, decode, encode
from daiw.osc.schema import BY_ADDRESS, MAX_PACKET_BYTES, VERSION, tags
from daiw.osc.transfers import Transfers

QUEUE_SIZE = 1000
MOST_A_ROUND = 200
REMEMBERED = 4096
MAX_ID_BYTES = 64

Peer = tuple[str, int]


class RequestError(Exception):
    """A request that cannot be met: code of `schema.CODES`, and a line."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Bridge:
    """Listens on a UDP port and acts in `poll`.

    session: the live session it steers, if any; one that the bridge opened itself is closed with it.  jobs: None where nothing may be
    composed here.  Raises PortError where the port is taken.
    """

    def __init__(self, host: str, port: int, *, session: Session | None = None, jobs: Jobs | None = None) -> None:
        self.session, self.jobs = session, jobs
        self._own_session = False
        self.received = self.malformed = self.dropped = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            reason = error.strerror or str(error)
            raise PortError(
                f"cannot listen on UDP port {port}: {reason}; choose another with --osc-port or end the other program"
            ) from error
        self._socket.settimeout(0.2)
        self.port: int = self._socket.getsockname()[1]
        self._queue: queue.Queue[tuple[bytes, Peer]] = queue.Queue(QUEUE_SIZE)
        self._answered: OrderedDict[tuple[Peer, str, str], list[bytes]] = OrderedDict()
        self._reply_ports: OrderedDict[Peer, int] = OrderedDict()
        self._transfers = Transfers()
        self._closing = False
        self._told: list[bytes] | None = None
        from daiw.osc.historic import Historic

        self.historic = Historic(self)
        self._thread = threading.Thread(target=self._listen, name="daiw osc", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, give up jobs, end the session that the bridge opened."""
        self._closing = True
        self._thread.join(2.0)
        self._socket.close()
        if self.jobs is not None:
            self.jobs.stop()
        if self._own_session and self.session is not None:
            self.session.close()

    def _listen(self) -> None:
        """The thread: datagrams into the queue; what does not fit is dropped and counted."""
        while not self._closing:
            try:
                data, peer = self._socket.recvfrom(MAX_PACKET_BYTES)
            except TimeoutError:
                continue
            except OSError:
                if self._closing:
                    return
                continue
            try:
                self._queue.put_nowait((data, peer))
            except queue.Full:
                self.dropped += 1

    # --- rounds ------------------------------------------------------------------------

    def poll(self, timeout_s: float = 0.0) -> None:
        """Act on what has come, wait up to `timeout_s` for something to come, and see to jobs and transfers."""
        for i in range(MOST_A_ROUND):
            try:
                data, peer = self._queue.get(timeout=timeout_s) if i == 0 and timeout_s else self._queue.get_nowait()
            except queue.Empty:
                break
            self.take(data, peer)
        if self.jobs is not None:
            for job, what in self.jobs.poll():
                self._tell_job(job, what)
        self._transfers.pump(lambda data, client: self._send(data, client))  # type: ignore[arg-type]
        if self.session is not None and self._own_session:
            self.session.pump(0)
            if self.session.over:
                self.session.close()
                self.session = None

    def take(self, data: bytes, peer: Peer) -> None:
        """One datagram."""
        self.received += 1
        try:
            messages = list(decode(data))
        except ValueError:
            self.malformed += 1
            return
        for message in messages:
            if message.address.startswith("/daiw/1/"):
                self._request(message, peer)
            elif not self.historic.take(message, peer):
                self.malformed += 1

    def _request(self, message: Received, peer: Peer) -> None:
        """One versioned request: answered again where it was answered before, else done."""
        identity = message.arguments[0] if message.arguments else ""
        if not isinstance(identity, str) or not 0 < len(identity.encode("utf-8", "replace")) <= MAX_ID_BYTES:
            self.malformed += 1
            return
        repeatable = message.address in ("/daiw/1/resend", "/daiw/1/status", "/daiw/1/ping", "/daiw/1/result")
        known = (peer, message.address, identity)
        if known in self._answered and not repeatable:
            for packet in self._answered[known]:
                self._send(packet, peer)
            self._again(message, identity, peer)
            return
        self._told = []
        try:
            row = BY_ADDRESS.get(message.address)
            if row is None:
                raise RequestError("unknown", f"there is no {message.address}; see the schema")
            if _loosely(message.tags, row) != tags(row):
                raise RequestError("syntax", f"{message.address} takes {tags(row)}, not {message.tags}")
            action: Callable[..., None] = getattr(self, "_do_" + message.address.rsplit("/", 1)[1])
            action(identity, peer, *message.arguments[1:])
        except RequestError as error:
            self._answer(peer, "/daiw/1/error", identity, error.code, str(error))
        except PortError as error:
            self._answer(peer, "/daiw/1/error", identity, "port", str(error))
        except DaiwError as error:
            self._answer(peer, "/daiw/1/error", identity, "prompt", str(error))
        if not repeatable:
            self._answered[known] = self._told
            while len(self._answered) > REMEMBERED:
                self._answered.popitem(last=False)
        self._told = None

    def _again(self, message: Received, identity: str, peer: Peer) -> None:
        """A repeated request for a job that is over: say so again."""
        job = self.jobs.known.get(identity) if self.jobs is not None else None
        if job is not None and message.address.rsplit("/", 1)[1] == job.kind and job.state in ("done", "failed", "cancelled"):
            self._tell_job(job, "done" if job.state == "done" else "failed")

    def _tell_job(self, job: Job, what: str) -> None:
        if callable(job.client):
            job.client(job, what)
            return
        peer: Any = job.client
        if what == "progress":
            self._answer(peer, "/daiw/1/progress", job.id, job.stage, float(job.share))
        elif what == "done":
            self._answer(peer, "/daiw/1/done", job.id, json.dumps(job.summary, ensure_ascii=False))
        else:
            self._answer(peer, "/daiw/1/error", job.id, *job.error)

    # --- answers --------------------------------------------------------------------------

    def _answer(self, peer: Peer, address: str, *arguments: Argument) -> None:
        try:
            packet = encode(address, *arguments)
        except ValueError:
            packet = encode("/daiw/1/error", arguments[0], "failed", "the answer is too long for one packet; fetch the result")
        if self._told is not None:
            self._told.append(packet)
        self._send(packet, peer)

    def _send(self, packet: bytes, peer: Peer) -> None:
        """Send without waiting; what the network does not take is lost, as UDP may lose it anyway."""
        target = (peer[0], self._reply_ports.get(peer, peer[1]))
        with contextlib.suppress(OSError):
            self._socket.sendto(packet, target)

    def send_to(self, packet: bytes, target: Peer) -> None:
        """Send to an address as it stands."""
        with contextlib.suppress(OSError):
            self._socket.sendto(packet, target)

    # --- requests -----------------------------------------------------------------------------

    def _do_hello(self, identity: str, peer: Peer, wanted: int, reply_port: int) -> None:
        if wanted != VERSION:
            raise RequestError("version", f"this bridge speaks schema {VERSION}, not {wanted}")
        if not 0 <= reply_port <= 65535:
            raise RequestError("argument", f"{reply_port} is no UDP port")
        if reply_port:
            self._reply_ports[peer] = reply_port
            while len(self._reply_ports) > REMEMBERED:
                self._reply_ports.popitem(last=False)
        ranges = {name: [knob.low, knob.high] for name, knob in KNOBS.items()}
        self._answer(peer, "/daiw/1/welcome", identity, VERSION, version("daiw"), json.dumps(ranges))

    def _do_ping(self, identity: str, peer: Peer) -> None:
        self._answer(peer, "/daiw/1/pong", identity)

    def _do_generate(self, identity: str, peer: Peer, request: str) -> None:
        self._add(identity, peer, "generate", checked(_json(request)))

    def _do_plan(self, identity: str, peer: Peer, request: str) -> None:
        self._add(identity, peer, "plan", checked(_json(request)))

    def _do_regenerate(self, identity: str, peer: Peer, job: str, section: str, seed: int) -> None:
        take = self._finished(job).summary.get("take")
        if take is None:
            raise RequestError("no-job", f"the job {job!r} made only a plan; generate first")
        self._add(identity, peer, "regenerate", {"take": take, "section": section, "seed": seed})

    def _do_result(self, identity: str, peer: Peer, name: str, form: str) -> None:
        job = self._finished(name)
        if form == "file":
            path = result_file(job)
            size = path.stat().st_size if path.is_file() else 0
            self._answer(peer, "/daiw/1/file", identity, str(path), size)
        elif form in ("json", "midi"):
            data = job.document if form == "json" else job.midi
            if not data:
                raise RequestError("no-job", f"the job {name!r} made only a plan; fetch it as json")
            self._transfers.begin(identity, peer, data)
        else:
            raise RequestError("argument", f"the form is json, midi or file, not {form!r}")

    def _do_resend(self, identity: str, peer: Peer, indexes: str) -> None:
        wanted = [int(text) for text in indexes.split(",")[:2000] if text.isdecimal() and len(text) < 9]
        if not self._transfers.again(identity, peer, wanted):
            raise RequestError("no-job", "that result is not known any more; ask for it again")

    def _do_cancel(self, identity: str, peer: Peer, job: str) -> None:
        if self.jobs is None or not self.jobs.cancel(job):
            raise RequestError("no-job", f"no job {job!r} waits or runs")
        self._answer(peer, "/daiw/1/ack", identity, "cancelled")

    def _do_live(self, identity: str, peer: Peer, request: str) -> None:
        if self.session is not None:
            raise RequestError("busy", "music is playing already; quit it first, or give it other words with intent")
        wanted = _json(request)
        from daiw.live.writer import check

        writing = WriterOptions(
            str(wanted.get("prompt", "")), str(wanted.get("preset", "")), _whole(wanted, "seed"), _bpm(wanted), _text(wanted, "key"),
            tempo_follows=wanted.get("clock", "internal") == "internal",
        )  # fmt: skip
        check(writing)
        self._open(wanted, Session(_sender(wanted), writing=writing))
        self._answer(peer, "/daiw/1/ack", identity, "playing")

    def _do_play(self, identity: str, peer: Peer, what: str) -> None:
        if not what:
            self._playing().transport("continue")
        else:
            if self.session is not None:
                raise RequestError("busy", "music is playing already; quit it first")
            from daiw.live.finished import song_bars

            job = self.jobs.known.get(what) if self.jobs is not None else None
            bars = song_bars(result_file(self._finished(what)) if job is not None else Path(what))
            bpm = bars[0].tempos[0][1] if bars[0].tempos else 120.0
            self._open({}, Session(SenderOptions(bpm=bpm), song=bars))
        self._answer(peer, "/daiw/1/ack", identity, "playing")

    def _do_stop(self, identity: str, peer: Peer) -> None:
        self._playing().transport("stop")
        self._answer(peer, "/daiw/1/ack", identity, "stopped")

    def _do_quit(self, identity: str, peer: Peer) -> None:
        session = self._playing()
        session.transport("quit")
        if self._own_session:
            session.close()
            self.session = None
        self._answer(peer, "/daiw/1/ack", identity, "closed")

    def _do_locate(self, identity: str, peer: Peer, bar: int) -> None:
        session = self._playing()
        if not 1 <= bar <= 100_000:
            raise RequestError("argument", f"there is no bar {bar}")
        session.transport("locate", tick=(bar - 1) * session.report.bar_ticks)
        self._answer(peer, "/daiw/1/ack", identity, f"at bar {bar}")

    def _do_parameter(self, identity: str, peer: Peer, name: str, value: float) -> None:
        self.parameter(name, float(value))
        self._answer(peer, "/daiw/1/ack", identity, name)

    def parameter(self, name: str, value: float) -> None:
        """Move a knob, or bpm; raises RequestError."""
        session = self._playing()
        if name == "bpm":
            check_bpm(value)
            session.transport("tempo", bpm=value)
            return
        if name not in KNOBS:
            raise RequestError("argument", f"there is no parameter {name!r}; parameters are {', '.join(KNOBS)}, bpm")
        if not KNOBS[name].low <= value <= KNOBS[name].high:
            raise RequestError("argument", f"{name} lies in {KNOBS[name].low:g}..{KNOBS[name].high:g}, not {value:g}")
        session.told[f"parameter {name}"] = value
        session.tell_writer(Parameter(name, value))

    def _do_intent(self, identity: str, peer: Peer, request: str) -> None:
        self.intent(_json(request))
        self._answer(peer, "/daiw/1/ack", identity, "from the next bar")

    def intent(self, wanted: dict[str, Any]) -> None:
        """Other words for what plays; raises RequestError or DaiwError."""
        session = self._playing()
        if session.writing is None:
            raise RequestError("no-session", "a finished song plays; only live music takes other words")
        from daiw.live.writer import check

        writing = WriterOptions(
            str(wanted.get("prompt", "")), str(wanted.get("preset", "") or session.writing.preset), _whole(wanted, "seed"),
            session.writing.bpm, _text(wanted, "key") or session.writing.key, tempo_follows=session.writing.tempo_follows,
        )  # fmt: skip
        check(writing)
        session.tell_writer(writing)

    def _do_status(self, identity: str, peer: Peer) -> None:
        self._answer(peer, "/daiw/1/status", identity, json.dumps(self.status(), ensure_ascii=False))

    def status(self) -> dict[str, Any]:
        """How things stand."""
        status: dict[str, Any] = {"received": self.received, "malformed": self.malformed, "dropped": self.dropped}
        if self.jobs is not None:
            status["jobs"] = {job.id: {"state": job.state, "stage": job.stage} for job in list(self.jobs.known.values())[-8:]}
        session = self.session
        status["playing"] = session is not None and session.report.running
        if session is not None:
            report = session.report
            status |= {
                "port": session.opened.port, "bar": report.bar_start // max(1, report.bar_ticks) + 1, "chord": report.chord,
                "key": report.key, "section": report.section, "bpm": report.bpm, "sounding": report.sounding,
                "parameters": {name: session.told.get(f"parameter {name}", knob.start) for name, knob in KNOBS.items()},
            }  # fmt: skip
        return status

    # --- what requests share -------------------------------------------------------------------

    def _add(self, identity: str, peer: Peer, kind: str, request: dict[str, Any]) -> None:
        if self.jobs is None:
            raise RequestError("busy", "this bridge only steers live music; start daiw serve osc to compose")
        if identity in self.jobs.known:
            raise RequestError("busy", f"there is a job {identity!r} of another client; choose another id")
        self.jobs.add(Job(identity, kind, request, peer))
        self._answer(peer, "/daiw/1/ack", identity, kind)

    def _finished(self, name: str) -> Job:
        job = self.jobs.known.get(name) if self.jobs is not None else None
        if job is None:
            raise RequestError("no-job", f"there is no job {name!r}")
        if job.state != "done":
            raise RequestError("no-job", f"the job {name!r} is {job.state}")
        return job

    def _playing(self) -> Session:
        if self.session is None:
            raise RequestError("no-session", "nothing plays; open a port with live or play")
        return self.session

    def _open(self, wanted: dict[str, Any], session: Session) -> None:
        session.open()
        self.session, self._own_session = session, True
        session.transport("start")


def _loosely(found: str, row: Any) -> str:  # noqa: ANN401 - a schema row
    """The tags, with whole numbers taken for fractions where the schema wants those: many programs send 1 for 1.0."""
    wanted = tags(row)
    if len(found) != len(wanted):
        return found
    return "".join("f" if want == "f" and have == "i" else have for have, want in zip(found, wanted, strict=True))


def _json(text: str) -> dict[str, Any]:
    """A JSON object; raises RequestError."""
    try:
        value = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise RequestError("syntax", f"the request is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise RequestError("syntax", "the request must be a JSON object")
    return value


def _whole(wanted: dict[str, Any], name: str) -> int:
    value = wanted.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestError("argument", f"{name} must be a whole number")
    return value


def _text(wanted: dict[str, Any], name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise RequestError("argument", f"{name} must be text")
    return value


def _bpm(wanted: dict[str, Any]) -> float | None:

    value = wanted.get("bpm")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PromptError("bpm must be a number")
    check_bpm(float(value))
    return float(value)


def _sender(wanted: dict[str, Any]) -> SenderOptions:
    clock = wanted.get("clock", "internal")
    if clock not in ("internal", "external", "link"):
        raise RequestError("argument", "clock is internal, external or link")
    return SenderOptions(str(wanted.get("port", "DAiW"))[:40], clock, _bpm(wanted) or 120.0, listen=_text(wanted, "listen") or "")
