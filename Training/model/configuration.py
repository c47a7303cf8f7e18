"""Sizes of a model: the contents of the daemon's `config.json`, with the same keys."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Vocabulary:
    """Token ids with a meaning of their own."""

    orig_vocab_size: int

    @property
    def bos(self) -> int:
        return 1

    @property
    def eos(self) -> int:
        return 2

    @property
    def pad(self) -> int:
        return self.orig_vocab_size - 1

    @property
    def soi(self) -> int:
        return self.orig_vocab_size

    @property
    def image(self) -> int:
        return self.orig_vocab_size + 1

    @property
    def size(self) -> int:
        return self.orig_vocab_size + 2


@dataclass
class Vision:
    """CLIP's transformer and its adapter."""

    image_size: int
    patch_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    layer_norm_eps: float = 1e-5
    adapter_stem_width: int = 64
    adapter_num_points: int = 4
    position_grid_size: int = 16

    @property
    def grid(self) -> int:
        return self.image_size // self.patch_size

    @property
    def pyramid_sides(self) -> list[int]:
        return [4 * self.grid, 2 * self.grid, self.grid, self.grid // 2]


@dataclass
class Perceiver:
    """A perceiver resampler."""

    num_queries: int
    hidden_size: int
    encoder_hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    cross_attention_frequency: int
    qk_normalization: bool


@dataclass
class Language:
    """LLaMA with synchronizers."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000.0
    max_position_embeddings: int = 2048
    cross_attention_frequency: int = 4
    synchronizer_num_heads: int = 16
    synchronizer_num_points: int = 8
    synchronizer_spatial_shapes: list[int] = field(default_factory=lambda: [32, 16, 8])
    synchronizer_base_spatial_shape: int = 16
    max_num_image_per_seq: int = 50


@dataclass
class UNet:
    """The diffusion UNet and its synchronizers."""

    sample_size: int
    in_channels: int
    block_out_channels: list[int]
    num_attention_heads: list[int]
    has_cross_attention: list[bool]
    layers_per_block: int
    cross_attention_dim: int
    norm_num_groups: int = 32
    norm_eps: float = 1e-5
    mmfs_width: int = 1024
    mmfs_num_heads: int = 16
    mmfs_num_points: int = 8
    mmfs_max_num_image: int = 10


@dataclass
class Autoencoder:
    """The variational autoencoder."""

    latent_channels: int
    block_out_channels: list[int]
    layers_per_block: int
    norm_num_groups: int
    scaling_factor: float


@dataclass
class Model:
    """All of it. `scheduler` and `defaults` are passed on to the daemon."""

    name: str
    vocabulary: Vocabulary
    vision: Vision
    visual_perceiver: Perceiver
    language: Language
    perceiver: Perceiver
    unet: UNet
    vae: Autoencoder
    scheduler: dict[str, Any]
    defaults: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The daemon's `config.json`."""
        def plain(value: Any) -> dict[str, Any]:
            return {item.name: getattr(value, item.name) for item in fields(value)}

        vocabulary = self.vocabulary
        return {
            "format_version": 1,
            "name": self.name,
            "vocabulary": {
                "orig_vocab_size": vocabulary.orig_vocab_size,
                "bos_token_id": vocabulary.bos, "eos_token_id": vocabulary.eos,
                "pad_token_id": vocabulary.pad, "soi_token_id": vocabulary.soi,
                "image_token_id": vocabulary.image,
            },
            "vision_model": plain(self.vision),
            "visual_perceiver": plain(self.visual_perceiver),
            "language_model": plain(self.language),
            "image_decoder": {
                "perceiver": plain(self.perceiver), "unet": plain(self.unet),
                "vae": plain(self.vae), "scheduler": self.scheduler,
            },
            "defaults": self.defaults,
        }
