"""The language stages' examples: kinds of batches that take turns, each of examples of like length.

A stage names its turns in the recipe; one that is named twice is twice as frequent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lessons import answering, edits, questions, requests, settling, stories, strange, unknown, wider
from world.randomness import SplitMix64, stream
from world.scene import TAUGHT, Scene, change_scene, make_scene
from world.sentences import change_phrase
from world.tasks import TASKS, Example, Picture, Text
from world.vocabulary import SHAPES

from .batches import Batch, lay_out, stack
from .tokenizer import Tokenizer

#: What is asked about a picture, all of it in one batch, so that the picture is looked at once. Questions for
#: the shape of what has some colour or place take longest to learn.
ASKED = ("caption", "question", "shape", "grounding", "describe", "plain_question", "plain_question", "yes_no",
         "yes_no", "count")
#: The same in wider phrasings.
ASKED_WIDELY = ("question", "grounding", "plain_question", "plain_question", "yes_no", "yes_no", "yes_no", "count",
                "absent")
#: How often an example is drawn again that has, or is about, only one object, or about none, and how often a
#: question that is not for a shape.
REDRAWS, SHAPE_REDRAWS = 2, 12
#: Endings of an edit or a story that differ in the last change alone, as which object is meant takes long to learn.
ENDINGS = 4
#: Examples of a turn, of a batch's count.
SHARES = {"asked": 0.2, "edits": 0.4, "stories": 0.25, "words": 2.0, "unknown": 1.0, "told": 0.25,
          "wide_asked": 0.2, "wide_edits": 0.4, "wide_words": 2.0, "wide_unknown": 1.0,
          "strange_asked": 0.2, "strange_words": 2.0, "strange_unknown": 1.0,
          "placed_asked": 0.2, "ended": 1.0,
          "settled_asked": 0.2, "shown_asked": 0.2, "settled_edits": 0.4, "conversed_asked": 0.2, "conversed_edits": 0.35}
TURNS = ("asked", "edits", "stories", "words", "unknown", "told")


def asks_which(example: Example) -> bool:
    """Whether a question or a description singles out one of several objects."""
    picture = next(part for part in example.parts if isinstance(part, Picture))
    return len(picture.scene.things) > 1 and example.about is not None


def asks_shape(example: Example) -> bool:
    """Whether the answer is a shape."""
    return example.parts[-1].words.strip() in SHAPES


def ask(random: SplitMix64, task: str, scene: Scene) -> Example:
    """Something asked about a scene."""
    if task == "count" and random.percent(30):
        task = "absent"
    if task in questions.QUESTIONS:
        return questions.QUESTIONS[task](random, scene)
    make, fits, redraws = TASKS["question" if task == "shape" else task], asks_which, REDRAWS
    if task == "shape":
        fits, redraws = asks_shape, SHAPE_REDRAWS
    example = make(random, 2, TAUGHT, scene)
    for _ in range(redraws):
        if task == "caption" or fits(example):
            break
        example = make(random, 2, TAUGHT, scene)
    return example


def scene_to_ask(random: SplitMix64) -> Scene:
    """Most often one of two objects: which words belong to which takes longest."""
    scene = make_scene(random, 2, TAUGHT)
    return scene if len(scene.things) > 1 else make_scene(random, 2, TAUGHT)


def asked(random: SplitMix64) -> list[Example]:
    """All that is asked about one picture."""
    scene = scene_to_ask(random)
    return [ask(random, task, scene) for task in ASKED]


def asked_widely(random: SplitMix64, question: Callable[[SplitMix64, str, Scene], Example] = wider.question
                 ) -> list[Example]:
    """The same in wider phrasings, or in those of another `question`."""
    scene = scene_to_ask(random)
    tasks = (random.choice(("caption", "describe")), *ASKED_WIDELY)
    return ask_each(random, scene, tasks, question)


def ask_each(random: SplitMix64, scene: Scene, tasks: tuple[str, ...],
             question: Callable[[SplitMix64, str, Scene], Example]) -> list[Example]:
    """An example of each task; those of `questions.QUESTIONS` as `question` asks them."""
    return [question(random, task, scene) if task in questions.QUESTIONS else ask(random, task, scene)
            for task in tasks]


def asked_of_shown(random: SplitMix64) -> list[Example]:
    """Mostly what is asked of things that are there, in the reference's wording: one in thirty is of what is not."""
    scene = scene_to_ask(random)
    tasks = ("question", "question", "question", "grounding", "grounding", "plain_question", "plain_question", "yes_no",
             "yes_no", "absent" if random.percent(33) else "describe")
    return ask_each(random, scene, tasks, settling.question)


def edited_widely(random: SplitMix64) -> list[Example]:
    """Different changes of one picture in wider phrasings."""
    scene = scene_to_ask(random)
    return [wider.free_editing(random, scene) for _ in range(ENDINGS)]


