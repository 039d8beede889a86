"""Warm workers: a plugin is loaded once and kept for the next stem and the next song.

A worker process holds one plugin file, with an instance for each slot ("chords", "bass insert 1"): tracks never share an instance.  A
second process for the same plugin is started only where the first is busy, so that stems render side by side.  The memory for their
sound is kept warm, too, within bounds, and given back once none has worked for a while.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from daiw.errors import PluginFault
from daiw.host.external.buffers import Buffers
from daiw.host.external.client import Worker
from daiw.host.external.protocol import Message
from daiw.host.external.spec import Spec

MOST_WORKERS = 12
FATAL = ("crash", "hang", "slow", "protocol", "memory", "length", "nan")
MOST_PER_PLUGIN = 2
RECYCLE_AFTER = 8
RECYCLE_GROWTH = 0.5
RECYCLE_MB = 200.0
MOST_KEPT_BYTES = 400_000_000
REST_S = 5.0


@dataclass(eq=False)
class Lease:
    """A worker for the time of one render, with the plugin opened and set.

    facts: what it said of itself.  plugin_s: processor seconds that plugins have taken in it while they rendered.
    """

    worker: Worker
    slots: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Message] = field(default_factory=dict)
    busy: bool = False
    renders: int = 0
    first_mb: float = 0.0
    loads: int = 0
    plugin_s: float = 0.0


class Pool:
    """The workers of this process.  Safe to use from several threads.  buffers: memory for what they gave."""

    def __init__(self, most: int = MOST_WORKERS, per_plugin: int = MOST_PER_PLUGIN) -> None:
        self._most, self._per_plugin = most, per_plugin
        self._changed = threading.Condition()
        self._leases: dict[tuple[str, str], list[Lease]] = {}
        self._owner = os.getpid()
        self._starting = 0
        self.started = 0
        self.buffers = Buffers()
        self._given = 0.0
        self._resting: threading.Timer | None = None
        atexit.register(self.close)

    @contextmanager
    def lease(self, spec: Spec, slot: str) -> Iterator[tuple[Lease, Message]]:
        """A worker that has `spec` open in `slot`, and the plugin's facts; raises PluginFault where it cannot be opened."""
        lease = self._take((str(spec.path), spec.plugin), slot, spec.title)
        try:
            yield lease, self._opened(lease, spec, slot)
        except BaseException as error:
            if not isinstance(error, PluginFault) or error.kind in FATAL:
                lease.worker.kill()
            raise
        finally:
            self._give(lease)

    def _opened(self, lease: Lease, spec: Spec, slot: str) -> Message:
        digest = spec.digest()
        if lease.slots.get(slot) != digest:
            lease.slots.pop(slot, None)
            request = {"do": "open", "spec": spec.message(), "slot": slot}
            answer = lease.worker.ask(request, limit_s=spec.load_limit_s, stall_s=spec.load_limit_s, doing="loading")
            facts: Message = answer["ok"]
            lease.loads += bool(facts.get("fresh"))
            lease.slots[slot] = digest
            lease.facts[slot] = facts
        return lease.facts[slot]

    def _take(self, key: tuple[str, str], slot: str, title: str) -> Lease:
        with self._changed:
            self._forget_strangers()
            while True:
                mine = self._leases.setdefault(key, [])
                mine[:] = [lease for lease in mine if lease.busy or lease.worker.alive]
                idle = [lease for lease in mine if not lease.busy]
                idle.sort(key=lambda lease: slot not in lease.slots)
                if idle:
                    idle[0].busy = True
                    return idle[0]
                if len(mine) < self._per_plugin and self._room():
                    break
                self._changed.wait()
            self._starting += 1
        try:
            lease = Lease(Worker(title), busy=True)
        finally:
            with self._changed:
                self._starting -= 1
        with self._changed:
            self.started += 1
            self._leases[key].append(lease)
        return lease

    def _room(self) -> bool:
        """Make room for one more worker by closing an idle one where there are too many; False where all are at work."""
        everyone = [(leases, lease) for leases in self._leases.values() for lease in leases]
        if len(everyone) + self._starting < self._most:
            return True
        for leases, lease in everyone:
            if not lease.busy:
                leases.remove(lease)
                lease.worker.close()
                return True
        return False

    def _give(self, lease: Lease) -> None:
        lease.renders += 1
        if lease.renders == RECYCLE_AFTER // 2:
            lease.first_mb = lease.worker.resident_mb
        grown = lease.worker.resident_mb - lease.first_mb
        if lease.renders > RECYCLE_AFTER and grown > max(RECYCLE_MB, RECYCLE_GROWTH * lease.first_mb):
            lease.worker.close()  # a slow leak: the next render starts afresh
        with self._changed:
            lease.busy = False
            self._given = time.monotonic()
            if sum(each.worker.arena.size for each in self._everyone()) > MOST_KEPT_BYTES:
                lease.worker.arena.clear()
            if self._resting is None:
                self._rest_later()
            self._changed.notify_all()

    def _everyone(self) -> list[Lease]:
        return [lease for leases in self._leases.values() for lease in leases]

    def _rest_later(self) -> None:
        self._resting = threading.Timer(REST_S, self._rest)
        self._resting.daemon = True
        self._resting.start()

    def _rest(self) -> None:
        """Give the memory for sound back where nobody has worked for a while; else look again later."""
        with self._changed:
            self._resting = None
            everyone = self._everyone()
            if any(lease.busy for lease in everyone) or time.monotonic() - self._given < REST_S:
                self._rest_later()
                return
            for lease in everyone:
                lease.worker.arena.clear()
            self.buffers.clear()

    def _forget_strangers(self) -> None:
        """After a fork the workers belong to the parent."""
        if self._owner != os.getpid():
            self._owner, self._leases = os.getpid(), {}

    def pids(self) -> list[int]:
        """The processes that are alive."""
        with self._changed:
            return [lease.worker.pid for lease in self._everyone() if lease.worker.alive]

    def plugin_s(self) -> float:
        """Processor seconds that plugins have taken while they rendered, in the workers of now."""
        with self._changed:
            return sum(lease.plugin_s for lease in self._everyone())

    def close(self) -> None:
        """End every worker."""
        if self._owner != os.getpid():
            return
        with self._changed:
            everyone = self._everyone()
            self._leases = {}
            if self._resting is not None:
                self._resting.cancel()
                self._resting = None
        for lease in everyone:
            lease.worker.close()


_pool: Pool | None = None
_pool_guard = threading.Lock()


def pool() -> Pool:
    """The pool of this process, made when it is first wanted."""
    global _pool
    with _pool_guard:
        if _pool is None:
            _pool = Pool()
        return _pool
