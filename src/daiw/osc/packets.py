"""OSC packets in and out, by python-osc, hostile until parsed."""

from collections.abc import Iterator
from dataclasses import dataclass

from daiw.osc.schema import MAX_PACKET_BYTES

Argument = str | int | float | bytes
MAX_MESSAGES = 64
"""Messages of one bundle that are read."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message.  tags: its arguments' types, as letters."""

    address: str
    arguments: tuple[Argument, ...]

    @property
    def tags(self) -> str:
        """Type tags of the arguments, s i f b; others are "?"."""
        return "".join(_tag(value) for value in self.arguments)


def _tag(value: object) -> str:
    kinds: dict[type, str] = {str: "s", int: "i", float: "f", bytes: "b"}
    return kinds.get(type(value), "?")


def encode(address: str, *arguments: Argument) -> bytes:
    """One message as a datagram; raises ValueError where it does not fit, or holds an empty blob, which python-osc cannot write."""
    from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

    builder = OscMessageBuilder(address=address)
    try:
        for value in arguments:
            builder.add_arg(value, _tag(value))
        data: bytes = builder.build().dgram
    except (BuildError, UnicodeEncodeError) as error:
        raise ValueError(f"{address} cannot be written: {error}") from error
    if len(data) > MAX_PACKET_BYTES:
        raise ValueError(f"{address} would take {len(data)} bytes; a datagram holds {MAX_PACKET_BYTES}")
    return data


def decode(data: bytes) -> Iterator[Received]:
    """The messages of a datagram, bundles flattened; raises ValueError for anything that is not OSC."""
    from pythonosc.osc_packet import OscPacket

    try:
        packet = OscPacket(data)
        found = [timed.message for timed in packet.messages[:MAX_MESSAGES]]
        read = [Received(str(message.address), tuple(message.params)) for message in found]
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # the parser was written for friends: it raises what it meets
        raise ValueError(f"not an OSC packet: {error}") from error
    for message in read:
        if not message.address.startswith("/") or len(message.address) > 256:
            raise ValueError("an OSC address begins with / and is short")
    yield from read
