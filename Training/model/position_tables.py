"""Tables of sines and cosines, and their bicubic resizing."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def sincos_1d(width: int, positions: Tensor) -> Tensor:
    """[N] -> [N, width]: sines, then cosines, wavelengths to 10000."""
    half = width // 2
    frequencies = 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = positions.double().reshape(-1, 1) * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


def sincos_2d(width: int, side: int) -> Tensor:
    """[side², width]: the row in the first half, the column in the second."""
    rows = torch.arange(side).repeat_interleave(side)
    columns = torch.arange(side).repeat(side)
    return torch.cat([sincos_1d(width // 2, rows), sincos_1d(width // 2, columns)], dim=1)


def resize_table(table: Tensor, side: int) -> Tensor:
    """[s², C] -> [side², C], bicubic."""
    own = math.isqrt(table.shape[0])
    if own == side:
        return table
    grid = table.reshape(1, own, own, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False)
    return grid.permute(0, 2, 3, 1).reshape(side * side, -1)


def time_embedding(times: Tensor, width: int) -> Tensor:
    """[B] -> [B, width]: cosines, then sines. Source: diffusers, `flip_sin_to_cos`."""
    half = width // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32) / half)
    angles = times.float()[:, None] * frequencies
    return torch.cat([angles.cos(), angles.sin()], dim=1)


def pixel_centres(height: int, width: int) -> Tensor:
    """Centres of a grid's pixels as fractions (x, y), [height·width, 2]."""
    y = (torch.arange(height) + 0.5) / height
    x = (torch.arange(width) + 0.5) / width
    return torch.stack([x.repeat(height), y.repeat_interleave(width)], dim=1)
