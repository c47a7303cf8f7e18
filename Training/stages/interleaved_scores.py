"""Scores the interleaved loop: the model says what happens and draws it, for three rounds.

    python -m stages.interleaved_scores --run drawing --count 500 [--synchronizer language]

A round is right if the sentence is a possible change of the scene so far (the first sentence is
given) and the verifier reads the changed scene from the picture, with untouched objects in place.
"""

from __future__ import annotations

import argparse
import re
from dataclasses import replace

import numpy as np
import torch

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world import vocabulary as v
from world.scene import Scene
from world.suites import SEEDS, make_example
from world.tasks import Picture, Text
from world.verifier import read

from .batches import to_tensor
from .drawing import GUIDANCE, draw
from .picture_scores import attributes, keeps_others_drawn
from .precision import mixed
from .run import load_model
from .text_scores import greedy
from .tokenizer import Tokenizer


def apply_sentence(words: str, scene: Scene) -> Scene | None:
    """The scene that a canonical sentence makes of another, or None if it is not a possible change."""
    found = re.fullmatch(
        r"now the (\w+) (?:is (?P<value>\w+)|moves to the (?P<place>[\w ]+)|becomes a (?P<shape>\w+))",
        words.strip())
    if not found or found[1] not in v.SHAPES:
        return None
    index = next((i for i, t in enumerate(scene.things) if v.SHAPES[t.shape] == found[1]), None)
    if index is None:
        return None
    value = found["value"] or found["place"] or found["shape"]
    for name, words_of in (("colour", v.COLOURS), ("size", v.SIZES), ("position", v.POSITIONS),
                           ("shape", v.SHAPES)):
        asked = {"position": found["place"], "shape": found["shape"]}.get(name, found["value"])
        if asked is None or value not in words_of:
            continue
        changed = replace(scene.things[index], **{name: words_of.index(value)})
        others = [t for i, t in enumerate(scene.things) if i != index]
        taken = any(t.shape == changed.shape or t.position == changed.position for t in others)
        if changed == scene.things[index] or taken:
            return None
        return replace(scene, things=tuple(sorted([*others, changed], key=lambda t: t.position)))
    return None


@torch.no_grad()
def score(model: InterleavedModel, tokenizer: Tokenizer, count: int, split: str, rounds: int = 3,
          show: int = 3, **options) -> tuple[float, float]:
    """Shares of sequences with all sentences possible, and with all rounds right."""
    said = right = 0
    for first in range(0, count, 64):
        part = min(64, count - first)
        examples = [make_example("interleaved", SEEDS["interleaved"], first + i, 2, split) for i in range(part)]
        said_here, right_here, show = _score_part(
            model, tokenizer, examples, rounds, first, show, options)
        said, right = said + said_here, right + right_here
    return said / count, right / count


def _score_part(model: InterleavedModel, tokenizer: Tokenizer, examples: list, rounds: int, seed: int,
                show: int, options: dict) -> tuple[int, int, int]:
    c = model.configuration
    ids_of = c.vocabulary
    image = [ids_of.soi] + [ids_of.image] * c.visual_perceiver.num_queries
    rows, scenes = [], []
    for example in examples:
        sentence, picture = example.parts[0], example.parts[1]
        assert isinstance(sentence, Text) and isinstance(picture, Picture)
        rows.append([ids_of.bos, *tokenizer.encode(sentence.words)])
        scenes.append(picture.scene)
    speaks, is_right = [True] * len(rows), [True] * len(rows)
    pictures: list[list[np.ndarray]] = [[] for _ in rows]
    earlier: list = [None] * len(rows)
    before = list(scenes)
    for turn in range(rounds):
        if turn > 0:
            with mixed():
                tokens, maps = model.visual_tokenizer(to_tensor(sum(pictures, [])), skips_finest=True)
            for index, new in enumerate(greedy(model, rows, tokens, maps, most=24)):
                words = tokenizer.decode(new)
                if show > 0:
                    print(f"  {words!r}")
                    show -= 1
                changed = apply_sentence(words, scenes[index])
                ends_in_picture = bool(new) and new[-1] == ids_of.soi
                if changed is None or not ends_in_picture:
                    speaks[index] = is_right[index] = False
                else:
                    before[index], scenes[index] = scenes[index], changed
                rows[index] = rows[index] + [t for t in new if t not in (ids_of.soi, ids_of.eos)]
        drawn = draw(model, [row + [ids_of.soi] for row in rows], sum(pictures, []),
                     seed=seed + turn, **options)
        for index, picture in enumerate(drawn):
            reading = read(picture)
            is_right[index] &= all(attributes(reading, scenes[index]).values())
            if earlier[index] is not None:
                is_right[index] &= keeps_others_drawn(
                    reading, earlier[index], before[index], scenes[index])
            earlier[index] = reading
            pictures[index].append(picture)
            rows[index] = rows[index] + image
    return sum(speaks), sum(is_right), show


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--run", default="shipped", help="whose model, also while it goes on")
    parser.add_argument("--synchronizer", choices=("on", "language"), default="on")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=GUIDANCE)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tokenizer, model = Tokenizer(), InterleavedModel(nano()).eval()
    print(load_model(model, arguments.run), flush=True)
    for split in ("train", "unseen"):
        said, right = score(
            model, tokenizer, arguments.count, split, steps=arguments.steps,
            guidance=arguments.guidance, synchronizes=arguments.synchronizer == "on")
        print(f"interleaved {split:7} sentences {100 * said:.1f}%, everything {100 * right:.1f}% "
              f"of {arguments.count}", flush=True)


if __name__ == "__main__":
    main()
