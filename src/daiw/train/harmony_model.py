"""The harmony network in torch; `daiw.nets.harmony_transformer` is the same arithmetic in numpy."""

import math
from typing import TYPE_CHECKING, Any

from daiw.nets.harmony_shape import HarmonyShape
from daiw.tokens.harmony import FEATURES

if TYPE_CHECKING:
    from torch import Tensor


def model_of(shape: HarmonyShape, dropout: float) -> Any:  # noqa: ANN401  # torch is untyped where it is not installed
    """The network at the start; features (batch, length, len(FEATURES)) -> logits (batch, length, SIZE)."""
    import torch
    from torch import nn
    from torch.nn import functional

    from daiw.train.model import norm, rotary, rotate

    class HarmonyModel(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.ParameterDict()
            for name, size in shape.weights().items():
                if name.endswith((".out", ".down")):
                    start = torch.zeros(size)
                elif name.startswith("feature"):
                    start = torch.randn(size) * (0.3 if name == "feature.token" else 0.1)
                else:
                    start = torch.randn(size) * (0.02 if name == "head" else 1.0 / math.sqrt(size[1]))
                self.weights[name.replace(".", "_")] = nn.Parameter(start)

        def weight(self, name: str) -> "Tensor":
            return self.weights[name.replace(".", "_")]

        def forward(self, features: "Tensor") -> "Tensor":
            batch, length, _ = features.shape
            x = sum(self.weight(f"feature.{name}")[features[..., i]] for i, name in enumerate(FEATURES))
            x = functional.dropout(x, dropout, self.training)
            cos, sin = rotary(length, shape.head, features.device)
            mask = torch.ones(length, length, dtype=torch.bool, device=features.device).tril()
            for i in range(shape.layers):
                h = norm(x)
                query = functional.linear(h, self.weight(f"{i}.query")).view(batch, length, shape.heads, shape.head).transpose(1, 2)
                key, value = functional.linear(h, self.weight(f"{i}.key_value")).chunk(2, dim=-1)
                query, key = rotate(norm(query), cos, sin), rotate(norm(key), cos, sin)
                scores = (query.to(x.dtype) @ key.to(x.dtype).transpose(1, 2)[:, None]) * shape.head**-0.5 * 2.0
                chances = scores.masked_fill(~mask, -1e9).softmax(-1).to(value.dtype)
                mixed = (chances @ value[:, None]).transpose(1, 2).reshape(batch, length, -1)
                x = x + functional.dropout(functional.linear(mixed, self.weight(f"{i}.out")), dropout, self.training)
                gate, up = functional.linear(norm(x), self.weight(f"{i}.gate_up")).chunk(2, dim=-1)
                x = x + functional.dropout(functional.linear(functional.silu(gate) * up, self.weight(f"{i}.down")), dropout, self.training)
            return functional.linear(norm(x), self.weight("head"))

    return HarmonyModel()
