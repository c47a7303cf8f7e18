"""Writes examples.txt and readings.txt: what the training code makes and reads, to compare with.

    cd Training && python ../Tests/WorldTests/Fixtures/make_readings.py

Needs the training code's requirements. Every example is one line: its words, and the checksums of its
pictures. Every reading is of a damaged picture, so that the verifier's choices are put to the test.
"""

import sys
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, ".")

from world.randomness import stream
from world.render import render, render_segmentation
from world.scene import SPLITS, make_scene
from world.suites import SEEDS, make_example
from world.tasks import Text
from world.verifier import read

FOLDER = Path(__file__).resolve().parent
EXAMPLES_PER_TASK = 12
PICTURES_PER_DAMAGE = 24


def describe(part) -> str:
    """Words, or the checksum of a picture."""
    if isinstance(part, Text):
        return ("says:" if part.is_target else "given:") + part.words
    draw = render_segmentation if part.is_segmentation else render
    return ("draws:" if part.is_drawn else "given:") + f"{zlib.crc32(draw(part.scene).tobytes()):08x}"


def damaged(seed: int, index: int, noise: int) -> np.ndarray:
    """Two scenes mixed unevenly, with noise."""
    random = stream(seed, index)
    first, second = (render(make_scene(random, 2, split)).astype(int) for split in ("train", "unseen"))
    weight = random.below(3)
    mixed = (first * (8 - weight) + second * weight) // 8
    samples = [random.below(2 * noise + 1) - noise for _ in range(mixed.size)]
    return np.clip(mixed + np.array(samples).reshape(mixed.shape), 0, 255).astype(np.uint8)


def main() -> None:
    """Writes both files."""
    lines = []
    for task in SEEDS:
        for split in SPLITS:
            for index in range(EXAMPLES_PER_TASK):
                example = make_example(task, 41, index, 2, split)
                lines.append("|".join([task, split, str(index), *map(describe, example.parts)]))
    (FOLDER / "examples.txt").write_text("\n".join(lines) + "\n")
    lines = []
    # Some noise always: without, an object midway between two half-pixel places fits both equally, and
    # the last bits of a sum decide.
    for noise in (2, 8, 30, 60):
        for index in range(PICTURES_PER_DAMAGE):
            pixels = damaged(43, index, noise)
            reading = read(pixels)
            things = [(t.shape, t.colour, t.size, t.position, round(16 * t.centre[0]),
                       round(16 * t.centre[1]), round(100 * t.misfit), round(t.colour_error)) for t in reading.things]
            ground = [round(2 * channel) for channel in reading.ground]
            lines.append(f"{noise} {index} {zlib.crc32(pixels.tobytes()):08x} {reading.background} {things} "
                         f"{ground} {reading.strays}")
    (FOLDER / "readings.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
