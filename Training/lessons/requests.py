"""Words for a picture to draw: in any order, and not always complete."""

from __future__ import annotations

from dataclasses import replace

from world import vocabulary as v
from world.randomness import SplitMix64
from world.scene import TAUGHT, Scene, Thing, make_scene
from world.sentences import scene_phrase
from world.tasks import Example, Picture, Text

from . import words as w

#: What is drawn where nothing is said. No pair of them is held out, so a few shapes have a colour of their own.
SIZE, BACKGROUND = 1, 0
COLOUR = (0, 2, 1, 4, 3, 0)
#: Cells in the order in which objects take them.
PLACES = (4, 3, 5, 1, 7, 0, 2, 6, 8)

BEFORE = ("draw", "please draw", "draw me", "paint", "show", "show me", "can you draw", "can you show me",
          "i would like", "make", "create", "generate", "a picture of", "a drawing of", "draw a picture of",
          "paint a picture of", "make an image of", "create an image of", "generate a picture of", "give me",
          "please show", "sketch", "a scene with", "image of")


def free_place(shape: int, taken: set[int]) -> int:
    """The cell of an object whose place is not said."""
    return next(cell for cell in PLACES if cell not in taken and not v.is_held_out_position(shape, cell))


def with_article(words: str) -> str:
    """Such as "a red circle"."""
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def noun(random: SplitMix64, thing: Thing, says_size: bool = True, says_colour: bool = True) -> str:
    """A thing without its place: "small red circle", "circle that is red and small"."""
    shape = w.shape(random, thing)
    told = [word for says, word in ((says_size, w.size(random, thing)), (says_colour, w.colour(random, thing)))
            if says]
    if len(told) == 2 and random.percent(25):
        told.reverse()
    pick = random.below(100)
    if not told or pick < 75:
        return " ".join([*told, shape])
    if pick < 83:
        return f"{shape} that is {' and '.join(told)}"
    if pick < 88:
        return f"{shape}, {' and '.join(told)}"
    if says_colour:
        colour = told.pop(-1 if told[-1] in w.COLOURS[thing.colour] else 0)
        return " ".join([*told, shape, f"of {colour} {w.colour_noun(random)}"])
    return f"{told[0]} sized {shape}"


def with_place(random: SplitMix64, thing: Thing, noun: str) -> str:
    """A noun with its article and the place."""
    pick = random.below(100)
    if pick < 55:
        return f"{with_article(noun)} {w.at(random, thing.position)}"
    if pick < 70:
        return f"{w.at(random, thing.position)} {with_article(noun)}"
    if pick < 78:
        return f"{w.at(random, thing.position)} there is {with_article(noun)}"
    if pick < 84:
        return f"{with_article(noun)}, {w.place(random, thing.position)}"
    if pick < 90:
        return f"{noun} {w.place(random, thing.position)}"
    if pick < 95:
        return f"{w.place(random, thing.position)}: {noun}"
    return f"the {noun} is {w.at(random, thing.position)}"


def joined(random: SplitMix64, parts: list[str]) -> str:
    """Objects in any order."""
    if len(parts) == 2 and random.percent(50):
        parts = parts[::-1]
    return random.choice((" and ", " and ", ", ", ", and ", " with ", "; ", " and also ")).join(parts)


def with_background(random: SplitMix64, words: str, background: int) -> str:
    """The words and the background, before or after them."""
    ground = random.choice(w.BACKGROUNDS[background])
    return random.choice((
        f"{words} on a {ground} background", f"{words} on a {ground} background",
        f"{words} against a {ground} background",
        f"{words} with a {ground} background", f"{words}, {ground} background", f"{words} on {ground}",
        f"{words}. the background is {ground}", f"on a {ground} background {words}",
        f"on a {ground} background, {words}",
        f"{ground} background: {words}", f"{ground} background, {words}"))


def described(random: SplitMix64, scene: Scene) -> tuple[Scene, str]:
    """The words for a scene, and the scene that they mean: what they leave out is as it is when nothing is said."""
    is_complete = random.percent(55)
    says = {name: is_complete or random.percent(60) for name in ("size", "colour", "position", "background")}
    meant, order = [], list(scene.things)
    taken = {thing.position for thing in order} if says["position"] else set()
    for thing in order:
        thing = replace(thing, size=thing.size if says["size"] else SIZE,
                        colour=thing.colour if says["colour"] else COLOUR[thing.shape])
        if not says["position"]:
            thing = replace(thing, position=free_place(thing.shape, taken))
            taken.add(thing.position)
        meant.append(thing)
    parts = []
    for thing in meant:
        name = noun(random, thing, says["size"], says["colour"])
        parts.append(with_place(random, thing, name) if says["position"] else with_article(name))
    # Objects without places take them in the order in which they are named.
    words = joined(random, parts) if says["position"] else random.choice((" and ", ", ", " and ")).join(parts)
    background = scene.background if says["background"] else BACKGROUND
    if says["background"]:
        words = with_background(random, words, background)
    return replace(scene, background=background, things=tuple(sorted(meant, key=lambda t: t.position))), words


def free_text_to_image(random: SplitMix64, *, ends: bool = False) -> Example:
    """A request in free words, then the picture; with `ends`, that there is nothing more to come."""
    scene, words = described(random, make_scene(random, 2, TAUGHT))
    while scene.is_held_out or scene.is_reserved:
        scene, words = described(random, make_scene(random, 2, TAUGHT))
    # A scene's bare words begin a story; who asks for a picture gets one.
    if ends or random.percent(60):
        words = f"{random.choice(BEFORE)} {words}"
        if random.percent(10):
            words += random.choice((" please", ", please", " for me"))
    return Example("free_text_to_image", (
        Text(w.written(random, words)), Picture(scene, is_drawn=True)), ends=ends)


def text_to_image(random: SplitMix64) -> Example:
    """The suites' wording, sometimes with a capital and a full stop."""
    scene = make_scene(random, 2, TAUGHT)
    words = scene_phrase(scene, random)
    if random.percent(25):
        words = w.written(random, words)
    return Example("text_to_image", (Text(words), Picture(scene, is_drawn=True)), ends=False)
