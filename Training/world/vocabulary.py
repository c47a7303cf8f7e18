"""What can be in a scene, and which combinations training never shows."""

from __future__ import annotations

SHAPES = ("circle", "square", "triangle", "diamond", "star", "cross")
COLOURS = ("red", "green", "blue", "yellow", "purple", "cyan")
SIZES = ("small", "large")
BACKGROUNDS = ("light", "dark")
POSITIONS = (
    "top left", "top", "top right",
    "left", "center", "right",
    "bottom left", "bottom", "bottom right",
)

#: How many values each attribute of an object has.
COUNTS = {"shape": len(SHAPES), "colour": len(COLOURS), "size": len(SIZES), "position": len(POSITIONS)}

#: RGB of each colour.
PALETTE = (
    (220, 50, 47), (60, 170, 70), (50, 90, 220),
    (240, 200, 40), (150, 60, 180), (40, 190, 200),
)

#: Half the extent of a shape in pixels, by size.
RADII = (6, 9)

SIDE = 64
GRID = 3
#: Pixel of the first cell's centre, and distance of the cells' centres.
FIRST_CENTRE, CENTRE_STEP = 11, 21
#: Jitter of a centre in sixteenths of a pixel: -JITTER...JITTER.
JITTER = 16


def is_held_out_colour(shape: int, colour: int) -> bool:
    """Whether training never shows this shape in this colour: one colour per shape."""
    return colour == (shape + 2) % 6


def is_held_out_position(shape: int, position: int) -> bool:
    """Whether training never shows this shape in this cell: one cell per shape."""
    return position == (4 * shape + 1) % 9
