"""Turns a picture into image tokens and a feature pyramid. Source: arXiv 2401.10208 §3.1."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .configuration import Perceiver, Vision
from .perceiver import PerceiverResampler
from .position_tables import resize_table, sincos_1d, sincos_2d
from .vision_adapter import VisionModel

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


class _Encoder(nn.Module):
    def __init__(self, c: Vision) -> None:
        super().__init__()
        self.vision_model = VisionModel(c)


class VisualTokenizer(nn.Module):
    """Encoder, positions, perceiver, projection to the language model's width."""

    def __init__(self, vision: Vision, perceiver: Perceiver, language_width: int) -> None:
        super().__init__()
        self.vision = vision
        width = vision.hidden_size
        table = torch.cat([torch.zeros(1, width), sincos_2d(width, vision.position_grid_size)])
        self.pos_embed = nn.Parameter(table, requires_grad=False)
        self.register_buffer("clip_mean", torch.tensor(CLIP_MEAN).view(1, 3, 1, 1))
        self.register_buffer("clip_std", torch.tensor(CLIP_DEVIATION).view(1, 3, 1, 1))
        self.encoder = _Encoder(vision)
        self.pos_proj = nn.Linear(width, width)
        self.pos_ln = nn.LayerNorm(width, 1e-6)
        self.perceiver_resampler = PerceiverResampler(perceiver)
        self.post_ln = nn.LayerNorm(width, 1e-6)
        self.proj = nn.Linear(perceiver.hidden_size, language_width)

    @torch.no_grad()
    def start_local(self) -> None:
        """Initial weights with which every query of the perceiver looks at its own part of the picture.

        The queries become position codes of an evenly spaced grid, and queries and keys of
        cross-attention share one rotation. From random weights the perceiver starts by averaging all
        patches, and hundreds of steps pass before any query leaves that plateau.
        """
        resampler = self.perceiver_resampler
        count, width = resampler.queries.shape[1:]
        side = math.isqrt(count)
        table = self.pos_embed[1:]
        if side * side != count or width != table.shape[1]:
            return
        places = (torch.arange(side) + 0.5) * self.vision.position_grid_size / side - 0.5
        codes = torch.cat([sincos_1d(width // 2, places.repeat_interleave(side)),
                           sincos_1d(width // 2, places.repeat(side))], dim=1)
        mean = table.mean(0)
        resampler.queries.copy_((codes - mean)[None])
        self.pos_ln.weight.fill_(0.5)
        for layer in resampler.blip2qformer.encoder.layer:
            if not hasattr(layer, "crossattention"):
                continue
            inner = layer.crossattention.attention
            nn.init.orthogonal_(inner.query.weight)
            nn.init.zeros_(inner.query.bias)
            inner.key.weight.copy_(inner.query.weight)
            inner.key.bias.copy_(-inner.key.weight @ mean)
            if hasattr(inner, "q_norm"):
                inner.q_norm.weight.fill_(2.0)

    def forward(self, pixels: Tensor, *, skips_finest: bool = False) -> tuple[Tensor, list[Tensor]]:
        """RGB in [0, 1] -> tokens [B, image tokens, language width], maps finest first."""
        return self.encode(pixels, skips_finest=skips_finest)[:2]

    def encode(self, pixels: Tensor, *, skips_finest: bool = False
               ) -> tuple[Tensor, list[Tensor], Tensor]:
        """As `forward`, and the encoder's output, class token first."""
        hidden, maps = self.encoder.vision_model(
            (pixels - self.clip_mean) / self.clip_std, skips_finest=skips_finest)
        patches = self.pos_embed[1:]
        maps = [
            part + resize_table(patches, side).T.reshape(1, -1, side, side)
            for side, part in zip(self.vision.pyramid_sides[-len(maps):], maps)]
        positions = torch.cat([self.pos_embed[:1], resize_table(patches, self.vision.grid)])
        placed = self.post_ln(self.pos_ln(self.pos_proj(hidden)) + positions)
        return self.proj(self.perceiver_resampler(placed)), maps, hidden
