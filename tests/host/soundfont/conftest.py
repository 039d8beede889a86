import struct

import numpy as np
import pytest

SAMPLE_RATE = 32_000
CYCLE = 64  # frames: 500 Hz, a little above B4


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def font_bytes(zones: list[list[tuple[int, int]]], *, bank: int = 0, program: int = 0, frames: int = CYCLE * 8) -> bytes:
    """A font of one preset and one instrument: `zones` are its instrument zones, (generator, amount) each, on one sine whose root is 71."""
    wave = np.round(20_000 * np.sin(2 * np.pi * np.arange(frames) / CYCLE)).astype("<i2")
    cents = 1200 * np.log2(SAMPLE_RATE / CYCLE / 440.0) - 200.0  # the sine against B4
    sample = struct.pack("<20sIIIIIBbHH", b"sine", 0, frames, CYCLE, CYCLE * 3, SAMPLE_RATE, 71, -round(cents), 0, 1)
    generators = b"".join(struct.pack("<Hh", kind, amount) for zone in zones for kind, amount in [*zone, (53, 0)]) + bytes(4)
    starts = np.cumsum([0] + [len(zone) + 1 for zone in zones])
    bags = b"".join(struct.pack("<HH", start, 0) for start in starts)
    pdta = (
        chunk(b"phdr", struct.pack("<20sHHH12x", b"test", program, bank, 0) + struct.pack("<20sHHH12x", b"EOP", 0, 0, 1))
        + chunk(b"pbag", struct.pack("<HHHH", 0, 0, 1, 0))
        + chunk(b"pmod", bytes(10))
        + chunk(b"pgen", struct.pack("<HhHh", 41, 0, 0, 0))
        + chunk(b"inst", struct.pack("<20sH", b"test", 0) + struct.pack("<20sH", b"EOI", len(zones)))
        + chunk(b"ibag", bags)
        + chunk(b"imod", bytes(10))
        + chunk(b"igen", generators)
        + chunk(b"shdr", sample + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0))
    )
    data = wave.tobytes() + bytes(92)
    return chunk(b"RIFF", b"sfbk" + chunk(b"LIST", b"sdta" + chunk(b"smpl", data)) + chunk(b"LIST", b"pdta" + pdta))


@pytest.fixture
def make_font(tmp_path):
    """A function from instrument zones to the path of a font that has them."""
    count = iter(range(1000))

    def make(*zones: list[tuple[int, int]], **more: int):
        path = tmp_path / f"font{next(count)}.sf2"
        path.write_bytes(font_bytes(list(zones), **more))
        return path

    return make
