"""Scenes as the autoencoder's tensors, and how far what it makes of them is off."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from world.randomness import stream
from world.render import render
from world.scene import Scene, make_scene
from world.verifier import read


def pixels(seed: int, first: int, count: int, most: int = 3) -> tuple[Tensor, list[Scene]]:
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


def agrees(picture: np.ndarray, scene: Scene) -> bool:
    """Whether the verifier reads a scene's every attribute from a picture."""
    reading = read(picture)
    return reading.background == scene.background and [
        (t.shape, t.colour, t.size, t.position) for t in reading.things
    ] == [(t.shape, t.colour, t.size, t.position) for t in scene.things]
