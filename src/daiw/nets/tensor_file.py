"""Read and write the safetensors layout: length of a JSON header, the header, the arrays end to end (huggingface/safetensors, format 0.x).

Ours holds float16 and float32 only, so a reader of forty lines spares the product a dependency.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.errors import ModelError

DTYPES: dict[str, np.dtype[Any]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4")}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
MAX_HEADER_BYTES = 1 << 20


def write_tensors(path: Path, tensors: dict[str, NDArray[np.generic]], about: dict[str, str]) -> None:
    """Write arrays and a few words about them, whole or not at all."""
    header: dict[str, object] = {"__metadata__": about}
    offset = 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": NAMES[array.dtype.newbyteorder("<")],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())
    os.replace(part, path)


def read_tensors(path: Path) -> tuple[dict[str, NDArray[np.float32]], dict[str, str]]:
    """(arrays as float32, words about them); raises ModelError where the file is missing, cut short or something else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"{path}: the composer's weights cannot be read ({error.strerror}); install daiw again or choose the reference composer"
        ) from error
    length = int.from_bytes(data[:8], "little")
    damaged = f"{path}: not a weights file, or cut short ({len(data)} bytes); install daiw again"
    if len(data) < 8 or length > min(MAX_HEADER_BYTES, len(data) - 8):
        raise ModelError(damaged)
    try:
        header = json.loads(data[8 : 8 + length])
        about = header.pop("__metadata__", {})
        body, tensors = memoryview(data)[8 + length :], {}
        for name, entry in header.items():
            first, end = entry["data_offsets"]
            array: NDArray[np.floating[Any]] = np.frombuffer(body[first:end], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
            tensors[name] = array.astype(np.float32)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, MemoryError) as error:
        raise ModelError(damaged) from error
    return tensors, about
