"""Checks that no phrase of the free suites is one of training's, whatever is put into their gaps, and that those that
training puts together by chance are none either.

    python -m world.check_disjoint
"""

from __future__ import annotations

import re
from dataclasses import astuple, is_dataclass

from lessons import edits, questions, requests, stories, strange, unknown, wider

from . import free_wording
from .randomness import stream


#: Sentences that are put together to look for the suites' among them.
MADE = 20_000
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
    """The suites' words around a request for a picture that training makes as well."""
    asked = {carrier.format(words="scene") for carrier in free_wording.CARRIERS} - {"scene"}
    made = [carry(stream(1, index), "scene").lower() for index in range(MADE)
            for carry in (wider.carried, strange.carried)]
    return {words for words in asked if any(words in text for text in made)}


def main() -> None:
    """Prints what is in both; nothing if all is well."""
    taught, suite = phrases(edits, questions, requests, stories, strange, unknown, wider), phrases(free_wording)
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
