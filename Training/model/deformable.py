"""Deformable attention: every query samples a few points of every feature map.

Source: Deformable DETR, arXiv 2010.04159 §4.1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def sample(value: Tensor, side: int, locations: Tensor, weights: Tensor) -> Tensor:
    """Weighted bilinear samples of one map, zero outside.

    value [B, side², H, D] · locations [B, Q, H, P, 2] in [0, 1] · weights [B, Q, H, P]
    -> [B, Q, H, D]
    """
    b, _, heads, width = value.shape
    queries, points = locations.shape[1], locations.shape[3]
    # One copy for both: to f32, and to a map per head.
    maps = value.permute(0, 2, 3, 1).to(
        torch.float32, memory_format=torch.contiguous_format).reshape(b * heads, width, side, side)
    grid = (2 * locations - 1).transpose(1, 2).reshape(b * heads, queries, points, 2)
    found = F.grid_sample(maps, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    weights = weights.transpose(1, 2).reshape(b * heads, 1, queries, points)
    return (found * weights).sum(dim=3).view(b, heads, width, queries).permute(0, 3, 1, 2)


class DeformableAttention(nn.Module):
    """The adapter's: values have half the channels of the queries."""

    def __init__(self, channels: int, heads: int, points: int, sides: list[int]) -> None:
        super().__init__()
        self.heads, self.points, self.sides = heads, points, sides
        samples = heads * len(sides) * points
        self.sampling_offsets = nn.Linear(channels, samples * 2)
        self.attention_weights = nn.Linear(channels, samples)
        self.value_proj = nn.Linear(channels, channels // 2)
        self.output_proj = nn.Linear(channels // 2, channels)
        nn.init.zeros_(self.sampling_offsets.weight)
        nn.init.uniform_(self.sampling_offsets.bias, -2, 2)
        nn.init.zeros_(self.attention_weights.weight)
        nn.init.zeros_(self.attention_weights.bias)

    def forward(self, queries: Tensor, references: Tensor, features: Tensor) -> Tensor:
        """queries [B, Q, C] · references [Q, 2] · features [B, Σ side², C] -> [B, Q, C]"""
        b, count, _ = queries.shape
        levels = len(self.sides)
        value = self.value_proj(features).unflatten(2, (self.heads, -1))
        offsets = self.sampling_offsets(queries).float().view(
            b, count, self.heads, levels, self.points, 2)
        weights = self.attention_weights(queries).float().view(
            b, count, self.heads, levels * self.points).softmax(-1).unflatten(3, (levels, -1))
        parts = value.split([side * side for side in self.sides], dim=1)
        found = sum(
            sample(part, side, references[:, None, None] + offsets[:, :, :, level] / side,
                   weights[:, :, :, level])
            for level, (side, part) in enumerate(zip(self.sides, parts)))
        return self.output_proj(found.flatten(2))
