"""Known things in sentences with words that nobody has listed, and strange things in known sentences.

What is asked is told by a few words; verbs and what else binds them are as many as there are people. So they are put together by
chance here, a part of them from words that do not exist: only a thing that there is nothing for is a reason to say so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from world.randomness import SplitMix64
from world.scene import TAUGHT, Scene, make_scene
from world.tasks import UNKNOWN, Example, Picture, Text

from . import questions, wider
from . import words as w

#: Verbs of making.
MAKE = """draw paint make create produce sketch render build show print display present plan prepare bring trace picture
imagine design compose form arrange generate do deliver serve send hand offer write knit cast mould film stage""".split()
#: Verbs of seeing and having, of a picture or of who looks at it.
SEE = """see have show include hold feature own get bring offer notice spot recognize detect observe meet know carry keep
reveal depict present use count display expose involve picture mention possess discern perceive""".split()
#: Verbs of meaning.
MEAN = "think believe guess mean feel claim confirm know notice suppose agree assume expect sense swear bet hope".split()
SHOWN = """shown drawn painted visible present there included hidden given in_sight around part_of_it on_it in_it in_view
depicted displayed noticeable somewhere among_them one_of_them""".split()
ASKING = ("do you", "does it", "does the picture", "does the image", "can you", "can we", "will i", "did you", "would you",
          "could one", "do we", "do they", "does this", "may i", "should i", "did they", "does the drawing", "can anybody")
MODALS = ("can you", "will you", "would you", "you could", "you can", "can somebody", "may i ask you to", "try to", "let us",
          "you should", "we must", "help me to", "i would like to", "i am going to", "it is time to", "please")
NAMES = ("picture", "drawing", "painting", "image", "sketch", "card", "poster", "page", "scene", "illustration", "icon")
BINDING = ("of", "showing", "with", "having", "where there is", "that shows", "that has", "about", "for", "made of",
           "on which is")
SOMETHING = ("something", "anything", "a thing that is", "one that is", "anything that is", "some object that is")


def word(random: SplitMix64, listed: list[str]) -> str:
    """A listed word, or now and then a strange one."""
    chosen = random.choice(listed).replace("_", " ")
    return wider.strange_noun(random) if random.percent(12) else chosen


def carried(random: SplitMix64, words: str) -> str:
    """Words for a picture in a sentence that is put together by chance."""
    pick = random.below(100)
    if pick < 15:
        return words
    if pick < 45:
        verb = word(random, MAKE)
        words = f"{random.choice(MODALS)} {verb} {random.choice(('', '', 'me ', 'us ', 'for me '))}{words}"
    elif pick < 60:
        words = f"{word(random, MAKE)} {random.choice(('', '', 'me ', 'us ', 'now '))}{words}"
    elif pick < 80:
        # "an image with" and the like.
        name, binding = random.choice(NAMES), random.choice(BINDING)
        if (name, binding) == ("image", "with"):
            name = "picture"
        words = f"{random.choice(('a', 'the', 'one', 'some', 'my', 'your'))} {name} {binding} {words}"
    else:
        verb = word(random, (MAKE, SEE, MEAN)[random.below(3)])
        words = f"{random.choice(('i', 'we', 'they', 'you'))} {verb} {words}"
    if random.percent(20):
        words = f"{random.choice(wider.OPENERS)} {words}"
    return words + (random.choice(wider.AFTER) if random.percent(20) else "")


def yes_no(random: SplitMix64, scene: Scene) -> Example:
    """Whether something is there, or is so, asked with any verb."""
    asking = random.choice(ASKING)
    is_there = random.choice((
        f"{asking} {word(random, SEE)} {{one}}?", f"{asking} {word(random, SEE)} {{one}}?",
        f"is {{one}} {word(random, SHOWN)}?", f"{asking} {word(random, MEAN)} that there is {{one}}?"))
    is_so = f"{asking} {word(random, MEAN)} {random.choice(('', '', 'that '))}{{subject}} is {{told}}?"
    example = questions.yes_no(random, scene, replace(wider.FORMS, is_there=(is_there,), is_so=(is_so,)))
    return replace(example, parts=tuple(
        replace(part, words=loosened(random, part.words)) if wider.is_plain_question(part) else part
        for part in example.parts))


def loosened(random: SplitMix64, words: str) -> str:
    """With "something red" for a red object, and without "is" before a place, half of the time."""
    if random.percent(50):
        objects = "|".join(w.OBJECTS)
        words = re.sub(rf"\ba (\w+) ({objects})\b", rf"{random.choice(SOMETHING)} \1", words)
    if random.percent(50):
        words = re.sub(r"(?<=\w) is (?=(at|in|on) the )", " ", words)
    return words


def question(random: SplitMix64, task: str, scene: Scene) -> Example:
    """A question of `questions.QUESTIONS`; for yes or no with any verb, the others as `wider` asks."""
    return yes_no(random, scene) if task == "yes_no" and random.percent(70) else wider.question(random, task, scene)


def unknown_words(random: SplitMix64) -> Example:
    """Things that there is nothing for, in sentences as above, or alone."""
    scene, said = make_scene(random, 2, TAUGHT), Text(f" {UNKNOWN}", True)
    noun, pick = wider.strange_noun(random), random.below(100)
    if pick < 20:
        words = random.choice(("{n}", "a {n}", "the {n}", "{n}s", "{n} please", "please, {n}", "my {n}", "{n}, thanks",
                               "{n} now", "ok, {n}", "one {n}")).format(n=noun)
    elif pick < 50:
        words = carried(random, wider.fill(random, random.choice(wider.UNKNOWN_SCENES).replace("{carrier} ", ""), scene))
    elif pick < 70:
        words = carried(random, wider.strange_scene(random))
    else:
        asking = random.choice(ASKING)
        words = random.choice((
            f"{asking} {word(random, SEE)} a {noun}?", f"is the {noun} {word(random, SHOWN)}?",
            f"{word(random, MAKE)} the {noun} {random.choice(('small', 'large', w.colour(random, scene.things[0])))}",
            f"{asking} {word(random, MAKE)} the {noun} {w.colour(random, scene.things[0])}?",
            f"{word(random, MAKE)} the {noun} away", f"what {asking.split()[0]} the {noun} {word(random, SEE)}?",
            f"{word(random, MAKE)} out the {noun}", f"how {asking} {word(random, SEE)} the {noun}?"))
        return Example("unknown", (Picture(scene), Text(w.written(random, words)), said))
    return Example("unknown", (Text(w.written(random, words)), said))
