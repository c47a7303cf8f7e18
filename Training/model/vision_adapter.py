"""The ViT-Adapter around CLIP's transformer. Source: arXiv 2205.08534 §3."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .configuration import Vision
from .deformable import DeformableAttention
from .position_tables import pixel_centres
from .vision_transformer import Embeddings, Encoder

GROUPS = 4


class _ChannelNorm(nn.Module):
    """Layer normalisation over the channels of [B, C, H, W]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) * torch.rsqrt(variance + 1e-6)
        return x * self.weight[:, None, None] + self.bias[:, None, None]


def _stage(inputs: int, outputs: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return [convolution, _ChannelNorm(outputs), nn.ReLU()]


class _SpatialPrior(nn.Module):
    """A convolutional view: maps at 1/4, 1/8, 1/16 and 1/32."""

    def __init__(self, stem: int, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *_stage(3, stem, 2), *_stage(stem, stem, 1), *_stage(stem, stem, 1),
            nn.MaxPool2d(3, stride=2, padding=1))
        self.conv2 = nn.Sequential(*_stage(stem, 2 * stem, 2))
        self.conv3 = nn.Sequential(*_stage(2 * stem, 4 * stem, 2))
        self.conv4 = nn.Sequential(*_stage(4 * stem, 4 * stem, 2))
        self.fc1 = nn.Conv2d(stem, channels, 1)
        self.fc2 = nn.Conv2d(2 * stem, channels, 1)
        self.fc3 = nn.Conv2d(4 * stem, channels, 1)
        self.fc4 = nn.Conv2d(4 * stem, channels, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        c1 = self.stem(x)
        c2 = self.conv2(c1)
        c3 = self.conv3(c2)
        c4 = self.conv4(c3)
        return [self.fc1(c1), self.fc2(c2), self.fc3(c3), self.fc4(c4)]


class _DepthwiseConvolution(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)


class _ConvolutionalFeedForward(nn.Module):
    def __init__(self, channels: int, sides: list[int]) -> None:
        super().__init__()
        self.sides = sides
        self.fc1 = nn.Linear(channels, channels // 4)
        self.dwconv = _DepthwiseConvolution(channels // 4)
        self.fc2 = nn.Linear(channels // 4, channels)

    def forward(self, x: Tensor) -> Tensor:
        parts = self.fc1(x).split([side * side for side in self.sides], dim=1)
        mixed = [
            self.dwconv.dwconv(part.transpose(1, 2).unflatten(2, (side, side)))
            .flatten(2).transpose(1, 2)
            for side, part in zip(self.sides, parts)]
        return self.fc2(F.gelu(torch.cat(mixed, dim=1)))


class _Injector(nn.Module):
    """Brings the features into the patches."""

    def __init__(self, c: Vision, sides: list[int]) -> None:
        super().__init__()
        self.query_norm = nn.LayerNorm(c.hidden_size)
        self.feat_norm = nn.LayerNorm(c.hidden_size)
        self.attn = DeformableAttention(
            c.hidden_size, c.num_attention_heads, c.adapter_num_points, sides)
        # The reference starts from a trained transformer and so from 0.
        self.gamma = nn.Parameter(torch.full((c.hidden_size,), 0.1))

    def forward(self, patches: Tensor, references: Tensor, features: Tensor) -> Tensor:
        found = self.attn(self.query_norm(patches), references, self.feat_norm(features))
        return patches + self.gamma * found


class _Extractor(nn.Module):
    """Takes the patches back into the features."""

    def __init__(self, c: Vision, sides: list[int]) -> None:
        super().__init__()
        self.query_norm = nn.LayerNorm(c.hidden_size)
        self.feat_norm = nn.LayerNorm(c.hidden_size)
        self.attn = DeformableAttention(
            c.hidden_size, c.num_attention_heads, c.adapter_num_points, [c.grid])
        self.ffn = _ConvolutionalFeedForward(c.hidden_size, sides)
        self.ffn_norm = nn.LayerNorm(c.hidden_size)

    def forward(self, features: Tensor, references: Tensor, patches: Tensor) -> Tensor:
        found = self.attn(self.query_norm(features), references, self.feat_norm(patches))
        features = features + found
        return features + self.ffn(self.ffn_norm(features))


class _Interaction(nn.Module):
    def __init__(self, c: Vision, *, is_last: bool) -> None:
        super().__init__()
        sides = c.pyramid_sides[1:]
        self.injector = _Injector(c, sides)
        self.extractor = _Extractor(c, sides)
        if is_last:
            self.extra_extractors = nn.ModuleList([_Extractor(c, sides) for _ in range(2)])

    @property
    def extractors(self) -> list[_Extractor]:
        return [self.extractor, *getattr(self, "extra_extractors", [])]


class VisionModel(nn.Module):
    """A picture to tokens and four maps."""

    def __init__(self, c: Vision) -> None:
        super().__init__()
        self.configuration = c
        self.adapter_level_embed = nn.Parameter(torch.zeros(3, c.hidden_size))
        self.embeddings = Embeddings(c)
        self.pre_layrnorm = nn.LayerNorm(c.hidden_size, c.layer_norm_eps)
        self.encoder = Encoder(c)
        self.adapter_spm = _SpatialPrior(c.adapter_stem_width, c.hidden_size)
        self.adapter_interactions = nn.ModuleList(
            [_Interaction(c, is_last=index == GROUPS - 1) for index in range(GROUPS)])
        self.adapter_up = nn.ConvTranspose2d(c.hidden_size, c.hidden_size, 2, stride=2)
        sides = c.pyramid_sides
        self.register_buffer("patch_references", pixel_centres(c.grid, c.grid), persistent=False)
        self.register_buffer("feature_references", torch.cat(
            [pixel_centres(side, side) for side in sides[1:]]), persistent=False)

    def forward(self, pixels: Tensor, *, skips_finest: bool = False) -> tuple[Tensor, list[Tensor]]:
        """Normalised pixels [B, 3, S, S] -> tokens [B, 1 + grid², C], maps [B, C, side, side].

        Only the image decoder looks at the finest map; the text stage saves its cost.
        """
        c = self.configuration
        sides = c.pyramid_sides
        x = self.pre_layrnorm(self.embeddings(pixels))
        first, x = x[:, :1], x[:, 1:]
        size = 16 * c.grid
        enlarged = F.interpolate(pixels, size=(size, size), mode="bilinear", align_corners=False)
        finest, *coarser = self.adapter_spm(enlarged)
        features = torch.cat([
            part.flatten(2).transpose(1, 2) + self.adapter_level_embed[level]
            for level, part in enumerate(coarser)], dim=1)
        group = c.num_hidden_layers // GROUPS
        outputs = []
        for index, interaction in enumerate(self.adapter_interactions):
            x = interaction.injector(x, self.patch_references, features)
            x = torch.cat([first, x], dim=1)
            for layer in self.encoder.layers[index * group:(index + 1) * group]:
                x = layer(x)
            first, x = x[:, :1], x[:, 1:]
            for extractor in interaction.extractors:
                features = extractor(features, self.feature_references, x)
            outputs.append(x.transpose(1, 2).unflatten(2, (c.grid, c.grid)))
        parts = features.split([side * side for side in sides[1:]], dim=1)
        maps = [part.transpose(1, 2).unflatten(2, (side, side)) for side, part in zip(sides[1:], parts)]
        if skips_finest:
            sides, outputs = sides[1:], outputs[1:]
        else:
            maps = [self.adapter_up(maps[0]) + finest, *maps]
        maps = [
            part.float() + F.interpolate(
                output.float(), size=(side, side), mode="bilinear", align_corners=False)
            for side, part, output in zip(sides, maps, outputs)]
        return torch.cat([first, x], dim=1), maps
