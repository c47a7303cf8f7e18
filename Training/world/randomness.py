"""SplitMix64: the only source of chance in the world.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
Written out so that another language can repeat every scene bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

_MASK = (1 << 64) - 1
_Item = TypeVar("_Item")


class SplitMix64:
    """A 64-bit generator with one word of state."""

    def __init__(self, seed: int) -> None:
        self.state = seed & _MASK

    def next(self) -> int:
        """The next 64 bits."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return z ^ (z >> 31)

    def below(self, count: int) -> int:
        """An integer in 0..<count, from the upper 32 bits: `(high * count) >> 32`."""
        return ((self.next() >> 32) * count) >> 32

    def choice(self, items: Sequence[_Item]) -> _Item:
        """One of the items, by one call of `below`."""
        return items[self.below(len(items))]

    def percent(self, chance: int) -> bool:
        """True in `chance` of 100 cases, by one call of `below`."""
        return self.below(100) < chance


def stream(seed: int, index: int) -> SplitMix64:
    """The generator of example `index` of a data set: the seed's own stream, mixed with the index."""
    return SplitMix64(SplitMix64(seed).next() ^ ((index * 0xD1B54A32D192ED03) & _MASK))
