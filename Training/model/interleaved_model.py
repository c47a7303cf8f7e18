"""The whole model: the same module tree as the reference's checkpoint."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .autoencoder import Autoencoder
from .configuration import Model
from .language_model import LanguageModel, TextDecoder
from .perceiver import PerceiverResampler
from .picture_synchronizer import PictureSynchronizer, flatten_pyramid
from .position_tables import sincos_1d
from .unet import UNet
from .visual_tokenizer import VisualTokenizer


class _Decoder(nn.Module):
    def __init__(self, c: Model) -> None:
        super().__init__()
        self.vae = Autoencoder(c.vae)
        self.unet = UNet(c.unet)
        self.mmfs_module = PictureSynchronizer(c.unet, c.vision)


class ImageDecoder(nn.Module):
    """Context to conditioning to a prediction for noisy latents."""

    def __init__(self, c: Model) -> None:
        super().__init__()
        shape = (1, c.perceiver.num_queries, c.perceiver.hidden_size)
        self.neg_prompt_embeds = nn.Parameter(torch.randn(shape) * 0.02)
        self.perceiver_resampler = PerceiverResampler(c.perceiver)
        self.decoder = _Decoder(c)

    def predict(self, latents: Tensor, times: Tensor, condition: Tensor,
                features: Tensor | None, visible: Tensor) -> Tensor:
        """As `UNet.forward`."""
        return self.decoder.unet(
            latents, times, condition, self.decoder.mmfs_module, features, visible)


class InterleavedModel(nn.Module):
    """Reads pictures, continues sequences, draws pictures."""

    def __init__(self, c: Model) -> None:
        super().__init__()
        self.configuration = c
        width = c.language.hidden_size
        self.soi_token = nn.Parameter(torch.zeros(1, width))
        self.visual_tokenizer = VisualTokenizer(c.vision, c.visual_perceiver, width)
        self.mm_decoder = LanguageModel(c.language, c.vocabulary, c.vision.hidden_size)
        self.text_decoder = TextDecoder(width, c.vocabulary)
        self.image_decoder = ImageDecoder(c)
        self.context_feat_proj = nn.Linear(width, width)

    def embed(self, ids: Tensor, tokens: Tensor) -> Tensor:
        """ids [B, L] · image tokens [images, T, C] in order -> [B, L, C]"""
        vocabulary = self.configuration.vocabulary
        x = self.mm_decoder.embed_tokens(ids)
        x = x + (ids == vocabulary.soi)[..., None] * self.soi_token
        mask = (ids == vocabulary.image)[..., None]
        return x.masked_scatter(mask.expand_as(x), tokens.to(x.dtype).reshape(-1))

    def arrange(self, ids: Tensor, maps: list[Tensor]) -> tuple[Tensor | None, Tensor | None]:
        """The images' maps per sequence and which position sees which image.

        maps [images, V, side, side] in order of the images -> features [B, N, Σ side², V] of the
        language model's levels, visible [B, L, N].
        """
        c = self.configuration
        # The last soi of a sequence whose picture is still to be drawn has no image behind it.
        following = F.pad(ids[:, 1:], (0, 1), value=c.vocabulary.pad)
        starts = (ids == c.vocabulary.soi) & (following == c.vocabulary.image)
        most = int(starts.sum(1).max())
        if most == 0:
            return None, None
        b, length = ids.shape
        sides = c.language.synchronizer_spatial_shapes
        flat = flatten_pyramid([part for part in maps if part.shape[-1] in sides])
        rows, columns = starts.nonzero(as_tuple=True)
        order = (starts.cumsum(1) - 1)[rows, columns]
        features = flat.new_zeros(b, most, *flat.shape[1:])
        features[rows, order] = flat
        first = torch.full((b, most), length + 1)
        first[rows, order] = columns + 1
        index = torch.arange(length)
        bos = torch.where(ids == c.vocabulary.bos, index, -1).cummax(1).values
        visible = (first[:, None] > bos[:, :, None]) & (first[:, None] <= index[None, :, None])
        return features, visible & (first[:, None] <= length)

    def context(self, hidden: Tensor, rows: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
        """What leads up to images: states 0...end of a row, reversed, projected, with positions.

        rows, ends [images] -> context [images, longest, C], mask [images, longest]
        """
        longest = int(ends.max()) + 1
        offset = torch.arange(longest)
        index = ends[:, None] - offset[None]
        mask = index >= 0
        gathered = hidden[rows[:, None], index.clamp(min=0)] * mask[..., None]
        table = sincos_1d(hidden.shape[-1], offset)
        return self.context_feat_proj(gathered) + table, mask
