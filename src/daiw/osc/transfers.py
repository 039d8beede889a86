"""Results in chunks: sent at a pace a socket's buffer can take, and again where they did not arrive."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from daiw.osc.packets import encode
from daiw.osc.schema import CHUNK_BYTES

MOST_KEPT = 16
BURST = 24
"""Chunks sent in one round: under 40 kB, well within a receiver's usual buffer of 200 kB."""


@dataclass(slots=True)
class Transfer:
    """One result on its way.  waiting: indexes still to be sent."""

    id: str
    data: bytes
    client: object
    sha256: str
    waiting: deque[int] = field(default_factory=deque)

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return -(-len(self.data) // CHUNK_BYTES)

    def packet(self, index: int) -> bytes:
        """The datagram of one chunk."""
        piece = self.data[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
        return encode("/daiw/1/chunk", self.id, index, self.count, self.sha256, piece)


class Transfers:
    """All transfers by client and id, the oldest forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, str], Transfer] = OrderedDict()

    def begin(self, identity: str, client: object, data: bytes) -> None:
        """Send a result from its first chunk on."""
        transfer = Transfer(identity, data, client, hashlib.sha256(data).hexdigest())
        transfer.waiting.extend(range(transfer.count))
        self._known[client, identity] = transfer
        self._known.move_to_end((client, identity))
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)

    def again(self, identity: str, client: object, indexes: Iterable[int]) -> bool:
        """Send some chunks again; False where the transfer is not known (any more)."""
        transfer = self._known.get((client, identity))
        if transfer is None:
            return False
        waiting = set(transfer.waiting)
        transfer.waiting.extend(index for index in dict.fromkeys(indexes) if 0 <= index < transfer.count and index not in waiting)
        return True

    def pump(self, send: Callable[[bytes, object], None]) -> bool:
        """Send the next burst; True while more waits."""
        left = BURST
        for transfer in self._known.values():
            while transfer.waiting and left:
                send(transfer.packet(transfer.waiting.popleft()), transfer.client)
                left -= 1
        return any(transfer.waiting for transfer in self._known.values())
