"""Changes in free words, objects that come and go."""

from __future__ import annotations

from dataclasses import replace

from world import vocabulary as v
from world.randomness import SplitMix64
from world.scene import TAUGHT, Change, Scene, Thing, change_scene, make_scene
from world.tasks import Example, Picture, Text

from . import words as w
from .requests import COLOUR, SIZE, free_place, noun, with_article

NEW_COLOUR = ("make {ref} {to}", "turn {ref} {to}", "paint {ref} {to}", "color {ref} {to}",
              "change the color of {ref} to {to}", "change {ref} to {to}", "{ref} should be {to}", "now {ref} is {to}",
              "then {ref} turns {to}", "{ref} becomes {to}", "change the colour of {ref} to {to}",
              "set the color of {ref} to {to}", "please make {ref} {to}")
NEW_PLACE = ("move {ref} to the {to}", "put {ref} at the {to}", "put {ref} in the {to}", "place {ref} at the {to}",
             "{ref} should be at the {to}", "now {ref} is at the {to}", "then {ref} moves to the {to}",
             "{ref} goes to the {to}", "shift {ref} to the {to}", "please move {ref} to the {to}",
             "move {ref} into the {to}", "bring {ref} to the {to}")
NEW_SIZE = (("make {ref} small", "make {ref} smaller", "shrink {ref}", "{ref} should be small", "now {ref} is small",
             "now {ref} is smaller", "then {ref} becomes small", "please make {ref} tiny", "{ref} gets smaller",
             "make {ref} little"),
            ("make {ref} large", "make {ref} bigger", "enlarge {ref}", "{ref} should be big", "now {ref} is large",
             "make {ref} larger", "then {ref} becomes large", "please make {ref} huge", "{ref} gets bigger",
             "let {ref} grow"))
NEW_SHAPE = ("turn {ref} into a {to}", "make {ref} a {to}", "change {ref} into a {to}", "replace {ref} with a {to}",
             "replace {ref} by a {to}", "now {ref} is a {to}", "then {ref} becomes a {to}", "{ref} should be a {to}",
             "swap {ref} for a {to}", "change {ref} to a {to}", "please turn {ref} into a {to}")
ADDED = ("add {new}", "please add {new}", "put {new}", "now there is also {new}", "then {new} appears", "place {new}",
         "draw {new} too", "add {new} to the picture", "now add {new}", "then add {new}", "and {new}", "insert {new}")
REMOVED = ("remove {ref}", "please remove {ref}", "delete {ref}", "take {ref} away", "erase {ref}",
           "now {ref} is gone", "then {ref} disappears", "take away {ref}", "remove {ref} from the picture",
           "now without {ref}", "drop {ref}", "now remove {ref}", "{ref} vanishes")


def reference(random: SplitMix64, thing: Thing, scene: Scene) -> str:
    """What a thing of a scene is called: "the star", "the red one", "it"."""
    others = [other for other in scene.things if other != thing]
    shape = w.shape(random, thing)
    names = [f"the {shape}"] * 4 + [f"the {w.colour(random, thing)} {shape}"] * 2 + [
        f"the {w.size(random, thing)} {shape}", f"the {w.size(random, thing)} {w.colour(random, thing)} {shape}",
        f"the {shape} {w.at(random, thing.position)}",
        f"the {random.choice(w.OBJECTS)} {w.at(random, thing.position)}"]
    if all(other.colour != thing.colour for other in others):
        names += [f"the {w.colour(random, thing)} one", f"the {w.colour(random, thing)} {random.choice(w.OBJECTS)}"]
    if all(other.size != thing.size for other in others):
        names += [f"the {w.size(random, thing)} one", f"the {w.size(random, thing)} {random.choice(w.OBJECTS)}"]
    if not others:
        names += ["it", "it", f"the {random.choice(w.OBJECTS)}"]
    return random.choice(names)


#: Of changes of colour, place, size and shape.
CHANGES = (NEW_COLOUR, NEW_PLACE, NEW_SIZE, NEW_SHAPE)


