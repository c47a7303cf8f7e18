"""Stage 2: vision, perceiver and language model, on text losses.

    python -m stages.train_language [--resume]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.randomness import stream
from world.tasks import TASKS, Example, Picture, Text
from world.vocabulary import BACKGROUNDS

from .batches import Batch, lay_out, stack
from .cell_reader import CellReader
from .run import Run, common_arguments
from .text_scores import score
from .tokenizer import Tokenizer

STAGE = "language"
#: Shares of the tasks in percent. Batches hold examples of like length: one picture and words; words
#: alone, which are cheap; several pictures. All but the first end where a picture is to be drawn.
SHORT = (("caption", 20), ("question", 40), ("grounding", 40))
WORDS = (("text_to_image", 100),)
STORY = (("editing", 40), ("segmentation_to_image", 16), ("story", 22), ("interleaved", 22))
#: The mix and the size of a step's batch, in halves of --batch, by turns.
TURNS = ((SHORT, 2), (SHORT, 2), (WORDS, 4), (SHORT, 2), (SHORT, 2), (STORY, 1))

#: How often a question or a description is drawn again that is about the only object, or about no object.
REDRAWS = 2


def asks_which(example: Example) -> bool:
    """Whether a question or a description singles out one of several objects."""
    picture = next(part for part in example.parts if isinstance(part, Picture))
    answer = example.parts[-1]
    names_none = answer.words.strip() in ("one", "two", "three", *BACKGROUNDS)
    return len(picture.scene.things) > 1 and not names_none


def make_batch(tokenizer: Tokenizer, seed: int, step: int, count: int, image_tokens: int,
               share: Callable[[int], range] = range, given_weight: float = 0.1,
               turns: tuple = TURNS) -> Batch:
    """The batch of a step of the training stream, or a share of it."""
    mix, halves = turns[step % len(turns)]
    examples = []
    for index in share(count * halves // 2):
        random = stream(seed, 4 * step * count + index)
        pick = random.below(100)
        for task, percent in mix:
            if pick < percent:
                break
            pick -= percent
        example = TASKS[task](random, 2, "train")
        for _ in range(REDRAWS):
            if task in ("question", "grounding") and not asks_which(example):
                example = TASKS[task](random, 2, "train")
        examples.append(example)
    return stack(tokenizer, lay_out(tokenizer, examples, image_tokens), examples, given_weight)


def text_loss(model: InterleavedModel, batch: Batch, hidden: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Weighted cross-entropy of the next token, and exact matches per task (argmax, truth before it:
    the same as greedy decoding being right)."""
    logits = model.text_decoder(hidden[:, :-1]).float()
    targets, weights = batch.ids[:, 1:], batch.weights[:, 1:]
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    loss = (each.view_as(weights) * weights).sum() / weights.sum()
    with torch.no_grad():
        # Given text weighs less than any target of its sequence.
        is_target = weights > 0.5 * weights.amax(1, keepdim=True).clamp(min=1e-6)
        right = ((logits.argmax(-1) == targets) | ~is_target).all(1)
        scores = {}
        for task in ("caption", "question", "grounding"):
            rows = torch.tensor([example.task == task for example in batch.examples])
            if rows.any():
                scores[f"exact_{task}"] = float(right[rows].float().mean())
    return loss, scores


def hidden_states(model: InterleavedModel, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states of a batch, its images' tokens and their patches."""
    if len(batch.pixels):
        tokens, maps, patches = model.visual_tokenizer.encode(batch.pixels, skips_finest=True)
    else:
        tokens, maps, patches = torch.zeros(0), [], torch.zeros(0)
    embeddings = model.embed(batch.ids, tokens)
    features, visible = model.arrange(batch.ids, maps)
    return model.mm_decoder(embeddings, features, visible), tokens, patches


def drawing_condition(model: InterleavedModel, batch: Batch, hidden: Tensor) -> Tensor:
    """Conditioning tokens of the picture that each sequence's last soi starts."""
    ends = batch.valid.sum(1).long() - 1
    context, mask = model.context(hidden, torch.arange(len(hidden)), ends)
    return model.image_decoder.perceiver_resampler(context, mask)


def main() -> None:
    """Trains, evaluates and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=16000, batch=32, rate=1e-3)
    parser.add_argument("--words", action="store_true",
                        help="only words and the plan of a drawing, as a run of its own, `words`: "
                        "minutes, and enough for the gate of stage 3")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer()
    model = InterleavedModel(nano())
    model.visual_tokenizer.start_local()
    model.image_decoder.requires_grad_(False)
    # The drawing's perceiver learns here what words mean; stage 3 goes on with it.
    model.image_decoder.perceiver_resampler.requires_grad_(True)
    image_tokens = model.configuration.visual_perceiver.num_queries
    sizes = model.configuration
    model.helper = nn.ModuleDict({
        "patches": CellReader(sizes.vision.grid ** 2, sizes.vision.hidden_size),
        "seen": CellReader(image_tokens, sizes.language.hidden_size),
        "drawn": CellReader(sizes.perceiver.num_queries, sizes.perceiver.hidden_size)})
    run = Run("words" if arguments.words else STAGE, model, arguments)
    while not run.is_finished:
        batch = make_batch(
            tokenizer, 1000 + arguments.seed, run.step, arguments.batch, image_tokens, run.share,
            turns=((WORDS, 4),) if arguments.words else TURNS)
        with torch.autocast("cpu", torch.bfloat16):
            hidden, tokens, patches = hidden_states(model, batch)
        spoken, measures = text_loss(model, batch, hidden)
        # Given sentences are predicted too, for what it teaches, but count little.
        says = any(any(isinstance(p, Text) and p.is_target for p in e.parts) for e in batch.examples)
        loss = spoken if says else 0.1 * spoken
        measures["speaking"] = float(spoken.detach())
        if batch.pictures and not any(picture.is_segmentation for picture in batch.pictures):
            scenes = [picture.scene for picture in batch.pictures]
            seen, measures["cells"] = model.helper["seen"](tokens, scenes)
            by_patches, measures["cells_patches"] = model.helper["patches"](patches[:, 1:], scenes)
            loss = loss + 0.2 * (seen + by_patches)
            measures["seeing"] = float(seen.detach())
        if batch.targets:
            with torch.autocast("cpu", torch.bfloat16):
                conditioning = drawing_condition(model, batch, hidden)
            drawn, measures["cells_drawn"] = model.helper["drawn"](conditioning, batch.targets)
            loss = loss + 0.2 * drawn
            measures["planning"] = float(drawn.detach())
        run.update(loss, **measures)
        if run.step % 1000 == 0 and not arguments.words and run.rank == 0:
            with run.averaged() as averaged:
                measured = {f"greedy_{task}": score(averaged, tokenizer, task, 64, "train")
                            for task in ("caption", "question", "grounding")}
            run.log(**run.take_means(), **measured)
            run.save()
        elif run.step % 50 == 0:
            run.log(**run.take_means())
            if run.step % 250 == 0:
                run.save()
    run.save()
    if not arguments.words:
        run.save_milestone()


if __name__ == "__main__":
    main()
