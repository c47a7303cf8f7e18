"""Pictures as the image decoder would have drawn them: what a model sees of its own drawings is not quite
what a renderer makes, and it has to read shapes and sizes from them all the same."""

from __future__ import annotations

import torch
from torch import Tensor

from model.interleaved_model import InterleavedModel

from . import diffusion
from .batches import Batch, to_tensor
from .plans import Planner
from .precision import mixed
from .pixels import to_bytes

#: How many of a batch's natural pictures are redrawn, in percent.
REDRAWN_PERCENT = 50
#: Denoising steps of a whole drawing.
STEPS = 10


@torch.no_grad()
def finish(model: InterleavedModel, plan: Tensor, latents: Tensor, steps: int, left: int,
           random: torch.Generator) -> Tensor:
    """Pictures' latents [B, 4, 16, 16], made noisy and denoised in the last `left` of `steps` steps."""
    if left == 0:
        return latents
    time = torch.full((len(latents),), diffusion.timesteps(steps)[-left])
    noisy, _ = diffusion.add_noise(latents, torch.randn(latents.shape, generator=random), time)
    visible = torch.zeros(len(latents), dtype=torch.bool)

    def predict(x: Tensor, times: Tensor) -> Tensor:
        with mixed():
            return model.image_decoder.predict(x, times, plan, None, visible).float()

    return diffusion.sample(predict, noisy, steps, left)


@torch.no_grad()
def redraw(model: InterleavedModel, planner: Planner, batch: Batch, random: torch.Generator, most_left: int) -> None:
    """Puts some natural pictures of a batch through the autoencoder, most of them with the last steps of a drawing,
    up to `most_left`, between its halves; segmentation maps and pictures of
    something else are never drawn."""
    chosen = torch.rand(len(batch.pictures), generator=random) * 100 < REDRAWN_PERCENT
    left = int(torch.randint(most_left + 1, (), generator=random))
    rows = [row for row, picture in enumerate(batch.pictures) if chosen[row] and picture.is_natural]
    if not rows:
        return
    autoencoder = model.image_decoder.decoder.vae
    latents = autoencoder.encode(batch.pixels[rows] * 2 - 1).float()
    plan = planner.plan([batch.pictures[row].scene for row in rows])
    latents = finish(model, plan, latents, STEPS, left, random)
    batch.pixels[rows] = to_tensor(list(to_bytes(autoencoder.decode(latents))))
