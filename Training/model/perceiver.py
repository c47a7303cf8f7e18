"""The perceiver resampler: a BLIP-2 Q-Former without text.

Source: BLIP-2, arXiv 2301.12597; normalised queries and keys, arXiv 2302.05442.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .configuration import Perceiver as Configuration
from .residual_block import attention, join_heads, split_heads

EPSILON = 1e-12


class _Dense(nn.Module):
    """A linear layer, optionally with the normalisation that follows the residual."""

    def __init__(self, inputs: int, outputs: int, *, normalizes: bool) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, outputs)
        if normalizes:
            self.LayerNorm = nn.LayerNorm(outputs, EPSILON)


class _Inner(nn.Module):
    def __init__(self, c: Configuration, inputs: int) -> None:
        super().__init__()
        self.heads = c.num_attention_heads
        self.query = nn.Linear(c.hidden_size, c.hidden_size)
        self.key = nn.Linear(inputs, c.hidden_size)
        self.value = nn.Linear(inputs, c.hidden_size)
        if c.qk_normalization:
            size = c.hidden_size // c.num_attention_heads
            self.q_norm, self.k_norm = nn.LayerNorm(size, EPSILON), nn.LayerNorm(size, EPSILON)

    def forward(self, x: Tensor, source: Tensor, mask: Tensor | None) -> Tensor:
        q, k = split_heads(self.query(x), self.heads), split_heads(self.key(source), self.heads)
        if hasattr(self, "q_norm"):
            q, k = self.q_norm(q), self.k_norm(k)
        return join_heads(attention(q, k, split_heads(self.value(source), self.heads), mask))


class _Attention(nn.Module):
    def __init__(self, c: Configuration, inputs: int) -> None:
        super().__init__()
        self.attention = _Inner(c, inputs)
        self.output = _Dense(c.hidden_size, c.hidden_size, normalizes=True)

    def forward(self, x: Tensor, source: Tensor, mask: Tensor | None = None) -> Tensor:
        found = self.output.dense(self.attention(x, source, mask))
        return self.output.LayerNorm((x + found).float())


class _Layer(nn.Module):
    def __init__(self, c: Configuration, *, crosses: bool) -> None:
        super().__init__()
        self.attention = _Attention(c, c.hidden_size)
        if crosses:
            self.crossattention = _Attention(c, c.encoder_hidden_size)
        self.intermediate_query = _Dense(c.hidden_size, c.intermediate_size, normalizes=False)
        self.output_query = _Dense(c.intermediate_size, c.hidden_size, normalizes=True)

    def forward(self, x: Tensor, source: Tensor, mask: Tensor | None) -> Tensor:
        x = self.attention(x, x)
        if hasattr(self, "crossattention"):
            x = self.crossattention(x, source, mask)
        wide = F.gelu(self.intermediate_query.dense(x))
        return self.output_query.LayerNorm((x + self.output_query.dense(wide)).float())


class _Encoder(nn.Module):
    def __init__(self, c: Configuration) -> None:
        super().__init__()
        self.layer = nn.ModuleList([
            _Layer(c, crosses=index % c.cross_attention_frequency == 0)
            for index in range(c.num_hidden_layers)])


class _QFormer(nn.Module):
    def __init__(self, c: Configuration) -> None:
        super().__init__()
        self.layernorm = nn.LayerNorm(c.hidden_size, EPSILON)
        self.encoder = _Encoder(c)


class PerceiverResampler(nn.Module):
    """Learned queries gather a token sequence of any length."""

    def __init__(self, c: Configuration) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.randn(1, c.num_queries, c.hidden_size))
        self.blip2qformer = _QFormer(c)

    @torch.no_grad()
    def start_unchanged(self, first: int) -> None:
        """Initial weights of the layers from `first` on, with which they only normalise what they get."""
        for layer in self.blip2qformer.encoder.layer[first:]:
            for name, part in layer.named_modules():
                if name in ("attention.output.dense", "crossattention.output.dense", "output_query.dense"):
                    nn.init.zeros_(part.weight)
                    nn.init.zeros_(part.bias)

    def forward(self, source: Tensor, mask: Tensor | None = None) -> Tensor:
        """source [B, L, encoder width] · mask [B, L], 1 where valid -> [B, queries, hidden]"""
        x = self.blip2qformer.layernorm(self.queries).expand(source.shape[0], -1, -1)
        additive = None if mask is None else ((1 - mask.float()) * -1e9)[:, None, None]
        for layer in self.blip2qformer.encoder.layer:
            x = layer(x, source, additive)
        return x
