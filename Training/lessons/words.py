"""Words that mean the same, and how people write them."""

from __future__ import annotations

from world.randomness import SplitMix64
from world.scene import Thing
from world import vocabulary as v

SIZES = (("small", "small", "little", "tiny"), ("large", "large", "big", "huge"))
COLOURS = (("red",), ("green",), ("blue",), ("yellow",), ("purple", "purple", "purple", "violet"),
           ("cyan", "cyan", "cyan", "turquoise"))
SHAPES = (("circle", "circle", "circle", "disc"), ("square",), ("triangle",),
          ("diamond", "diamond", "diamond", "rhombus"), ("star",), ("cross", "cross", "cross", "plus"))
BACKGROUNDS = (("light", "light", "bright", "white", "pale"), ("dark", "dark", "black"))
_TOP, _BOTTOM = ("top", "top", "upper"), ("bottom", "bottom", "lower")
#: What a thing is called whose shape is not said.
OBJECTS = ("object", "shape", "thing", "figure")


def place(random: SplitMix64, position: int) -> str:
    """A cell's name as it follows "the": "upper left corner", "middle"."""
    row, column = divmod(position, v.GRID)
    if row == 1 and column == 1:
        return random.choice(("center", "middle", "centre", "middle", "center of the picture",
                              "middle of the picture"))
    side = ("left", "", "right")[column]
    if row == 1:
        return random.choice((side, f"{side} side", f"{side} edge", f"middle {side}", f"center {side}"))
    level = random.choice(_TOP if row == 0 else _BOTTOM)
    if column == 1:
        edge = "top" if row == 0 else "bottom"
        return random.choice((edge, edge, f"{level} middle", f"{level} center", f"{level} edge",
                              f"middle of the {edge}"))
    return random.choice((f"{level} {side}", f"{level} {side}", f"{level} {side} corner", f"{level}-{side}",
                          f"{level}-{side} corner", f"{side} {level}"))


def at(random: SplitMix64, position: int) -> str:
    """Such as "in the upper left corner"."""
    return f"{random.choice(('at', 'in', 'on', 'at', 'in'))} the {place(random, position)}"


def colour(random: SplitMix64, thing: Thing) -> str:
    """One of the words for a thing's colour."""
    return random.choice(COLOURS[thing.colour])


def size(random: SplitMix64, thing: Thing) -> str:
    """One of the words for a thing's size."""
    return random.choice(SIZES[thing.size])


def shape(random: SplitMix64, thing: Thing) -> str:
    """One of the words for a thing's shape."""
    return random.choice(SHAPES[thing.shape])


def colour_noun(random: SplitMix64) -> str:
    """Either spelling."""
    return random.choice(("color", "colour"))


def written(random: SplitMix64, words: str, ending: str = ".") -> str:
    """The words as somebody types them: with or without a capital and the end of a sentence, loud, or as a title."""
    pick = random.below(100)
    if pick < 30:
        words = words[:1].upper() + words[1:]
    elif pick < 38:
        words = words.upper()
    elif pick < 44:
        words = words.title()
    if words[-1:] not in ".?!":
        words += random.choice(("", "", ending))
    return words
