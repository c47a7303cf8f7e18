"""Shapes as integer point tests, and their anti-aliased coverage.

All lengths are sixteenths of a pixel. `radius` is half the extent; y grows downwards. A pixel's
coverage counts which of its 4 x 4 sample points, at 2, 6, 10, 14 sixteenths, lie in the shape.
"""

from __future__ import annotations

import functools

import numpy as np

from .vocabulary import RADII

#: Corners of the star in units of radius / 1024, clockwise from the top; inner corners at 0.45.
STAR = (
    (0, -1024), (271, -373), (974, -316), (438, 142), (602, 828),
    (0, 461), (-602, 828), (-438, 142), (-974, -316), (-271, -373),
)

#: Side of a coverage tile in pixels; its centre pixel is the one that holds the unjittered centre.
TILE = 24


def contains(shape: int, radius: int, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """Whether points relative to the centre lie in the shape (all integers, borders included)."""
    if shape == 0:  # circle
        return dx * dx + dy * dy <= radius * radius
    if shape == 1:  # square, half side 7/8 of the radius
        half = radius * 7 // 8
        return (abs(dx) <= half) & (abs(dy) <= half)
    if shape == 2:  # triangle, apex up, base at 3/4 of the radius
        base = radius * 3 // 4
        return (dy <= base) & (abs(dx) * (radius + base) <= radius * (dy + radius))
    if shape == 3:  # diamond
        return abs(dx) + abs(dy) <= radius
    if shape == 4:  # star: even-odd rule, exact in integers
        inside = np.zeros(np.broadcast_shapes(dx.shape, dy.shape), dtype=bool)
        x, y = dx * 1024, dy * 1024
        for index, (x1, y1) in enumerate(STAR):
            x2, y2 = STAR[(index + 1) % len(STAR)]
            (x1, y1, x2, y2) = (x1 * radius, y1 * radius, x2 * radius, y2 * radius)
            crosses = (y1 > y) != (y2 > y)
            # x < x1 + (y - y1)(x2 - x1)/(y2 - y1), multiplied by y2 - y1
            across, along = (x - x1) * (y2 - y1), (y - y1) * (x2 - x1)
            inside ^= crosses & ((across < along) if y2 > y1 else (across > along))
        return inside
    if shape == 5:  # cross, arms 3/8 of the radius to each side
        arm = radius * 3 // 8
        return ((abs(dx) <= arm) & (abs(dy) <= radius)) | ((abs(dy) <= arm) & (abs(dx) <= radius))
    raise ValueError(f"no shape {shape}")


def extent(shape: int, radius: int) -> tuple[int, int, int, int]:
    """The shape's box relative to its centre: left, top, right, bottom, in radius's unit."""
    if shape == 1:
        half = radius * 7 // 8
        return (-half, -half, half, half)
    if shape == 2:
        return (-radius, -radius, radius, radius * 3 // 4)
    if shape == 4:
        wide, low = radius * 974 // 1024, radius * 828 // 1024
        return (-wide, -radius, wide, low)
    return (-radius, -radius, radius, radius)


@functools.lru_cache(maxsize=None)
def coverage(shape: int, size: int, jitter_x: int, jitter_y: int) -> np.ndarray:
    """Coverage 0...16 of a TILE x TILE square of pixels around the cell's centre.

    The shape's centre lies at the upper left corner of pixel (TILE/2, TILE/2), plus the jitter in
    sixteenths of a pixel.
    """
    samples = np.arange(4 * TILE) * 4 + 2 - 16 * (TILE // 2)
    dx = (samples - jitter_x)[None, :].astype(np.int64)
    dy = (samples - jitter_y)[:, None].astype(np.int64)
    inside = contains(shape, 16 * RADII[size], dx, dy)
    tile = inside.reshape(TILE, 4, TILE, 4).sum(axis=(1, 3)).astype(np.int32)
    tile.setflags(write=False)
    return tile
