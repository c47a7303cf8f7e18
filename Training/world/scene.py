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


    def collides(self, other: Thing) -> bool:
        """Whether both cannot be in one scene."""
        return self.shape == other.shape or self.position == other.position


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

    @property
    def is_reserved(self) -> bool:
        """Whether training passes over this scene as a whole, one in eight: what is told of it was never learnt by
        heart.
        Jitter and tone do not matter."""
        code = 0
        for thing in self.things:
            own = ((thing.shape * len(v.COLOURS) + thing.colour) * len(v.SIZES)
                   + thing.size) * len(v.POSITIONS) + thing.position
            code = 1000 * code + own + 1
        return SplitMix64(2 * code + self.background).below(8) == 0

    def with_things(self, things: list[Thing]) -> Scene:
        """The scene with other objects, in reading order."""
        return replace(self, things=tuple(sorted(things, key=lambda thing: thing.position)))


#: What may be asked of a scene: "train" shows no held-out pair, "unseen" has one in every object, "reserved" is of
#: those
#: scenes of "train" that training passes over as a whole. Training's own is "taught": "train" without them.
SPLITS = ("train", "unseen", "reserved")
TAUGHT = "taught"


def draw_thing(random: SplitMix64) -> Thing:
    """Any object: all six fields."""
    return Thing(
        shape=random.below(len(v.SHAPES)), colour=random.below(len(v.COLOURS)),
        size=random.below(len(v.SIZES)), position=random.below(len(v.POSITIONS)),
        jitter_x=random.below(2 * v.JITTER + 1) - v.JITTER,
        jitter_y=random.below(2 * v.JITTER + 1) - v.JITTER)


def make_scene(random: SplitMix64, most: int = 2, split: str = "train") -> Scene:
    """Draws a scene: background, tone, number of objects (1...most), then the objects in turn.

    An object is drawn anew, all six fields, while its shape or cell is taken or it is on the wrong
    side of the split, and so is the whole scene.
    """
    while True:
        scene = _make_scene(random, most, split)
        if split not in ("reserved", TAUGHT) or scene.is_reserved == (split == "reserved"):
            return scene


def _make_scene(random: SplitMix64, most: int, split: str) -> Scene:
    background, tone = random.below(len(v.BACKGROUNDS)), random.below(32)
    count = 1 + random.below(most)
    things: list[Thing] = []
    while len(things) < count:
        thing = draw_thing(random)
        if not any(map(thing.collides, things)) and thing.is_held_out == (split == "unseen"):
            things.append(thing)
    return Scene(background, tone, ()).with_things(things)


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

    The split says whether the changed object may be a held-out pair: freely in "unseen", else never. In "taught" the
    changed scene is none that training passes over. A moved object keeps its jitter, so that its distance from the
    new cell's centre is the
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
        if after == before or any(map(after.collides, others)) or (split != "unseen" and after.is_held_out):
            continue
        changed = scene.with_things([*others, after])
        if split == TAUGHT and changed.is_reserved:
            continue
        return changed, Change(kind, before, after)
