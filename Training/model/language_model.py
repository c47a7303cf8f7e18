"""LLaMA with a synchronizer in every k-th layer. Source: arXiv 2302.13971; arXiv 2401.10208 §3.2."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .configuration import Language, Vocabulary
from .residual_block import attention, join_heads, split_heads
from .synchronizer import Synchronizer


class RMSNorm(nn.Module):
    """Root-mean-square normalisation."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon))


def rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary embedding, half-split."""
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], dim=-1)
    return x * cosines + turned * sines


class _SelfAttention(nn.Module):
    def __init__(self, c: Language) -> None:
        super().__init__()
        self.heads = c.num_attention_heads
        self.q_proj = nn.Linear(c.hidden_size, c.hidden_size, bias=False)
        self.k_proj = nn.Linear(c.hidden_size, c.hidden_size, bias=False)
        self.v_proj = nn.Linear(c.hidden_size, c.hidden_size, bias=False)
        self.o_proj = nn.Linear(c.hidden_size, c.hidden_size, bias=False)

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor) -> Tensor:
        q, k, v = (split_heads(p(x), self.heads) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = (rotate(part.float(), *rotary).to(v.dtype) for part in (q, k))
        return self.o_proj(join_heads(attention(q, k, v, mask)))


class _CrossAttention(nn.Module):
    def __init__(self, c: Language, vision: int) -> None:
        super().__init__()
        # The reference starts from a trained language model and so from 0.
        self.gate = nn.Parameter(torch.full((1,), 0.5))
        self.attn = Synchronizer(
            c.hidden_size, vision, vision, c.synchronizer_num_heads, c.synchronizer_num_points,
            c.synchronizer_spatial_shapes, c.synchronizer_base_spatial_shape,
            c.max_num_image_per_seq, 3.0)
        self.norm1 = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.norm2 = RMSNorm(vision, c.rms_norm_eps)

    def forward(self, x: Tensor, features: Tensor, mask: Tensor) -> Tensor:
        centre = x.new_full((1, 2), 0.5, dtype=torch.float32)
        value = self.attn.value_proj(self.norm2(features))
        return torch.tanh(self.gate) * self.attn(self.norm1(x), centre, value, mask)


class _FeedForward(nn.Module):
    def __init__(self, c: Language) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.down_proj = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)
        self.up_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class _Layer(nn.Module):
    def __init__(self, c: Language, vision: int, index: int) -> None:
        super().__init__()
        self.self_attn = _SelfAttention(c)
        if index % c.cross_attention_frequency == 0:
            self.llama_cross_attn = _CrossAttention(c, vision)
        self.mlp = _FeedForward(c)
        self.input_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(c.hidden_size, c.rms_norm_eps)

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor], mask: Tensor,
                features: Tensor | None, visible: Tensor | None) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), rotary, mask)
        if hasattr(self, "llama_cross_attn") and features is not None:
            x = x + self.llama_cross_attn(x, features, visible)
        elif hasattr(self, "llama_cross_attn"):
            cross = self.llama_cross_attn
            x = x + torch.tanh(cross.gate) * cross.attn.nothing()
        return x + self.mlp(self.post_attention_layernorm(x))


class LanguageModel(nn.Module):
    """Embeddings to hidden states after the final norm."""

    def __init__(self, c: Language, vocabulary: Vocabulary, vision: int) -> None:
        super().__init__()
        self.configuration = c
        self.embed_tokens = nn.Embedding(vocabulary.size, c.hidden_size)
        self.layers = nn.ModuleList([_Layer(c, vision, i) for i in range(c.num_hidden_layers)])
        self.norm = RMSNorm(c.hidden_size, c.rms_norm_eps)
        for module in self.modules():
            if isinstance(module, nn.Linear) and module.bias is None:
                nn.init.normal_(module.weight, std=0.04)
        nn.init.normal_(self.embed_tokens.weight, std=0.5)

    def forward(self, embeddings: Tensor, features: Tensor | None, visible: Tensor | None,
                valid: Tensor | None = None) -> Tensor:
        """embeddings [B, L, C] · features [B, N, Σ side², V] · visible [B, L, N] · valid [B, L]"""
        c = self.configuration
        length = embeddings.shape[1]
        half = c.hidden_size // c.num_attention_heads // 2
        frequencies = c.rope_theta ** (-torch.arange(half, dtype=torch.float32) / half)
        angles = torch.arange(length, dtype=torch.float32)[:, None] * frequencies
        angles = torch.cat([angles, angles], dim=1)
        mask = torch.full((length, length), -1e9).triu(1)[None, None]
        if valid is not None:
            mask = mask + ((1 - valid.float()) * -1e9)[:, None, None]
        x = embeddings
        for layer in self.layers:
            x = layer(x, (angles.cos(), angles.sin()), mask, features, visible)
        return self.norm(x)


class TextDecoder(nn.Module):
    """Hidden states to logits; a second head speaks for the two image tokens."""

    def __init__(self, width: int, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.original = vocabulary.orig_vocab_size
        self.head = nn.Linear(width, vocabulary.size)
        self.head_new = nn.Linear(width, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        logits = self.head(hidden)
        return torch.cat(
            [logits[..., :self.original], logits[..., self.original:] + self.head_new(hidden)], dim=-1)
