"""Helper losses: some tokens have to tell what is in each cell of a scene.

Words and noise tell a picture's content a few bits at a time; this tells all of it at every step.
In stage 2 the image tokens have to tell what is in the picture that they stand for, so that vision
and perceiver learn to see early, and the drawing's conditioning tokens what is in the picture that is
to be drawn, so that words, edits and earlier pictures are understood before the first drawing step.
The linear layers are thrown away after training.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from world import vocabulary as v
from world.scene import Change, Scene

CELLS = len(v.POSITIONS)
#: Classes per cell: no object or its shape; its colour; its size.
CLASSES = (1 + len(v.SHAPES), len(v.COLOURS), len(v.SIZES))

#: Which colours [colours] are never trained on a shape; row 0, no object, has none.
HELD_OUT = torch.tensor([[False] * len(v.COLOURS)] + [
    [v.is_held_out_colour(shape, colour) for colour in range(len(v.COLOURS))]
    for shape in range(len(v.SHAPES))])
#: Which shapes [cells, no object or shape] are never trained in a cell.
HELD_OUT_THERE = torch.tensor([
    [False] + [v.is_held_out_position(shape, cell) for shape in range(len(v.SHAPES))]
    for cell in range(CELLS)])


class CellReader(nn.Module):
    """Tokens [B, T, C] to logits per cell and for the background."""

    def __init__(self, tokens: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(tokens * width, CELLS * sum(CLASSES) + len(v.BACKGROUNDS))

    def forward(self, tokens: Tensor, scenes: list[Scene]) -> tuple[Tensor, float]:
        """The loss, and the share of objects of which everything is right."""
        logits = self.head(self.norm(tokens.float()).flatten(1)).float()
        background, logits = logits[:, :len(v.BACKGROUNDS)], logits[:, len(v.BACKGROUNDS):]
        logits = logits.reshape(-1, CELLS, sum(CLASSES))
        truth = torch.zeros(len(scenes), CELLS, 3, dtype=torch.long)
        for row, scene in enumerate(scenes):
            for thing in scene.things:
                truth[row, thing.position] = torch.tensor([1 + thing.shape, thing.colour, thing.size])
        shape, colour, size = logits.split(CLASSES, dim=-1)
        present = truth[..., 0] > 0
        # Neither is said to be wrong: a shape that no training scene has in this colour or cell, a colour that
        # none has on this shape (see `silence.py`).
        unsaid = HELD_OUT.T[truth[..., 1]] & present[..., None] | HELD_OUT_THERE
        shape = shape.masked_fill(unsaid, -1e4)
        colour = colour.masked_fill(HELD_OUT[truth[..., 0]], -1e4)
        loss = CELLS * F.cross_entropy(shape.flatten(0, 1), truth[..., 0].flatten()) / 2
        loss = loss + F.cross_entropy(colour[present], truth[..., 1][present])
        loss = loss + F.cross_entropy(size[present], truth[..., 2][present])
        grounds = torch.tensor([scene.background for scene in scenes])
        loss = loss + F.cross_entropy(background, grounds)
        right = torch.stack(
            [part.argmax(-1)[present] == truth[..., i][present]
             for i, part in enumerate((shape, colour, size))]).all(0)
        return loss, float(right.float().mean())


class ChangeReader(nn.Module):
    """The state after a request [B, C] to logits for the object that is meant: its cell before, and its cell, shape,
    colour and size after. What is asked about is a change that changes nothing."""

    CLASSES = (CELLS, CELLS, len(v.SHAPES), len(v.COLOURS), len(v.SIZES))

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, sum(self.CLASSES))

    def forward(self, state: Tensor, changes: list[Change]) -> tuple[Tensor, float]:
        """The loss, and the share of changes of which everything is right."""
        before, after, shape, colour, size = self.head(self.norm(state.float())).float().split(self.CLASSES, dim=-1)
        truth = torch.tensor([
            (change.before.position, change.after.position, change.after.shape, change.after.colour,
             change.after.size) for change in changes])
        unsaid = HELD_OUT.T[truth[:, 3]] | HELD_OUT_THERE[truth[:, 1]]
        shape = shape.masked_fill(unsaid[:, 1:], -1e4)
        colour = colour.masked_fill(HELD_OUT[1 + truth[:, 2]], -1e4)
        parts = (before, after, shape, colour, size)
        loss = sum(F.cross_entropy(part, truth[:, i]) for i, part in enumerate(parts))
        right = torch.stack([part.argmax(-1) == truth[:, i] for i, part in enumerate(parts)]).all(0)
        return loss, float(right.float().mean())
