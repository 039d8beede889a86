"""A checkpoint to the weights file that the product reads.

python -m daiw.train.export --checkpoint best.pt --out src/daiw/models/composer/weights.safetensors
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from daiw.nets.composer import INDEX_PATH, WEIGHTS_PATH
from daiw.nets.novelty import write_index
from daiw.nets.tensor_file import write_tensors
from daiw.nets.transformer_shape import Shape
from daiw.train.corpus import VERSION, held_out, load_sheets, readers


def export(checkpoint: Path, out: Path) -> None:
    """Write every weight as float16, with the shape in the file's header."""
    import torch

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    kept = dict(state["shape"])
    kept["cross"] = tuple(kept["cross"])
    shape = Shape(**kept)
    tensors = {name: state["model"]["weights." + name.replace(".", "_")].float().numpy().astype(np.float16) for name in shape.weights()}
    write_tensors(out, tensors, {"shape": json.dumps(asdict(shape)), "step": str(state["step"])})


def export_index(corpus: Path, out: Path) -> int:
    """Write the hashes of every run of twelve notes of the training melodies; returns how many."""
    sheets = [sheet for source in readers() for sheet in load_sheets(corpus / f"sheets-{source}-v{VERSION}.npz")]
    lines = [(sheet.notes[:, 0].astype(np.int64), sheet.notes[:, 1].astype(np.int64)) for sheet in sheets if not held_out(sheet.name)]
    return write_index(out, lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    export(arguments.checkpoint, arguments.out / WEIGHTS_PATH.name)
    print(export_index(arguments.corpus, arguments.out / INDEX_PATH.name), "runs of twelve notes")


if __name__ == "__main__":
    main()
