"""Draws the scene of a canonical sentence, in the middle of its cells.

    python -m world.draw "a large yellow star at the top left on a dark background" scene.png
    python -m world.draw --map "..." map.png    its colour map: a colour per shape
"""

from __future__ import annotations

import argparse
import re

from PIL import Image

from . import vocabulary as v
from .render import render, render_segmentation
from .scene import Scene, Thing

THING = re.compile(
    f"a ({'|'.join(v.SIZES)}) ({'|'.join(v.COLOURS)}) ({'|'.join(v.SHAPES)}) at the ([a-z ]+)")


def scene_of(sentence: str) -> Scene:
    """The scene that `scene_phrase` describes so; raises ValueError if there is none."""
    words, _, ground = sentence.partition(" on a ")
    background = ground.removesuffix(" background")
    if background not in v.BACKGROUNDS:
        raise ValueError(f"{background!r} is no background")
    things = []
    for part in words.split(" and "):
        found = THING.fullmatch(part)
        if found is None or found[4] not in v.POSITIONS:
            raise ValueError(f"{part!r} is no object")
        size, colour, shape, position = found.groups()
        things.append(Thing(
            v.SHAPES.index(shape), v.COLOURS.index(colour), v.SIZES.index(size),
            v.POSITIONS.index(position), 0, 0))
    return Scene(v.BACKGROUNDS.index(background), 0, tuple(sorted(things, key=lambda t: t.position)))


def main() -> None:
    """Writes a PNG of 64 x 64 pixels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentence")
    parser.add_argument("output")
    parser.add_argument("--map", action="store_true")
    arguments = parser.parse_args()
    draw = render_segmentation if arguments.map else render
    Image.fromarray(draw(scene_of(arguments.sentence))).save(arguments.output, optimize=True)


if __name__ == "__main__":
    main()
