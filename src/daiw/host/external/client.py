"""The host's end of one worker: start it, ask it, and know by its silence, its words or its exit code what became of it."""

import contextlib
import math
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

from daiw.errors import PluginFault
from daiw.host.external.protocol import VERSION, Message, read_message, write_message
from daiw.host.external.shared import Arena

START_LIMIT_S = 30.0
_LAST_WORDS = 300
_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_spawner: ThreadPoolExecutor | None = None
_spawner_guard = threading.Lock()


def _spawn(*arguments: str, log: IO[bytes], inherited: tuple[int, ...]) -> "subprocess.Popen[bytes]":
    """Start a worker from one thread that lives as long as this process.

    Linux kills the worker when the *thread* that started it ends, and render threads end with their song.
    """
    global _spawner
    with _spawner_guard:
        if _spawner is None:
            _spawner = ThreadPoolExecutor(1, thread_name_prefix="plugin-spawner")
    command = [sys.executable, "-P", "-m", "daiw.host.external.worker", *arguments]
    environment = os.environ | {"PYTHONWARNINGS": "ignore", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started: Future[subprocess.Popen[bytes]] = _spawner.submit(
        subprocess.Popen, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, bufsize=0, pass_fds=inherited
    )
    return started.result()


class Worker:
    """One worker process.  title: what to call its plugin in messages."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.arena = Arena()
        self._log = tempfile.TemporaryFile(prefix="daiw-plugin-", suffix=".log")  # noqa: SIM115 - closed with the worker
        self._process = _spawn(self.arena.name, str(os.getpid()), log=self._log, inherited=self.arena.inherited)
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._asking = threading.Lock()
        self.resident_mb = 0.0
        self._most_mb = math.inf
        threading.Thread(target=self._listen, name=f"worker-{self._process.pid}", daemon=True).start()
        try:
            greeting = self._next(START_LIMIT_S, "load", "starting")
            if greeting.get("worker") != VERSION:
                raise PluginFault(title, "protocol", f"{title}: its worker speaks another protocol: {greeting}")
            self.arena.forget_name()
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process.poll() is None

    def ask(self, request: Message, *, limit_s: float, stall_s: float, doing: str, memory_mb: float = math.inf) -> Message:
        """The answer to one request.

        limit_s: the whole of it.  stall_s: without a beat.  doing: "loading", "rendering", for messages.  memory_mb: one that stalls
        after it grew by more than this stalls for want of memory.
        Raises PluginFault; after a crash, a hang or nonsense the worker is gone.
        """
        with self._asking:
            if not self.alive:
                raise self._death(doing)
            try:
                assert self._process.stdin is not None
                write_message(self._process.stdin, request | {"limit_s": limit_s})  # type: ignore[arg-type]
            except OSError as error:
                raise self._death(doing) from error
            self._most_mb = self._resident_mb() + memory_mb
            deadline = time.monotonic() + limit_s
            while True:
                left = deadline - time.monotonic()
                kind = "hang" if stall_s <= left or doing != "rendering" else "slow"
                answer = self._next(min(stall_s, left), kind, doing)
                if "beat" not in answer:
                    break
                if time.monotonic() > deadline:
                    self.kill()
                    raise PluginFault(self.title, "slow", f"{self.title}: took longer than {limit_s:g} s for {doing}; it was stopped")
        self.resident_mb = float(answer.get("resident_mb", 0.0))
        if "fault" in answer:
            raise PluginFault(self.title, str(answer["fault"]), f"{self.title}: {answer.get('message', 'failed')}")
        if not isinstance(answer.get("ok"), dict | list):
            self.kill()
            raise PluginFault(self.title, "protocol", f"{self.title}: its worker answered nonsense while {doing}")
        return answer

    def _resident_mb(self) -> float:
        """The worker's memory as the system sees it, 0 where it does not tell."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (OSError, ValueError, IndexError):
            return 0.0

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        with contextlib.suppress(OSError, ValueError):
            while (message := read_message(stream)) is not None:  # type: ignore[arg-type]
                self._messages.put(message)
        self._messages.put(None)

    def _next(self, limit_s: float, kind: str, doing: str) -> Message:
        try:
            message = self._messages.get(timeout=max(0.001, limit_s))
        except queue.Empty:
            grown = self._resident_mb()
            self.kill()
            if grown > self._most_mb:
                complaint = f"{self.title}: took {grown:.0f} MB of memory while {doing}; it was stopped"
                raise PluginFault(self.title, "memory", complaint) from None
            complaint = f"{self.title}: gave no sign of life for {limit_s:.3g} s while {doing}; it was stopped"
            raise PluginFault(self.title, kind, complaint) from None
        if message is None:
            raise self._death(doing)
        return message

    def _death(self, doing: str) -> PluginFault:
        """What the exit code says."""
        try:
            code = self._process.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return PluginFault(self.title, "protocol", f"{self.title}: closed its pipe while {doing}")
        words = self.last_words()
        self.kill()
        how = f"crashed with {signal_name(-code)}" if code < 0 else f"ended its process with code {code}"
        return PluginFault(self.title, "crash", f"{self.title}: {how} while {doing}" + (f" ({words})" if words else ""))

    def last_words(self) -> str:
        """The last line that the plugin printed, shortened."""
        try:
            self._log.seek(0, os.SEEK_END)
            self._log.seek(max(0, self._log.tell() - 4096))
            lines = [line.strip() for line in self._log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        except (OSError, ValueError):
            return ""
        plain = _ESCAPES.sub("", lines[-1]) if lines else ""
        plain = "".join(ch for ch in plain if ch.isprintable())
        return plain[-_LAST_WORDS:]

    def close(self) -> None:
        """Let the worker end by itself, then make sure of it."""
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1.0)
        self.kill()

    def kill(self) -> None:
        """End the worker now and wait for it: no zombie stays."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5.0)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        self.arena.close()


def signal_name(number: int) -> str:
    """ "SIGSEGV" for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
