"""The image decoder, with the language model's states as context.

    python -m stages.train_image_decoder --name drawing --begin wording --plans start

Vision is frozen, apart from the two layers that only the finest map goes through, and so is the language model; the
perceiver behind it learns along, also towards the plans of a picture's canonical sentence (`plans.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lessons import settling, stories, wider
from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.randomness import SplitMix64, stream
from world.scene import TAUGHT, Scene, make_scene
from world.tasks import TASKS, Example

from . import diffusion
from .batches import Batch, cut_before_picture, picture_pixels, stack, to_tensor
from .cell_reader import CellReader
from .drawing import condition, last_sources
from .picture_scores import planned_scores
from .plans import Planner
from .precision import mixed
from .redrawing import redraw
from .run import Run, common_arguments, load_model
from .source_reader import SourceReader
from .tokenizer import Sequence, Tokenizer, sequence

#: Shares of the tasks in percent, by the name of the mixture: of all that is drawn, and mostly of what has to be exactly where
#: a picture before has it, which synchronizers alone can tell.
MIXES = {
    "all": {"text_to_image": 12, "free_text_to_image": 10, "segmentation_to_image": 26, "editing": 16, "free_editing": 20,
            "story": 8, "lively_story": 8},
    "places": {"text_to_image": 8, "free_text_to_image": 8, "segmentation_to_image": 40, "editing": 20,
               "settled_editing": 14, "story": 5, "lively_story": 5}}
MAKERS: dict[str, Callable[[SplitMix64], Example]] = {
    "free_text_to_image": wider.free_text_to_image,
    "free_editing": lambda random: wider.free_editing(random, make_scene(random, 2, TAUGHT)),
    "settled_editing": lambda random: settling.editing(random, make_scene(random, 2, TAUGHT)),
    "lively_story": stories.lively_story}
#: Noise levels per example: what leads up to a picture is computed once for all of them.
REPEATS = 2
#: The synchronizers learn from less than the rest.
FASTER = {"mmfs_module.": 4.0, "helper.": 4.0}
UNCONDITIONAL_PERCENT = 10
#: Denoising steps of 10 that redraw a picture before at most: objects stay where they were, as in the picture to draw.
MOST_REDRAWN = 5
#: Of the synchronizers' helper loss, a squared error of pixels in [0, 1].
ECHO_WEIGHT = 1.0
#: How much more latents at objects count than those of the plain background, for objects that cover `USUAL_AREA` of
#: the latents; those of smaller ones count more.
OBJECT_WEIGHT, USUAL_AREA, MOST_WEIGHT = 3.0, 0.2, 9.0
#: Of the squared error of the background's mean where the picture before gives it: a tone is a hundredth of the loss
#: of the noise, and nobody overlooks it.
TONE_WEIGHT = 10.0
#: What turns the language model's states into conditioning.
CONTEXT = ("image_decoder.perceiver_resampler.", "context_feat_proj.")
#: Parameters of the vision model that the language stages do not train.
FINEST = ("vision_model.adapter_up.", "vision_model.adapter_spm.fc1.")


@dataclass
class Drawings:
    """Pictures to draw, [B, 3, 64, 64] in [-1, 1] with their scenes, and what leads up to them; those with a picture
    before them come last. `keeps_tone` [B] tells which have the tone of that picture."""

    batches: list[Batch]
    pictures: Tensor
    scenes: list[Scene]
    keeps_tone: Tensor


def draw_example(random: SplitMix64, mix: dict[str, int]) -> Example:
    """One example to draw, of a mixture of `MIXES`."""
    pick = random.below(100)
    for task, share in mix.items():
        if pick < share:
            break
        pick -= share
    return MAKERS[task](random) if task in MAKERS else TASKS[task](random, 2, TAUGHT)


def make_drawings(tokenizer: Tokenizer, seed: int, step: int, count: int, image_tokens: int, mix: dict[str, int],
                  share: Callable[[int], range] = range) -> Drawings:
    """The examples of a step, or a share of them, of a mixture, each cut before one of its drawn pictures."""
    entries: list[tuple[Sequence, Example, np.ndarray, Scene]] = []
    for index in share(count):
        random = stream(seed, step * count + index)
        example = draw_example(random, mix)
        laid = sequence(tokenizer, example, image_tokens)
        place = random.choice([p for p, picture in enumerate(laid.pictures) if picture.is_drawn])
        picture = laid.pictures[place]
        entries.append((cut_before_picture(laid, place, tokenizer.vocabulary), example,
                        picture_pixels(picture), picture.scene))
    entries.sort(key=lambda entry: len(entry[0].pictures) > 0)
    groups = [[e for e in entries if bool(e[0].pictures) == has] for has in (False, True)]
    batches = [stack(tokenizer, [e[0] for e in group], [e[1] for e in group]) for group in groups if group]
    keeps_tone = [bool(before) and before[-1].is_natural and before[-1].scene.background == scene.background
                  for before, scene in ((entry[0].pictures, entry[3]) for entry in entries)]
    return Drawings(batches, to_tensor([entry[2] for entry in entries]) * 2 - 1, [entry[3] for entry in entries],
                    torch.tensor(keeps_tone))


def near_objects(pictures: Tensor) -> Tensor:
    """Which latents [B, 1, S/4, S/4] of pictures [B, 3, S, S] are of objects or around them."""
    ground = pictures.flatten(2).median(dim=2).values[:, :, None, None]
    is_object = (pictures - ground).abs().amax(1, keepdim=True) > 0.28
    return nn.functional.max_pool2d(nn.functional.max_pool2d(is_object.float(), 4), 3, stride=1, padding=1)


def object_weights(near: Tensor) -> Tensor:
    """Weights of latents with mean 1: more on objects and around them, as their outlines are what goes wrong, and most
    where they are small."""
    area = near.mean(dim=(1, 2, 3), keepdim=True).clamp(min=1e-3)
    weights = 1 + near * (OBJECT_WEIGHT * USUAL_AREA / area).clamp(OBJECT_WEIGHT, MOST_WEIGHT)
    return weights / weights.mean()


def background_mean(latents: Tensor, near: Tensor) -> Tensor:
    """The mean of latents [B, C, S, S] away from objects. [B, C]"""
    away = 1 - near
    return (latents * away).sum(dim=(2, 3)) / away.sum(dim=(2, 3)).clamp(min=1)


def lead_up(model: InterleavedModel, batches: list[Batch]) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor]:
    """Conditioning of all sequences, features and pixels of the pictures before those that have one, and
    which those are."""
    v = model.configuration.vocabulary
    conditionings, features, sources, visibles = [], [], [], []
    for batch in batches:
        if len(batch.pixels):
            tokens, maps = model.visual_tokenizer(batch.pixels)
            tokens, maps = tokens[batch.places], [part[batch.places] for part in maps]
        else:
            tokens, maps = torch.zeros(0), []
        conditionings.append(condition(model, batch.ids, batch.valid, tokens, maps))
        source, visible = last_sources(batch.ids, maps, v)
        visibles.append(visible)
        if source is not None:
            features.append(source)
            pixels, _ = last_sources(batch.ids, [batch.pixels[batch.places]], v)
            sources.append(pixels.transpose(1, 2).unflatten(2, batch.pixels.shape[-2:]))
    return (torch.cat(conditionings), torch.cat(features) if features else None,
            torch.cat(sources) if sources else None, torch.cat(visibles))


def choose_trained(model: InterleavedModel) -> None:
    """Freezes everything else."""
    model.requires_grad_(False)
    model.image_decoder.requires_grad_(True)
    model.image_decoder.decoder.vae.requires_grad_(False)
    model.context_feat_proj.requires_grad_(True)
    for name, parameter in model.named_parameters():
        if any(part in name for part in FINEST):
            parameter.requires_grad_(True)
        if name.endswith("pos_embed"):
            parameter.requires_grad_(False)


def losses(model: InterleavedModel, drawings: Drawings, planner: Planner, generator: torch.Generator,
           noisy_share: float, unconditional_after_picture: int) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch and what it is made of."""
    decoder, measures = model.image_decoder, {}
    with mixed():
        conditioning, features, pixels, visible = lead_up(model, drawings.batches)
        planned, measures["cells_drawn"] = model.helper["drawn"](conditioning, drawings.scenes)
        off = (conditioning.float() - planner.plan(drawings.scenes)).pow(2).mean()
        with torch.no_grad():
            latents = decoder.decoder.vae.encode(drawings.pictures).float()
        near = near_objects(drawings.pictures)
        latents, conditioning, visible, near, keeps_tone = (
            part.repeat(REPEATS, *[1] * (part.ndim - 1))
            for part in (latents, conditioning, visible, near, drawings.keeps_tone))
        features = None if features is None else features.repeat(REPEATS, 1, 1)
        percent = torch.where(visible, unconditional_after_picture, UNCONDITIONAL_PERCENT)
        is_dropped = torch.rand(len(latents), generator=generator) * 100 < percent
        conditioning = torch.where(is_dropped[:, None, None], decoder.neg_prompt_embeds, conditioning)
        times = diffusion.draw_times(len(latents), generator, noisy_share)
        noise = torch.randn(latents.shape, generator=generator)
        noisy, velocity = diffusion.add_noise(latents, noise, times)
        found = decoder.predict(noisy, times, conditioning, features, visible).float()
    each = (found - velocity).pow(2).mean(dim=(1, 2, 3))
    loss = (object_weights(near) * (found - velocity).pow(2)).mean() + 0.1 * planned + off
    measures |= {"drawing": float(each.detach().mean()), "planning": float(planned.detach()),
                 "off_plan": float(off.detach())}
    if pixels is not None:
        echoed = model.helper["source"](pixels.repeat(REPEATS, 1, 1, 1), visible)
        loss = loss + ECHO_WEIGHT * echoed
        measures["echo"] = float(echoed.detach())
    if keeps_tone.any():
        clean = diffusion.clean(noisy, found, times)
        tone = (background_mean(clean, near) - background_mean(latents, near))[keeps_tone].pow(2).mean()
        loss = loss + TONE_WEIGHT * tone
        measures["tone"] = float(tone.detach())
    for name, rows in (
        ("drawing_after_picture", visible & ~is_dropped), ("drawing_words", ~visible & ~is_dropped),
        ("drawing_from_picture", visible & is_dropped), ("drawing_noisy", times >= 900),
    ):
        if rows.any():
            measures[name] = float(each.detach()[rows].mean())
    return loss, measures


