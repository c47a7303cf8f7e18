"""Scenes and changes in words.

What the model has to say has one canonical form, so that it can be scored exactly; what it has to
understand comes with synonyms.
"""

from __future__ import annotations

from . import vocabulary as v
from .randomness import SplitMix64
from .scene import Change, Scene, Thing

SIZE_WORDS = (("small", "little", "tiny"), ("large", "big", "huge"))
BACKGROUND_WORDS = (("light", "bright"), ("dark", "black"))
POSITION_PREPOSITIONS = ("at", "in", "on")
CENTER_WORDS = ("center", "middle")


def _word(random: SplitMix64 | None, words: tuple[str, ...]) -> str:
    """The canonical word, which is the first, or any."""
    return words[0] if random is None else random.choice(words)


def position_phrase(position: int, random: SplitMix64 | None = None) -> str:
    """Such as "at the top left"."""
    name = v.POSITIONS[position]
    if name == "center":
        name = _word(random, CENTER_WORDS)
    return f"{_word(random, POSITION_PREPOSITIONS)} the {name}"


def thing_phrase(thing: Thing, random: SplitMix64 | None = None) -> str:
    """Such as "a small red circle at the top left"."""
    size = _word(random, SIZE_WORDS[thing.size])
    place = position_phrase(thing.position, random)
    return f"a {size} {v.COLOURS[thing.colour]} {v.SHAPES[thing.shape]} {place}"


def scene_phrase(scene: Scene, random: SplitMix64 | None = None) -> str:
    """All objects in reading order and the background: the caption without its beginning."""
    things = " and ".join(thing_phrase(thing, random) for thing in scene.things)
    background = _word(random, BACKGROUND_WORDS[scene.background])
    return f"{things} on a {background} background"


def change_phrase(change: Change, random: SplitMix64 | None = None) -> str:
    """Such as "now the star is green"; objects are named by their shape before the change."""
    shape, after = v.SHAPES[change.before.shape], change.after
    start = _word(random, ("now", "then"))
    if change.kind == "colour":
        verb = _word(random, ("is", "becomes", "turns"))
        return f"{start} the {shape} {verb} {v.COLOURS[after.colour]}"
    if change.kind == "position":
        verb = _word(random, ("moves", "goes"))
        name = v.POSITIONS[after.position]
        if name == "center":
            name = _word(random, CENTER_WORDS)
        return f"{start} the {shape} {verb} to the {name}"
    if change.kind == "size":
        verb = _word(random, ("is", "becomes"))
        return f"{start} the {shape} {verb} {v.SIZES[after.size]}"
    verb = _word(random, ("becomes", "turns into"))
    return f"{start} the {shape} {verb} a {v.SHAPES[after.shape]}"
