import random
import socket
import threading
import time

import pytest

from daiw.osc.bridge import Bridge
from daiw.osc.jobs import Jobs


class Served:
    """A bridge with a thread that polls it."""

    def __init__(self, jobs):
        self.bridge = Bridge("127.0.0.1", 0, jobs=jobs)
        self.port = self.bridge.port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            self.bridge.poll(0.005)

    def close(self):
        self._stop.set()
        self._thread.join(10)
        self.bridge.close()


class LossyProxy:
    """Passes datagrams both ways and loses some; counts them."""

    def __init__(self, port, loss, seed=1):
        self._rng = random.Random(seed)
        self.loss, self.lost, self.passed = loss, 0, 0
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._front.settimeout(0.2)
        self.port = self._front.getsockname()[1]
        self._server = ("127.0.0.1", port)
        self._client = None
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop:
            try:
                data, peer = self._front.recvfrom(65536)
            except TimeoutError:
                continue
            if peer != self._server:
                self._client = peer
            if self._rng.random() < self.loss:
                self.lost += 1
                continue
            self.passed += 1
            target = self._client if peer == self._server else self._server
            if target:
                self._front.sendto(data, target)

    def close(self):
        self._stop = True
        self._thread.join(5)
        self._front.close()


@pytest.fixture(scope="session")
def composing():
    """A bridge that composes; its process stays warm for all tests."""
    served = Served(Jobs())
    yield served
    served.close()


@pytest.fixture
def steering():
    """A bridge that only steers."""
    served = Served(None)
    yield served
    served.close()


@pytest.fixture
def lossy():
    made = []

    def make(port, loss):
        made.append(LossyProxy(port, loss))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def until():
    def wait(condition, seconds=20.0):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.01)
        raise AssertionError(f"nothing after {seconds} s")

    return wait
