"""Plain questions: with and without the reference's template, yes or no, how many, and about what is not there."""

from __future__ import annotations

from dataclasses import dataclass

from world import vocabulary as v
from world.randomness import SplitMix64
from world.scene import Scene, Thing
from world.sentences import scene_phrase
from world.tasks import VQA_AFTER, VQA_BEFORE, Example, Picture, Text

from . import words as w
from .edits import NEW_COLOUR, NEW_PLACE, NEW_SIZE, REMOVED

COUNTS = ("zero", "one", "two", "three")
DESCRIBE = ("describe the picture", "describe this image", "what is in this picture?", "what do you see?",
            "what is this?", "what does the picture show?", "tell me what you see", "caption", "a picture of",
            "describe it", "what is shown here?", "what's in the image?", "please describe the image",
            "what can be seen here?", "")
COLOUR = ("what {colour} is {ref}?", "what {colour} does {ref} have?", "what is the {colour} of {ref}?",
          "which {colour} is {ref}?", "tell me the {colour} of {ref}", "{ref} is what {colour}?",
          "what's the {colour} of {ref}?", "name the {colour} of {ref}")
SHAPE = ("what shape is {ref}?", "what is the shape of {ref}?", "which shape is {ref}?", "what is {ref}?",
         "which shape does {ref} have?", "name the shape of {ref}", "what kind of shape is {ref}?")
PLACE = ("where is {ref}?", "where's {ref}?", "in which place is {ref}?", "what is the position of {ref}?",
         "where in the picture is {ref}?", "tell me where {ref} is", "where do you see {ref}?",
         "in what part of the picture is {ref}?")
SIZE = ("what size is {ref}?", "how large is {ref}?", "how big is {ref}?", "is {ref} small or large?",
        "what is the size of {ref}?", "is {ref} big or small?", "tell me the size of {ref}")
GROUND = ("is the background light or dark?", "what is the background like?", "how is the background?",
          "what kind of background is it?", "is the background dark or light?", "describe the background")
COUNT = ("how many {things} are there?", "how many {things} are in the picture?", "how many {things} do you see?",
         "count the {things}", "how many {things} are shown?", "how many {things} does the picture have?",
         "number of {things}?")
IS_THERE = ("is there {one}?", "do you see {one}?", "is there {one} in the picture?", "can you see {one}?",
            "is {one} in the image?", "does the picture show {one}?", "is there {one} here?",
            "do you see {one} anywhere?")


IS_SO = ("is {subject} {told}?", "is {subject} {told}?", "{subject} is {told}, right?")


@dataclass(frozen=True)
class Forms:
    """Phrasings of every kind of question; gaps are in braces."""

    describe: tuple[str, ...]
    colour: tuple[str, ...]
    shape: tuple[str, ...]
    place: tuple[str, ...]
    size: tuple[str, ...]
    ground: tuple[str, ...]
    count: tuple[str, ...]
    is_there: tuple[str, ...]
    is_so: tuple[str, ...]


PLAIN = Forms(DESCRIBE, COLOUR, SHAPE, PLACE, SIZE, GROUND, COUNT, IS_THERE, IS_SO)


def plural(word: str) -> str:
    """Such as "crosses"."""
    return word + ("es" if word.endswith(("s", "ss")) else "s")


def ask(random: SplitMix64, task: str, scene: Scene, words: str, answer: str, about: Thing | None) -> Example:
    """A question after the picture, before it, or in the reference's template."""
    words = w.written(random, words, "?") if words else words
    pick = random.below(100)
    if words and pick < 15:
        parts = (Text(VQA_BEFORE), Picture(scene), Text(words + VQA_AFTER))
    elif words and pick < 35:
        parts = (Text(words), Picture(scene))
    else:
        parts = (Picture(scene), Text(words)) if words else (Picture(scene),)
    return Example(task, (*parts, Text(f" {answer}" if isinstance(parts[-1], Text) else answer, True)), about=about)


def describe(random: SplitMix64, scene: Scene, forms: Forms = PLAIN) -> Example:
    """What a picture shows, asked in any way or by the picture alone."""
    return ask(random, "describe", scene, random.choice(forms.describe), scene_phrase(scene), None)


def plain_question(random: SplitMix64, scene: Scene, forms: Forms = PLAIN) -> Example:
    """About colour, shape, place, size or background of what is there."""
    thing = random.choice(scene.things)
    kind = random.below(6)
    if kind == 0:
        words = random.choice(forms.colour).format(colour=w.colour_noun(random), ref=by_shape(random, thing))
        answer = v.COLOURS[thing.colour]
    elif kind <= 2:
        words, answer = random.choice(forms.shape).format(ref=without_shape(random, thing, scene)), v.SHAPES[thing.shape]
    elif kind == 3:
        words, answer = random.choice(forms.place).format(ref=by_look(random, thing)), v.POSITIONS[thing.position]
    elif kind == 4:
        words, answer = random.choice(forms.size).format(ref=by_shape(random, thing)), v.SIZES[thing.size]
    else:
        return ask(random, "plain_question", scene, random.choice(forms.ground), v.BACKGROUNDS[scene.background], None)
    return ask(random, "plain_question", scene, words, answer, thing)


def by_shape(random: SplitMix64, thing: Thing) -> str:
    """A name that leaves colour and size out."""
    shape = w.shape(random, thing)
    return random.choice((f"the {shape}", f"the {shape}", f"the {shape} {w.at(random, thing.position)}"))


def by_look(random: SplitMix64, thing: Thing) -> str:
    """A name that leaves the place out."""
    shape = w.shape(random, thing)
    return random.choice((f"the {shape}", f"the {shape}", f"the {w.colour(random, thing)} {shape}",
                          f"the {w.size(random, thing)} {shape}"))


