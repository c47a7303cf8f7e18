"""Language: vision's perceiver, the language model and the drawing's perceiver, on text losses and towards plans.

    python -m stages.train_language --name language --begin start --plans start --turns asked,edits,...
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.scene import Change
from world.tasks import Example

from .batches import Batch
from .cell_reader import CellReader, ChangeReader
from .plans import Planner
from .precision import mixed
from .redrawing import redraw
from .run import Run, common_arguments, load_model
from .silence import Silence
from .tokenizer import Tokenizer
from .turns import TURNS, make_batch

#: Denoising steps of 10 that redraw a picture at most: nearly whole drawings, with outlines as bent as theirs.
MOST_REDRAWN = 9
#: Steps between lines of the log.
LOGGED = 50


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
        for task, rows in rows_of_tasks(batch).items():
            scores[f"exact_{task}"] = float(right[rows].float().mean())
    return loss, scores


def rows_of_tasks(batch: Batch) -> dict[str, Tensor]:
    """Which examples of a batch [B] are of which task."""
    tasks = [example.task for example in batch.examples]
    return {task: torch.tensor([other == task for other in tasks]) for task in sorted(set(tasks))}


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


def what_is_meant(batch: Batch) -> list[Change | None]:
    """The change that is asked for last, or, as one that changes nothing, the object that is asked about."""
    def meant(example: Example) -> Change | None:
        if batch.targets:
            return example.changes[-1] if example.changes else None
        return None if example.about is None else Change("none", example.about, example.about)
    return [meant(example) for example in batch.examples]


def request_ends(batch: Batch) -> Tensor:
    """The last position before the picture that ends a sequence, or before the answer. [B]"""
    if batch.targets:
        return batch.valid.sum(1).long() - 1
    return batch.is_answer.int().argmax(1) - 1


def losses(model: InterleavedModel, batch: Batch, silence: Silence, planner: Planner | None
           ) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch and what it is made of."""
    with mixed():
        hidden, tokens, patches = hidden_states(model, batch)
    loss, measures = text_loss(model, batch, hidden, silence)
    measures["speaking"] = float(loss.detach())
    natural = [row for row, picture in enumerate(batch.pictures) if picture.is_natural]
    if natural:
        scenes = [batch.pictures[row].scene for row in natural]
        seen, measures["cells"] = model.helper["seen"](tokens[natural], scenes)
        loss = loss + 0.2 * seen
        if planner is None:
            # Vision learns too.
            by_patches, measures["cells_patches"] = model.helper["patches"](patches[natural, 1:], scenes)
            loss = loss + 0.2 * by_patches
        measures["seeing"] = float(seen.detach())
    if batch.targets:
        with mixed():
            conditioning = drawing_condition(model, batch, hidden)
        drawn, measures["cells_drawn"] = model.helper["drawn"](conditioning, batch.targets)
        loss = loss + 0.2 * drawn
        measures["planning"] = float(drawn.detach())
        if planner is not None:
            off = (conditioning.float() - planner.plan(batch.targets)).pow(2).mean(dim=(1, 2))
            loss = loss + 2.0 * off.mean()
            measures["off_plan"] = float(off.detach().mean())
            for task, rows in rows_of_tasks(batch).items():
                measures[f"off_plan_{task}"] = float(off.detach()[rows].mean())
    meant = what_is_meant(batch)
    rows = [row for row, change in enumerate(meant) if change is not None]
    if rows:
        # A causal model's states at a picture know nothing of the words after it: the state at the end of a
        # request has to find the object that is meant, and is asked for it.
        changed, measures["changed" if batch.targets else "meant"] = model.helper["changed"](
            hidden[rows, request_ends(batch)[rows]], [meant[row] for row in rows])
        loss = loss + 0.3 * changed
    return loss, measures


def prepare(arguments: argparse.Namespace, planned: bool) -> InterleavedModel:
    """The model, with what learns here thawed, and its helpers."""
    model = InterleavedModel(nano())
    if arguments.begin:
        load_model(model, arguments.begin)
    else:
        model.visual_tokenizer.start_local()
    model.image_decoder.requires_grad_(False)
    # The drawing's perceiver learns what words mean; the image decoder's stages go on with it.
    model.image_decoder.perceiver_resampler.requires_grad_(True)
    model.visual_tokenizer.encoder.requires_grad_(not planned)
    sizes = model.configuration
    model.helper = nn.ModuleDict({
        "seen": CellReader(sizes.visual_perceiver.num_queries, sizes.language.hidden_size),
        "changed": ChangeReader(sizes.language.hidden_size),
        "drawn": CellReader(sizes.perceiver.num_queries, sizes.perceiver.hidden_size)})
    if not planned:
        model.helper["patches"] = CellReader(sizes.vision.grid ** 2, sizes.vision.hidden_size)
    return model


def main() -> None:
    """Trains and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=16000, batch=32, rate=1e-3)
    parser.add_argument("--turns", type=lambda words: tuple(words.split(",")), default=TURNS,
                        help=f"kinds of batches in turn, of {', '.join(TURNS)}")
    parser.add_argument("--plans", metavar="RUN",
                        help="keep vision as it is, and learn to arrive at the plans of this run's model")
    parser.add_argument("--given-weight", type=float, default=0.02,
                        help="of words that are given, in the loss: with any, a model goes on with them where it is unsure")
    parser.add_argument("--keeps-capitals", action="store_true", help="given words keep their capitals")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer(arguments.keeps_capitals)
    silence = Silence(tokenizer)
    planner = Planner(tokenizer, arguments.plans) if arguments.plans else None
    model = prepare(arguments, planner is not None)
    run = Run(model, arguments)
    image_tokens = model.configuration.visual_perceiver.num_queries
    while not run.is_finished:
        batch = make_batch(
            tokenizer, 3000 + arguments.seed, run.step, arguments.batch, image_tokens, arguments.turns, run.share,
            arguments.given_weight)
        if planner is not None:
            redraw(model, planner, batch, run.generator(), MOST_REDRAWN)
        loss, measures = losses(model, batch, silence, planner)
        run.update(loss, **measures)
        if run.step % LOGGED == 0:
            run.log(**run.take_means())
    run.finish()


if __name__ == "__main__":
    main()
