"""Stage 3: the image decoder, with the language model's states as context.

    python -m stages.train_image_decoder [--resume] [--context read] [--gate] [--most 1] [--joint]

Vision is frozen, apart from the two layers that only the finest map goes through. --context tells where the
conditioning comes from: `learned`, the language model reads the request and the perceiver behind it
learns along, with --towards-plans also to what the shipped model makes of the picture's canonical
sentence (`plans.py`); `read`, as learned, but nothing outside the drawing itself learns. With --joint
the language model learns too, from the pictures and from stage 2's text losses. --gate is a short
check on a smaller world: one object, 3 shapes, 4 colours, 3 positions, words to picture only.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.randomness import SplitMix64, stream
from world.scene import Scene
from world.tasks import TASKS, Example, Picture

from . import diffusion
from .batches import Batch, cut_before_picture, picture_pixels, stack, to_tensor
from .cell_reader import CellReader
from .drawing import condition, last_sources
from .picture_scores import planned_scores, text_to_image_scores
from .plans import Planner
from .precision import mixed
from .redrawing import redraw
from .run import LOGS, Run, common_arguments, load_milestone
from .silence import Silence
from .source_reader import SourceReader
from .tokenizer import Sequence, Tokenizer, sequence
from .train_language import hidden_states, make_batch, text_loss

STAGE = "image_decoder"
#: Shares of the tasks in percent.
MIX = (("text_to_image", 20), ("segmentation_to_image", 34), ("editing", 24), ("story", 14),
       ("interleaved", 8))
#: Noise levels per example: what leads up to a picture is computed once for all of them.
REPEATS = 2
#: The synchronizers start from nothing, beside a UNet that draws from words already.
FASTER = {"mmfs_module.": 4.0, "helper.": 4.0}
UNCONDITIONAL_PERCENT = 10
#: Denoising steps of 10 that redraw a picture before at most: objects stay where they were, as in the picture to draw.
MOST_REDRAWN = 5
#: Of the synchronizers' helper loss, a squared error of pixels in [0, 1].
ECHO_WEIGHT = 1.0
#: How much more latents at objects count than those of the plain background.
OBJECT_WEIGHT = 3.0
#: What turns the language model's states into conditioning.
CONTEXT = ("image_decoder.perceiver_resampler.", "context_feat_proj.")
#: Parameters of the vision model that the text stage does not train.
FINEST = ("vision_model.adapter_up.", "vision_model.adapter_spm.fc1.")


def is_in_gate(example: Example) -> bool:
    """Whether an example belongs to the gate's small world."""
    return all(
        len(part.scene.things) == 1 and part.scene.things[0].shape < 3
        and part.scene.things[0].colour < 4 and part.scene.things[0].position in (0, 4, 8)
        for part in example.parts if isinstance(part, Picture))


def draw_example(random: SplitMix64, most: int, gate: bool, only_words: bool) -> Example:
    """One example to draw."""
    if only_words and not gate:
        return TASKS["text_to_image"](random, most, "train")
    while gate:
        example = TASKS["text_to_image"](random, 1, "train")
        if is_in_gate(example):
            return example
    pick = random.below(100)
    for task, share in MIX:
        if pick < share:
            break
        pick -= share
    return TASKS[task](random, most, "train")


def make_drawing_batch(tokenizer: Tokenizer, seed: int, step: int, count: int, image_tokens: int,
                       most: int, gate: bool, only_words: bool,
                       share: Callable[[int], range] = range
                       ) -> tuple[list[Batch], torch.Tensor, list[Scene]]:
    """Sequences cut before one of their drawn pictures, that picture in [-1, 1], and its scene.

    Sequences without any picture before it, which are short, come first and as a batch of their own.
    """
    entries: list[tuple[Sequence, Example, np.ndarray, Scene]] = []
    for index in share(count):
        random = stream(seed, step * count + index)
        example = draw_example(random, most, gate, only_words)
        laid = sequence(tokenizer, example, image_tokens)
        place = random.choice([p for p, picture in enumerate(laid.pictures) if picture.is_drawn])
        picture = laid.pictures[place]
        entries.append((cut_before_picture(laid, place, tokenizer.vocabulary), example,
                        picture_pixels(picture), picture.scene))
    entries.sort(key=lambda entry: len(entry[0].pictures) > 0)
    groups = [[e for e in entries if bool(e[0].pictures) == has] for has in (False, True)]
    batches = [stack(tokenizer, [e[0] for e in group], [e[1] for e in group])
               for group in groups if group]
    return batches, to_tensor([entry[2] for entry in entries]) * 2 - 1, [
        entry[3] for entry in entries]


