"""A checkpoint to the weights that the product reads, and a folder of them with their card."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.harmony_shape import HarmonyShape
from daiw.nets.novelty import write_index
from daiw.nets.own import CARD, FILES, FORMAT
from daiw.nets.tensor_file import write_tensors
from daiw.nets.transformer_shape import Shape
from daiw.train.checkpoint import load_whole
from daiw.train.corpus import all_sheets, held_out

Value = str | int | float | list[str]


def export(checkpoint: Path, out: Path) -> None:
    """Write every weight of a checkpoint as float16, with the shape in the file's header; raises ModelError."""
    state = load_whole(checkpoint)
    write_weights(out, state["model"], shape_of(state["shape"]), state["step"])


def shape_of(kept: Mapping[str, Any]) -> Shape | HarmonyShape:
    """The shape that a checkpoint states: a harmony network's, or one of the three writers'."""
    return Shape(**{**kept, "cross": tuple(kept["cross"])}) if "layout" in kept else HarmonyShape(**kept)


def write_weights(out: Path, model: Mapping[str, Any], shape: Shape | HarmonyShape, step: int) -> None:
    """Write the weights of a model's state."""
    tensors = {name: model["weights." + name.replace(".", "_")].float().cpu().numpy().astype(np.float16) for name in shape.weights()}
    out.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(out, tensors, {"shape": json.dumps(asdict(shape)), "step": str(step)})


def training_lines(corpus: Path) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(starts, pitches) of every training melody."""
    sheets = [sheet for sheet in all_sheets(corpus) if not held_out(sheet.name)]
    return [(sheet.notes[:, 0].astype(np.int64), sheet.notes[:, 1].astype(np.int64)) for sheet in sheets]


def export_index(corpus: Path, out: Path) -> int:
    """Write the hashes of every run of twelve notes of the training melodies; returns how many."""
    return write_index(out, training_lines(corpus))


def write_card(folder: Path, about: Mapping[str, Value], data: Sequence[Mapping[str, Value]], metrics: Mapping[str, Value]) -> None:
    """Write card.toml beside the weights of `folder`: what they are, the files' hashes, the data with licences, and figures."""
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES.values() if (folder / name).exists()}
    rows = [f"format = {FORMAT}", *(f"{name} = {toml(value)}" for name, value in about.items()), ""]
    rows += ["[sha256]", *(f"{toml(name)} = {toml(value)}" for name, value in hashes.items()), ""]
    for source in data:
        rows += ["[[data]]", *(f"{name} = {toml(value)}" for name, value in source.items()), ""]
    rows += ["[metrics]", *(f"{toml(name)} = {toml(value)}" for name, value in metrics.items())]
    (folder / CARD).write_text("\n".join(rows) + "\n", encoding="utf-8")


def toml(value: Value) -> str:
    """A value in TOML; JSON's strings are TOML's, but for DEL.

    >>> toml("a\\"b"), toml(["x", "y"]), toml(2.5)
    ('"a\\\\"b"', '["x", "y"]', '2.5')
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
