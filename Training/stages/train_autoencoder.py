"""Stage 1: the autoencoder, on pictures alone.

    python -m stages.train_autoencoder [--resume]

At the end the latents' statistics are folded into the convolutions next to them, so that every
latent channel has mean 0 and deviation 1 (`--fold` does only that).
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from model.autoencoder import Autoencoder
from model.nano import nano
from world.randomness import stream
from world.render import render
from world.scene import make_scene
from world.verifier import read

from .precision import mixed
from .run import Run, common_arguments

STAGE = "autoencoder"


def pixels(seed: int, first: int, count: int, most: int = 3) -> tuple[Tensor, list]:
    """Scenes `first..<first + count` of a seed as [count, 3, 64, 64] in [-1, 1]."""
    scenes = [make_scene(stream(seed, first + index), most) for index in range(count)]
    batch = np.stack([render(scene) for scene in scenes]).transpose(0, 3, 1, 2)
    return torch.from_numpy(batch).float() / 127.5 - 1, scenes


def to_bytes(pictures: Tensor) -> np.ndarray:
    """[B, 3, H, W] around [-1, 1] to [B, H, W, 3] uint8, as the daemon rounds."""
    values = ((pictures.float() / 2 + 0.5).clamp(0, 1) * 255 + 0.5).floor()
    return values.to(torch.uint8).permute(0, 2, 3, 1).numpy()


def errors(decoded: Tensor, truth: Tensor, margin: int = 0) -> tuple[Tensor, Tensor]:
    """Squared and absolute error. Objects are few: their pixels and edges, and those up to `margin` pixels
    around them, count more than the plain background."""
    grey = truth.amax(1, keepdim=True) - truth.amin(1, keepdim=True)
    near = F.max_pool2d((grey > 0.1).float(), 2 * margin + 1, stride=1, padding=margin)
    weight, difference = 1 + 4 * near, decoded - truth
    return (weight * difference.pow(2)).mean(), (weight * difference.abs()).mean()


def agrees(picture: np.ndarray, scene) -> bool:
    """Whether the verifier reads a scene's every attribute from a picture."""
    reading = read(picture)
    return reading.background == scene.background and [
        (t.shape, t.colour, t.size, t.position) for t in reading.things
    ] == [(t.shape, t.colour, t.size, t.position) for t in scene.things]


@torch.no_grad()
def evaluate(model: Autoencoder, count: int = 128) -> dict[str, float]:
    """Peak signal-to-noise ratio and the share of scenes that survive coding and decoding."""
    truth, scenes = pixels(800_001, 0, count, most=2)
    latents = model.encode(truth)
    decoded = model.decode(latents)
    error = ((decoded.clamp(-1, 1) - truth) / 2).pow(2).mean(dim=(1, 2, 3))
    pictures = to_bytes(decoded)
    right = sum(agrees(picture, scene) for picture, scene in zip(pictures, scenes))
    return {
        "psnr": float((-10 * error.log10()).mean()), "verified": right / count,
        "deviation_min": float(latents.std(dim=(0, 2, 3)).min()),
        "deviation_max": float(latents.std(dim=(0, 2, 3)).max())}


@torch.no_grad()
def fold(model: Autoencoder) -> None:
    """Measures the latents' statistics on 1024 scenes and folds them into the convolutions."""
    latents = torch.cat([model.moments(pixels(7, 64 * i, 64)[0])[0] for i in range(16)])
    model.normalize(latents.mean(dim=(0, 2, 3)), latents.std(dim=(0, 2, 3)))


def main() -> None:
    """Trains, evaluates and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=6000, batch=32, rate=1e-3)
    parser.add_argument("--fold", action="store_true", help="only fold the statistics and save")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    model = Autoencoder(nano().vae)
    run = Run(STAGE, model, arguments)
    while not run.is_finished and not arguments.fold:
        truth, _ = pixels(arguments.seed, run.step * arguments.batch, arguments.batch)
        with mixed():
            mean, log_variance = model.moments(truth)
            noise = torch.randn_like(mean) * (0.5 * log_variance).exp()
            decoded = model.decode((mean + noise) * model.scale).float()
        mean, log_variance = mean.float(), log_variance.float()
        squared, absolute = errors(decoded, truth)
        divergence = 0.5 * (mean.pow(2) + log_variance.exp() - 1 - log_variance).mean()
        run.update(squared + absolute + 2e-5 * divergence,
                   squared=float(squared.detach()), divergence=float(divergence.detach()))
        if run.step % 50 == 0 and run.step % 500 != 0:
            run.log(**run.take_means())
            run.save()
        if run.step % 500 == 0:
            with run.averaged() as averaged:
                scores = evaluate(averaged)
            run.log(**run.take_means(), **scores)
            run.save()
    model.load_state_dict(run.average)
    fold(model)
    run.average = {name: p.detach().clone() for name, p in model.named_parameters()}
    print("folded:", evaluate(model, 256), flush=True)
    run.save()
    run.save_milestone()


if __name__ == "__main__":
    main()
