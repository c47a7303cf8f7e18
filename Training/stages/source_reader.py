"""Helper loss: what the UNet gets from the preceding picture has to show that picture.

Where words tell nearly all of a picture, the loss of the noise asks little of the synchronizers, and thousands of steps
pass before they look where they should. This asks every one of them, at every noise level, for the
picture that it sees. The linear layers are thrown away after training.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.picture_synchronizer import PictureSynchronizer

#: Colour values that a position tells: four by four pixels of RGB.
DETAIL = 4


class SourceReader(nn.Module):
    """Contributions [B, C, S, S] of synchronizer blocks to the pixels of the picture before, as coarse as S allows."""

    def __init__(self, synchronizer: PictureSynchronizer) -> None:
        super().__init__()
        blocks = [*synchronizer.mmfs_down_blocks, synchronizer.mmfs_mid_block]
        self.heads = nn.ModuleList([
            nn.Conv2d(block.conv.out_channels, 3 * DETAIL ** 2, 1) for block in blocks])
        self._found: dict[int, Tensor] = {}
        for index, block in enumerate(blocks):
            block.register_forward_hook(
                lambda _, __, found, index=index: self._found.__setitem__(index, found))

    def forward(self, pixels: Tensor, visible: Tensor) -> Tensor:
        """The mean squared error after the UNet has run; pixels [B', 3, side, side] in [0, 1] of the
        samples whose `visible` [B] is set."""
        rows = visible.nonzero().flatten()
        losses = []
        for index, head in enumerate(self.heads):
            told = head(self._found[index].index_select(0, rows).float())
            factor = pixels.shape[-1] // (told.shape[-1] * DETAIL)
            truth = F.pixel_unshuffle(F.avg_pool2d(pixels, factor) if factor > 1 else pixels, DETAIL)
            losses.append(F.mse_loss(told, truth))
        self._found.clear()
        return torch.stack(losses).mean()
