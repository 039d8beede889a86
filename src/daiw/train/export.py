"""A checkpoint to the weights file that the product reads.

python -m daiw.train.export --checkpoint best.pt --out src/daiw/models/composer/weights.safetensors
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from daiw.nets.tensor_file import write_tensors
from daiw.nets.transformer_shape import Shape


def export(checkpoint: Path, out: Path) -> None:
    """Write every weight as float16, with the shape in the file's header."""
    import torch

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    kept = dict(state["shape"])
    kept["cross"] = tuple(kept["cross"])
    shape = Shape(**kept)
    tensors = {name: state["model"]["weights." + name.replace(".", "_")].float().numpy().astype(np.float16) for name in shape.weights()}
    write_tensors(out, tensors, {"shape": json.dumps(asdict(shape)), "step": str(state["step"])})


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.out)


if __name__ == "__main__":
    main()
