"""Whole answers: pictures with what is said between them, until nothing more comes."""

from __future__ import annotations

from world.randomness import SplitMix64
from world.scene import TAUGHT, Change, make_scene
from world.sentences import change_phrase, scene_phrase
from world.tasks import Example, Picture, Text

from . import words as w
from .edits import free_editing, lively_change
from .requests import free_text_to_image

#: Words before a scene that ask for a story, as its bare words do.
BEFORE = ("", "", "", "", "tell a story: ", "a story: ", "tell me a story about ", "a story of ", "story: ",
          "begin with ")


def lively_story(random: SplitMix64, *, ends: bool = False, rounds: int = 3) -> Example:
    """A scene's words; the model draws it, says changes and draws them."""
    scene = make_scene(random, 2, TAUGHT)
    words = f"{random.choice(BEFORE)}{scene_phrase(scene, random)}"
    parts: list[Text | Picture] = [
        Text(w.written(random, words) if random.percent(30) else words), Picture(scene, is_drawn=True)]
    changes: list[Change] = []
    for turn in range(rounds - 1):
        scene, change = lively_change(random, scene, turn)
        changes.append(change)
        parts += [Text(change_phrase(change), True), Picture(scene, is_drawn=True)]
    return Example("lively_story", tuple(parts), ends=ends, changes=tuple(changes))


def told(random: SplitMix64) -> Example:
    """An answer to its end: a story of three pictures, one picture that was asked for, a changed one."""
    pick = random.below(100)
    if pick < 50:
        return lively_story(random, ends=True)
    return (free_text_to_image if pick < 75 else free_editing)(random, ends=True)
