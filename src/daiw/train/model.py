"""The composer in torch, for training only; `daiw.nets.transformer` is the same arithmetic in numpy.

Decoder-only, pre-norm, RMS norms without weights, rotary positions (Su et al. 2021), SwiGLU (Shazeer 2020), one key-value head
(Shazeer 2019).  The controls enter three ways: added to the input, as scales of every norm (adaptive normalisation), and as a memory
of eight phrases that two layers attend to, with a learned bias for how far away a phrase is.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from daiw.nets.transformer_shape import Shape
from daiw.tokens.controls import PHRASE_BARS
from daiw.tokens.vocab import BAR

ROTARY_BASE = 10000.0
QUERIES = 192
"""Rows of queries that attend at once."""


def norm(x: Tensor) -> Tensor:
    """Root-mean-square norm over the last axis."""
    return functional.rms_norm(x, (x.shape[-1],), eps=1e-5)


def rotary(length: int, head: int, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """cos and sin tables, each (length, head / 2)."""
    rates = ROTARY_BASE ** (-torch.arange(0, head, 2, device=device).float() / head)
    angles = torch.arange(length, device=device).float()[:, None] * rates[None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the two halves of the last axis; x is (..., length, head)."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class ComposerModel(nn.Module):  # type: ignore[misc]  # torch is untyped where it is not installed
    """features (batch, length, features), bars (batch, length), controls (batch, window_bars, controls) -> logits."""

    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.dropout = dropout
        self.weights = nn.ParameterDict()
        for name, size in shape.weights().items():
            self.weights[name.replace(".", "_")] = nn.Parameter(self._start(name, size))

    def _start(self, name: str, size: tuple[int, ...]) -> Tensor:
        """Small embeddings, fan-in matrices, zeros where a branch joins the stream or scales it."""
        if name.endswith((".out", ".down", ".cross_out", ".scale", ".cross_bias")):
            return torch.zeros(size)
        if name.startswith(("feature", "control.")):
            return torch.randn(size) * (0.3 if name == "feature.token" else 0.1)
        return torch.randn(size) * (0.02 if name == "head" else 1.0 / math.sqrt(size[1]))

    def weight(self, name: str) -> Tensor:
        """One weight by its name in `Shape.weights`."""
        return self.weights[name.replace(".", "_")]

    def forward(self, features: Tensor, bars: Tensor, controls: Tensor) -> Tensor:
        """Logits (batch, length, vocabulary)."""
        shape, (batch, length, _) = self.shape, features.shape
        told = sum(self.weight(f"control.{name}")[controls[..., i]] for i, (name, _) in enumerate(shape.table.controls))
        condition = norm(told)
        rows = torch.arange(batch, device=bars.device)[:, None]
        x = sum(self.weight(f"feature.{name}")[features[..., i]] for i, (name, _) in enumerate(shape.table.features))
        x = x + functional.linear(condition, self.weight("control_in"))[rows, bars]
        x = functional.dropout(x, self.dropout, self.training)
        memory = condition.view(batch, shape.phrases, PHRASE_BARS, -1).mean(2)
        distance = torch.arange(shape.phrases, device=bars.device) - (bars // PHRASE_BARS)[..., None] + shape.phrases - 1
        cos, sin = rotary(length, shape.head, features.device)
        for i in range(shape.layers):
            scale = functional.linear(condition, self.weight(f"{i}.scale"))[rows, bars]
            first, second = scale.chunk(2, dim=-1)
            x = x + self._attend(i, norm(x) * (1 + first), cos, sin)
            if i in shape.cross:
                x = x + self._cross(i, norm(x), memory, distance)
            gate, up = functional.linear(norm(x) * (1 + second), self.weight(f"{i}.gate_up")).chunk(2, dim=-1)
            x = x + functional.linear(functional.silu(gate) * up, self.weight(f"{i}.down"))
        return functional.linear(norm(x), self.weight("head"))

    def _attend(self, i: int, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Causal attention, QUERIES at a time to the keys up to them: half the work of the whole square."""
        shape, (batch, length, _) = self.shape, x.shape
        query = functional.linear(x, self.weight(f"{i}.query")).view(batch, length, shape.heads, shape.head).transpose(1, 2)
        key, value = functional.linear(x, self.weight(f"{i}.key_value")).chunk(2, dim=-1)
        query, key = rotate(norm(query), cos, sin), rotate(norm(key), cos, sin)
        query, key = (query * (2.0 * shape.head**-0.5)).to(value.dtype), key.to(value.dtype)
        mixed = []
        for first in range(0, length, QUERIES):
            end = min(length, first + QUERIES)
            rows = query[:, :, first:end].reshape(batch, shape.heads * (end - first), shape.head)
            scores = (rows @ key[:, :end].transpose(1, 2)).view(batch, shape.heads, end - first, end)
            hidden = torch.full((end - first, end - first), -1e9, dtype=scores.dtype, device=x.device).triu(1)
            scores[..., first:] += hidden
            chances = scores.float().softmax(-1).to(value.dtype).view(batch, shape.heads * (end - first), end)
            mixed.append((chances @ value[:, :end]).view(batch, shape.heads, end - first, shape.head).transpose(1, 2))
        return functional.linear(torch.cat(mixed, dim=1).reshape(batch, length, -1), self.weight(f"{i}.out"))

    def _cross(self, i: int, x: Tensor, memory: Tensor, distance: Tensor) -> Tensor:
        shape, (batch, length, _) = self.shape, x.shape
        query = functional.linear(x, self.weight(f"{i}.cross_query")).view(batch, length, shape.heads, shape.head).transpose(1, 2)
        key, value = functional.linear(memory, self.weight(f"{i}.cross_key_value")).chunk(2, dim=-1)
        scores = query @ key.transpose(1, 2)[:, None] * shape.head**-0.5 + self.weight(f"{i}.cross_bias")[distance].permute(0, 3, 1, 2)
        mixed = (scores.softmax(-1).to(value.dtype) @ value[:, None]).transpose(1, 2).reshape(batch, length, -1)
        return functional.linear(mixed, self.weight(f"{i}.cross_out"))


def losses(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Nats per token, (content, plan), each (batch, length).

    content: of every event token, and of "the bar ends here".  plan: of which bar token, given that the bar ends.
    """
    logits = logits.float()
    ends = (targets >= BAR.first) & (targets < BAR.end)
    whole = logits.logsumexp(-1)
    bar_sum = logits[..., BAR.first : BAR.end].logsumexp(-1)
    chosen = logits.gather(-1, targets[..., None])[..., 0]
    content = whole - torch.where(ends, bar_sum, chosen)
    plan = torch.where(ends, bar_sum - chosen, torch.zeros_like(chosen))
    return content, plan
