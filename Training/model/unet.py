"""The diffusion UNet of Stable Diffusion 2, with the picture synchronizers between its halves.

Source: arXiv 2112.10752; diffusers `UNet2DConditionModel`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .configuration import UNet as Configuration
from .picture_synchronizer import PictureSynchronizer
from .position_tables import time_embedding
from .residual_block import Downsampler, ResidualBlock, Upsampler, attention, join_heads, split_heads


class _Attention(nn.Module):
    def __init__(self, channels: int, source: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(source, channels, bias=False)
        self.to_v = nn.Linear(source, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        q, k, v = (split_heads(part, self.heads)
                   for part in (self.to_q(x), self.to_k(source), self.to_v(source)))
        return self.to_out[0](join_heads(attention(q, k, v)))


class _GatedProjection(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.proj = nn.Linear(channels, 8 * channels)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class _FeedForward(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        # Index 1 is dropout in diffusers.
        self.net = nn.ModuleList(
            [_GatedProjection(channels), nn.Identity(), nn.Linear(4 * channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class _TransformerBlock(nn.Module):
    def __init__(self, channels: int, condition: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels)
        self.attn1 = _Attention(channels, channels, heads)
        self.norm2 = nn.LayerNorm(channels)
        self.attn2 = _Attention(channels, condition, heads)
        self.norm3 = nn.LayerNorm(channels)
        self.ff = _FeedForward(channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.attn1(normed, normed)
        x = x + self.attn2(self.norm2(x), condition)
        return x + self.ff(self.norm3(x))


class _SpatialTransformer(nn.Module):
    def __init__(self, channels: int, condition: int, heads: int, groups: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, 1e-6)
        self.proj_in = nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([_TransformerBlock(channels, condition, heads)])
        self.proj_out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        tokens = self.proj_in(self.norm(x).flatten(2).transpose(1, 2))
        tokens = self.proj_out(self.transformer_blocks[0](tokens, condition))
        return x + tokens.transpose(1, 2).reshape(x.shape)


class _TimeEmbedding(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(inputs, outputs)
        self.linear_2 = nn.Linear(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(x)))


class _Level(nn.Module):
    """Residual blocks, each with a transformer where the level has attention."""

    def __init__(self, c: Configuration, level: int, inputs: list[int]) -> None:
        super().__init__()
        channels, groups = c.block_out_channels[level], c.norm_num_groups
        if c.has_cross_attention[level]:
            self.attentions = nn.ModuleList([
                _SpatialTransformer(
                    channels, c.cross_attention_dim, c.num_attention_heads[level], groups)
                for _ in inputs])
        self.resnets = nn.ModuleList([
            ResidualBlock(count, channels, groups, c.norm_eps, 4 * c.block_out_channels[0])
            for count in inputs])

    def run(self, index: int, x: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        x = self.resnets[index](x, time)
        return self.attentions[index](x, condition) if hasattr(self, "attentions") else x


class _Middle(nn.Module):
    def __init__(self, c: Configuration) -> None:
        super().__init__()
        channels, groups = c.block_out_channels[-1], c.norm_num_groups
        self.attentions = nn.ModuleList([_SpatialTransformer(
            channels, c.cross_attention_dim, c.num_attention_heads[-1], groups)])
        self.resnets = nn.ModuleList([
            ResidualBlock(channels, channels, groups, c.norm_eps, 4 * c.block_out_channels[0])
            for _ in range(2)])

    def forward(self, x: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        x = self.attentions[0](self.resnets[0](x, time), condition)
        return self.resnets[1](x, time)


class UNet(nn.Module):
    """Latents, time and conditioning to a prediction of the latents' shape."""

    def __init__(self, c: Configuration) -> None:
        super().__init__()
        self.configuration = c
        widths, count = c.block_out_channels, c.layers_per_block
        self.conv_in = nn.Conv2d(c.in_channels, widths[0], 3, padding=1)
        self.time_embedding = _TimeEmbedding(widths[0], 4 * widths[0])
        skips = [widths[0]]
        self.down_blocks = nn.ModuleList()
        for level, width in enumerate(widths):
            before = widths[max(level - 1, 0)]
            block = _Level(c, level, [before] + [width] * (count - 1))
            skips += [width] * count
            if level + 1 < len(widths):
                block.downsamplers = nn.ModuleList([Downsampler(width, symmetric=True)])
                skips.append(width)
            self.down_blocks.append(block)
        self.up_blocks = nn.ModuleList()
        before = widths[-1]
        for level in reversed(range(len(widths))):
            inputs = []
            for _ in range(count + 1):
                inputs.append(before + skips.pop())
                before = widths[level]
            block = _Level(c, level, inputs)
            if level > 0:
                block.upsamplers = nn.ModuleList([Upsampler(widths[level])])
            self.up_blocks.append(block)
        self.mid_block = _Middle(c)
        self.conv_norm_out = nn.GroupNorm(c.norm_num_groups, widths[0], c.norm_eps)
        self.conv_out = nn.Conv2d(widths[0], c.in_channels, 3, padding=1)

    def forward(self, latents: Tensor, times: Tensor, condition: Tensor,
                synchronizer: PictureSynchronizer, features: Tensor | None,
                visible: Tensor) -> Tensor:
        """latents [B, 4, S, S] · times [B] · condition [B, T, D] · features [B', Σ side², V] of the
        samples whose `visible` [B] is set"""
        width = self.configuration.block_out_channels[0]
        time = F.silu(self.time_embedding(time_embedding(times, width)))
        x = self.conv_in(latents)
        skips = [x]
        for block in self.down_blocks:
            for index in range(len(block.resnets)):
                x = block.run(index, x, time, condition)
                skips.append(x)
            if hasattr(block, "downsamplers"):
                x = block.downsamplers[0](x)
                skips.append(x)
        x = self.mid_block(x, time, condition)
        x, skips = synchronizer(x, skips, features, visible)
        for block in self.up_blocks:
            for index in range(len(block.resnets)):
                x = block.run(index, torch.cat([x, skips.pop()], dim=1), time, condition)
            if hasattr(block, "upsamplers"):
                x = block.upsamplers[0](x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))
