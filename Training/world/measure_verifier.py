"""Measures how often the verifier misreads rendered scenes.

    python -m world.measure_verifier --count 2000
"""

from __future__ import annotations

import argparse
from collections import Counter

from .randomness import stream
from .render import render
from .scene import SPLITS, make_scene
from .verifier import read


def main() -> None:
    """Prints errors per attribute and the share of scenes with any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="scenes per split")
    parser.add_argument("--seed", type=int, default=900001)
    arguments = parser.parse_args()
    errors: Counter[str] = Counter()
    wrong = scenes = things = 0
    distance = 0.0
    for split in SPLITS:
        for index in range(arguments.count):
            scene = make_scene(stream(arguments.seed, index), split=split)
            reading = read(render(scene))
            found: list[str] = []
            if reading.background != scene.background:
                found.append("background")
            if len(reading.things) != len(scene.things):
                found.append("count")
            else:
                for seen, thing in zip(reading.things, scene.things):
                    found += [name for name in ("shape", "colour", "size", "position")
                              if getattr(seen, name) != getattr(thing, name)]
                    x, y = (c / 16 for c in thing.centre)
                    distance = max(distance, abs(seen.centre[0] - x), abs(seen.centre[1] - y))
                    things += 1
            errors.update(found)
            scenes += 1
            wrong += bool(found)
    print(f"{scenes} scenes, {things} objects: {wrong} misread ({100 * wrong / scenes:.2f}%), "
          f"largest error of a centre {distance:.2f} pixels; errors: {dict(errors)}")


if __name__ == "__main__":
    main()
