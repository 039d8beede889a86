"""The bridge itself: a socket, a bounded queue, answers that are given again; nothing in it waits for anything."""

import contextlib
import json
import queue
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from daiw.errors import DaiwError, PortError
from daiw.live.session import Session
from daiw.osc.fields import RequestError
from daiw.osc.jobs import Job, Jobs
from daiw.osc.packets import Argument, Received, decode, encode
from daiw.osc.requests import REMEMBERED, Peer, Requests
from daiw.osc.schema import BY_ADDRESS, MAX_PACKET_BYTES, tags

QUEUE_SIZE = 1000
MOST_A_ROUND = 200
MAX_ID_BYTES = 64


class Bridge(Requests):
    """Listens on a UDP port and acts in `poll`.

    session: the live session it steers, if any; one that the bridge opened itself is closed with it.  jobs: None where nothing may be
    composed here.  Raises PortError where the port is taken.
    """

    def __init__(self, host: str, port: int, *, session: Session | None = None, jobs: Jobs | None = None) -> None:
        super().__init__(session, jobs)
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


def _loosely(found: str, row: Any) -> str:  # noqa: ANN401 - a schema row
    """The tags, with whole numbers taken for fractions where the schema wants those: many programs send 1 for 1.0."""
    wanted = tags(row)
    if len(found) != len(wanted):
        return found
    return "".join("f" if want == "f" and have == "i" else have for have, want in zip(found, wanted, strict=True))
