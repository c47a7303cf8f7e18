"""The multi-modal feature synchronizer (MMFS): a query looks at the maps of all images it may see.

Source: MM-Interleaved, arXiv 2401.10208 §3.2. Closed form: the ignore slots of all images and
levels together act as one extra logit of 0.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .deformable import sample


class Synchronizer(nn.Module):
    """Deformable attention over images and levels, against a learned ignore token."""

    def __init__(self, query: int, feature: int, value: int, heads: int, points: int,
                 sides: list[int], base: int, most_images: int, magnitude: float) -> None:
        super().__init__()
        self.heads, self.points, self.sides, self.base = heads, points, sides, base
        levels = len(sides)
        self.ignore_token = nn.Parameter(torch.zeros(1, 1, 1, value))
        self.sampling_offsets = nn.Linear(query, heads * points * 2)
        self.dynamic_offset_mask = nn.Linear(query, query)
        # The last of each level's points + 1 outputs has no effect; the reference keeps it.
        self.attention_weights = nn.Linear(query, heads * levels * (points + 1))
        self.value_proj = nn.Linear(feature, value)
        self.output_proj = nn.Linear(value, query)
        self.query_relpos = nn.Embedding(most_images, query)
        nn.init.zeros_(self.sampling_offsets.weight)
        nn.init.uniform_(self.sampling_offsets.bias, -magnitude, magnitude)
        nn.init.zeros_(self.attention_weights.bias)
        nn.init.xavier_uniform_(self.value_proj.weight)
        nn.init.zeros_(self.value_proj.bias)
        nn.init.xavier_uniform_(self.output_proj.weight)
        nn.init.zeros_(self.output_proj.bias)
        nn.init.zeros_(self.dynamic_offset_mask.bias)
        nn.init.trunc_normal_(self.query_relpos.weight, std=0.02)

    def nothing(self) -> Tensor:
        """What a query gets that sees no image, [query width]."""
        return self.output_proj(self.ignore_token).flatten()

    def forward(self, queries: Tensor, references: Tensor, value: Tensor, mask: Tensor) -> Tensor:
        """queries [B, Q, C] · references [Q or 1, 2] · value [B, N, Σ side², V], what `value_proj` makes
        of normalised features · mask [B, Q, N], 1 where an image is visible -> [B, Q, C]"""
        b, count, _ = queries.shape
        images, levels = value.shape[1], len(self.sides)
        seen = mask.long()
        rank = (seen.sum(-1, keepdim=True) + 1 - seen.cumsum(-1)) * seen
        mixed = self.dynamic_offset_mask(queries)[:, None] + self.query_relpos(rank.transpose(1, 2))
        # [B, N, Q, ...]
        offsets = self.sampling_offsets(mixed).float().view(
            b, images, count, self.heads, self.points, 2)
        logits = self.attention_weights(mixed).float().view(
            b, images, count, self.heads, levels, self.points + 1)[..., :-1]
        logits = logits + (seen.transpose(1, 2)[:, :, :, None, None, None] - 1) * 10000.0
        logits = logits.permute(0, 2, 3, 1, 4, 5).flatten(3)
        weights = torch.cat([logits, logits.new_zeros(*logits.shape[:3], 1)], dim=3).softmax(-1)
        ignored, weights = weights[..., -1:], weights[..., :-1]
        weights = weights.view(b, count, self.heads, images, levels, self.points)
        weights = weights.permute(0, 3, 1, 2, 4, 5).flatten(0, 1)
        locations = (references[:, None, None] + offsets / self.base).flatten(0, 1)
        value = value.unflatten(3, (self.heads, -1)).flatten(0, 1)
        parts = value.split([side * side for side in self.sides], dim=1)
        found = sum(
            sample(part, side, locations, weights[:, :, :, level])
            for level, (side, part) in enumerate(zip(self.sides, parts)))
        found = found.unflatten(0, (b, images)).sum(dim=1)
        found = found + ignored * self.ignore_token.view(1, 1, self.heads, -1)
        return self.output_proj(found.flatten(2))
