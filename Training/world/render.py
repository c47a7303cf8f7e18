"""Scenes to pixels, in integers."""

from __future__ import annotations

import numpy as np

from . import vocabulary as v
from .scene import Scene
from .shapes import TILE, coverage

#: Colours of a segmentation map: the background, then one per shape.
SEGMENTATION = (
    (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255))


def _place(position: int) -> tuple[slice, slice, slice, slice]:
    """Rows and columns of the picture that a cell's tile covers, and the tile's own."""
    spans = []
    for index in (position // v.GRID, position % v.GRID):
        first = v.FIRST_CENTRE + v.CENTRE_STEP * index - TILE // 2
        low, high = max(first, 0), min(first + TILE, v.SIDE)
        spans.append((slice(low, high), slice(low - first, high - first)))
    return spans[0][0], spans[1][0], spans[0][1], spans[1][1]


def render(scene: Scene) -> np.ndarray:
    """RGB pixels [64, 64, 3], uint8.

    A pixel covered by c of 16 samples is `(background * (16 - c) + colour * c + 8) / 16`.
    """
    pixels = np.full((v.SIDE, v.SIDE, 3), scene.level, dtype=np.int32)
    for thing in scene.things:
        rows, columns, tile_rows, tile_columns = _place(thing.position)
        tile = coverage(thing.shape, thing.size, thing.jitter_x, thing.jitter_y)
        part = tile[tile_rows, tile_columns][..., None]
        below = pixels[rows, columns]
        colour = np.array(v.PALETTE[thing.colour], dtype=np.int32)
        pixels[rows, columns] = (below * (16 - part) + colour * part + 8) // 16
    return pixels.astype(np.uint8)


def render_segmentation(scene: Scene) -> np.ndarray:
    """The colour map of a scene [64, 64, 3], uint8: a pixel belongs to a shape that covers half of it."""
    pixels = np.zeros((v.SIDE, v.SIDE, 3), dtype=np.uint8)
    for thing in scene.things:
        rows, columns, tile_rows, tile_columns = _place(thing.position)
        tile = coverage(thing.shape, thing.size, thing.jitter_x, thing.jitter_y)
        part = tile[tile_rows, tile_columns] >= 8
        pixels[rows, columns][part] = SEGMENTATION[1 + thing.shape]
    return pixels
