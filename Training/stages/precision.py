"""bfloat16 where the processor multiplies it, else float32."""

from __future__ import annotations

import torch


def mixed() -> torch.autocast:
    """A context for forward passes: without the instructions, bfloat16 is several times as slow as float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())