def object_weights(pictures: torch.Tensor) -> torch.Tensor:
    """Weights [B, 1, S/4, S/4] of latents of pictures [B, 3, S, S], with mean 1: more on objects and around them,
    as their outlines are what goes wrong."""
    ground = pictures.flatten(2).median(dim=2).values[:, :, None, None]
    is_object = (pictures - ground).abs().amax(1, keepdim=True) > 0.28
    near = nn.functional.max_pool2d(nn.functional.max_pool2d(is_object.float(), 4), 3, stride=1, padding=1)
    weights = 1 + OBJECT_WEIGHT * near
    return weights / weights.mean()


def prepare(model: InterleavedModel, batches: list[Batch]
            ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None, torch.Tensor]:
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


def choose_trained(model: InterleavedModel, joint: bool, learns_context: bool = True) -> None:
    """Freezes everything else."""
    model.requires_grad_(False)
    model.image_decoder.requires_grad_(True)
    model.image_decoder.decoder.vae.requires_grad_(False)
    model.image_decoder.perceiver_resampler.requires_grad_(learns_context)
    model.context_feat_proj.requires_grad_(learns_context)
    for name, parameter in model.named_parameters():
        if any(part in name for part in FINEST):
            parameter.requires_grad_(True)
        if name.endswith("pos_embed"):
            parameter.requires_grad_(False)
    if joint:
        for module in (model.mm_decoder, model.text_decoder):
            module.requires_grad_(True)
        model.soi_token.requires_grad_(True)


