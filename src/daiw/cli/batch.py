"""Make or render many songs: a file of jobs, on this machine or on a cluster."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daiw.batch.jobs import Job
    from daiw.batch.run import Backend, Outcome


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `daiw batch`."""
    parser.add_argument("file", type=Path, metavar="JOBS.toml", help="[[song]] and [[render]] tables; see the README")
    parser.add_argument("-o", "--output", metavar="DIR", type=Path, help="folder for the songs (default: what the file says, else songs)")
    parser.add_argument("--ray", metavar="ADDRESS", help='run on a Ray cluster: "auto", "ray://host:10001", or "local"')
    parser.add_argument("--list", action="store_true", help="print the jobs and run nothing")
    add_batch_arguments(parser)


def add_batch_arguments(parser: argparse.ArgumentParser) -> None:
    """--jobs, --limit, --again, --json and --quiet, which `daiw render` of several files shares."""
    parser.add_argument("--jobs", type=_count, metavar="N", help="how many at a time (default: the processors of this machine)")
    parser.add_argument("--limit", type=float, default=0.0, metavar="S", help="seconds a job may take (default: any)")
    parser.add_argument("--again", action="store_true", help="make again what is done already")
    if not any("--json" in action.option_strings for action in parser._actions):
        parser.add_argument("--json", action="store_true", help="print one machine-readable result, and no progress")
        parser.add_argument("--quiet", action="store_true", help="print only failures")


def run(args: argparse.Namespace) -> int:
    """Run the jobs, print what became of them; 1 where one failed."""
    from daiw.batch.jobs import read_batch

    output, jobs = read_batch(args.file)
    if args.list:
        for job in jobs:
            print(f"{job.name}: daiw {' '.join(job.command)}")
        return 0
    return run_all(jobs, args.output or output, args, args.ray)


def run_all(jobs: "Sequence[Job]", output: Path, args: argparse.Namespace, ray: str | None = None) -> int:
    """Run `jobs` into `output` and report; 1 where one failed."""
    from daiw.batch.local import LocalProcesses
    from daiw.batch.run import run_jobs, summary

    began = time.perf_counter()
    workers = args.jobs or os.cpu_count() or 1
    backend: Backend
    if ray is not None:
        from daiw.batch.cluster import RayCluster

        backend = RayCluster(ray, workers, args.limit)
    else:
        backend = LocalProcesses(workers, args.limit)

    def watch(outcome: "Outcome") -> None:
        if not (args.json or args.quiet):
            print(f"{outcome.state:<8} {outcome.name}{': ' + outcome.error if outcome.error else ''}", file=sys.stderr, flush=True)

    try:
        outcomes = run_jobs(jobs, output, backend, watch=watch, again=args.again)
    except KeyboardInterrupt:
        print("daiw: interrupted; what was done is kept, and a rerun goes on from there", file=sys.stderr)
        return 2
    finally:
        backend.close()
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if args.json:
        print(json.dumps(summary(outcomes, began), ensure_ascii=False))
    elif args.quiet:
        for outcome in failed:
            print(f"{outcome.name}: {outcome.error}")
    else:
        _table(outcomes)
    return 1 if failed else 0


def _table(outcomes: "Sequence[Outcome]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("song", "state", "took", "length", "LUFS", "what happened"):
        table.add_column(title, no_wrap=title == "song")
    for outcome in outcomes:
        facts = dict(outcome.facts or {})
        figures = facts.get("measurements")
        loudness = figures.get("integrated_lufs") if isinstance(figures, dict) else None
        seconds = facts.get("duration_s")
        table.add_row(
            outcome.name,
            outcome.state,
            f"{outcome.seconds:.1f} s" if outcome.seconds else "",
            f"{int(seconds) // 60}:{int(seconds) % 60:02d}" if isinstance(seconds, int | float) else "",
            f"{loudness:.1f}" if isinstance(loudness, int | float) else "",
            outcome.error or (f"at attempt {outcome.attempts}" if outcome.attempts > 1 else ""),
        )
    console = Console()
    console.print(table)
    counts = [f"{sum(o.state == state for o in outcomes)} {state}" for state in ("done", "skipped", "failed")]
    console.print(", ".join(counts))


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
