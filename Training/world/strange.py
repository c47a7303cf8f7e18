"""Scenes that are no part of the world: its shapes in other colours, its colours on other shapes.

They show a learner that shape and colour have nothing to do with each other, without showing a pair
that is held out. Of such an object the colour (or the shape) has no name, and its field in `Thing` means nothing.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from . import vocabulary as v
from .randomness import SplitMix64
from .render import paint
from .scene import Scene, make_scene
from .shapes import TILE, contains, coverage

#: Least distance of a colour without a name from those that have one, and from the background.
LEAST_DISTANCE = 48
#: Shapes without a name.
OUTLINES = 7


@dataclass(frozen=True)
class StrangeScene(Scene):
    """Of every object, in order: its RGB if `has_colours` is False, its outline if `has_shapes` is."""

    tints: tuple[tuple[int, int, int], ...] = ()
    outlines: tuple[int, ...] = ()

    @property
    def has_colours(self) -> bool:
        """Whether the objects' colours have names."""
        return not self.tints

    @property
    def has_shapes(self) -> bool:
        """Whether the objects' shapes have names."""
        return not self.outlines


def make_strange(random: SplitMix64, most: int, kind: str) -> StrangeScene:
    """A scene of the kind "tints" or "outlines"."""
    scene = make_scene(random, most, "train")
    tints, outlines = [], []
    for _ in scene.things:
        if kind == "tints":
            tints.append(_tint(random, scene.level))
        else:
            outlines.append(random.below(OUTLINES))
    return StrangeScene(scene.background, scene.tone, scene.things, tuple(tints), tuple(outlines))


def _tint(random: SplitMix64, level: int) -> tuple[int, int, int]:
    while True:
        tint = (random.below(256), random.below(256), random.below(256))
        distances = [max(abs(a - b) for a, b in zip(tint, other)) for other in v.PALETTE]
        if min(distances) >= LEAST_DISTANCE and max(abs(part - level) for part in tint) >= LEAST_DISTANCE:
            return tint


def _contains(outline: int, radius: int, dx: np.ndarray, dy: np.ndarray) -> np.ndarray:
    if outline == 0:  # wide ellipse
        return dx * dx + 4 * dy * dy <= radius * radius
    if outline == 1:  # ring
        return contains(0, radius, dx, dy) & ~contains(0, radius // 2, dx, dy)
    if outline == 2:  # octagon
        return contains(1, radius, dx, dy) & contains(3, radius * 5 // 4, dx, dy)
    if outline == 3:  # triangle, apex down
        return contains(2, radius, dx, -dy)
    if outline == 4:  # diagonal cross
        return contains(5, radius, (dx + dy) * 3 // 4, (dx - dy) * 3 // 4)
    if outline == 5:  # half a disc
        return contains(0, radius, dx, dy) & (dy <= 0)
    return contains(1, radius, dx, dy) & ~((dx > 0) & (dy < 0))  # corner


@functools.lru_cache(maxsize=4096)
def _coverage(outline: int, size: int, jitter_x: int, jitter_y: int) -> np.ndarray:
    samples = np.arange(4 * TILE) * 4 + 2 - 16 * (TILE // 2)
    inside = _contains(
        outline, 16 * v.RADII[size], (samples - jitter_x)[None, :], (samples - jitter_y)[:, None])
    return inside.reshape(TILE, 4, TILE, 4).sum(axis=(1, 3)).astype(np.int32)


def render_strange(scene: StrangeScene) -> np.ndarray:
    """RGB pixels [64, 64, 3], uint8."""
    return paint(scene, [(
        coverage(thing.shape, thing.size, thing.jitter_x, thing.jitter_y) if scene.has_shapes
        else _coverage(scene.outlines[index], thing.size, thing.jitter_x, thing.jitter_y),
        v.PALETTE[thing.colour] if scene.has_colours else scene.tints[index])
        for index, thing in enumerate(scene.things)])
