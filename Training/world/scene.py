"""Scenes: what is in a picture, and how chance makes one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import vocabulary as v
from .randomness import SplitMix64
from .shapes import extent


@dataclass(frozen=True)
class Thing:
    """One object of a scene. All fields are indices into the vocabulary, jitter in 1/16 pixel."""

    shape: int
    colour: int
    size: int
    position: int
    jitter_x: int
    jitter_y: int

    @property
    def centre(self) -> tuple[int, int]:
        """Centre (x, y) in sixteenths of a pixel."""
        column, row = self.position % v.GRID, self.position // v.GRID
        return (
            16 * (v.FIRST_CENTRE + v.CENTRE_STEP * column) + self.jitter_x,
            16 * (v.FIRST_CENTRE + v.CENTRE_STEP * row) + self.jitter_y,
        )

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in sixteenths of a pixel."""
        x, y = self.centre
        left, top, right, bottom = extent(self.shape, 16 * v.RADII[self.size])
        return (x + left, y + top, x + right, y + bottom)

    @property
    def is_held_out(self) -> bool:
        """Whether training never shows it."""
        return v.is_held_out_colour(self.shape, self.colour) or v.is_held_out_position(
            self.shape, self.position)


@dataclass(frozen=True)
class Scene:
    """A background and one or two objects, in reading order of their cells, of distinct shapes."""

    background: int
    tone: int
    things: tuple[Thing, ...]

    @property
    def level(self) -> int:
        """Grey level of the background."""
        return (216 if self.background == 0 else 16) + self.tone

    @property
    def is_held_out(self) -> bool:
        """Whether training never shows one of its objects."""
        return any(thing.is_held_out for thing in self.things)

    def replacing(self, index: int, **changes: int) -> Scene:
        """The scene with one object changed."""
        things = list(self.things)
        things[index] = replace(things[index], **changes)
        return replace(self, things=tuple(sorted(things, key=lambda thing: thing.position)))


#: What may be asked of a scene: "train" shows no held-out pair, "unseen" has one in every object.
SPLITS = ("train", "unseen")


def _thing(random: SplitMix64) -> Thing:
    return Thing(
        shape=random.below(len(v.SHAPES)), colour=random.below(len(v.COLOURS)),
        size=random.below(len(v.SIZES)), position=random.below(len(v.POSITIONS)),
        jitter_x=random.below(2 * v.JITTER + 1) - v.JITTER,
        jitter_y=random.below(2 * v.JITTER + 1) - v.JITTER)


def make_scene(random: SplitMix64, most: int = 2, split: str = "train") -> Scene:
    """Draws a scene: background, tone, number of objects (1...most), then the objects in turn.

    An object is drawn anew, all six fields, while its shape or cell is taken or it is on the wrong
    side of the split.
    """
    background, tone = random.below(len(v.BACKGROUNDS)), random.below(32)
    count = 1 + random.below(most)
    things: list[Thing] = []
    while len(things) < count:
        thing = _thing(random)
        taken = any(thing.shape == other.shape or thing.position == other.position for other in things)
        if not taken and thing.is_held_out == (split == "unseen"):
            things.append(thing)
    return Scene(background, tone, tuple(sorted(things, key=lambda thing: thing.position)))


@dataclass(frozen=True)
class Change:
    """One step of a story: what happens to which object."""

    kind: str  # "colour", "position", "size" or "shape"
    before: Thing
    after: Thing


CHANGES = ("colour", "position", "size", "shape")


def change_scene(
    random: SplitMix64, scene: Scene, split: str = "train"
) -> tuple[Scene, Change]:
    """Draws a change: its kind, the object, then the new value until it differs and fits.

    The split says whether the changed object may be a held-out pair: never in "train", and free in
    "unseen". A moved object keeps its jitter, so that its distance from the new cell's centre is the
    same as before.
    """
    while True:
        kind = random.choice(CHANGES)
        index = random.below(len(scene.things))
        before = scene.things[index]
        others = [thing for thing in scene.things if thing is not before]
        if kind == "size":
            after = replace(before, size=1 - before.size)
        else:
            count = {"colour": len(v.COLOURS), "position": len(v.POSITIONS), "shape": len(v.SHAPES)}[kind]
            after = replace(before, **{kind: random.below(count)})
        taken = any(after.shape == other.shape or after.position == other.position for other in others)
        if after == before or taken or (split == "train" and after.is_held_out):
            continue
        things = tuple(sorted([*others, after], key=lambda thing: thing.position))
        return replace(scene, things=things), Change(kind, before, after)
