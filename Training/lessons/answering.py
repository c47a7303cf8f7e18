"""Whether something is where somebody says, asked with any verb, and requests that end with their picture.

What `strange` left to learn: "do you see the star in the middle?" was answered by the place, and after a picture that was asked
for came an answer to no question.
"""

from __future__ import annotations

from dataclasses import replace

from world import vocabulary as v
from world.randomness import SplitMix64
from world.scene import Scene
from world.tasks import Example

from . import questions, strange, wider
from . import words as w


def is_placed(random: SplitMix64, scene: Scene) -> Example:
    """Whether a thing that is there is in a place: as often yes as no."""
    is_yes = random.percent(50)
    while True:
        thing = random.choice(scene.things)
        position = thing.position if is_yes else random.below(v.GRID * v.GRID)
        wanted = {"shape": thing.shape, "position": position}
        if questions.is_shown(scene, wanted) == is_yes and not questions.is_silent(wanted):
            break
    subject = f"the {w.shape(random, thing)}"
    if random.percent(20):
        subject = f"the {w.colour(random, thing)} {w.shape(random, thing)}"
    asking, place = random.choice(strange.ASKING), w.at(random, position)
    words = random.choice((
        f"{asking} {strange.word(random, strange.SEE)} {subject} {place}?",
        f"{asking} {strange.word(random, strange.SEE)} {subject} {place}?",
        f"{asking} {strange.word(random, strange.MEAN)} {random.choice(('', 'that '))}{subject} is {place}?",
        f"is {subject} {strange.word(random, strange.SHOWN)} {place}?", f"is {subject} {place}?"))
    return questions.ask(random, "yes_no", scene, words, "yes" if is_yes else "no", thing if is_yes else None)


def question(random: SplitMix64, task: str, scene: Scene) -> Example:
    """A question of `questions.QUESTIONS`, half of those for yes or no for a place."""
    if task == "yes_no" and random.percent(50):
        return is_placed(random, scene)
    return strange.question(random, task, scene)


def ended(random: SplitMix64) -> Example:
    """A request for one picture in any words: the picture, and nothing after it."""
    return replace(wider.free_text_to_image(random, strange.carried), ends=True)
