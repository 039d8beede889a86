"""How benchmarks are run and reported: medians and spreads, ratios in one run, rows written to results.md by the script alone."""

import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

RESULTS = Path(__file__).with_name("results.md")


def pytest_collection_modifyitems(items):
    for item in items:  # of the whole session, wherever it was started
        if item.path.parent == RESULTS.parent:
            item.add_marker(pytest.mark.bench)


def machine() -> str:
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "?")
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def commit() -> str:
    told = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=RESULTS.parent, check=False)
    return told.stdout.strip() or "?"


def spread(values: list[float], unit: str = "", digits: int = 2) -> str:
    """Median and extremes: "1.20 s (1.10-1.35, n=5)"."""
    return f"{statistics.median(values):.{digits}f}{unit} ({min(values):.{digits}f}-{max(values):.{digits}f}, n={len(values)})"


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Wall seconds of `runs` calls after one that warms up."""
    work()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


@pytest.fixture
def publish():
    """Write one section of results.md: a title and a table whose first row names the columns."""

    def write(title: str, rows: list[list[str]]) -> None:
        lines = [f"## {title}", "", f"{machine()}; commit {commit()}", ""]
        lines += ["| " + " | ".join(row) + " |" for row in rows[:1]] + ["|" + "---|" * len(rows[0])]
        lines += ["| " + " | ".join(row) + " |" for row in rows[1:]]
        section = "\n".join(lines) + "\n"
        print("\n" + section)
        old = RESULTS.read_text() if RESULTS.exists() else "# Benchmarks\n\nWritten by `make bench`; nothing here is typed by hand.\n"
        sections = {part.splitlines()[0]: part for part in re.split(r"(?m)^(?=## )", old)[1:]}
        sections[f"## {title}"] = section
        head = re.split(r"(?m)^(?=## )", old)[0].rstrip()
        RESULTS.write_text(head + "\n\n" + "\n".join(part.rstrip() + "\n" for _, part in sorted(sections.items())))

    return write