def change_words(random: SplitMix64, change: Change, scene: Scene, phrasings: tuple[tuple, ...] = CHANGES) -> str:
    """A change of a thing of a scene in free words, in phrasings as those of `CHANGES`."""
    colours, places, sizes, shapes = phrasings
    after = change.after
    if change.kind == "colour":
        words, to = random.choice(colours), w.colour(random, after)
    elif change.kind == "position":
        words, to = random.choice(places), w.place(random, after.position)
    elif change.kind == "size":
        words, to = random.choice(sizes[after.size]), ""
    else:
        words, to = random.choice(shapes), w.shape(random, after)
    return words.format(ref=reference(random, change.before, scene), to=to)


def add(random: SplitMix64, scene: Scene, phrasings: tuple[str, ...] = ADDED
        ) -> tuple[Scene, Change, str]:
    """Another object for a scene of one; what is not said of it is as when nothing is said."""
    says_size, says_colour, says_place = (random.percent(75) for _ in range(3))
    while True:
        thing = make_scene(random, 1, TAUGHT).things[0]
        thing = replace(thing, size=thing.size if says_size else SIZE,
                        colour=thing.colour if says_colour else COLOUR[thing.shape])
        if not says_place:
            thing = replace(thing, position=free_place(thing.shape, {other.position for other in scene.things}))
        if not thing.is_held_out and not any(map(thing.collides, scene.things)):
            break
    new = with_article(noun(random, thing, says_size, says_colour))
    if says_place:
        new += f" {w.at(random, thing.position)}"
    return scene.with_things([*scene.things, thing]), Change("add", thing, thing), random.choice(phrasings).format(new=new)


def remove(random: SplitMix64, scene: Scene, phrasings: tuple[str, ...] = REMOVED
           ) -> tuple[Scene, Change, str]:
    """One of two objects less."""
    thing = random.choice(scene.things)
    words = random.choice(phrasings)
    name = reference(random, thing, scene)
    words = words.format(ref=name, bare=name.removeprefix("the "))
    return scene.with_things([other for other in scene.things if other != thing]), Change("remove", thing, thing), words


def change(random: SplitMix64, scene: Scene) -> tuple[Scene, Change, str]:
    """Any change of a scene, and its words as they are written."""
    while True:
        if random.percent(30):
            after, made, words = (add if len(scene.things) == 1 else remove)(random, scene)
        else:
            after, made = change_scene(random, scene, TAUGHT)
            words = change_words(random, made, scene)
        if not after.is_reserved:
            return after, made, w.written(random, words)


def free_editing(random: SplitMix64, *, ends: bool = False) -> Example:
    """A picture, a change in free words, the changed picture; with `ends`, that there is nothing more to come."""
    scene = make_scene(random, 2, TAUGHT)
    after, made, words = change(random, scene)
    return Example("free_editing", (
        Picture(scene), Text(words), Picture(after, is_drawn=True)), ends=ends, changes=(made,))


def lively_change(random: SplitMix64, scene: Scene, turn: int) -> tuple[Scene, Change]:
    """A change of a kind that follows from the picture, two times in three.

    By chance alone the most probable one would always be of size, which has the fewest alternatives."""
    if random.percent(33):
        return change_scene(random, scene, TAUGHT)
    kinds = ("colour", "position", "shape", "size")
    for attempt in range(16):
        thing = scene.things[(turn + attempt) % len(scene.things)]
        kind = kinds[(thing.colour + turn + attempt // 2) % len(kinds)]
        for step in range(1, v.COUNTS[kind]):
            after = replace(thing, **{kind: (getattr(thing, kind) + step) % v.COUNTS[kind]})
            others = [other for other in scene.things if other != thing]
            if after.is_held_out or any(map(after.collides, others)):
                continue
            changed = scene.with_things([*others, after])
            if not changed.is_reserved:
                return changed, Change(kind, thing, after)
    return change_scene(random, scene, TAUGHT)
