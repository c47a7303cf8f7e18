"""Noise schedule, training targets and deterministic sampling.

A scaled-linear schedule rescaled so that its last step is pure noise (arXiv 2305.08891), velocity
prediction (arXiv 2202.00512), DDIM (arXiv 2010.02502) with trailing spacing.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

STEPS = 1000


def alphas(first: float = 0.00085, last: float = 0.012) -> Tensor:
    """Cumulative products, [1000]; the last is 0."""
    betas = torch.linspace(first ** 0.5, last ** 0.5, STEPS, dtype=torch.float64) ** 2
    roots = (1 - betas).cumprod(0).sqrt()
    roots = (roots - roots[-1]) * roots[0] / (roots[0] - roots[-1])
    return (roots ** 2).float()


ALPHAS = alphas()


def draw_times(count: int, generator: torch.Generator, noisy_share: float) -> Tensor:
    """Timesteps: a share of them from the noisiest quarter, where only the text tells the layout."""
    times = torch.randint(0, STEPS, (count,), generator=generator)
    noisy = torch.randint(STEPS * 3 // 4, STEPS, (count,), generator=generator)
    is_noisy = torch.rand(count, generator=generator) < noisy_share
    return torch.where(is_noisy, noisy, times)


def add_noise(clean: Tensor, noise: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """Noisy latents and the velocity that the network has to predict."""
    alpha = ALPHAS[times].view(-1, 1, 1, 1)
    root, noise_root = alpha.sqrt(), (1 - alpha).sqrt()
    return root * clean + noise_root * noise, root * noise - noise_root * clean


def clean(noisy: Tensor, velocity: Tensor, times: Tensor) -> Tensor:
    """The clean latents that a predicted velocity means."""
    alpha = ALPHAS[times].view(-1, 1, 1, 1)
    return alpha.sqrt() * noisy - (1 - alpha).sqrt() * velocity


def timesteps(count: int) -> list[int]:
    """Trailing spacing: 999 is the first."""
    return [round(STEPS - index * STEPS / count) - 1 for index in range(count)]


@torch.no_grad()
def sample(predict: Callable[[Tensor, Tensor], Tensor], noise: Tensor, count: int,
           left: int | None = None) -> Tensor:
    """Denoises in `count` steps, or only the last `left` of them; `predict(latents, times [B])` gives the
    velocity after guidance."""
    x = noise
    stride = STEPS // count
    for time in timesteps(count)[-(left or count):]:
        alpha = ALPHAS[time]
        before = ALPHAS[time - stride] if time >= stride else torch.tensor(1.0)
        velocity = predict(x, torch.full((x.shape[0],), time))
        clean = alpha.sqrt() * x - (1 - alpha).sqrt() * velocity
        direction = (1 - alpha).sqrt() * x + alpha.sqrt() * velocity
        x = before.sqrt() * clean + (1 - before).sqrt() * direction
    return x
