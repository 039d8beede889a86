"""Notices that the JACK server has gone, and that it runs without real-time priority.

RtMidi does not say so: it goes on taking messages until its buffer is full, and then waits for ever.  A client of our own, of no ports,
is told by `jack_on_shutdown`; it lives in the session's process, away from the sender.

A server without real-time priority loses MIDI messages of any client as soon as the machine has other work: the next cycle begins before
the receiver has read this one's (tests/benchmarks/results.md has figures).  Nothing that a sender does helps, so a person is told.
"""

import ctypes
import ctypes.util
from collections.abc import Callable

from daiw.live.ports import quiet_stderr

NO_START_SERVER = 1
Callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class JackWatch:
    """Watches the running server.  gone: it has ended.  real_time: it has priority.  Does nothing where libjack is not found."""

    def __init__(self, name: str) -> None:
        self.gone = False
        self.real_time = True
        self._client: int | None = None
        self._told: Callable[..., object] = Callback(self._shutdown)
        path = ctypes.util.find_library("jack")
        if path is None:
            return
        try:
            self._jack = ctypes.CDLL(path)
        except OSError:
            return
        self._jack.jack_client_open.restype = ctypes.c_void_p
        status = ctypes.c_int(0)
        with quiet_stderr():
            client = self._jack.jack_client_open(f"{name} watch".encode()[:32], NO_START_SERVER, ctypes.byref(status))
        if client:
            self._client = client
            self.real_time = bool(self._jack.jack_is_realtime(ctypes.c_void_p(client)))
            self._jack.jack_on_shutdown(ctypes.c_void_p(client), self._told, None)
            self._jack.jack_activate(ctypes.c_void_p(client))

    def _shutdown(self, _: object) -> None:
        self.gone = True

    def close(self) -> None:
        """Leave the server, where it is still there."""
        if self._client is not None and not self.gone:
            self._jack.jack_client_close(ctypes.c_void_p(self._client))
        self._client = None
