"""Examples to padded tensors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lessons.unknown_pictures import unknown_picture
from world.render import render, render_segmentation
from world.scene import Scene
from world.tasks import Example, Picture

from .tokenizer import Sequence, Tokenizer, sequence


@dataclass
class Batch:
    """Sequences side by side, padded at the right.

    ids, weights [B, L]: weights of a position's own token in the text loss, 0 where it is given ·
    places [images]: the row in `pixels` of each image, in order of the sequences · pixels
    [pictures, 3, 64, 64] in [0, 1] of the distinct `pictures`.
    """

    ids: Tensor
    valid: Tensor
    weights: Tensor
    places: Tensor
    pixels: Tensor
    pictures: list[Picture]
    examples: list[Example]

    @property
    def is_answer(self) -> Tensor:
        """Which positions the model has to say: given text weighs less than any of them. [B, L]"""
        return self.weights > 0.5 * self.weights.amax(1, keepdim=True).clamp(min=1e-6)

    @property
    def targets(self) -> list[Scene]:
        """The scenes to draw next, if all sequences end where one is."""
        return [example.parts[-1].scene for example in self.examples if ends_in_drawing(example)]


def ends_in_drawing(example: Example) -> bool:
    """Whether an example ends with a picture to draw, without being told that nothing follows."""
    last = example.parts[-1]
    return isinstance(last, Picture) and last.is_drawn and not example.ends


def picture_pixels(picture: Picture) -> np.ndarray:
    """uint8 [64, 64, 3]"""
    if picture.unknown is not None:
        return unknown_picture(picture.unknown)
    return render_segmentation(picture.scene) if picture.is_segmentation else render(picture.scene)


def to_tensor(pictures: list[np.ndarray]) -> Tensor:
    """uint8 pictures to [N, 3, 64, 64] in [0, 1]."""
    if not pictures:
        return torch.zeros(0, 3, 64, 64)
    # Contiguous: convolutions keep the channels last if they are, and group norm is slow on that.
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous().float() / 255


def cut_before_picture(laid: Sequence, index: int, vocabulary) -> Sequence:
    """Ends a sequence with the soi of its picture `index`: what is known when it is drawn."""
    starts = [place for place, token in enumerate(laid.ids) if token == vocabulary.soi]
    end = starts[index] + 1
    return Sequence(laid.ids[:end], laid.targets[:end], laid.pictures[:index])


def stack(tokenizer: Tokenizer, sequences: list[Sequence], examples: list[Example],
          given_weight: float = 0.0) -> Batch:
    """Pads and weighs.

    Each sequence's targets weigh 1/sqrt(their number), so that one-word answers count beside
    captions; given text weighs `given_weight` of that.
    """
    v = tokenizer.vocabulary
    longest = max(len(laid.ids) for laid in sequences)
    ids = torch.full((len(sequences), longest), v.pad)
    valid = torch.zeros(len(sequences), longest)
    weights = torch.zeros(len(sequences), longest)
    for row, laid in enumerate(sequences):
        count = len(laid.ids)
        ids[row, :count] = torch.tensor(laid.ids)
        valid[row, :count] = 1
        own = torch.tensor([
            1.0 if target else (0.0 if token >= v.soi or token == v.bos else given_weight)
            for token, target in zip(laid.ids, laid.targets)])
        weights[row, :count] = own / max(sum(laid.targets), 1) ** 0.5
    rows: dict[Picture, int] = {}
    places = [rows.setdefault(picture, len(rows)) for laid in sequences for picture in laid.pictures]
    pixels = to_tensor([picture_pixels(picture) for picture in rows])
    return Batch(ids, valid, weights, torch.tensor(places, dtype=torch.long), pixels, list(rows), examples)


def lay_out(tokenizer: Tokenizer, examples: list[Example], image_tokens: int) -> list[Sequence]:
    """Sequences of examples, cut at the last picture if that is one to draw and ends them."""
    sequences = []
    for example in examples:
        laid = sequence(tokenizer, example, image_tokens)
        if ends_in_drawing(example):
            laid = cut_before_picture(laid, len(laid.pictures) - 1, tokenizer.vocabulary)
        sequences.append(laid)
    return sequences
