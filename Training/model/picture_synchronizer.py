"""The image decoder's synchronizers (MMFSNet): the UNet looks at the preceding picture.

Source: MM-Interleaved, arXiv 2401.10208 §3.3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .configuration import UNet, Vision
from .position_tables import pixel_centres, resize_table, sincos_2d
from .synchronizer import Synchronizer


class _Block(nn.Module):
    def __init__(self, c: UNet, vision: Vision, channels: int, base: int) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(sincos_2d(channels, c.sample_size), requires_grad=False)
        self.query_norm = nn.LayerNorm(channels, 1e-6)
        self.feat_norm = nn.LayerNorm(vision.hidden_size, 1e-6)
        self.mmfs = Synchronizer(
            channels, vision.hidden_size, c.mmfs_width, c.mmfs_num_heads, c.mmfs_num_points,
            vision.pyramid_sides, base, c.mmfs_max_num_image, 1.0)
        self.conv = nn.Conv2d(channels, channels, 1)
        nn.init.zeros_(self.conv.weight)
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor, features: Tensor | None, visible: Tensor) -> Tensor:
        """features: normalised, without the norm's weights."""
        b, channels, height, width = x.shape
        # The same at every position of every sample that sees nothing.
        nothing = self.conv(self.mmfs.nothing().view(1, channels, 1, 1))
        if features is None:
            return nothing
        rows = visible.nonzero().flatten()
        seen = x if len(rows) == b else x.index_select(0, rows)
        queries = self.query_norm(seen.flatten(2).transpose(1, 2).float())
        queries = queries + resize_table(self.pos_embed, height)
        mask = visible.new_ones(len(rows), height * width, 1)
        # `value_proj(feat_norm(...))` with the norm's weights folded into the projection's.
        projection, norm = self.mmfs.value_proj, self.feat_norm
        value = F.linear(features, projection.weight * norm.weight,
                         projection.bias + projection.weight @ norm.bias)
        found = self.mmfs(queries, pixel_centres(height, width), value[:, None], mask)
        # Contiguous, or all that follows would have its channels last, which is slow to normalise.
        found = self.conv(found.transpose(1, 2).contiguous().view(len(rows), channels, height, width))
        return found if len(rows) == b else nothing.expand(x.shape).index_copy(0, rows, found)


class PictureSynchronizer(nn.Module):
    """One block per skip tensor, and one for the middle."""

    def __init__(self, c: UNet, vision: Vision) -> None:
        super().__init__()
        widths = c.block_out_channels
        channels = [widths[0]]
        for level, width in enumerate(widths):
            channels += [width] * (c.layers_per_block + (level + 1 < len(widths)))
        last = len(vision.pyramid_sides) - 1
        # The reference counts blocks by threes, whatever the number of layers per level.
        self.mmfs_down_blocks = nn.ModuleList([
            _Block(c, vision, width, c.sample_size >> min(index // 3, last))
            for index, width in enumerate(channels)])
        self.mmfs_mid_block = _Block(c, vision, widths[-1], max(1, c.sample_size >> last))

    def forward(self, middle: Tensor, skips: list[Tensor], features: Tensor | None,
                visible: Tensor) -> tuple[Tensor, list[Tensor]]:
        """features [B', Σ side², V] of the samples whose `visible` [B] is set, or None."""
        if features is not None:
            # Once for all blocks: they share the normalisation and differ in its weights.
            features = F.layer_norm(features.float(), features.shape[-1:], eps=1e-6)
            if torch.is_autocast_enabled("cpu"):
                features = features.to(torch.get_autocast_dtype("cpu"))
        skips = [
            skip + block(skip, features, visible)
            for skip, block in zip(skips, self.mmfs_down_blocks)]
        return middle + self.mmfs_mid_block(middle, features, visible), skips


def flatten_pyramid(maps: list[Tensor]) -> Tensor:
    """[B, C, side, side] per level -> [B, Σ side², C]"""
    return torch.cat([part.flatten(2).transpose(1, 2) for part in maps], dim=1)
