"""Draws pictures: sequences that end in a soi token to pixels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from model.interleaved_model import InterleavedModel
from model.nano import DEFAULTS
from model.picture_synchronizer import flatten_pyramid

from . import diffusion
from .batches import to_tensor
from .precision import mixed
from .pixels import to_bytes

#: How far from the unconditional prediction to go, 1 is to the conditional one.
GUIDANCE = DEFAULTS["guidance_scale"]


def last_sources(ids: Tensor, maps: list[Tensor], vocabulary) -> tuple[Tensor | None, Tensor]:
    """The maps of the last image of each sequence: what the drawn picture's synchronizer sees.

    -> features [sequences with an image, Σ side², V] or None, visible [B]
    """
    following = torch.nn.functional.pad(ids[:, 1:], (0, 1), value=vocabulary.pad)
    counts = ((ids == vocabulary.soi) & (following == vocabulary.image)).sum(1)
    visible = counts > 0
    if not visible.any():
        return None, visible
    last = counts.cumsum(0)[visible] - 1
    return flatten_pyramid([part[last] for part in maps]), visible


def condition(model: InterleavedModel, ids: Tensor, valid: Tensor, tokens: Tensor,
              maps: list[Tensor]) -> Tensor:
    """Conditioning tokens of the picture that each sequence's last soi starts."""
    hidden = model.mm_decoder(model.embed(ids, tokens), *model.arrange(ids, maps))
    ends = valid.sum(1).long() - 1
    context, mask = model.context(hidden, torch.arange(len(ids)), ends)
    return model.image_decoder.perceiver_resampler(context, mask)


@torch.no_grad()
def draw(model: InterleavedModel, sequences: list[list[int]], pictures: list[np.ndarray],
         steps: int = 20, guidance: float = GUIDANCE, seed: int = 0,
         synchronizes: bool = True) -> np.ndarray:
    """One picture per sequence. `pictures` are all sequences' earlier ones, in order.

    -> uint8 [B, 64, 64, 3]
    """
    c = model.configuration
    v = c.vocabulary
    longest = max(map(len, sequences))
    ids = torch.tensor([row + [v.pad] * (longest - len(row)) for row in sequences])
    valid = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in sequences])
    with mixed():
        if pictures:
            tokens, maps = model.visual_tokenizer(to_tensor(pictures))
        else:
            width = c.language.hidden_size
            tokens, maps = torch.zeros(0, c.visual_perceiver.num_queries, width), []
        conditioning = condition(model, ids, valid, tokens, maps)
        features, visible = last_sources(ids, maps, v)
    if not synchronizes:
        features, visible = None, torch.zeros_like(visible)
    return draw_conditioned(model, conditioning, features, visible, steps, guidance, seed)


@torch.no_grad()
def draw_conditioned(model: InterleavedModel, conditioning: Tensor, features: Tensor | None,
                     visible: Tensor, steps: int = 20, guidance: float = GUIDANCE,
                     seed: int = 0) -> np.ndarray:
    """One picture per row of conditioning; `features` are those of the `visible` rows' last picture.

    -> uint8 [B, 64, 64, 3]
    """
    c = model.configuration
    negative = model.image_decoder.neg_prompt_embeds.expand(len(conditioning), -1, -1)
    both = torch.cat([negative, conditioning.float()])
    features = None if features is None else features.float().repeat(2, 1, 1)

    def predict(latents: Tensor, times: Tensor) -> Tensor:
        with mixed():
            output = model.image_decoder.predict(
                latents.repeat(2, 1, 1, 1), times.repeat(2), both, features, visible.repeat(2))
        without, with_text = output.float().chunk(2)
        return without + guidance * (with_text - without)

    generator = torch.Generator().manual_seed(seed)
    side = c.unet.sample_size
    noise = torch.randn(len(conditioning), c.unet.in_channels, side, side, generator=generator)
    latents = diffusion.sample(predict, noise, steps)
    return to_bytes(model.image_decoder.decoder.vae.decode(latents))