def without_shape(random: SplitMix64, thing: Thing, scene: Scene) -> str:
    """A name that leaves the shape out and means this thing alone."""
    name = random.choice(w.OBJECTS)
    names = [f"the {name} {w.at(random, thing.position)}", w.at(random, thing.position)]
    others = [other for other in scene.things if other != thing]
    if all(other.colour != thing.colour for other in others):
        names += [f"the {w.colour(random, thing)} {name}", f"the {w.colour(random, thing)} one",
                  w.colour(random, thing)]
    if all(other.size != thing.size for other in others):
        names += [f"the {w.size(random, thing)} {name}"]
    return random.choice(names)


def is_shown(scene: Scene, wanted: dict[str, int]) -> bool:
    """Whether a thing of the scene has all of these."""
    return any(all(getattr(thing, name) == value for name, value in wanted.items()) for thing in scene.things)


def is_silent(wanted: dict[str, int]) -> bool:
    """Whether a held-out pair is asked about: that training never shows it is no evidence that it is not there."""
    shape, colour, position = (wanted.get(name) for name in ("shape", "colour", "position"))
    return shape is not None and (
        colour is not None and v.is_held_out_colour(shape, colour)
        or position is not None and v.is_held_out_position(shape, position))


def named(random: SplitMix64, wanted: dict[str, int]) -> str:
    """Such as "a red circle at the top": only what is wanted."""
    thing = Thing(*(wanted.get(name, 0) for name in ("shape", "colour", "size", "position")), 0, 0)
    name = w.shape(random, thing) if "shape" in wanted else random.choice(w.OBJECTS)
    told = [w.size(random, thing)] * ("size" in wanted) + [w.colour(random, thing)] * ("colour" in wanted)
    place = f" {w.at(random, thing.position)}" if "position" in wanted else ""
    return f"a {' '.join([*told, name])}{place}"


def yes_no(random: SplitMix64, scene: Scene, forms: Forms = PLAIN) -> Example:
    """Whether something is there, or is so. As often yes as no, and no mostly by one thing that is otherwise."""
    is_yes = random.percent(50)
    if random.percent(15):
        value = scene.background if is_yes else 1 - scene.background
        words = random.choice(("is the background {b}?", "is it a {b} background?", "does it have a {b} background?"))
        return ask(random, "yes_no", scene, words.format(b=random.choice(w.BACKGROUNDS[value])), "yes" if is_yes
                   else "no", None)
    while True:
        thing = random.choice(scene.things)
        names = random.choice((("shape",), ("shape", "colour"), ("shape", "colour", "size"), ("shape", "position"),
                               ("colour",),
                               ("shape", "size"), ("colour", "position"), ("shape",), ("shape", "colour")))
        wanted = {name: getattr(thing, name) for name in names}
        if not is_yes:
            other = random.choice(names)
            wanted[other] = random.below(v.COUNTS[other])
        if is_shown(scene, wanted) == is_yes and not is_silent(wanted):
            break
    statement = "shape" in wanted and len(wanted) == 2 and is_shown(scene, {"shape": wanted["shape"]})
    if statement and random.percent(60):
        subject = f"the {random.choice(w.SHAPES[wanted['shape']])}"
        other = next(name for name in wanted if name != "shape")
        value = wanted[other]
        told = {"colour": lambda: random.choice(w.COLOURS[value]), "size": lambda: random.choice(w.SIZES[value]),
                "position": lambda: w.at(random, value)}[other]()
        words = random.choice(forms.is_so).format(subject=subject, told=told)
    else:
        words = random.choice(forms.is_there).format(one=named(random, wanted))
    return ask(random, "yes_no", scene, words, "yes" if is_yes else "no", thing if is_yes else None)


def count(random: SplitMix64, scene: Scene, forms: Forms = PLAIN) -> Example:
    """How many objects, or how many of a kind."""
    pick = random.below(100)
    if pick < 50:
        return ask(random, "count", scene, random.choice(forms.count).format(things=plural(random.choice(w.OBJECTS))),
                   COUNTS[len(scene.things)], None)
    name = random.choice(("shape", "colour", "size"))
    value = getattr(random.choice(scene.things), name) if random.percent(60) else random.below(v.COUNTS[name])
    found = sum(getattr(thing, name) == value for thing in scene.things)
    if name == "shape":
        things = plural(random.choice(w.SHAPES[value]))
    else:
        told = random.choice((w.COLOURS if name == "colour" else w.SIZES)[value])
        things = f"{told} {plural(random.choice(w.OBJECTS))}"
    return ask(random, "count", scene, random.choice(forms.count).format(things=things), COUNTS[found], None)


def absent(random: SplitMix64, scene: Scene, forms: Forms = PLAIN) -> Example:
    """A question about a shape that is not there, or a change of it: the answer is that."""
    shape = random.below(len(v.SHAPES))
    while any(thing.shape == shape for thing in scene.things):
        shape = random.below(len(v.SHAPES))
    ref = f"the {random.choice(w.SHAPES[shape])}"
    if random.percent(30):
        # To change what is not there.
        like = scene.things[0]
        words = random.choice(NEW_COLOUR + NEW_PLACE + NEW_SIZE[0] + NEW_SIZE[1] + REMOVED)
        to = w.place(random, like.position) if words in NEW_PLACE else w.colour(random, like)
        words = words.format(ref=ref, to=to)
    else:
        words = random.choice(forms.colour + forms.place + forms.size).format(colour=w.colour_noun(random), ref=ref)
    return ask(random, "absent", scene, words, f"there is no {v.SHAPES[shape]}", None)


#: Kinds of questions.
QUESTIONS = {"describe": describe, "plain_question": plain_question, "yes_no": yes_no, "count": count,
             "absent": absent}
