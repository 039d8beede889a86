"""Checkpoints that are whole or absent, and say what they are when they are read back."""

import os
import pickle
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from daiw.errors import ModelError
from daiw.nets.tensor_file import read_tensors

FORMAT = 2
"""Raised when a checkpoint of an older daiw can no longer be gone on with."""


def save_whole(path: Path, state: dict[str, Any]) -> None:
    """torch.save beside `path`, then move into place."""
    import torch

    part = path.with_name(path.name + ".part")
    torch.save(state | {"format": FORMAT}, part)
    os.replace(part, path)


def load_whole(path: Path, device: str = "cpu") -> dict[str, Any]:
    """What `save_whole` wrote; raises ModelError where it is cut short, no checkpoint, or another version's.

    Only tensors and plain values are read (`weights_only`), so a stranger's file runs no code.
    """
    import torch

    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError, BadZipFile, OSError) as error:
        raise ModelError(f"{path}: not a checkpoint, or cut short; delete it to train from the start") from error
    found = state.get("format") if isinstance(state, dict) else None
    if found != FORMAT:
        raise ModelError(
            f"{path}: a checkpoint of another version (format {found}, this daiw goes on with {FORMAT}); delete it, or use that version"
        )
    return dict(state)


def start_from(model: Any, path: Path) -> Any:  # noqa: ANN401  # torch is untyped where it is not installed
    """The model with the weights of a file that `daiw make` plays with; raises ModelError where there are none or another network's."""
    import torch

    if not path.is_file():
        raise ModelError(f"{path}: there are no weights to go on from; name a file as RUN/weights holds it")
    tensors, _ = read_tensors(path)
    try:
        model.load_state_dict({"weights." + name.replace(".", "_"): torch.from_numpy(array.copy()) for name, array in tensors.items()})
    except RuntimeError as error:
        raise ModelError(f"{path}: weights of another network; name those of the network that is trained") from error
    return model