def main() -> None:
    """Trains, evaluates and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=24000, batch=32, rate=6e-4)
    parser.add_argument("--most", type=int, default=2, help="most objects of a scene")
    parser.add_argument("--words-steps", type=int, default=3750,
                        help="first steps, with words to picture alone: they cost less, and a picture "
                        "that depends on another one is drawn from words as well")
    parser.add_argument("--noisy-share", type=float, default=0.2,
                        help="of the timesteps from the noisiest quarter on top of its share")
    parser.add_argument("--unconditional-after-picture", type=int, default=UNCONDITIONAL_PERCENT,
                        metavar="PERCENT", help="more, once words are drawn well: words tell nearly all of a "
                        "picture, and synchronizers learn where nothing else tells what is in it")
    parser.add_argument("--context", choices=("learned", "read"), default="learned")
    parser.add_argument("--newer-context", action="store_true",
                        help="the first time after the language model was trained again: begin with the "
                        "perceiver that learnt with it, not with this run's")
    parser.add_argument("--towards-plans", action="store_true",
                        help="with learned context: towards the shipped model's plans")
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--joint", action="store_true")
    parser.add_argument("--language", default="language", help="run of stage 2 to build on")
    parser.add_argument("--name", default=None, help="name of the run, if not the stage's")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    tokenizer = Tokenizer()
    silence = Silence(tokenizer)
    model = InterleavedModel(nano())
    load_milestone(model.image_decoder.decoder.vae, "autoencoder", finished=True)
    print("language model at step", load_milestone(model, arguments.language)[0], flush=True)
    is_learned = arguments.context == "learned"
    planner = Planner(tokenizer) if arguments.towards_plans else None
    choose_trained(model, arguments.joint, is_learned)
    sizes = model.configuration.perceiver
    model.helper = nn.ModuleDict({"source": SourceReader(model.image_decoder.decoder.mmfs_module)})
    if is_learned:
        model.helper["drawn"] = CellReader(sizes.num_queries, sizes.hidden_size)
    run = Run(arguments.name or ("gate" if arguments.gate else STAGE), model, arguments, faster=FASTER,
              newer=CONTEXT if arguments.newer_context else ())
    decoder = model.image_decoder
    image_tokens = model.configuration.visual_perceiver.num_queries
    generator = torch.Generator().manual_seed(arguments.seed * 7_919 + run.step + 104_729 * run.rank)
    while not run.is_finished:
        measures: dict[str, float] = {}
        with mixed():
            batches, target, scenes = make_drawing_batch(
                tokenizer, 2000 + arguments.seed, run.step, arguments.batch, image_tokens,
                arguments.most, arguments.gate, run.step < arguments.words_steps, run.share)
            if planner is not None:
                for batch in batches:
                    redraw(model, planner, batch, generator, MOST_REDRAWN)
            conditioning, features, pixels, visible = prepare(model, batches)
            planned, off = torch.zeros(()), torch.zeros(())
            if is_learned:
                planned, measures["cells_drawn"] = model.helper["drawn"](conditioning, scenes)
                measures["planning"] = float(planned.detach())
            if is_learned and planner is not None:
                off = (conditioning.float() - planner.plan(scenes)).pow(2).mean()
                measures["off_plan"] = float(off.detach())
            with torch.no_grad():
                latents = decoder.decoder.vae.encode(target).float()
            latents, conditioning, visible = (
                part.repeat(REPEATS, *[1] * (part.ndim - 1)) for part in (latents, conditioning, visible))
            features = None if features is None else features.repeat(REPEATS, 1, 1)
            percent = torch.where(visible, arguments.unconditional_after_picture, UNCONDITIONAL_PERCENT)
            is_dropped = torch.rand(len(latents), generator=generator) * 100 < percent
            conditioning = torch.where(
                is_dropped[:, None, None], decoder.neg_prompt_embeds, conditioning)
            times = diffusion.draw_times(len(latents), generator, arguments.noisy_share)
            noise = torch.randn(latents.shape, generator=generator)
            noisy, velocity = diffusion.add_noise(latents, noise, times)
            found = decoder.predict(noisy, times, conditioning, features, visible).float()
        echoed = torch.zeros(())
        if pixels is not None:
            echoed = model.helper["source"](pixels.repeat(REPEATS, 1, 1, 1), visible)
            measures["echo"] = float(echoed.detach())
        each = (found - velocity).pow(2).mean(dim=(1, 2, 3))
        weights = object_weights(target).repeat(REPEATS, 1, 1, 1)
        loss = (weights * (found - velocity).pow(2)).mean()
        is_noisy = times >= 900
        measures["drawing"] = float(each.detach().mean())
        for name, rows in (
            ("drawing_after_picture", visible & ~is_dropped), ("drawing_words", ~visible & ~is_dropped),
            ("drawing_from_picture", visible & is_dropped),
        ):
            if rows.any():
                measures[name] = float(each.detach()[rows].mean())
        loss = loss + 0.1 * planned + off + ECHO_WEIGHT * echoed
        if is_noisy.any():
            measures["drawing_noisy"] = float(each.detach()[is_noisy].mean())
        if arguments.joint:
            texts = make_batch(
                tokenizer, 1000 + arguments.seed, run.step, 16, image_tokens, run.share)
            with mixed():
                hidden, *_ = hidden_states(model, texts)
            spoken, scores = text_loss(model, texts, hidden, silence)
            loss = loss + 0.2 * spoken
            measures |= {"speaking": float(spoken.detach()), **scores}
        run.update(loss, **measures)
        if run.step % 1000 == 0 and run.rank == 0:
            with run.averaged() as averaged:
                scores = text_to_image_scores(averaged, tokenizer, 64, most=arguments.most)
            run.log(**run.take_means(), **scores)
            run.save()
        elif run.step % 50 == 0:
            scores = {}
            if planner is not None and run.step % 250 == 0 and run.rank == 0:
                with run.averaged() as averaged:
                    scores = planned_scores(averaged, planner, 48)
            run.log(**run.take_means(), **scores)
            if run.step % 250 == 0:
                run.save()
    run.save()
    if arguments.gate and run.rank == 0:
        with run.averaged() as averaged:
            run.log(**text_to_image_scores(
                averaged, tokenizer, 200, most=1, accepts=is_in_gate,
                sheet_path=str(LOGS / "gate-sheet.png")))
    elif not arguments.gate:
        run.save_milestone()


if __name__ == "__main__":
    main()
