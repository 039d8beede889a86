"""What takes long, in a process of its own: reading words, planning, composing, rendering; one job after another, each can be given up."""

import contextlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from daiw.errors import DaiwError, PromptError

MOST_WAITING, MOST_KEPT = 16, 32
WORDS = ("prompt", "preset", "key", "meter", "composer")
NUMBERS = ("seed", "bars", "bpm", "minutes")
FIELDS = frozenset((*WORDS, *NUMBERS, "sound"))


@dataclass(slots=True)
class Job:
    """One request that takes long.  state: waiting, running, done, failed, cancelled.  kind: generate, plan, regenerate.

    client: whom to tell.  error: (code, text).  midi, document: what was made.
    """

    id: str
    kind: str
    request: dict[str, Any]
    client: object = None
    state: str = "waiting"
    stage: str = ""
    share: float = 0.0
    summary: dict[str, Any] = field(default_factory=dict)
    error: tuple[str, str] = ("", "")
    midi: bytes = b""
    document: bytes = b""
    folder: str = ""


def checked(request: object) -> dict[str, Any]:
    """A generate request whose fields exist and have the right types; raises PromptError."""
    if not isinstance(request, dict):
        raise PromptError('the request must be a JSON object, such as {"prompt": "the last train has gone"}')
    if unknown := set(request) - FIELDS:
        raise PromptError(f"unknown in the request: {', '.join(sorted(map(str, unknown)))}; known are {', '.join(sorted(FIELDS))}")
    for name in WORDS:
        if not isinstance(request.get(name, ""), str):
            raise PromptError(f"{name} must be text")
    for name in NUMBERS:
        value = request.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) > 1e18:
            raise PromptError(f"{name} must be a number")
    for name in ("seed", "bars"):
        if request.get(name, 0) != int(request.get(name, 0)):
            raise PromptError(f"{name} must be a whole number")
    if not isinstance(request.get("sound", False), bool):
        raise PromptError("sound must be true or false")
    if not str(request.get("prompt", "")).strip():
        raise PromptError("the prompt is empty; say what it should feel like")
    return dict(request)


class Jobs:
    """The queue and the process behind it.  finished: every job by id, the oldest forgotten first."""

    def __init__(self) -> None:
        self.known: OrderedDict[str, Job] = OrderedDict()
        self.running: Job | None = None
        self._pipe: Connection | None = None
        self._process: Any = None

    def start(self) -> None:
        """Start the process, which loads what it will need."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=run_worker, args=(theirs,), name="daiw jobs", daemon=True)
        self._process.start()
        theirs.close()

    def add(self, job: Job) -> None:
        """Queue a job; raises PromptError where too many wait."""
        if sum(other.state == "waiting" for other in self.known.values()) >= MOST_WAITING:
            raise PromptError(f"{MOST_WAITING} jobs are waiting already; fetch or cancel some")
        self.known[job.id] = job
        while len(self.known) > MOST_KEPT:
            old = next((key for key, other in self.known.items() if other.state not in ("waiting", "running")), None)
            if old is None:
                break
            del self.known[old]

    def cancel(self, identity: str) -> bool:
        """Give a job up; False where it neither waits nor runs."""
        job = self.known.get(identity)
        if job is None or job.state not in ("waiting", "running"):
            return False
        if job is self.running:
            self.stop()
            self.running = None
            self.start()
        job.state, job.error = "cancelled", ("cancelled", "the job was given up")
        return True

    def poll(self) -> list[tuple[Job, str]]:
        """What happened since the last call: (job, "progress" | "done" | "failed")."""
        if self._pipe is None:
            self.start()
        happened = self._read()
        if self.running is None:
            waiting = next((job for job in self.known.values() if job.state == "waiting"), None)
            if waiting is not None and self._pipe is not None:
                waiting.state = "running"
                self.running = waiting
                with contextlib.suppress(OSError):
                    self._pipe.send((waiting.kind, waiting.request))
        return happened

    def _read(self) -> list[tuple[Job, str]]:
        happened: list[tuple[Job, str]] = []
        try:
            while self._pipe is not None and self._pipe.poll(0):
                what, value = self._pipe.recv()
                job = self.running
                if job is None:
                    continue
                if what == "progress":
                    job.stage, job.share = value
                elif what == "done":
                    job.state = "done"
                    job.summary, job.midi, job.document, job.folder = value
                    self.running = None
                else:
                    job.state, job.error = "failed", value
                    self.running = None
                happened.append((job, what))
        except (EOFError, OSError):
            if self.running is not None:
                self.running.state, self.running.error = "failed", ("failed", "the process that made it ended")
                happened.append((self.running, "failed"))
            self.running = None
            self.start()
        return happened

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(2.0)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(2.0)
        if self._pipe is not None:
            self._pipe.close()
        self._pipe = self._process = None


def run_worker(pipe: Connection) -> None:
    """The process's main."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(pool, "1")
    from daiw.osc.making import Maker

    maker = Maker(lambda stage, share: pipe.send(("progress", (stage, share))))
    with contextlib.suppress(DaiwError):
        maker.warm()
    try:
        while True:
            kind, request = pipe.recv()
            try:
                pipe.send(("done", maker.run(kind, request)))
            except DaiwError as error:
                pipe.send(("failed", ("prompt", str(error))))
            except Exception as error:
                pipe.send(("failed", ("failed", f"{type(error).__name__}: {error}")))
    except (EOFError, OSError):
        return


def result_file(job: Job) -> Path:
    """The job's MIDI file, or its folder where it made sound, on this machine."""
    if job.folder:
        return Path(job.folder)
    folder = Path(tempfile.gettempdir()) / f"daiw-osc-{os.getpid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{abs(hash(job.id)):x}-{int(time.time())}.mid"
    path.write_bytes(job.midi)
    return path
