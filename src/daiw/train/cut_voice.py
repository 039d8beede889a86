"""Cuts the voice of hibari-tts into the three networks that the singer drives: durations, prosody, synthesis.

    python -m daiw.train.cut_voice --out src/daiw/models/singer

The published graph goes from text to sound parameters in one sweep.  Three tensors inside it are exactly what a singer has to decide
for himself, so each is cut: what the graph predicts there becomes an output, what is sung becomes an input.  The weights do not
change; with the predicted values fed back the three networks give the published one's output (the script checks it).

The cut files are shipped rather than cut when DAiW is installed: that would need the package `onnx` on every machine, and a file of
known hash can be refused when it is damaged.
"""

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

SOURCE = "hibari-tts 0.2.1"
TENSORS = {"durations": "/Cast_32_output_0", "f0": "f0", "energy": "/Mul_62_output_0"}
SPECTRA = ["lh", "theta", "ln", "lr", "phi"]
CUTS = {
    "durations.onnx": (["ids", "speed"], ["natural_durations"]),
    "prosody.onnx": (["ids", "durations"], ["natural_f0", "natural_energy"]),
    "synthesis.onnx": (["ids", "durations", "f0", "energy"], SPECTRA),
}


def opened(model: Any) -> Any:  # noqa: ANN401 - onnx ships no types
    """The graph with each of `TENSORS` split into what is predicted (natural_NAME, an output) and what is used (NAME, an input)."""
    from onnx import TensorProto, helper

    graph = model.graph
    for output in [output for output in graph.output if output.name in TENSORS.values()]:
        graph.output.remove(output)
    for name, tensor in TENSORS.items():
        for node in graph.node:
            node.input[:] = [name if given == tensor else given for given in node.input]
            node.output[:] = [f"natural_{name}" if made == tensor else made for made in node.output]
        kind, shape = (TensorProto.INT64, ["L"]) if name == "durations" else (TensorProto.FLOAT, [1, "F"])
        graph.input.append(helper.make_tensor_value_info(name, kind, shape))
        graph.output.append(helper.make_tensor_value_info(f"natural_{name}", kind, shape))
    return model


def cut(out: Path) -> None:
    """Write the three networks into `out` and check them against the original."""
    import onnx
    from hibari.tts import ASSETS
    from onnx.utils import Extractor

    whole = Path(ASSETS) / "hibari.onnx"
    extractor = Extractor(opened(onnx.load(str(whole))))
    out.mkdir(parents=True, exist_ok=True)
    for name, (inputs, outputs) in CUTS.items():
        model = extractor.extract_model(inputs, outputs)
        model.producer_name, model.doc_string = "daiw.train.cut_voice", f"cut from {SOURCE} (Apache-2.0)"
        onnx.save(model, str(out / name))
        print(f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}")
    print(f"largest difference to the whole graph: {difference(whole, out):g}")


def difference(whole: Path, out: Path) -> float:
    """The largest absolute difference in any output when the predictions are fed back."""
    import onnxruntime

    first, second, third = (onnxruntime.InferenceSession(str(out / name), providers=["CPUExecutionProvider"]) for name in CUTS)
    ids, speed = np.array([[0, *range(43, 63), 156, 76, 16, 54, 0]], np.int64), np.ones(1, np.float32)
    durations = first.run(None, {"ids": ids, "speed": speed})[0]
    f0, energy = second.run(None, {"ids": ids, "durations": durations})
    ours = third.run(None, {"ids": ids, "durations": durations, "f0": f0, "energy": energy})
    theirs = onnxruntime.InferenceSession(str(whole), providers=["CPUExecutionProvider"]).run(SPECTRA, {"ids": ids, "speed": speed})
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=Path("src/daiw/models/singer"))
    cut(parser.parse_args().out)
