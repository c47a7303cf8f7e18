"""The plan of a picture: the conditioning tokens of its canonical sentence.

However a picture is asked for (free words, a map, an edit, a story), the language model should arrive
at the same conditioning. The answer of the model that the recipe starts from to the canonical sentence is that common
goal: the language stages learn to reach it from every kind of request, and the image decoder learns to draw it, each
without waiting for the other.
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.scene import Scene
from world.sentences import scene_phrase
from world.tasks import Example, Picture, Text

from .batches import lay_out, stack
from .drawing import condition
from .precision import mixed
from .run import load_model
from .tokenizer import Tokenizer


class Planner:
    """A language model that stays as it is."""

    def __init__(self, tokenizer: Tokenizer, run: str) -> None:
        self.tokenizer = tokenizer
        self.model = InterleavedModel(nano()).eval().requires_grad_(False)
        load_model(self.model, run)

    @torch.no_grad()
    def plan(self, scenes: list[Scene]) -> Tensor:
        """Conditioning tokens [B, T, D] of scenes."""
        examples = [
            Example("text_to_image", (Text(scene_phrase(scene)), Picture(scene, is_drawn=True)), ends=False)
            for scene in scenes]
        batch = stack(self.tokenizer, lay_out(self.tokenizer, examples, 1), examples)
        with mixed():
            found = condition(self.model, batch.ids, batch.valid, torch.zeros(0), [])
        return found.float()
