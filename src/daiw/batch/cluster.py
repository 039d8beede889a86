"""Jobs on a cluster, through Ray (`pip install "daiw[cluster]"`): each runs where there is room, and its folder comes back as bytes.

Nothing need be shared between the machines but daiw itself, in the same version; files that a job reads travel with it.
"""

import io
import logging
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from daiw.batch.jobs import Job
from daiw.batch.local import command_of, outcome_of
from daiw.batch.run import Outcome
from daiw.errors import OutputError, PluginError
from daiw.files.folder import new_folder


def run_there(job: Job, contents: tuple[bytes, ...], wanted: str, limit_s: float) -> tuple[Outcome, bytes]:
    """What a node does: the job in a folder that goes away, and that folder as a tar file.  contents: of the job's files, in order."""
    if version("daiw") != wanted:
        return Outcome(job.name, "failed", error=f"the node has daiw {version('daiw')}, not {wanted}"), b""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="daiw-batch-") as scratch:
        command = list(job.command)
        for number, (path, content) in enumerate(zip(job.files, contents, strict=True)):
            copy = Path(scratch) / f"{number}{path.suffix}"
            copy.write_bytes(content)
            command = [word.replace(str(path.resolve()), str(copy)).replace(str(path), str(copy)) for word in command]
        folder = Path(scratch) / job.name
        try:
            told = subprocess.run(
                command_of(Job(job.name, tuple(command)), folder, force=False), capture_output=True, text=True, errors="replace",
                stdin=subprocess.DEVNULL, timeout=limit_s or None, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Outcome(job.name, "failed", time.perf_counter() - began, error=f"took longer than {limit_s:g} s"), b""
        outcome = outcome_of(job.name, told.returncode, told.stdout, told.stderr, time.perf_counter() - began)
        if outcome.state != "done":
            return outcome, b""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(folder, arcname=".")
        return outcome, packed.getvalue()


class RayCluster:
    """The nodes that Ray knows.  address: as `ray.init` takes it: "auto", "ray://host:10001", or "local" for a cluster on this machine."""

    def __init__(self, address: str, workers: int, limit_s: float = 0.0) -> None:
        if find_spec("ray") is None:
            raise PluginError('a cluster needs Ray, which is not installed: pip install "daiw[cluster]"')
        self._limit_s, self._ours = limit_s, False
        self._ray = self._connect(address, workers)
        self._pending: dict[Any, Job] = {}

    def _connect(self, address: str, workers: int) -> Any:  # noqa: ANN401 - Ray is optional
        import ray  # type: ignore[import-not-found,unused-ignore]

        if not ray.is_initialized():
            options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
            try:
                if address == "local":
                    ray.init(address="local", num_cpus=max(1, workers), **options)
                else:
                    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
            except (ConnectionError, OSError, RuntimeError, ValueError) as error:
                raise PluginError(f"no Ray cluster at {address!r}: {str(error).splitlines()[0]}") from error
            self._ours = True
        return ray

    def run(self, jobs: Sequence[Job], output: Path, replacing: frozenset[str]) -> Iterator[Outcome]:
        """Every job's outcome as it comes, its folder in place."""
        remote = self._ray.remote(max_retries=0)(run_there)
        wanted = version("daiw")
        for job in jobs:
            contents = tuple(path.read_bytes() for path in job.files)
            self._pending[remote.remote(job, contents, wanted, self._limit_s)] = job
        while self._pending:
            ready, _ = self._ray.wait(list(self._pending), num_returns=1)
            for reference in ready:
                job = self._pending.pop(reference)
                yield self._fetched(reference, job, output, job.name in replacing)

    def stop(self) -> None:
        """Cancel what runs, and leave the cluster that was joined."""
        for reference in self._pending:
            self._ray.cancel(reference, force=True)
        self._pending.clear()
        self.close()

    def close(self) -> None:
        """Leave the cluster."""
        if self._ours:
            self._ray.shutdown()
            self._ours = False

    def _fetched(self, reference: Any, job: Job, output: Path, replace: bool) -> Outcome:  # noqa: ANN401
        try:
            outcome, packed = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return Outcome(job.name, "failed", error=f"the node failed: {str(error).splitlines()[0]}")
        if outcome.state != "done":
            return outcome  # type: ignore[no-any-return]
        try:
            with new_folder(output / job.name, force=replace) as inside, tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(inside, filter="data")
        except (OutputError, tarfile.TarError) as error:
            return Outcome(job.name, "failed", outcome.seconds, error=str(error))
        facts = dict(outcome.facts or {}) | {"folder": str((output / job.name).resolve())}
        return Outcome(job.name, "done", outcome.seconds, facts=facts)
