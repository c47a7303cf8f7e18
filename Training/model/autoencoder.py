"""The variational autoencoder. Source: arXiv 2112.10752; diffusers `AutoencoderKL`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .configuration import Autoencoder as Configuration
from .residual_block import Downsampler, ResidualBlock, Upsampler, attention

EPSILON = 1e-6


class _Attention(nn.Module):
    """Single-head attention over all pixels."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, EPSILON)
        self.to_q = nn.Linear(channels, channels)
        self.to_k = nn.Linear(channels, channels)
        self.to_v = nn.Linear(channels, channels)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)
        found = attention(self.to_q(tokens), self.to_k(tokens), self.to_v(tokens))
        return x + self.to_out[0](found).transpose(1, 2).reshape(x.shape)


class _Middle(nn.Module):
    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([_Attention(channels, groups)])
        self.resnets = nn.ModuleList(
            [ResidualBlock(channels, channels, groups, EPSILON, None) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x)))


class _Level(nn.Module):
    """Residual blocks, then a change of size."""

    def __init__(self, inputs: int, outputs: int, count: int, groups: int,
                 change: str | None) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([
            ResidualBlock(inputs if index == 0 else outputs, outputs, groups, EPSILON, None)
            for index in range(count)])
        if change == "down":
            self.downsamplers = nn.ModuleList([Downsampler(outputs, symmetric=False)])
        if change == "up":
            self.upsamplers = nn.ModuleList([Upsampler(outputs)])

    def forward(self, x: Tensor) -> Tensor:
        for block in self.resnets:
            x = block(x)
        for name in ("downsamplers", "upsamplers"):
            if hasattr(self, name):
                x = getattr(self, name)[0](x)
        return x


class _Encoder(nn.Module):
    def __init__(self, c: Configuration) -> None:
        super().__init__()
        widths, groups = c.block_out_channels, c.norm_num_groups
        self.conv_in = nn.Conv2d(3, widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList([
            _Level(widths[max(index - 1, 0)], width, c.layers_per_block, groups,
                   "down" if index + 1 < len(widths) else None)
            for index, width in enumerate(widths)])
        self.mid_block = _Middle(widths[-1], groups)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], EPSILON)
        self.conv_out = nn.Conv2d(widths[-1], 2 * c.latent_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for level in self.down_blocks:
            x = level(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class _Decoder(nn.Module):
    def __init__(self, c: Configuration) -> None:
        super().__init__()
        widths, groups = c.block_out_channels[::-1], c.norm_num_groups
        self.conv_in = nn.Conv2d(c.latent_channels, widths[0], 3, padding=1)
        self.up_blocks = nn.ModuleList([
            _Level(widths[max(index - 1, 0)], width, c.layers_per_block + 1, groups,
                   "up" if index + 1 < len(widths) else None)
            for index, width in enumerate(widths)])
        self.mid_block = _Middle(widths[0], groups)
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], EPSILON)
        self.conv_out = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(x))
        for level in self.up_blocks:
            x = level(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    """Pixels in [-1, 1] to latents and back."""

    def __init__(self, c: Configuration) -> None:
        super().__init__()
        self.scale = c.scaling_factor
        self.encoder = _Encoder(c)
        self.decoder = _Decoder(c)
        self.quant_conv = nn.Conv2d(2 * c.latent_channels, 2 * c.latent_channels, 1)
        self.post_quant_conv = nn.Conv2d(c.latent_channels, c.latent_channels, 1)

    def moments(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the unscaled latents, [B, latent channels, h, w] each."""
        mean, log_variance = self.quant_conv(self.encoder(pixels)).chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)

    def encode(self, pixels: Tensor) -> Tensor:
        """Mean latents in diffusion's scale."""
        return self.moments(pixels)[0] * self.scale

    def decode(self, latents: Tensor) -> Tensor:
        """Latents in diffusion's scale to pixels around [-1, 1]."""
        return self.decoder(self.post_quant_conv(latents / self.scale))

    @torch.no_grad()
    def normalize(self, mean: Tensor, deviation: Tensor) -> None:
        """Makes latents that have these statistics per channel have mean 0 and deviation 1.

        Changes only the two 1x1 convolutions next to the latents, so pictures stay the same.
        """
        count = len(mean)
        deviation = deviation * self.scale
        mean = mean * self.scale
        weight, bias = self.quant_conv.weight, self.quant_conv.bias
        factor = 1 / deviation
        weight[:count] *= factor[:, None, None, None]
        bias[:count] = (bias[:count] - mean / self.scale) * factor
        bias[count:] += 2 * factor.log()
        # latents before = latents after * deviation + mean
        weight, bias = self.post_quant_conv.weight, self.post_quant_conv.bias
        bias += weight[:, :, 0, 0] @ (mean / self.scale)
        weight *= deviation[None, :, None, None]
