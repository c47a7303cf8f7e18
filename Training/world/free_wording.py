"""The suites in free wording, asked as somebody would who has read nothing about the model.

No phrase of it is in training's (`lessons/`): `python -m world.check_disjoint` compares them.
"""

from __future__ import annotations

from . import vocabulary as v
from .randomness import SplitMix64
from .scene import Scene, Thing, change_scene, draw_thing, make_scene
from .sentences import BACKGROUND_WORDS, SIZE_WORDS
from .tasks import UNKNOWN, Example, Picture, Text

#: Names of cells, as they follow "in the".
PLACES = (
    ("top left", "upper left", "top left corner", "upper left corner"),
    ("top", "top center", "upper middle"),
    ("top right", "upper right", "top right corner", "upper right corner"),
    ("left", "left side"), ("center", "middle", "centre"), ("right", "right side"),
    ("bottom left", "lower left", "bottom left corner", "lower left corner"),
    ("bottom", "bottom center", "lower middle"),
    ("bottom right", "lower right", "bottom right corner", "lower right corner"))
COLOUR_NOUNS = ("color", "colour")
THING_FORMS = ("a {c} {sh}, {s}, in the {pl}", "a {s} {sh} in {c} at the {pl}", "in the {pl} you see a {s} {c} {sh}",
               "one {s} {c} {sh} placed in the {pl}")
JOINTS = (" and ", ", ", " together with ")
GROUND_FORMS = ("{words} in front of a {g} background", "the background {g}, {words}",
                "{words}; its background is {g}")
CARRIERS = ("{words}", "could you draw {words}", "i want to see {words}", "an image with {words}", "i need {words}",
            "let me see {words}")

ASK_COLOUR = ("what {n} has the {sh}?", "do you know the {n} of the {sh}?", "i see a {sh}, what {n} is it?")
ASK_SHAPE = ("what do you call the {x}?", "what shape has the {x}?", "i see the {x}, what shape is it?")
ASK_PLACE = ("can you tell me where the {sh} is?", "at which place do you see the {sh}?",
             "i am looking for the {sh}, where is it?")
ASK_SIZE = ("would you say the {sh} is small or large?", "what size has the {sh}?")
ASK_GROUND = ("would you call the background light or dark?", "does it stand on a light or a dark background?")
ASK_COUNT = ("how many objects can you count?", "what is the number of shapes?")
COUNTS = ("one", "two", "three")

HAS_SHAPE = ("does it contain a {sh}?", "is a {sh} to be seen?")
HAS_BOTH = ("does it contain a {c} {sh}?", "is a {c} {sh} to be seen?")
IS_PLACED = ("would you say the {sh} is in the {pl}?", "do you find the {sh} in the {pl}?")
HAS_COLOUR = ("is something {c}?", "does it contain anything {c}?")

REFERENCES = ("the {sh}", "the {c} {sh}", "the {sh} in the {pl}")
NEW_COLOUR = ("let {ref} be {to}", "i want {ref} to be {to}", "could you make {ref} {to}?")
NEW_PLACE = ("let {ref} be in the {to}", "i want {ref} in the {to}", "could you move {ref} to the {to}?")
NEW_SIZE = ("let {ref} be {to}", "i want {ref} to be {to}", "could you make {ref} {to}?")
NEW_SHAPE = ("let {ref} be a {to}", "i want a {to} instead of {ref}", "could you turn {ref} into a {to}?")
ADDED = ("also draw {new}", "please include {new}", "i also want {new}")
REMOVED = ("get rid of {ref}", "i do not want {ref}", "leave {ref} out")

UNKNOWN_NOUNS = ("umbrella", "penguin", "volcano", "saxophone", "cactus", "lighthouse", "helicopter", "pineapple",
                 "octopus", "bathtub", "motorcycle", "skateboard", "sandwich", "telescope", "squirrel", "pumpkin",
                 "mushroom", "windmill", "parrot", "kangaroo", "submarine", "backpack", "waterfall", "snowman",
                 "typewriter", "hedgehog", "camel", "peacock", "lobster", "tractor", "anchor", "compass", "harp",
                 "walnut", "violinist", "keyhole", "igloo", "owl", "barber", "acrobat")
UNKNOWN_COLOURS = ("maroon", "olive", "indigo", "ivory", "crimson", "khaki")
UNKNOWN_WORDS = ("{n}", "could you draw a {n}", "i want to see a {n} and a {m}", "a {s} {c} {n} in the {pl}",
                 "who invented the {n}?", "a photograph of a {n}", "let me see a {k} {sh} in the {pl}", "{n}, please")
UNKNOWN_ABOUT = ("does it contain a {n}?", "could you make the {n} {c}?", "get rid of the {n}",
                 "what does the {n} do?")


def _written(random: SplitMix64, words: str, ending: str = ".") -> str:
    """As it is, with a capital and an end, loud, or with a capital alone."""
    style = random.below(4)
    if style == 2:
        words = words.upper()
    elif style != 0:
        words = words[:1].upper() + words[1:]
    return words + ending if style == 1 and words[-1] not in "?." else words


def _place(random: SplitMix64, thing: Thing) -> str:
    return random.choice(PLACES[thing.position])


def _noun(random: SplitMix64, thing: Thing, form: str) -> str:
    return form.format(s=random.choice(SIZE_WORDS[thing.size]), pl=_place(random, thing), c=v.COLOURS[thing.colour],
                       sh=v.SHAPES[thing.shape])


