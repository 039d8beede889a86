"""What the bridge does for each request of the schema, one function an address."""

import json
from abc import ABC, abstractmethod
from collections import OrderedDict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from daiw.live.clocks import check_bpm
from daiw.live.feeling import KNOBS
from daiw.live.messages import Parameter, WriterOptions
from daiw.live.sender import SenderOptions
from daiw.live.session import Session
from daiw.osc.fields import RequestError, bpm_of, json_object, sender_options, text, whole
from daiw.osc.jobs import Job, Jobs, checked, result_file
from daiw.osc.packets import Argument
from daiw.osc.schema import VERSION
from daiw.osc.transfers import Transfers

REMEMBERED = 4096
Peer = tuple[str, int]


class Requests(ABC):
    """The requests over a session and jobs; `Bridge` brings them and takes the answers away.

    session: the live session that is steered, if any.  jobs: None where nothing may be composed here.
    """

    def __init__(self, session: Session | None, jobs: Jobs | None) -> None:
        self.session, self.jobs = session, jobs
        self.received = self.malformed = self.dropped = 0
        self._own_session = False
        self._reply_ports: OrderedDict[Peer, int] = OrderedDict()
        self._transfers = Transfers()

    @abstractmethod
    def _answer(self, peer: Peer, address: str, *arguments: Argument) -> None:
        """Send one answer to where the request came from."""

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
        self._add(identity, peer, "generate", checked(json_object(request)))

    def _do_plan(self, identity: str, peer: Peer, request: str) -> None:
        self._add(identity, peer, "plan", checked(json_object(request)))

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
        wanted = json_object(request)
        from daiw.live.writer import check

        writing = WriterOptions(
            str(wanted.get("prompt", "")), str(wanted.get("preset", "")), whole(wanted, "seed"), bpm_of(wanted), text(wanted, "key"),
            tempo_follows=wanted.get("clock", "internal") == "internal",
        )  # fmt: skip
        check(writing)
        self._open(wanted, Session(sender_options(wanted), writing=writing))
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
        self.intent(json_object(request))
        self._answer(peer, "/daiw/1/ack", identity, "from the next bar")

    def intent(self, wanted: dict[str, Any]) -> None:
        """Other words for what plays; raises RequestError or DaiwError."""
        session = self._playing()
        if session.writing is None:
            raise RequestError("no-session", "a finished song plays; only live music takes other words")
        from daiw.live.writer import check

        writing = WriterOptions(
            str(wanted.get("prompt", "")), str(wanted.get("preset", "") or session.writing.preset), whole(wanted, "seed"),
            session.writing.bpm, text(wanted, "key") or session.writing.key, tempo_follows=session.writing.tempo_follows,
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
