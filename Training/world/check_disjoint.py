"""Checks that no phrase of the free suites is one of training's, whatever is put into their gaps, and that those that
training puts together by chance are none either.

    python -m world.check_disjoint
"""

from __future__ import annotations

import re
from dataclasses import astuple, is_dataclass

from lessons import answering, edits, questions, requests, settling, stories, strange, unknown, wider

from . import free_wording
from .randomness import SplitMix64, stream
from .scene import TAUGHT, make_scene
from .tasks import Text


#: Sentences that are put together to look for the suites' among them.
MADE = 20_000
#: What fills the gaps of the suites' phrases that are more than a word.
FILLED = {"ref": r"(it|the [\w -]+)", "to": r"[\w -]+", "pl": r"[\w -]+", "x": r"[\w -]+", "new": r"[\w -]+"}
#: How the names of the suites' constants begin whose like training puts together.
PUT_TOGETHER = ("ASK_", "HAS_", "IS_PLACED", "NEW_", "ADDED", "REMOVED")
#: Constants that are words for gaps, or no words.
NO_PHRASES = ("NOUNS", "UNKNOWN_NOUNS", "SMALL", "QUESTIONS", "PLACES", "FREE_TASKS", "COUNTS", "UNKNOWN")


def phrases(*modules: object) -> dict[str, str]:
    """Every phrase with words of its own of some modules' constants, without gaps and ends, and where it is."""
    found: dict[str, str] = {}
    for module in modules:
        for name, value in vars(module).items():
            if not name.isupper() or name in NO_PHRASES:
                continue
            for words in flat(value):
                bare = " ".join(re.sub(r"\{\w+\}", "_", words).lower().strip(" ?.!").split())
                if len(re.findall(r"[a-z]+", bare)) > 1:
                    found[bare] = f"{module.__name__}.{name}"
    return found


def flat(value: object) -> list[str]:
    """All texts in tuples of tuples."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value):
        value = astuple(value)
    return [words for part in value for words in flat(part)] if isinstance(value, (tuple, list)) else []


def made_by_chance() -> set[str]:
    """The suites' phrases that training makes as well, of what it puts together by chance."""
    asked = {carrier.format(words="scene") for carrier in free_wording.CARRIERS} - {"scene"}
    made = [carry(stream(1, index), "scene").lower() for index in range(MADE)
            for carry in (wider.carried, strange.carried)]
    found = {words for words in asked if any(words in text for text in made)}
    texts = [text for index in range(MADE) for text in asked_by_chance(stream(2, index))]
    for words in {phrase for name, forms in vars(free_wording).items() if name.startswith(PUT_TOGETHER)
                  for phrase in flat(forms)}:
        # Alone, or behind an opener.
        form = re.sub(r"\{(\w+)\}", lambda gap: FILLED.get(gap[1], r"\w+"), words.rstrip("?"))
        pattern = re.compile(r"(^|[,.:!] )" + form + r"\W*$")
        if any(map(pattern.search, texts)):
            found.add(words)
    return found


def asked_by_chance(random: SplitMix64) -> list[str]:
    """What is asked in an example each of the lessons that put questions and changes together."""
    scene = make_scene(random, 2, TAUGHT)
    examples = (strange.yes_no(random, scene), answering.is_placed(random, scene), settling.editing(random, scene),
                settling.absent(random, scene), settling.describe(random, scene))
    return [part.words.lower() for example in examples for part in example.parts
            if isinstance(part, Text) and not part.is_target]


def main() -> None:
    """Prints what is in both; nothing if all is well."""
    taught, suite = phrases(answering, edits, questions, requests, settling, stories, strange, unknown, wider), phrases(free_wording)
    shared = sorted(taught.keys() & suite.keys())
    for words in shared:
        print(f"{words!r} is in {taught[words]} and in {suite[words]}")
    nouns = {*unknown.NOUNS, *unknown.COLOURS, *wider.NOUNS, *wider.COLOURS} & {*free_wording.UNKNOWN_NOUNS, *free_wording.UNKNOWN_COLOURS}
    if by_chance := made_by_chance():
        raise SystemExit(f"training makes phrases of the suites: {sorted(by_chance)}")
    if shared or nouns:
        raise SystemExit(f"training knows phrases of the suites, {len(shared)}, and nouns: {sorted(nouns)}")
    print(f"{len(suite)} phrases of the suites, none of them among training's {len(taught)}")


if __name__ == "__main__":
    main()
