"""A live session: starts the sender and, where music is composed as it goes, the writer; relays between them and watches both.

The session itself does nothing that takes long, and the sender does not need it to keep time: a session that hangs leaves the sender
repeating bars, and one that dies leaves it silent.
"""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from daiw.errors import PortError
from daiw.live.bars import LiveBar
from daiw.live.messages import Closed, Crashed, Forget, Heard, Lateness, Opened, Put, Report, Told, Transport, WriterOptions
from daiw.live.sender import SenderOptions, run_sender
from daiw.live.watch import JackWatch
from daiw.live.writer import run_writer

OPEN_S = 20.0
"""How long a sender may take to open its ports."""
QUIT_S = 2.0
AHEAD_TICKS = 8 * 1920
"""How much of a finished song lies ready in the sender."""
RESTART_S = 20.0
"""A writer that fails twice within this time is not started again."""


class Worker:
    """A process of ours with a pipe to it."""

    def __init__(self, target: Callable[..., None], options: object, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=target, args=(theirs, options), name=name, daemon=True)
        self.process.start()
        theirs.close()

    def tell(self, message: object) -> None:
        """Send a message; one to a dead process is lost, and its end is seen by whoever reads."""
        with contextlib.suppress(OSError, ValueError):
            self.pipe.send(message)

    def receive(self) -> object | None:
        """The next message; None where the process is gone."""
        try:
            return self.pipe.recv()  # type: ignore[no-any-return]
        except (EOFError, OSError):
            return None

    def end(self, timeout_s: float) -> None:
        """Wait for the process, then end it by force."""
        self.process.join(timeout_s)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(QUIT_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join(QUIT_S)
        self.pipe.close()


class Session:
    """One live session; use as a context manager.

    song: bars of a finished song, or None where `writing` says what to compose.  remark: told each line a person should read.
    report: the sender's last.  closed: set when the session is over.
    """

    def __init__(
        self, options: SenderOptions, *, song: Sequence[LiveBar] | None = None, writing: WriterOptions | None = None,
        remark: Callable[[str], None] = lambda text: None,
    ) -> None:  # fmt: skip
        self.options, self.song, self.writing, self.remark = options, song, writing, remark
        self.report = Report()
        self.recent = Lateness()
        self.closed: Closed | None = None
        self.told: dict[str, object] = {}
        self.opened = Opened()
        self._sender: Worker | None = None
        self._writer: Worker | None = None
        self._fed = 0
        self._restarts: list[float] = []
        self._advice = ""
        self._late = False
        self._watch: JackWatch | None = None

    # --- life -------------------------------------------------------------------------

    def __enter__(self) -> "Session":
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> "Session":
        """Start the processes; raises PortError where no port can be opened."""
        self._sender = Worker(run_sender, self.options, "daiw sender")
        if self.writing is not None:
            self._writer = Worker(run_writer, self.writing, "daiw writer")
        try:
            answer = self._sender.receive() if self._sender.pipe.poll(OPEN_S) else None
            if not isinstance(answer, Opened):
                raise PortError("the MIDI system does not answer; is its server alive?")
            if answer.error:
                raise PortError(answer.error)
        except BaseException:
            self._end_processes(0.2)
            raise
        self.opened = answer
        self._watch = JackWatch(answer.port) if answer.driver == "jack" else None
        if self._watch is not None and not self._watch.real_time:
            self.remark("the JACK server has no real-time priority: where the machine is busy it loses notes; start it without -r")
        return self

    def close(self) -> Closed:
        """Quit: the sender ends every note, then the processes end.  Returns what the sender said last."""
        if self._sender is not None:
            self._sender.tell(Transport("quit"))
            deadline = time.monotonic() + QUIT_S
            while self.closed is None and time.monotonic() < deadline and self._sender.pipe.poll(0.2):
                if not self._from_sender(self._sender.receive()):
                    break
            self._end_processes(QUIT_S)
        self.closed = self.closed or Closed("quit")
        return self.closed

    def _end_processes(self, timeout_s: float) -> None:
        if self._writer is not None:
            self._writer.tell(Transport("quit"))
            self._writer.end(0.5)
        if self._sender is not None:
            self._sender.end(timeout_s)
        self._sender = self._writer = None
        if self._watch is not None:
            self._watch.close()

    @property
    def over(self) -> bool:
        """True when nothing more will be played."""
        return self.closed is not None

    # --- steering -----------------------------------------------------------------------

    def transport(self, do: str, *, tick: int = 0, bpm: float = 120.0) -> None:
        """Start, continue, stop, locate, tempo, panic: as in `messages.Transport`."""
        if self.song is not None and do in ("start", "locate"):
            self._feed(replace(self.report, tick=tick, jumped=True))
        if self._sender is not None:
            self._sender.tell(Transport(do, tick, bpm))
        if self._writer is not None and do in ("start", "locate"):
            self._writer.tell(Transport(do, tick, bpm))

    def tell_writer(self, message: object) -> None:
        """Send the writer a parameter, an intent or another message of `daiw.live.messages`."""
        if self._writer is not None:
            self._writer.tell(message)

    # --- the pump ----------------------------------------------------------------------

    def pump(self, timeout_s: float = 0.05) -> None:
        """Relay whatever comes within `timeout_s`; call it again and again."""
        if self._watch is not None and self._watch.gone and self.closed is None:
            self.closed = Closed("the MIDI port has gone: the JACK server ended")
            self.transport("gone")
            return
        pipes: dict[Connection, Worker] = {worker.pipe: worker for worker in (self._sender, self._writer) if worker is not None}
        if not pipes:
            return
        for pipe in wait(list(pipes), timeout_s):
            worker = pipes[pipe]  # type: ignore[index]
            message = worker.receive()
            if worker is self._sender:
                self._from_sender(message)
            elif worker is self._writer:
                self._from_writer(message)

    def _from_sender(self, message: object | None) -> bool:
        """One message of the sender; False where it is gone."""
        if message is None:
            if self.closed is None:
                self.closed = Closed("the sender died; ports are closed")
                self._panic()
            return False
        if isinstance(message, Closed):
            self.closed = message
        elif isinstance(message, Report):
            self._listen(message)
        elif isinstance(message, Heard):
            self.tell_writer(message)
        return True

    def _listen(self, report: Report) -> None:
        """Keep a report, say what a person should know, and see that music lies ahead."""
        self.report = report
        self.recent = report.recent if report.recent.n else self.recent
        if report.advice != self._advice:
            self._advice = report.advice
            if report.advice:
                self.remark(report.advice)
        if (report.repeats > 0) != self._late:
            self._late = report.repeats > 0
            self.remark("the composer is late: bars are repeated" if self._late else "the composer has caught up")
        if self.song is not None:
            self._feed(report)
        self.tell_writer(report)

    def _feed(self, report: Report) -> None:
        """Hand over the next bars of a finished song."""
        song = self.song or ()
        if report.jumped:
            self._fed = next((i for i, bar in enumerate(song) if bar.end > report.tick), len(song))
        while self._fed < len(song) and song[self._fed].start < report.tick + AHEAD_TICKS:
            if self._sender is not None:
                self._sender.tell(Put((song[self._fed],)))
            self._fed += 1

    def _from_writer(self, message: object | None) -> None:
        if message is None or isinstance(message, Crashed):
            self._restart(message.why if isinstance(message, Crashed) else "it ended")
        elif isinstance(message, Put | Forget):
            if self._sender is not None:
                self._sender.tell(message)
        elif isinstance(message, Told):
            self.told[message.what] = message.value
            if message.what == "remark":
                self.remark(str(message.value))

    def _restart(self, why: str) -> None:
        """The writer failed: silence, and another one, unless that has just failed too."""
        self.transport("panic")
        now = time.monotonic()
        self._restarts = [then for then in self._restarts if now - then < RESTART_S] + [now]
        if self._writer is not None:
            self._writer.end(0.1)
            self._writer = None
        if len(self._restarts) > 1 or self.writing is None or "title" not in self.told:  # it would only fail again
            self.closed = Closed(f"the composer failed: {why}")
            self.transport("quit")
            return
        self.remark(f"the composer failed ({why}); a new one is starting, bars are repeated meanwhile")
        self._writer = Worker(run_writer, self.writing, "daiw writer")
        for name, value in self.told.items():
            if name.startswith("parameter "):
                self._writer.tell(Told(name, value))
        self._writer.tell(self.report)

    def _panic(self) -> None:
        """The sender died without a word: open its port once more only to end every note."""
        from daiw.live.ports import open_output

        with contextlib.suppress(PortError):
            port, _, system = open_output(self.options.port)
            for channel in range(16):
                port.send(bytes([0xB0 | channel, 64, 0]))
                port.send(bytes([0xB0 | channel, 123, 0]))
            time.sleep(0.05 if system == "jack" else 0.0)
            port.close()
