"""Write ONNX models without the onnx package: the few messages of its protobuf schema that a graph with weights needs.

Field numbers from onnx/onnx.proto (Apache 2.0 licence, ONNX IR version 8); the wire format is protobuf's.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPSET = 17
MICROSOFT = "com.microsoft"
"""Domain of ONNX Runtime's own operators."""

ELEMENTS: Mapping[str, int] = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}
"""TensorProto.DataType of NumPy types."""

Attribute = float | int | Sequence[int]


def _varint(value: int) -> bytes:
    """Base 128, least significant group first; negative values as 64-bit two's complement."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _integer(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _bytes(number: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        return _bytes(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _integer(20, 1)
    if isinstance(value, int):
        return _bytes(1, name) + _integer(3, value) + _integer(20, 2)
    return _bytes(1, name) + b"".join(_integer(8, entry) for entry in value) + _integer(20, 7)


def _value(name: str, element: str, shape: Sequence[int | str]) -> bytes:
    """A graph's input or output; dimensions by number, or by name where they are free."""
    dims = b"".join(_bytes(1, _integer(1, dim) if isinstance(dim, int) else _bytes(2, dim)) for dim in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _integer(1, ELEMENTS[element]) + _bytes(2, dims)))


@dataclass(slots=True)
class Graph:
    """An ONNX graph while it is written; `bytes(graph)` is a ModelProto.  Names of results are made up as they come."""

    nodes: list[bytes] = field(default_factory=list)
    tensors: list[bytes] = field(default_factory=list)
    inputs: list[bytes] = field(default_factory=list)
    outputs: list[bytes] = field(default_factory=list)
    _constants: dict[tuple[str, tuple[int, ...], bytes], str] = field(default_factory=dict)

    def input(self, name: str, element: str, *shape: int | str) -> str:
        """Declare an input."""
        self.inputs.append(_value(name, element, shape))
        return name

    def output(self, name: str, element: str, *shape: int | str) -> str:
        """Declare a result as an output."""
        self.outputs.append(_value(name, element, shape))
        return name

    def constant(self, array: NDArray[Any]) -> str:
        """The name of a tensor that is part of the model; equal ones are stored once."""
        array = np.ascontiguousarray(array)
        raw = array.tobytes()
        key = (array.dtype.name, array.shape, raw)
        if key not in self._constants:
            name = f"c{len(self._constants)}"
            dims = b"".join(_integer(1, size) for size in array.shape)
            self.tensors.append(dims + _integer(2, ELEMENTS[array.dtype.name]) + _bytes(8, name) + _bytes(9, raw))
            self._constants[key] = name
        return self._constants[key]

    def shape(self, *dims: int) -> str:
        """A constant shape for Reshape: 0 keeps a dimension, -1 is what is left."""
        return self.constant(np.array(dims, np.int64))

    def op(self, kind: str, *inputs: str, domain: str = "", into: str = "", **attributes: Attribute) -> str:
        """Add an operator with one result; its name."""
        return self.several(kind, (into or f"v{len(self.nodes)}",), *inputs, domain=domain, **attributes)[0]

    def several(self, kind: str, into: tuple[str, ...], *inputs: str, domain: str = "", **attributes: Attribute) -> tuple[str, ...]:
        """Add an operator with the results `into`, "" for one that is not wanted."""
        body = b"".join(_bytes(1, name) for name in inputs) + b"".join(_bytes(2, name) for name in into) + _bytes(4, kind)
        body += b"".join(_bytes(5, _attribute(name, value)) for name, value in attributes.items())
        self.nodes.append(body + (_bytes(7, domain) if domain else b""))
        return into

    def __bytes__(self) -> bytes:
        graph = (
            b"".join(_bytes(1, node) for node in self.nodes) + _bytes(2, "daiw") + b"".join(_bytes(5, tensor) for tensor in self.tensors)
        )
        graph += b"".join(_bytes(11, value) for value in self.inputs) + b"".join(_bytes(12, value) for value in self.outputs)
        opsets = _bytes(8, _bytes(1, "") + _integer(2, OPSET)) + _bytes(8, _bytes(1, MICROSOFT) + _integer(2, 1))
        return _integer(1, IR_VERSION) + _bytes(7, graph) + opsets


def with_output(model: bytes, name: str, element: str, *shape: int | str) -> bytes:
    """A ModelProto that gives one more of its inner results: protobuf merges what is appended (Encoding, "Last One Wins")."""
    return model + _bytes(7, _bytes(12, _value(name, element, shape)))