def settled_edits(random: SplitMix64) -> list[Example]:
    """Different changes of one picture, asked for with any verb; or a map."""
    if random.percent(15):
        return [TASKS["segmentation_to_image"](random, 2, TAUGHT)]
    scene = scene_to_ask(random)
    return [settling.editing(random, scene) for _ in range(ENDINGS)]


def edited(random: SplitMix64) -> list[Example]:
    """Changes of one picture, half of them in free words; or a map."""
    pick = random.below(100)
    if pick >= 85:
        return [TASKS["segmentation_to_image"](random, 2, TAUGHT)]
    make = edits.free_editing if pick < 50 else lambda random: TASKS["editing"](random, 2, TAUGHT)
    example = make(random)
    for _ in range(REDRAWS):
        # To keep the other object as it is, and apart from the changed one, is what takes long to learn.
        if len(example.parts[-1].scene.things) == 1:
            example = make(random)
    return [example] + [end_otherwise(random, example) for _ in range(ENDINGS - 1)]


def begun_story(random: SplitMix64) -> list[Example]:
    """A story up to its last picture, with several last changes."""
    pick = random.below(100)
    if pick < 60:
        example = TASKS["story" if pick < 40 else "interleaved"](random, 2, TAUGHT)
    else:
        example = stories.lively_story(random)
    return [example] + [end_otherwise(random, example) for _ in range(ENDINGS - 1)]


def end_otherwise(random: SplitMix64, example: Example) -> Example:
    """The example with another last change."""
    *begin, words, _ = example.parts
    before = next(part.scene for part in reversed(begin) if isinstance(part, Picture))
    if example.task == "free_editing":
        scene, change, said = edits.change(random, before)
    elif example.task == "lively_story":
        scene, change = edits.lively_change(random, before, len(example.changes) - 1)
        said = change_phrase(change)
    else:
        scene, change = change_scene(random, before, TAUGHT)
        said = change_phrase(change, None if words.is_target else random)
    parts = (*begin, Text(said, words.is_target), Picture(scene, is_drawn=True))
    return replace(example, parts=parts, changes=(*example.changes[:-1], change))


def worded(random: SplitMix64) -> list[Example]:
    """Words for a picture, most of them free."""
    return [(requests.free_text_to_image if random.percent(65) else requests.text_to_image)(random)]


def unknown_things(random: SplitMix64) -> list[Example]:
    """What is not of the world."""
    pick = random.below(100)
    if pick < 45:
        return [unknown.unknown_words(random)]
    if pick < 80:
        return [unknown.unknown_picture(random, random.next())]
    return [unknown.unknown_about(random, make_scene(random, 2, TAUGHT))]


def unknown_widely(random: SplitMix64, words: Callable[[SplitMix64], Example] = wider.unknown_words) -> list[Example]:
    """What is not of the world, half of it in wider phrasings, or as `words` makes it."""
    return [words(random)] if random.percent(50) else unknown_things(random)


MAKERS: dict[str, Callable[[SplitMix64], list[Example]]] = {
    "asked": asked, "edits": edited, "stories": begun_story, "words": worded, "unknown": unknown_things,
    "told": lambda random: [stories.told(random)], "wide_asked": asked_widely, "wide_edits": edited_widely,
    "wide_words": lambda random: [wider.free_text_to_image(random)], "wide_unknown": unknown_widely,
    "strange_asked": lambda random: asked_widely(random, strange.question),
    "strange_words": lambda random: [wider.free_text_to_image(random, strange.carried)],
    "strange_unknown": lambda random: unknown_widely(random, strange.unknown_words),
    "placed_asked": lambda random: asked_widely(random, answering.question),
    "ended": lambda random: [answering.ended(random)],
    "settled_asked": lambda random: asked_widely(random, settling.question),
    "shown_asked": asked_of_shown,
    "settled_edits": settled_edits,
    "conversed_asked": lambda random: settling.in_conversation(random, scene_to_ask(random)),
    "conversed_edits": lambda random: settling.changed_in_conversation(random, scene_to_ask(random), ENDINGS)}


def make_batch(tokenizer: Tokenizer, seed: int, step: int, count: int, image_tokens: int, turns: tuple[str, ...],
               share: Callable[[int], range] = range, given_weight: float = 0.0) -> Batch:
    """The batch of a step of the training stream, or a share of it; words that are given count `given_weight` in the
    loss."""
    turn = turns[step % len(turns)]
    examples: list[Example] = []
    for index in share(max(2, round(count * SHARES[turn]))):
        examples += MAKERS[turn](stream(seed, 4 * step * count + index))
    return stack(tokenizer, lay_out(tokenizer, examples, image_tokens), examples, given_weight)
