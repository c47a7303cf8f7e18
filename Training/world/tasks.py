"""The paper's tasks in miniature: interleaved examples of text and pictures with their truth.

Prompts have the reference's words where it has any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import vocabulary as v
from .randomness import SplitMix64, stream
from .scene import Change, Scene, Thing, change_scene, make_scene
from .sentences import change_phrase, position_phrase, scene_phrase, thing_phrase


@dataclass(frozen=True)
class Text:
    """Words; those of a target are what the model has to say."""

    words: str
    is_target: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture; those that are drawn are what the model has to draw. One that is not of the world has the seed that
    it is
    made from, and a scene without objects."""

    scene: Scene
    is_drawn: bool = False
    is_segmentation: bool = False
    unknown: int | None = None

    @property
    def is_natural(self) -> bool:
        """Whether it is a scene as it looks, neither a map nor something else."""
        return not self.is_segmentation and self.unknown is None


@dataclass(frozen=True)
class Example:
    """One sequence. `ends` tells whether the model has to say that it ends, `about` which object a question or a
    description singles out, if any."""

    task: str
    parts: tuple[Text | Picture, ...]
    ends: bool = True
    changes: tuple[Change, ...] = field(default=())
    about: Thing | None = None


VQA_BEFORE = "Based on the image, please answer the question. "
VQA_AFTER = " Please provide an accurate answer within one word. The answer is:"
GROUNDING_BEFORE = "Provide the bounding box coordinate of the region this sentence describes. "
#: What is said of pictures and words that are not of the world.
UNKNOWN = "I only know coloured shapes"
#: Boxes are fractions of the picture times this, cut to integers.
BOX_SCALE = 999


def caption(random: SplitMix64, most: int, split: str, scene: Scene | None = None) -> Example:
    """A picture, then what it shows."""
    scene = scene or make_scene(random, most, split)
    # The reference's prompt ends in a blank; people leave it out.
    prompt, words = random.choice((("a photo of ", ""), ("a photo of", " ")))
    return Example("caption", (
        Picture(scene), Text(prompt), Text(words + scene_phrase(scene), True)))


def question(random: SplitMix64, most: int, split: str, scene: Scene | None = None) -> Example:
    """A picture and a question about colour, shape, count, position, size or background."""
    scene = scene or make_scene(random, most, split)
    thing = random.choice(scene.things)
    shape, colour = v.SHAPES[thing.shape], v.COLOURS[thing.colour]
    kind = random.below(6)
    if kind == 0:
        words, answer = random.choice((
            f"What color is the {shape}?", f"What is the color of the {shape}?")), colour
    elif kind == 1:
        is_only = sum(other.colour == thing.colour for other in scene.things) == 1
        named = f"the {colour} object" if is_only else f"the object {position_phrase(thing.position)}"
        words, answer = random.choice((
            f"What shape is {named}?", f"What is the shape of {named}?")), shape
    elif kind == 2:
        words = random.choice((
            "How many objects are there?", "How many objects are in the image?"))
        answer = ("one", "two", "three")[len(scene.things) - 1]
    elif kind == 3:
        words = random.choice((f"Where is the {shape}?", f"In which place is the {shape}?"))
        answer = v.POSITIONS[thing.position]
    elif kind == 4:
        words = random.choice((f"What size is the {shape}?", f"How large is the {shape}?"))
        answer = v.SIZES[thing.size]
    else:
        words = random.choice(("Is the background light or dark?", "What is the background like?"))
        answer = v.BACKGROUNDS[scene.background]
    return Example("question", (
        Text(VQA_BEFORE), Picture(scene), Text(words + VQA_AFTER), Text(f" {answer}", True)),
        about=None if kind in (2, 5) else thing)


def box_words(thing: Thing) -> str:
    """A box as `(x1,y1)(x2,y2)`, three digits each."""
    numbers = [min(max(edge, 0), 16 * v.SIDE) * BOX_SCALE // (16 * v.SIDE) for edge in thing.box]
    return "({:03d},{:03d})({:03d},{:03d})".format(*numbers)


def grounding(random: SplitMix64, most: int, split: str, scene: Scene | None = None) -> Example:
    """A picture and a description; the answer is the described object's box."""
    scene = scene or make_scene(random, most, split)
    thing = random.choice(scene.things)
    words = random.choice((
        f"the {v.SHAPES[thing.shape]}",
        f"the {v.COLOURS[thing.colour]} {v.SHAPES[thing.shape]}",
        thing_phrase(thing)))
    return Example("grounding", (
        Picture(scene), Text(f"{GROUNDING_BEFORE}{words}<box>"),
        Text(f"{box_words(thing)}</box>", True)), about=thing)


def text_to_image(random: SplitMix64, most: int, split: str) -> Example:
    """Words, then the picture that they describe."""
    scene = make_scene(random, most, split)
    return Example("text_to_image", (
        Text(scene_phrase(scene, random)), Picture(scene, is_drawn=True)), ends=False)


def segmentation_to_image(random: SplitMix64, most: int, split: str) -> Example:
    """A colour map for the layout, words for the colours, then the picture."""
    scene = make_scene(random, most, split)
    words = " and ".join(
        f"a {v.COLOURS[thing.colour]} {v.SHAPES[thing.shape]}" for thing in scene.things)
    return Example("segmentation_to_image", (
        Picture(scene, is_segmentation=True),
        Text(f"{words} on a {v.BACKGROUNDS[scene.background]} background"),
        Picture(scene, is_drawn=True)), ends=False)


def editing(random: SplitMix64, most: int, split: str) -> Example:
    """A picture, one change in words, the changed picture."""
    scene = make_scene(random, most, split)
    after, change = change_scene(random, scene, split)
    return Example("editing", (
        Picture(scene), Text(change_phrase(change, random)), Picture(after, is_drawn=True)),
        ends=False, changes=(change,))


def _alternating(
    task: str, random: SplitMix64, most: int, split: str, rounds: int, *, speaks: bool
) -> Example:
    """Sentence and picture in turn; each round changes the scene of the one before."""
    scene = make_scene(random, most, split)
    wording = None if speaks else random
    parts: list[Text | Picture] = [
        Text(scene_phrase(scene, random)), Picture(scene, is_drawn=True)]
    changes: list[Change] = []
    for _ in range(rounds - 1):
        scene, change = change_scene(random, scene, split)
        changes.append(change)
        parts.append(Text(change_phrase(change, wording), speaks))
        parts.append(Picture(scene, is_drawn=True))
    return Example(task, tuple(parts), ends=False, changes=tuple(changes))


def story(random: SplitMix64, most: int, split: str) -> Example:
    """Visual storytelling: sentences are given, pictures are drawn."""
    return _alternating("story", random, most, split, 3, speaks=False)


def interleaved(random: SplitMix64, most: int, split: str) -> Example:
    """Interleaved continuation: the model says what happens and draws it."""
    return _alternating("interleaved", random, most, split, 3, speaks=True)


#: The first edition's tasks, and what training of the second calls by these names.
TASKS: dict[str, Callable[[SplitMix64, int, str], Example]] = {
    "caption": caption, "question": question, "grounding": grounding,
    "text_to_image": text_to_image, "segmentation_to_image": segmentation_to_image,
    "editing": editing, "story": story, "interleaved": interleaved,
}
