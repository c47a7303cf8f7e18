"""Scores of the tasks whose answers are text.

    python -m stages.text_scores --run language --count 500
"""

from __future__ import annotations

import argparse
import re

import torch
from torch import Tensor

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.suites import SEEDS, make_example
from world.tasks import BOX_SCALE, Picture, Text

from .batches import picture_pixels, to_tensor
from .precision import mixed
from .run import load_model
from .tokenizer import Tokenizer, sequence

#: Suites whose answers are words; of the free ones those that have pictures.
TASKS = ("caption", "question", "grounding", "free_question", "free_yes_no")


@torch.no_grad()
def greedy(model: InterleavedModel, prompts: list[list[int]], tokens: list[Tensor],
           maps: list[Tensor], most: int = 48) -> list[list[int]]:
    """Continues prompts of any lengths, each with as many images as it has soi tokens.

    Sequences are padded at the right and computed anew for every token; simple, not fast.
    """
    v = model.configuration.vocabulary
    said: list[list[int]] = [[] for _ in prompts]
    open_rows = list(range(len(prompts)))
    starts = [0]
    for prompt in prompts:
        starts.append(starts[-1] + prompt.count(v.soi))
    while open_rows and len(said[open_rows[0]]) < most:
        rows = [prompts[row] + said[row] for row in open_rows]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [v.pad] * (longest - len(row)) for row in rows])
        images = torch.tensor([i for row in open_rows for i in range(starts[row], starts[row + 1])])
        with mixed():
            embeddings = model.embed(ids, tokens[images])
            hidden = model.mm_decoder(embeddings, *model.arrange(ids, [m[images] for m in maps]))
            last = torch.tensor([len(row) - 1 for row in rows])
            logits = model.text_decoder(hidden[torch.arange(len(rows)), last])
        for row, token in zip(list(open_rows), logits.float().argmax(-1).tolist()):
            said[row].append(token)
            if token in (v.eos, v.soi):
                open_rows.remove(row)
    return said


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    common = max(width, 0) * max(height, 0)
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (first, second))
    return common / (area - common) if area > common else 0.0


def box_of(words: str) -> tuple[float, ...] | None:
    """A box from `(x1,y1)(x2,y2)</box>`, as fractions."""
    found = re.match(r"\s*\((\d{3}),(\d{3})\)\((\d{3}),(\d{3})\)</box>", words)
    return tuple(int(n) / BOX_SCALE for n in found.groups()) if found else None


def is_right(task: str, answer: str, truth: str) -> bool:
    """Exact match, or an overlap of at least a half."""
    if task != "grounding":
        return answer.strip() == truth.strip()
    box = box_of(answer)
    return box is not None and overlap(box, box_of(truth)) >= 0.5


@torch.no_grad()
def score(model: InterleavedModel, tokenizer: Tokenizer, task: str, count: int, split: str,
          show: int = 0, most: int = 2) -> float:
    """Share of right answers by greedy decoding."""
    image_tokens = model.configuration.visual_perceiver.num_queries
    right = 0
    for first in range(0, count, 64):
        examples = [make_example(task, SEEDS[task], first + i, most, split)
                    for i in range(min(64, count - first))]
        prompts, truths, pictures = [], [], []
        for example in examples:
            laid = sequence(tokenizer, example, image_tokens)
            prompts.append(laid.ids[:laid.targets.index(True)])
            truths.append("".join(
                p.words for p in example.parts if isinstance(p, Text) and p.is_target))
            pictures += [picture_pixels(p) for p in example.parts if isinstance(p, Picture)]
        with mixed():
            tokens, maps = model.visual_tokenizer(to_tensor(pictures), skips_finest=True)
        answers = [tokenizer.decode(ids) for ids in greedy(model, prompts, tokens, maps)]
        for answer, truth in zip(answers, truths):
            right += is_right(task, answer, truth)
            if show > 0:
                print(f"  {task}: {answer!r} (truth {truth!r})")
                show -= 1
    return right / count


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--run", default="shipped", help="whose model, also while it goes on")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = InterleavedModel(nano()).eval()
    print(load_model(model, arguments.run))
    tokenizer = Tokenizer()
    for split in ("train", "unseen"):
        for task in TASKS:
            value = score(model, tokenizer, task, arguments.count, split, arguments.show)
            print(f"{task:10} {split:7} {100 * value:.1f}% of {arguments.count}", flush=True)


if __name__ == "__main__":
    main()
