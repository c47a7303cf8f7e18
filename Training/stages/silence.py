"""What a training text leaves unsaid about held-out pairs.

Training never shows, say, a green cross. Ordinary cross-entropy would go further: at every cross it
says that the answer is not green, at everything green that it is not a cross, until a model sees green crosses
as cyan ones. Absence from a sample is no such evidence. So wherever the truth is a colour of an object, the
colour that is held out for its shape is no alternative in the softmax, and likewise the shapes
that are held out for its colour or its place: the loss is silent about these pairs, neither for nor against.
"""

from __future__ import annotations

import torch
from torch import Tensor

from world import vocabulary as v
from world.tasks import Example, Picture

from .batches import Batch
from .tokenizer import Tokenizer


class Silence:
    """Knows the tokens of shapes and colours; each is a single piece."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        def tokens(words: tuple[str, ...]) -> list[int]:
            pieces = [tokenizer.encode("the " + word) for word in words]
            if any(len(piece) != len(tokenizer.encode("the")) + 1 for piece in pieces):
                raise ValueError(f"one of {words} is not a single piece")
            return [piece[-1] for piece in pieces]
        self.shapes, self.colours = tokens(v.SHAPES), tokens(v.COLOURS)

    def unsaid(self, example: Example) -> dict[int, set[int]]:
        """Token that may be the truth -> tokens that are then no alternatives."""
        found: dict[int, set[int]] = {}
        for part in example.parts:
            for thing in part.scene.things if isinstance(part, Picture) else ():
                shape, colour = self.shapes[thing.shape], self.colours[thing.colour]
                found.setdefault(colour, set()).update(
                    self.colours[other] for other in range(len(v.COLOURS))
                    if v.is_held_out_colour(thing.shape, other))
                found.setdefault(shape, set()).update(
                    self.shapes[other] for other in range(len(v.SHAPES))
                    if v.is_held_out_colour(other, thing.colour)
                    or v.is_held_out_position(other, thing.position))
        return found

    def places(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Rows, positions and tokens that are no alternatives to the token at that position."""
        rows, positions, tokens = [], [], []
        for row, (ids, example) in enumerate(zip(batch.ids.tolist(), batch.examples)):
            unsaid = self.unsaid(example)
            for position, token in enumerate(ids):
                for other in unsaid.get(token, ()):
                    rows.append(row)
                    positions.append(position)
                    tokens.append(other)
        return tuple(torch.tensor(part, dtype=torch.long) for part in (rows, positions, tokens))
