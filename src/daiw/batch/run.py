"""Runs jobs until each is done or has failed twice, and remembers in the output folder what is done.

`batch.json` there holds each finished job's digest: a rerun leaves alone what is done and unchanged, and makes again what was asked for
differently.  A failure never stops the others.
"""

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from daiw.batch.jobs import Job
from daiw.errors import OutputError
from daiw.files.folder import MANIFEST

STATE_FILE = "batch.json"
ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    state: "done", "skipped" or "failed".  seconds: wall time of the last attempt.  error: why it failed.  facts: what `daiw` said of a
    song that is done, as its --json has it.
    """

    name: str
    state: str
    seconds: float = 0.0
    attempts: int = 0
    error: str = ""
    facts: Mapping[str, object] | None = None


class Backend(Protocol):
    """Where jobs run: yields each outcome as it comes, "done" or "failed", and can be told to stop."""

    def run(self, jobs: Sequence[Job], output: Path, replacing: frozenset[str]) -> Iterator[Outcome]:
        """Every job's outcome, in any order.  replacing: names whose folders of an earlier run may be replaced."""

    def stop(self) -> None:
        """End what runs, leaving nothing half-written."""

    def close(self) -> None:
        """Let go of what the work needed."""


Watch = Callable[[Outcome], None]
"""Called with each outcome that is final."""


def run_jobs(
    jobs: Sequence[Job], output: Path, backend: Backend, *, watch: Watch | None = None, again: bool = False
) -> tuple[Outcome, ...]:
    """Every job's final outcome, in the order of the jobs.

    A failed job is tried once more when the others are through.  again: makes everything again, done or not.
    Raises OutputError where the output folder cannot be written; KeyboardInterrupt passes through with all work stopped.
    """
    watch = watch or (lambda outcome: None)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {output}: {error.strerror}") from error
    state = _read_state(output)
    digests = {job.name: job.digest() for job in jobs}
    finished: dict[str, Outcome] = {}
    for job in jobs:
        if not again and state.get(job.name) == digests[job.name] and (output / job.name / MANIFEST).is_file():
            finished[job.name] = Outcome(job.name, "skipped")
            watch(finished[job.name])
    replacing = frozenset(name for name in state if name in digests)
    try:
        waiting = [job for job in jobs if job.name not in finished]
        for attempt in range(1, ATTEMPTS + 1):
            failed = []
            for outcome in backend.run(waiting, output, replacing) if waiting else ():
                outcome = replace(outcome, attempts=attempt)
                if outcome.state == "done":
                    state[outcome.name] = digests[outcome.name]
                    _write_state(output, state)
                if outcome.state == "done" or attempt == ATTEMPTS:
                    finished[outcome.name] = outcome
                    watch(outcome)
                else:
                    failed.append(outcome.name)
            waiting = [job for job in waiting if job.name in failed]
    except BaseException:
        backend.stop()
        raise
    return tuple(finished[job.name] for job in jobs)


def _read_state(output: Path) -> dict[str, str]:
    """Name -> digest of what earlier runs finished; nothing where the file is missing or damaged."""
    try:
        told = json.loads((output / STATE_FILE).read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in told["done"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write_state(output: Path, state: Mapping[str, str]) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=f".{STATE_FILE}.", dir=output)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump({"done": dict(sorted(state.items()))}, stream, indent=1)
        Path(name).replace(output / STATE_FILE)
    except OSError as error:
        with contextlib.suppress(OSError, NameError):
            Path(name).unlink(missing_ok=True)
        raise OutputError(f"cannot write {output / STATE_FILE}: {error.strerror}") from error


def summary(outcomes: Iterable[Outcome], started: float) -> dict[str, object]:
    """The whole batch as --json prints it.  started: time.perf_counter() when it began."""
    listed = list(outcomes)
    counts = {state: sum(outcome.state == state for outcome in listed) for state in ("done", "skipped", "failed")}
    jobs = [
        {"name": o.name, "state": o.state, "seconds": round(o.seconds, 3), "attempts": o.attempts, "error": o.error, "result": o.facts}
        for o in listed
    ]
    return {**counts, "seconds": round(time.perf_counter() - started, 3), "jobs": jobs}
