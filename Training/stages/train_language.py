"""Stage 2: vision, perceiver and language model, on text losses.

    python -m stages.train_language [--resume] [--plans]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.randomness import SplitMix64, stream
from world.scene import Change, Scene, change_scene, make_scene
from world.sentences import change_phrase
from world.tasks import TASKS, Example, Picture, Text
from world.vocabulary import SHAPES

from .batches import Batch, lay_out, stack
from .cell_reader import CellReader, ChangeReader
from .plans import Planner
from .precision import mixed
from .redrawing import redraw
from .run import Run, common_arguments, load_shipped, shipped_layers
from .silence import Silence
from .text_scores import score
from .tokenizer import Tokenizer

STAGE = "language"
#: What is asked about a picture, all of it in one batch, so that the picture is looked at once. Questions for
#: the shape of what has some colour or place take longest to learn.
ASKED = ("caption", "question", "shape", "shape", "grounding")
#: Shares in percent of what ends where a picture is to be drawn, and how many examples differ in the last
#: change alone, for the same reason.
EDITS = (("editing", 80, 4), ("segmentation_to_image", 20, 1))
STORIES = (("story", 50, 4), ("interleaved", 50, 4))
#: Kinds of batches by turns, of examples of like length.
TURNS = ("edits", "asked", "stories", "asked", "edits", "asked", "stories", "words")

#: Denoising steps of 10 that redraw a picture at most: nearly whole drawings, with outlines as bent as theirs.
MOST_REDRAWN = 9

#: Beginnings of the names of its parameters.
LANGUAGE_MODEL = ("mm_decoder.", "text_decoder.", "soi_token")

#: How often an example is drawn again that has, or is about, only one object, or about none, and how often a
#: question that is not for a shape.
REDRAWS, SHAPE_REDRAWS = 2, 12


def asks_which(example: Example) -> bool:
    """Whether a question or a description singles out one of several objects."""
    picture = next(part for part in example.parts if isinstance(part, Picture))
    return len(picture.scene.things) > 1 and example.about is not None


def asks_shape(example: Example) -> bool:
    """Whether the answer is a shape."""
    return example.parts[-1].words.strip() in SHAPES


def ask(random: SplitMix64, task: str, scene: Scene) -> Example:
    """Something asked about a scene."""
    make, fits, redraws = TASKS["question" if task == "shape" else task], asks_which, REDRAWS
    if task == "shape":
        fits, redraws = asks_shape, SHAPE_REDRAWS
    example = make(random, 2, "train", scene)
    for _ in range(redraws):
        if task == "caption" or fits(example):
            break
        example = make(random, 2, "train", scene)
    return example


def begin_drawing(random: SplitMix64, mix: tuple[tuple[str, int, int], ...]) -> list[Example]:
    """Examples of one kind that end where a picture is to be drawn."""
    pick = random.below(100)
    for task, percent, count in mix:
        if pick < percent:
            break
        pick -= percent
    example = TASKS[task](random, 2, "train")
    for _ in range(REDRAWS):
        # To keep the other object as it is, and apart from the changed one, is what takes long to learn.
        if len(example.parts[-1].scene.things) == 1:
            example = TASKS[task](random, 2, "train")
    return [example] + [end_otherwise(random, example) for _ in range(count - 1)]


def end_otherwise(random: SplitMix64, example: Example) -> Example:
    """The example with another last change."""
    *begin, words, _ = example.parts
    before = next(part.scene for part in reversed(begin) if isinstance(part, Picture))
    scene, change = change_scene(random, before, "train")
    said = change_phrase(change, None if words.is_target else random)
    parts = (*begin, Text(said, words.is_target), Picture(scene, is_drawn=True))
    return replace(example, parts=parts, changes=(*example.changes[:-1], change))


def make_batch(tokenizer: Tokenizer, seed: int, step: int, count: int, image_tokens: int,
               share: Callable[[int], range] = range, given_weight: float = 0.1,
               turns: tuple[str, ...] = TURNS) -> Batch:
    """The batch of a step of the training stream, or a share of it."""
    turn = turns[step % len(turns)]
    examples: list[Example] = []
    groups = {"asked": count // 4, "edits": count // 2, "stories": count // 4, "words": 2 * count}
    for index in share(groups[turn]):
        random = stream(seed, 4 * step * count + index)
        if turn == "asked":
            scene = make_scene(random, 2, "train")
            if len(scene.things) == 1:
                # Which words belong to which of two objects takes longest.
                scene = make_scene(random, 2, "train")
            examples += [ask(random, task, scene) for task in ASKED]
        elif turn != "words":
            examples += begin_drawing(random, EDITS if turn == "edits" else STORIES)
        else:
            examples.append(TASKS["text_to_image"](random, 2, "train"))
    return stack(tokenizer, lay_out(tokenizer, examples, image_tokens), examples, given_weight)


def text_loss(model: InterleavedModel, batch: Batch, hidden: Tensor, silence: Silence
              ) -> tuple[Tensor, dict[str, float]]:
    """Weighted cross-entropy of the next token, silent about held-out pairs, and exact matches per task
    (argmax, truth before it: the same as greedy decoding being right)."""
    logits = model.text_decoder(hidden[:, :-1]).float()
    rows, positions, tokens = silence.places(batch)
    logits = logits.index_put((rows, positions - 1, tokens), torch.tensor(-1e4))
    targets, weights = batch.ids[:, 1:], batch.weights[:, 1:]
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view_as(weights)
    loss = (each * weights).sum() / weights.sum()
    with torch.no_grad():
        right = ((logits.argmax(-1) == targets) | ~batch.is_answer[:, 1:]).all(1)
        scores = {}
        for task in ("caption", "question", "grounding"):
            rows = torch.tensor([example.task == task for example in batch.examples])
            if rows.any():
                scores[f"exact_{task}"] = float(right[rows].float().mean())
    return loss, scores


def hidden_states(model: InterleavedModel, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states of a batch, and the tokens and patches of its distinct pictures."""
    if len(batch.pixels):
        tokens, maps, patches = model.visual_tokenizer.encode(batch.pixels, skips_finest=True)
    else:
        tokens, maps, patches = torch.zeros(0), [], torch.zeros(0)
    embeddings = model.embed(batch.ids, tokens[batch.places])
    features, visible = model.arrange(batch.ids, [part[batch.places] for part in maps])
    return model.mm_decoder(embeddings, features, visible), tokens, patches


