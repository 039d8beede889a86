"""The `daiw` command: parse, call, print.  Every DaiwError is one line on stderr and exit code 2.

Only argparse is imported to show help; a subcommand's machinery loads when the subcommand runs.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from daiw.cli import (
    batch,
    evaluate,
    export,
    history,
    importing,
    interview,
    live,
    lock,
    make,
    play,
    plugins,
    presets,
    redo,
    remake,
    render,
    serve,
    sing,
    train,
    undo,
    unlock,
    vary,
)
from daiw.errors import DaiwError

M_ARENA_MAX = -8
"""Of glibc's malloc.h; other C libraries pass over options that they do not know."""

COMMANDS = {
    "make": make,
    "interview": interview,
    "render": render,
    "sing": sing,
    "remake": remake,
    "vary": vary,
    "lock": lock,
    "unlock": unlock,
    "undo": undo,
    "redo": redo,
    "history": history,
    "batch": batch,
    "export": export,
    "import": importing,
    "play": play,
    "live": live,
    "serve": serve,
    "presets": presets,
    "plugins": plugins,
    "evaluate": evaluate,
    "train": train,
}


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = _Parser(
        prog="daiw",
        description="A feeling in, a finished and editable song out: MIDI, stems, mix and master, offline.",
        epilog='Start with:  daiw make "we danced until the lights came on"',
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        about = (module.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(name, help=about, description=about)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    return top


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line and where to read more, instead of the whole usage."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"daiw {version('daiw')}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    args = parser().parse_args(arguments)
    for pool in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(pool, "1")  # stems render on one pool of our own; a second one inside numpy only contends
    _share_heaps()
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGTERM, _interrupt)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except DaiwError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted; nothing was written")
    except OSError as error:  # stdout closed or full; files and folders raise OutputError
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2 if isinstance(error, BrokenPipeError) else _fail(f"cannot print the result: {error.strerror}")
    except MemoryError:
        return _fail("out of memory; ask for fewer bars or render a smaller file")
    finally:
        exec("")  # forgets an interrupt that struck inside exec(str), as in dataclasses: `python -m` would die of the signal after all
    return code


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _fail(text: str) -> int:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    print(f"daiw: {line}", file=sys.stderr)
    return 2


def _share_heaps() -> None:
    """Two heaps for all threads: glibc would give each its own, and some 100 MB of what a sung song freed would stay in them."""
    if sys.platform == "linux":
        import ctypes

        if option := getattr(ctypes.CDLL(None), "mallopt", None):
            option(M_ARENA_MAX, 2)
