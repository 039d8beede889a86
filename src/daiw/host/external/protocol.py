"""What host and worker say to each other: JSON messages behind a length, over the worker's standard input and output.

The worker speaks first, with a greeting that names `VERSION`.  Every request gets any number of beats ({"beat": frames}) and then one
answer, {"ok": ...} or {"fault": kind, "message": text}.  Sound does not travel here but through `shared.Arena`.
"""

import base64
import json
import struct
from typing import Any, BinaryIO

VERSION = 1
MOST_BYTES = 256 * 1024 * 1024
_LENGTH = struct.Struct(">I")
Message = dict[str, Any]


def write_message(stream: BinaryIO, message: Message) -> None:
    """Send one message."""
    body = json.dumps(message).encode()
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_message(stream: BinaryIO) -> Message | None:
    """The next message, None at the end of the stream; raises ValueError on what is no message."""
    head = _exactly(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > MOST_BYTES:
        raise ValueError(f"a message of {length} bytes")
    body = _exactly(stream, length)
    message = None if body is None else json.loads(body)
    if message is not None and not isinstance(message, dict):
        raise ValueError("a message that is no table")
    return message


def _exactly(stream: BinaryIO, count: int) -> bytes | None:
    pieces = bytearray()
    while len(pieces) < count:
        piece = stream.read(count - len(pieces))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


def packed(data: bytes) -> str:
    """Bytes as text for a message."""
    return base64.b64encode(data).decode("ascii")


def unpacked(text: str) -> bytes:
    """The bytes that `packed` made a text of."""
    return base64.b64decode(text)