def free_text_to_image(random: SplitMix64, most: int, split: str) -> Example:
    """A scene in free words, then the picture."""
    scene = make_scene(random, most, split)
    parts = [_noun(random, thing, random.choice(THING_FORMS)) for thing in scene.things]
    if random.below(2) == 1:
        parts.reverse()
    words = random.choice(JOINTS).join(parts)
    ground = random.choice(BACKGROUND_WORDS[scene.background])
    words = random.choice(GROUND_FORMS).format(words=words, g=ground)
    words = _written(random, random.choice(CARRIERS).format(words=words))
    return Example("free_text_to_image", (Text(words), Picture(scene, is_drawn=True)), ends=False)


def _asked(task: str, scene: Scene, words: str, answer: str) -> Example:
    return Example(task, (Picture(scene), Text(words), Text(f" {answer}", True)))


def free_question(random: SplitMix64, most: int, split: str) -> Example:
    """A plain question about what is there, how much of it, or what is not."""
    scene = make_scene(random, most, split)
    thing, kind = random.choice(scene.things), random.below(7)
    shape = v.SHAPES[thing.shape]
    if kind == 0:
        words = random.choice(ASK_COLOUR).format(n=random.choice(COLOUR_NOUNS), sh=shape)
        answer = v.COLOURS[thing.colour]
    elif kind == 1:
        is_only = sum(other.colour == thing.colour for other in scene.things) == 1
        name = f"{v.COLOURS[thing.colour]} figure" if is_only else f"object in the {_place(random, thing)}"
        words, answer = random.choice(ASK_SHAPE).format(x=name), shape
    elif kind == 2:
        words, answer = random.choice(ASK_PLACE).format(sh=shape), v.POSITIONS[thing.position]
    elif kind == 3:
        words, answer = random.choice(ASK_SIZE).format(sh=shape), v.SIZES[thing.size]
    elif kind == 4:
        words, answer = random.choice(ASK_GROUND), v.BACKGROUNDS[scene.background]
    elif kind == 5:
        words, answer = random.choice(ASK_COUNT), COUNTS[len(scene.things) - 1]
    else:
        shown = {other.shape for other in scene.things}
        absent = random.choice([name for index, name in enumerate(v.SHAPES) if index not in shown])
        words = random.choice(ASK_COLOUR).format(n=random.choice(COLOUR_NOUNS), sh=absent)
        answer = f"there is no {absent}"
    return _asked("free_question", scene, _written(random, words), answer)


def free_yes_no(random: SplitMix64, most: int, split: str) -> Example:
    """Whether a picture has something; as often yes as no."""
    scene = make_scene(random, most, split)
    is_yes, kind = random.below(2) == 0, random.below(4)
    while True:
        thing = random.choice(scene.things)
        shape, colour, place = thing.shape, thing.colour, thing.position
        if not is_yes and kind == 2:
            place = random.below(len(v.POSITIONS))
        elif not is_yes:
            shape, colour = random.below(len(v.SHAPES)), random.below(len(v.COLOURS))
        is_shown = any((kind == 3 or t.shape == shape) and (kind in (0, 2) or t.colour == colour)
                       and (kind != 2 or t.position == place) for t in scene.things)
        if is_shown == is_yes:
            break
    words = random.choice((HAS_SHAPE, HAS_BOTH, IS_PLACED, HAS_COLOUR)[kind]).format(
        sh=v.SHAPES[shape], c=v.COLOURS[colour], pl=random.choice(PLACES[place]))
    return _asked("free_yes_no", scene, _written(random, words), "yes" if is_yes else "no")


def free_editing(random: SplitMix64, most: int, split: str) -> Example:
    """A picture and a change in free words; three in ten add the second object or take one of two away."""
    scene = make_scene(random, most, split)
    if random.below(10) >= 3:
        after, change = change_scene(random, scene, split)
        before, thing = change.before, change.after
        forms, to = {
            "colour": (NEW_COLOUR, v.COLOURS[thing.colour]), "size": (NEW_SIZE, v.SIZES[thing.size]),
            "shape": (NEW_SHAPE, v.SHAPES[thing.shape]), "position": (NEW_PLACE, ""),
        }[change.kind]
        to = to or _place(random, thing)
        words = random.choice(forms).format(ref=_noun(random, before, random.choice(REFERENCES)), to=to)
    elif len(scene.things) > 1:
        gone = random.choice(scene.things)
        after = scene.with_things([thing for thing in scene.things if thing != gone])
        words = random.choice(REMOVED).format(ref=_noun(random, gone, random.choice(REFERENCES)))
    else:
        new = draw_thing(random)
        while new.collides(scene.things[0]) or new.is_held_out != (split == "unseen"):
            new = draw_thing(random)
        after = scene.with_things([*scene.things, new])
        words = random.choice(ADDED).format(new=_noun(random, new, "a {s} {c} {sh} in the {pl}"))
    return Example("free_editing", (
        Picture(scene), Text(_written(random, words)), Picture(after, is_drawn=True)), ends=False)


def unknown(random: SplitMix64, most: int, split: str) -> Example:
    """Words that are none of the world's, alone or about a picture."""
    scene = make_scene(random, most, split)
    thing = scene.things[0]
    is_about = random.below(3) == 0
    words = random.choice(UNKNOWN_ABOUT if is_about else UNKNOWN_WORDS).format(
        n=random.choice(UNKNOWN_NOUNS), m=random.choice(UNKNOWN_NOUNS), k=random.choice(UNKNOWN_COLOURS),
        s=random.choice(SIZE_WORDS[thing.size]), c=v.COLOURS[thing.colour],
        sh=v.SHAPES[thing.shape], pl=_place(random, thing))
    text = (Text(_written(random, words)), Text(f" {UNKNOWN}", True))
    return Example("unknown", (Picture(scene), *text) if is_about else text)


FREE_TASKS = {"free_text_to_image": free_text_to_image, "free_question": free_question, "free_yes_no": free_yes_no,
              "free_editing": free_editing, "unknown": unknown}
