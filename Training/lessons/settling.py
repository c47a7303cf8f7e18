"""What was left to learn when all else was there: changes asked for with any verb, questions within a conversation, pictures
described in any words, and silence about things that might be there.

"Can you make the star large?" was taken for a question, a question after a picture of the model's own for one for a place,
and a shape in its held-out colour for absent: no lesson shows such a thing, and the ones for what is not there said so of
all that looks like it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from world import vocabulary as v
from world.randomness import SplitMix64
from world.scene import TAUGHT, Change, Scene, change_scene
from world.sentences import scene_phrase
from world.tasks import TASKS, Example, Picture, Text

from . import answering, edits, requests, strange, wider
from . import words as w

#: Verbs of change, beside those of making.
CHANGE = """make turn change set switch convert alter modify adjust edit update transform get bring put move place drag slide lift
pull push carry shift take swap replace paint color fill tint dye""".split()
SIZES = (("small", "small", "smaller", "little", "tiny"), ("large", "large", "larger", "big", "bigger", "huge"))
INTO_COLOUR = ("{verb} {ref} {to}", "{verb} {ref} {to}", "{verb} {ref} {to}", "{verb} {ref} to {to}", "{verb} {ref} into {to}",
               "{verb} {ref} in {to}", "{verb} {to} on {ref}", "{verb} {ref} so that it is {to}")
INTO_PLACE = ("{verb} {ref} to the {to}", "{verb} {ref} to the {to}", "{verb} {ref} in the {to}", "{verb} {ref} into the {to}",
              "{verb} {ref} at the {to}", "{verb} {ref} over to the {to}", "{verb} {ref} {to}",
              "{verb} {ref} so that it is at the {to}")
INTO_SIZE = ("{verb} {ref} {to}", "{verb} {ref} {to}", "{verb} {ref} {to}", "{verb} {ref} so that it is {to}")
INTO_SHAPE = ("{verb} {ref} into a {to}", "{verb} {ref} into a {to}", "{verb} {ref} to a {to}", "{verb} {ref} a {to}",
              "{verb} {ref} so that it is a {to}", "{verb} a {to} of {ref}")
MORE = ("{verb} {new} too", "{verb} {new} as well", "{verb} {new} beside it", "{verb} {new} to it",
        "{verb} one more thing: {new}", "{verb} {new} in addition", "{verb} {new} to that picture")
AWAY = ("{verb} {ref} away", "{verb} {ref} off", "{verb} away {ref}", "{verb} {ref} out of the picture",
        "{verb} {ref} off the picture", "{verb} it without {ref}")
GROUND = ("make the background {to}", "{verb} the background {to}", "{verb} the background to {to}", "a {to} background please",
          "{verb} it on a {to} background", "the background should be {to}", "now on a {to} background",
          "now the background is {to}", "{verb} the ground {to}", "the same on {to}", "background: {to}",
          "change the background to {to}", "{verb} a {to} background")

DESCRIBE = """describe caption explain summarize outline read interpret detail characterize report narrate""".split()
PICTURES = ("picture", "image", "picture", "image", "photo", "drawing", "scene", "photograph", "painting", "figure")
DESCRIPTIONS = ("{verb} {the} {name}", "{verb} {the} {name}", "{verb} {the} {name}", "{verb} {the} {name} to me",
                "tell me about {the} {name}", "a caption for {the} {name}", "what does {the} {name} {shows}?",
                "what is in {the} {name}?", "what is shown in {the} {name}?", "what is on {the} {name}?",
                "what is {the} {name} of?", "what is there in {the} {name}?", "what can you see in {the} {name}?",
                "what is to be seen on {the} {name}?", "say what is in {the} {name}", "what did you draw?",
                "what have you drawn?", "what do we see?", "what is it?", "a photo of", "an image of", "a picture of",
                "what do you see now?", "and what is that?", "describe what you see", "describe it in words",
                "what am i looking at?")


def phrase(random: SplitMix64, forms: tuple[str, ...], verbs: list[str], **gaps: str) -> str:
    """One of some forms with any verb, asked for as anything is that somebody wants."""
    form = random.choice(forms)
    words, pick = form.format(verb=strange.word(random, verbs), **gaps), random.below(100)
    if pick < 45 and form.startswith("{verb}"):
        words = f"{random.choice(strange.MODALS)} {words}"
        if random.percent(40):
            words += "?"
    elif pick < 60:
        words = f"{random.choice(wider.OPENERS)} {words}"
    return words + random.choice(wider.AFTER) if random.percent(12) and not words.endswith("?") else words


def change(random: SplitMix64, scene: Scene) -> tuple[Scene, Change | None, str]:
    """Any change of a scene and its words; one of the background has no object that changes."""
    verbs = CHANGE if random.percent(60) else strange.MAKE
    while True:
        pick = random.below(100)
        if pick < 8:
            after, made = replace(scene, background=1 - scene.background), None
            words = phrase(random, GROUND, verbs, to=random.choice(w.BACKGROUNDS[after.background]))
        elif pick < 35:
            adds = len(scene.things) == 1
            # The words of an object or of its name alone, which then take any verb.
            after, made, name = edits.add(random, scene, ("{new}",)) if adds else edits.remove(random, scene, ("{ref}",))
            words = (phrase(random, MORE, strange.MAKE, new=name) if adds else phrase(random, AWAY, verbs, ref=name))
        else:
            after, made = change_scene(random, scene, TAUGHT)
            words = changed(random, made, edits.reference(random, made.before, scene), verbs)
        if not after.is_reserved:
            return after, made, words


def changed(random: SplitMix64, made: Change, name: str, verbs: list[str]) -> str:
    """Words for a change of an object that is called so, with any verb."""
    forms, to = {
        "colour": (INTO_COLOUR, w.colour(random, made.after)),
        "position": (INTO_PLACE, w.place(random, made.after.position)),
        "size": (INTO_SIZE, random.choice(SIZES[made.after.size])),
        "shape": (INTO_SHAPE, w.shape(random, made.after))}[made.kind]
    return phrase(random, forms, verbs, ref=name, to=to)


def editing(random: SplitMix64, scene: Scene, begin: tuple[Text | Picture, ...] = ()) -> Example:
    """A picture, a change in any words, the changed picture; `begin` is what comes before the words, or the picture alone."""
    after, made, words = change(random, scene) if random.percent(55) else wider.change(random, scene)
    return Example("free_editing", (
        *(begin or (Picture(scene),)), Text(w.written(random, words)), Picture(after, is_drawn=True)), ends=False,
        changes=() if made is None else (made,))


def might_be_shown(scene: Scene, shape: int) -> bool:
    """Whether an object of a scene has a colour or a place that is never shown with a shape: it says nothing of whether that
    shape is there."""
    return any(v.is_held_out_colour(shape, thing.colour) or v.is_held_out_position(shape, thing.position)
               for thing in scene.things)


def denies_what_might_be(scene: Scene, example: Example) -> bool:
    """Whether a question names a shape that is not there and might be taken for what is."""
    asked = " ".join(part.words for part in example.parts if isinstance(part, Text) and not part.is_target).lower()
    return any(re.search(rf"\b({'|'.join(names)})(e?s)?\b", asked) is not None and might_be_shown(scene, shape)
               for shape, names in enumerate(w.SHAPES) if all(thing.shape != shape for thing in scene.things))


def describe(random: SplitMix64, scene: Scene) -> Example:
    """What a picture shows, asked for in any words."""
    words = random.choice(DESCRIPTIONS).format(
        verb=strange.word(random, DESCRIBE), the=random.choice(("the", "this", "the", "this", "that", "my", "your")),
        name=random.choice(PICTURES), shows=strange.word(random, strange.SEE))
    if random.percent(20):
        words = f"{random.choice((*wider.BEFORE_QUESTION, *strange.MODALS))} {words}"
    return Example("describe", (
        Picture(scene), Text(w.written(random, words, "?")), Text(f" {scene_phrase(scene)}", True)))


def absent(random: SplitMix64, scene: Scene) -> Example:
    """A change of what is not there: the answer is that."""
    shape = random.below(len(v.SHAPES))
    while any(thing.shape == shape for thing in scene.things):
        shape = random.below(len(v.SHAPES))
    thing = replace(random.choice(scene.things), shape=shape)
    kind = random.choice(("colour", "position", "size", "shape"))
    verbs = CHANGE if random.percent(60) else strange.MAKE
    made = Change(kind, thing, replace(thing, **{kind: random.below(v.COUNTS[kind])}))
    name = f"the {w.shape(random, thing)}"
    words = phrase(random, AWAY, verbs, ref=name) if random.percent(20) else changed(random, made, name, verbs)
    return Example("absent", (
        Picture(scene), Text(w.written(random, words)), Text(f" there is no {v.SHAPES[shape]}", True)))


def any_question(random: SplitMix64, task: str, scene: Scene) -> Example:
    """A question as `answering` asks them, or a change of what is not there."""
    return absent(random, scene) if task == "absent" and random.percent(35) else answering.question(random, task, scene)


def question(random: SplitMix64, task: str, scene: Scene) -> Example:
    """A question of any kind, or a description; silent about what might be there."""
    if task == "describe" and random.percent(70):
        return describe(random, scene)
    for _ in range(20):
        example = any_question(random, task, scene)
        if not denies_what_might_be(scene, example):
            return example
    return answering.question(random, "plain_question", scene)


def asked_for(random: SplitMix64, scene: Scene) -> str:
    """Words that somebody said before a picture: not always all that is in it."""
    meant, words = requests.described(random, scene)
    if meant != scene and random.percent(50):
        words = scene_phrase(scene, random)
    if random.percent(50):
        words = strange.carried(random, words)
    return w.written(random, words)


def conversation(random: SplitMix64, scene: Scene) -> tuple[Text | Picture, ...]:
    """What leads up to a picture, and the picture: words, or another picture and a change; at times something asked."""
    parts: list[Text | Picture] = []
    if random.percent(40):
        before, made = change_scene(random, scene, TAUGHT)
        if random.percent(60):
            parts.append(Text(asked_for(random, before)))
        parts += [Picture(before), Text(w.written(random, edits.change_words(
            random, Change(made.kind, made.after, made.before), before, random.choice((edits.CHANGES, wider.CHANGES)))))]
    else:
        parts.append(Text(asked_for(random, scene)))
    parts.append(Picture(scene))
    if random.percent(35):
        example = question(random, random.choice(("plain_question", "yes_no", "describe")), scene)
        if is_plain(example):
            parts += [Text(part.words) for part in example.parts[1:]]
    return tuple(parts)


def is_plain(example: Example) -> bool:
    """Whether an example is a picture, what is asked, and the answer."""
    return isinstance(example.parts[0], Picture) and len(example.parts) == 3


def in_conversation(random: SplitMix64, scene: Scene) -> list[Example]:
    """Questions of all kinds about a picture that was drawn, or changed, in a conversation."""
    begin = conversation(random, scene)
    asked = [TASKS["caption"](random, 2, TAUGHT, scene)] + [
        question(random, task, scene) for task in (
            "describe", "describe", "plain_question", "plain_question", "plain_question", "yes_no", "yes_no", "yes_no", "count",
            "absent")]
    return [replace(example, parts=(*begin, *example.parts[1:])) for example in asked if is_plain(example)]


def changed_in_conversation(random: SplitMix64, scene: Scene, count: int) -> list[Example]:
    """Different changes, `count` of them, of a picture that was drawn, or changed, in a conversation."""
    begin = conversation(random, scene)
    return [editing(random, scene, begin) for _ in range(count)]
