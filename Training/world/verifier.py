"""Reads a scene back from pixels, without any learning.

1. Background: the median of each channel.
2. Foreground: pixels whose largest channel difference from the background exceeds a threshold;
   its 8-connected parts of at least 20 pixels are the objects.
3. Colour: the palette's nearest to the mean of the part's most different pixels.
4. Shape, size and centre: the rendered template that differs least from the part's coverage, over
   all shapes and sizes and over centres near the part's, in half pixels.
5. Position: the nearest cell.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from . import vocabulary as v
from .shapes import TILE, coverage, extent

THRESHOLD = 36
LEAST_AREA = 20
#: How many half pixels around the estimated centre are searched.
SEARCH = 3


@dataclass(frozen=True)
class Seen:
    """An object as it was read: indices into the vocabulary, centre in pixels.

    `misfit` is the mean squared difference of coverage (0...1) over the template's area, `colour_error` the largest
    difference of a channel from the palette's colour.
    """

    shape: int
    colour: int
    size: int
    position: int
    centre: tuple[float, float]
    misfit: float
    colour_error: float


@dataclass(frozen=True)
class Reading:
    """What the verifier sees: the kind of background and the objects in reading order; the background's channels, and
    how
    many pixels belong to something that is too small for an object."""

    background: int
    things: tuple[Seen, ...]
    ground: tuple[float, float, float]
    strays: int


@functools.lru_cache(maxsize=None)
def _templates() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All templates at half-pixel phases: coverage [n, TILE, TILE] in 0...1, keys (shape, size,
    phase x, phase y) [n, 4], and for each its box's centre relative to its own, in pixels."""
    tiles, keys, offsets = [], [], []
    for shape in range(len(v.SHAPES)):
        for size in range(len(v.SIZES)):
            left, top, right, bottom = extent(shape, 16 * v.RADII[size])
            for phase_y in (0, 8):
                for phase_x in (0, 8):
                    tiles.append(coverage(shape, size, phase_x, phase_y) / 16)
                    keys.append((shape, size, phase_x, phase_y))
                    offsets.append(((left + right) / 32, (top + bottom) / 32))
    return np.stack(tiles).astype(np.float32), np.array(keys), np.array(offsets)


def _parts(mask: np.ndarray) -> list[np.ndarray]:
    """8-connected parts of a mask as arrays of (y, x)."""
    left = mask.copy()
    parts = []
    for y, x in zip(*np.nonzero(mask)):
        if not left[y, x]:
            continue
        left[y, x] = False
        stack, part = [(int(y), int(x))], []
        while stack:
            cy, cx = stack.pop()
            part.append((cy, cx))
            for ny in range(max(cy - 1, 0), min(cy + 2, v.SIDE)):
                for nx in range(max(cx - 1, 0), min(cx + 2, v.SIDE)):
                    if left[ny, nx]:
                        left[ny, nx] = False
                        stack.append((ny, nx))
        parts.append(np.array(part))
    return parts


def _fit(alpha: np.ndarray, box_centre: tuple[float, float]) -> tuple[int, int, float, float, float]:
    """The best template: shape, size, centre x, centre y, misfit."""
    tiles, keys, offsets = _templates()
    margin = TILE
    padded = np.pad(alpha, margin)
    best = (np.inf, 0, 0, 0.0, 0.0)
    for index, (shape, size, phase_x, phase_y) in enumerate(keys):
        guess_x = box_centre[0] - offsets[index][0] - phase_x / 16
        guess_y = box_centre[1] - offsets[index][1] - phase_y / 16
        tile = tiles[index]
        for base_y in range(round(guess_y) - SEARCH // 2, round(guess_y) + SEARCH // 2 + 1):
            for base_x in range(round(guess_x) - SEARCH // 2, round(guess_x) + SEARCH // 2 + 1):
                top, left = base_y - TILE // 2 + margin, base_x - TILE // 2 + margin
                if not (0 <= top <= padded.shape[0] - TILE and 0 <= left <= padded.shape[1] - TILE):
                    continue
                difference = padded[top:top + TILE, left:left + TILE] - tile
                error = float(np.dot(difference.ravel(), difference.ravel()))
                if error < best[0]:
                    best = (error, index, index, base_x + phase_x / 16, base_y + phase_y / 16)
    error, index, _, x, y = best
    return int(keys[index][0]), int(keys[index][1]), x, y, error / float(tiles[index].sum())


def read(pixels: np.ndarray) -> Reading:
    """Reads RGB pixels [64, 64, 3], uint8."""
    values = pixels.astype(np.float32)
    ground = np.median(values.reshape(-1, 3), axis=0)
    difference = values - ground
    strength = np.abs(difference).max(axis=2)
    palette = np.array(v.PALETTE, dtype=np.float32)
    things, strays = [], 0
    for part in _parts(strength > THRESHOLD):
        if len(part) < LEAST_AREA:
            strays += len(part)
            continue
        own = strength[part[:, 0], part[:, 1]]
        core = part[own >= np.quantile(own, 0.6)]
        mean = values[core[:, 0], core[:, 1]].mean(axis=0)
        colour = int(((palette - mean) ** 2).sum(axis=1).argmin())
        direction = mean - ground
        alpha = np.zeros((v.SIDE, v.SIDE), dtype=np.float32)
        low, high = part.min(axis=0) - 1, part.max(axis=0) + 2
        window = (slice(max(low[0], 0), high[0]), slice(max(low[1], 0), high[1]))
        alpha[window] = np.clip(difference[window] @ direction / (direction @ direction), 0, 1)
        # Of a neighbour only what this part's box cuts off could count: leave it out.
        near = np.zeros((v.SIDE + 2, v.SIDE + 2), dtype=bool)
        for dy in range(3):
            for dx in range(3):
                near[part[:, 0] + dy, part[:, 1] + dx] = True
        alpha *= near[1:-1, 1:-1]
        columns, rows = alpha.max(axis=0), alpha.max(axis=1)
        box_centre = (_middle(columns), _middle(rows))
        shape, size, x, y, misfit = _fit(alpha, box_centre)
        cells = [round((c - v.FIRST_CENTRE) / v.CENTRE_STEP) for c in (x, y)]
        column, row = (min(max(cell, 0), v.GRID - 1) for cell in cells)
        colour_error = float(np.abs(palette[colour] - mean).max())
        things.append(Seen(shape, colour, size, v.GRID * row + column, (x, y), misfit, colour_error))
    background = 0 if float(ground.mean()) >= 128 else 1
    return Reading(background, tuple(sorted(things, key=lambda seen: seen.position)), tuple(map(float, ground)),
                   strays)


def _middle(profile: np.ndarray) -> float:
    """Middle of the span where a profile of coverage is above a half, with soft ends."""
    inside = np.nonzero(profile > 0.5)[0]
    if len(inside) == 0:
        return v.SIDE / 2
    first, last = int(inside[0]), int(inside[-1])
    before = float(profile[first - 1]) if first > 0 else 0.0
    after = float(profile[last + 1]) if last + 1 < len(profile) else 0.0
    return ((first - before) + (last + 1 + after)) / 2