def drawing_condition(model: InterleavedModel, batch: Batch, hidden: Tensor) -> Tensor:
    """Conditioning tokens of the picture that each sequence's last soi starts."""
    ends = batch.valid.sum(1).long() - 1
    context, mask = model.context(hidden, torch.arange(len(hidden)), ends)
    return model.image_decoder.perceiver_resampler(context, mask)


def what_is_meant(example: Example) -> Change | None:
    """The change that is asked for last, or, as one that changes nothing, the object that is asked about."""
    if example.changes:
        return example.changes[-1]
    return None if example.about is None else Change("none", example.about, example.about)


def request_ends(batch: Batch) -> Tensor:
    """The last position before the picture that ends a sequence, or before the answer. [B]"""
    if batch.targets:
        return batch.valid.sum(1).long() - 1
    return batch.is_answer.int().argmax(1) - 1


def main() -> None:
    """Trains, evaluates and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=16000, batch=32, rate=1e-3)
    parser.add_argument("--words", action="store_true",
                        help="only words and the plan of a drawing, as a run of its own, `words`: "
                        "minutes, and enough for the gate of stage 3")
    parser.add_argument("--plans", action="store_true",
                        help="begin with the shipped model, keep its vision and the plans that its image "
                        "decoder draws")
    parser.add_argument("--anew", action="store_true",
                        help="with --plans, for a run that has no state.pt: the language model itself from "
                        "the beginning")
    arguments = parser.parse_args()
    anew = LANGUAGE_MODEL if arguments.anew else ()
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer()
    silence = Silence(tokenizer)
    model = InterleavedModel(nano())
    model.visual_tokenizer.start_local()
    planner = Planner(tokenizer) if arguments.plans else None
    if planner is not None:
        initial = {name: p.detach().clone() for name, p in model.named_parameters() if name.startswith(anew)}
        load_shipped(model)
        model.load_state_dict(initial, strict=False)
        model.image_decoder.perceiver_resampler.start_unchanged(shipped_layers())
    model.image_decoder.requires_grad_(False)
    # The drawing's perceiver learns here what words mean; stage 3 goes on with it.
    model.image_decoder.perceiver_resampler.requires_grad_(True)
    image_tokens = model.configuration.visual_perceiver.num_queries
    model.visual_tokenizer.encoder.requires_grad_(planner is None)
    sizes = model.configuration
    model.helper = nn.ModuleDict({
        "patches": CellReader(sizes.vision.grid ** 2, sizes.vision.hidden_size),
        "seen": CellReader(image_tokens, sizes.language.hidden_size),
        "changed": ChangeReader(sizes.language.hidden_size),
        "drawn": CellReader(sizes.perceiver.num_queries, sizes.perceiver.hidden_size)})
    run = Run("words" if arguments.words else STAGE, model, arguments, fresh=anew)
    generator = torch.Generator().manual_seed(arguments.seed * 7_919 + run.step + 104_729 * run.rank)
    while not run.is_finished:
        batch = make_batch(
            tokenizer, 1000 + arguments.seed, run.step, arguments.batch, image_tokens, run.share,
            turns=("words",) if arguments.words else TURNS)
        if planner is not None:
            redraw(model, planner, batch, generator, MOST_REDRAWN)
        with mixed():
            hidden, tokens, patches = hidden_states(model, batch)
        spoken, measures = text_loss(model, batch, hidden, silence)
        # Given sentences are predicted too, for what it teaches, but count little.
        says = any(any(isinstance(p, Text) and p.is_target for p in e.parts) for e in batch.examples)
        loss = spoken if says else 0.1 * spoken
        measures["speaking"] = float(spoken.detach())
        natural = [row for row, picture in enumerate(batch.pictures) if not picture.is_segmentation]
        if natural:
            scenes = [batch.pictures[row].scene for row in natural]
            seen, measures["cells"] = model.helper["seen"](tokens[natural], scenes)
            by_patches, measures["cells_patches"] = model.helper["patches"](
                patches[natural, 1:], scenes)
            loss = loss + 0.2 * (seen + by_patches)
            measures["seeing"] = float(seen.detach())
        if batch.targets:
            with mixed():
                conditioning = drawing_condition(model, batch, hidden)
            drawn, measures["cells_drawn"] = model.helper["drawn"](conditioning, batch.targets)
            loss = loss + 0.2 * drawn
            measures["planning"] = float(drawn.detach())
            if planner is not None:
                off = (conditioning.float() - planner.plan(batch.targets)).pow(2).mean()
                loss = loss + 2.0 * off
                measures["off_plan"] = float(off.detach())
        meant = [what_is_meant(example) for example in batch.examples]
        rows = [row for row, change in enumerate(meant) if change is not None]
        if rows:
            # A causal model's states at a picture know nothing of the words after it: the state at the end of a
            # request has to find the object that is meant, and is asked for it.
            changed, measures["changed" if batch.targets else "meant"] = model.helper["changed"](
                hidden[rows, request_ends(batch)[rows]], [meant[row] for row in rows])
            loss = loss + 0.3 * changed
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