def main() -> None:
    """Trains and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=24000, batch=16, rate=4e-4)
    parser.add_argument("--plans", metavar="RUN", required=True, help="whose model's plans the conditioning is led to")
    parser.add_argument("--noisy-share", type=float, default=0.05,
                        help="of the timesteps from the noisiest quarter on top of its share")
    parser.add_argument("--unconditional-after-picture", type=int, default=15, metavar="PERCENT",
                        help="words tell nearly all of a picture, and synchronizers learn where nothing else tells "
                        "what is in it")
    parser.add_argument("--mix", choices=MIXES, default="all", help="which tasks, and how often")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer()
    model = InterleavedModel(nano())
    load_model(model, arguments.begin)
    planner = Planner(tokenizer, arguments.plans)
    choose_trained(model)
    sizes = model.configuration.perceiver
    model.helper = nn.ModuleDict({
        "source": SourceReader(model.image_decoder.decoder.mmfs_module),
        "drawn": CellReader(sizes.num_queries, sizes.hidden_size)})
    run = Run(model, arguments, faster=FASTER)
    image_tokens = model.configuration.visual_perceiver.num_queries
    while not run.is_finished:
        generator = run.generator()
        drawings = make_drawings(
            tokenizer, 4000 + arguments.seed, run.step, arguments.batch, image_tokens, MIXES[arguments.mix], run.share)
        for batch in drawings.batches:
            redraw(model, planner, batch, generator, MOST_REDRAWN)
        loss, measures = losses(model, drawings, planner, generator, arguments.noisy_share,
                                arguments.unconditional_after_picture)
        run.update(loss, **measures)
        if run.step % 50 == 0:
            scores = {}
            if run.step % 500 == 0 and run.rank == 0:
                with run.averaged() as averaged:
                    scores = planned_scores(averaged, planner, 48)
            run.log(**run.take_means(), **scores)
    run.finish()


if __name__ == "__main__":
    main()
