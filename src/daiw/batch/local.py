"""Jobs in processes of this machine, one `daiw` command a job: a crash ends that job and nothing else."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from daiw.batch.jobs import Job
from daiw.batch.run import Outcome

GRACE_S = 10.0


class LocalProcesses:
    """At most `workers` jobs at a time.  limit_s: wall time a job may take, 0 for any."""

    def __init__(self, workers: int, limit_s: float = 0.0) -> None:
        self._workers, self._limit_s = max(1, workers), limit_s
        self._running: set[subprocess.Popen[str]] = set()
        self._guard = threading.Lock()
        self._stopped = False

    def run(self, jobs: Sequence[Job], output: Path, replacing: frozenset[str]) -> Iterator[Outcome]:
        """Every job's outcome as it comes."""
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="batch")
        try:
            waiting: set[Future[Outcome]] = {pool.submit(self._one, job, output, job.name in replacing) for job in jobs}
            while waiting:
                ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ready)
        finally:
            self.stop() if waiting else None
            pool.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """End what runs: asked first, so that temporary folders are cleared, then killed."""
        with self._guard:
            self._stopped = True
            running = list(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        until = time.monotonic() + GRACE_S
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            if process.poll() is None:
                _signal(process, signal.SIGKILL)

    def close(self) -> None:
        """Nothing to let go of: each process ended with its job."""

    def _one(self, job: Job, output: Path, replace: bool) -> Outcome:
        began = time.perf_counter()
        command = command_of(job, output / job.name, force=replace)
        with self._guard:
            if self._stopped:
                return Outcome(job.name, "failed", error="stopped")
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                start_new_session=True,
            )  # fmt: skip
            self._running.add(process)
        try:
            out, err = process.communicate(timeout=self._limit_s or None)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.communicate()
            return Outcome(job.name, "failed", time.perf_counter() - began, error=f"took longer than {self._limit_s:g} s")
        finally:
            with self._guard:
                self._running.discard(process)
        return outcome_of(job.name, process.returncode, out, err, time.perf_counter() - began)


def command_of(job: Job, folder: Path, *, force: bool) -> list[str]:
    """The command line of a job."""
    first, *others = job.command
    options = ["--json", f"--output={folder}", *(["--force"] if force else [])]
    return [sys.executable, "-m", "daiw", first, *options, *others]


def outcome_of(name: str, code: int, out: str, err: str, seconds: float) -> Outcome:
    """What a finished command means: its JSON, or why there is none."""
    if code == 0:
        try:
            return Outcome(name, "done", seconds, facts=json.loads(out.splitlines()[-1]))
        except (ValueError, IndexError):
            return Outcome(name, "failed", seconds, error="finished without a result")
    if code < 0:
        return Outcome(name, "failed", seconds, error=f"ended by {signal.Signals(-code).name}")
    lines = [line for line in err.splitlines() if line.strip()]
    return Outcome(name, "failed", seconds, error=lines[-1].removeprefix("daiw: ") if lines else f"ended with code {code}")


def _signal(process: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """To the job and whatever it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
