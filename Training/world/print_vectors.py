"""Prints examples with checksums, for comparison with another implementation of the world.

    python -m world.print_vectors
"""

from __future__ import annotations

import zlib

from .randomness import SplitMix64, stream
from .render import render, render_segmentation
from .scene import SPLITS, make_scene
from .free_wording import FREE_TASKS
from .suites import SEEDS, make_example
from .tasks import Picture, Text


def main() -> None:
    """CRC-32 of pixels is over the 64·64·3 bytes, row by row, RGB."""
    random = SplitMix64(1)
    print("SplitMix64(1):", " ".join(f"{random.next():016x}" for _ in range(3)))
    random = stream(1, 2)
    print("stream(1, 2).below(100):", [random.below(100) for _ in range(8)])
    for split in SPLITS:
        for index in range(4):
            scene = make_scene(stream(7, index), split=split)
            things = [(t.shape, t.colour, t.size, t.position, t.jitter_x, t.jitter_y)
                      for t in scene.things]
            print(f"make_scene(stream(7, {index}), 2, {split}): level {scene.level} {things} "
                  f"crc {zlib.crc32(render(scene).tobytes()):08x} "
                  f"map {zlib.crc32(render_segmentation(scene).tobytes()):08x}")
    for task in SEEDS:
        print(task)
        # Of the free suites more, as they have more forms.
        examples = [make_example(task, 7, index) for index in range(12 if task in FREE_TASKS else 1)]
        for part in (part for example in examples for part in example.parts):
            if isinstance(part, Text):
                print(f"  {'says ' if part.is_target else 'given'} {part.words!r}")
            elif isinstance(part, Picture):
                draw = render_segmentation if part.is_segmentation else render
                print(f"  {'draws' if part.is_drawn else 'given'} crc "
                      f"{zlib.crc32(draw(part.scene).tobytes()):08x}")


if __name__ == "__main__":
    main()
