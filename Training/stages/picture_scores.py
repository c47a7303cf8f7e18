"""Scores of the tasks whose answers are pictures, by the verifier.

    python -m stages.picture_scores --run drawing --count 500 [--synchronizer language] [--sheet out.png]
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from PIL import Image

from model.interleaved_model import InterleavedModel
from model.nano import nano
from model.picture_synchronizer import flatten_pyramid
from world.render import render
from world.scene import Scene
from world.suites import SEEDS, WATCHED_SEED, make_example
from world.tasks import Example, Picture
from world.verifier import Reading, read

from .batches import cut_before_picture, picture_pixels, to_tensor
from .drawing import GUIDANCE, draw, draw_conditioned
from .plans import Planner
from .run import load_model
from .tokenizer import Tokenizer, sequence

TASKS = ("text_to_image", "segmentation_to_image", "editing", "story", "free_text_to_image", "free_editing")
#: How far an object that was not touched may move, in pixels.
TOLERANCE = 2.0


def attributes(reading: Reading, scene: Scene) -> dict[str, bool]:
    """Which attributes of a picture are right; things are compared in reading order."""
    same_count = len(reading.things) == len(scene.things)
    pairs = list(zip(reading.things, scene.things)) if same_count else []
    right = {"background": reading.background == scene.background, "count": same_count}
    for name in ("shape", "colour", "size", "position"):
        right[name] = same_count and all(getattr(a, name) == getattr(b, name) for a, b in pairs)
    return right


def keeps_others(reading: Reading, before: Scene, after: Scene) -> bool:
    """Whether every object that a change leaves alone is where and as large as it was."""
    for thing in after.things:
        if thing not in before.things:
            continue
        centre = [c / 16 for c in thing.centre]
        if not any(
            seen.shape == thing.shape and seen.size == thing.size and seen.colour == thing.colour
            and max(abs(a - b) for a, b in zip(seen.centre, centre)) <= TOLERANCE
            for seen in reading.things
        ):
            return False
    return True


def region_overlap(picture: np.ndarray, scene: Scene) -> float:
    """Intersection over union of the foregrounds of a picture and of the true scene."""
    def foreground(pixels: np.ndarray) -> np.ndarray:
        values = pixels.astype(np.float32)
        return np.abs(values - np.median(values.reshape(-1, 3), axis=0)).max(axis=2) > 36
    first, second = foreground(picture), foreground(render(scene))
    union = (first | second).sum()
    return float((first & second).sum() / union) if union else 1.0


def scenes_of(example: Example) -> list[tuple[int, Scene]]:
    """Indices among the pictures, and scenes, of those to draw."""
    pictures = [part for part in example.parts if isinstance(part, Picture)]
    return [(index, part.scene) for index, part in enumerate(pictures) if part.is_drawn]


def draw_all(model: InterleavedModel, tokenizer: Tokenizer, examples: list[Example], seed: int,
             **options) -> list[list[np.ndarray]]:
    """Draws every picture to draw, in turn; later ones see the drawn, not the true, earlier ones."""
    image_tokens = model.configuration.visual_perceiver.num_queries
    laid = [sequence(tokenizer, example, image_tokens) for example in examples]
    known = [[None if p.is_drawn else picture_pixels(p) for p in one.pictures] for one in laid]
    drawn: list[list[np.ndarray]] = [[] for _ in examples]
    for turn in range(max(len(scenes_of(example)) for example in examples)):
        places = [scenes_of(example)[turn][0] for example in examples]
        rows = [cut_before_picture(one, place, tokenizer.vocabulary).ids
                for one, place in zip(laid, places)]
        earlier = [p for pictures, place in zip(known, places) for p in pictures[:place]]
        results = draw(model, rows, earlier, seed=seed + turn, **options)
        for pictures, place, mine, picture in zip(known, places, drawn, results):
            pictures[place] = picture
            mine.append(picture)
    return drawn


def is_right(example: Example, pictures: list[np.ndarray]) -> bool:
    """Whether all drawn pictures of an example are as the task asks."""
    scenes = scenes_of(example)
    before = [part.scene for part in example.parts if isinstance(part, Picture)][0]
    earlier: Reading | None = None
    for (_, scene), picture in zip(scenes, pictures):
        reading = read(picture)
        if not all(attributes(reading, scene).values()):
            return False
        if example.task == "segmentation_to_image" and region_overlap(picture, scene) < 0.8:
            return False
        if example.task in ("editing", "free_editing") and not keeps_others(reading, before, scene):
            return False
        if earlier is not None and not keeps_others_drawn(reading, earlier, before, scene):
            return False
        before, earlier = scene, reading
    return True


def keeps_others_drawn(now: Reading, earlier: Reading, before: Scene, after: Scene) -> bool:
    """As `keeps_others`, against where the earlier drawn picture had them."""
    kept = {thing.shape for thing in after.things if thing in before.things}
    places = {seen.shape: seen for seen in earlier.things}
    return all(
        seen.shape not in kept or seen.shape not in places or (
            seen.size == places[seen.shape].size
            and max(abs(a - b) for a, b in zip(seen.centre, places[seen.shape].centre)) <= TOLERANCE)
        for seen in now.things)


@torch.no_grad()
def planned_scores(model: InterleavedModel, planner: Planner, count: int, *, steps: int = 10,
                   guidance: float = GUIDANCE) -> dict[str, float]:
    """Shares of right maps and edits if what is asked is understood: with the target's plan given.

    Other examples than the suites' and than training's.
    """
    scores = {}
    for task in ("segmentation_to_image", "editing"):
        examples = [make_example(task, WATCHED_SEED, index) for index in range(count)]
        pictures = [[p for p in e.parts if isinstance(p, Picture)] for e in examples]
        pixels = to_tensor([picture_pixels(first) for first, _ in pictures])
        features = flatten_pyramid(model.visual_tokenizer(pixels)[1])
        drawn = draw_conditioned(
            model, planner.plan([last.scene for _, last in pictures]), features,
            torch.ones(count, dtype=torch.bool), steps, guidance)
        scores[f"planned_{task}"] = sum(is_right(e, [p]) for e, p in zip(examples, drawn)) / count
        scores[f"planned_overlap_{task}"] = sum(
            region_overlap(p, last.scene) for (_, last), p in zip(pictures, drawn)) / count
    return scores


def sheet(rows: list[list[np.ndarray]], path: str, scale: int = 2) -> None:
    """Writes pictures as a PNG, one row per example."""
    wide = max(map(len, rows))
    blank = np.full((64, 64, 3), 128, np.uint8)
    lines = [np.concatenate([np.pad(p, ((1, 1), (1, 1), (0, 0))) for p in row + [blank] * (wide - len(row))],
                            axis=1) for row in rows]
    image = Image.fromarray(np.concatenate(lines))
    image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST).save(path)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--run", default="shipped", help="whose model, also while it goes on")
    parser.add_argument("--task", choices=TASKS, action="append", help="several times for several; else all")
    parser.add_argument("--watched", action="store_true",
                        help="examples that are neither the suites' nor training's, to choose settings by")
    parser.add_argument("--synchronizer", choices=("on", "language"), default="on")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sheet", default=None, help="PNG of the first 8 examples of each suite")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tokenizer, model = Tokenizer(), InterleavedModel(nano()).eval()
    print(load_model(model, arguments.run), flush=True)
    options = {"steps": arguments.steps, "guidance": arguments.guidance,
               "synchronizes": arguments.synchronizer == "on"}
    rows: list[list[np.ndarray]] = []
    for split in ("train",) if arguments.watched else ("train", "unseen"):
        for task in arguments.task or TASKS:
            seed, right = WATCHED_SEED if arguments.watched else SEEDS[task], 0
            for first in range(0, arguments.count, 64):
                examples = [make_example(task, seed, first + i, 2, split)
                            for i in range(min(64, arguments.count - first))]
                drawn = draw_all(model, tokenizer, examples, first, **options)
                right += sum(is_right(e, p) for e, p in zip(examples, drawn))
                if first == 0 and split == "train":
                    rows += [[picture_pixels(p) for p in e.parts
                              if isinstance(p, Picture) and not p.is_drawn] + pictures
                             for e, pictures in list(zip(examples, drawn))[:8]]
            print(f"{task:22} {split:7} {100 * right / arguments.count:.1f}% of {arguments.count}",
                  flush=True)
    if arguments.sheet:
        sheet(rows, arguments.sheet)


if __name__ == "__main__":
    main()
