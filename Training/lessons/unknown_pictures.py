"""Pictures that are none of the world's, made by arithmetic: no photograph is among them.

Fallen leaves (discs of all sizes and colours over one another) have edges and areas as photographs do; noise that is
strong where
it is coarse has their clouds; the rest are stripes, gradients, patches, scribbles, blocks and grains.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SIDE = 64
_Y, _X = np.mgrid[0:SIDE, 0:SIDE] / SIDE


def _colours(random: np.random.Generator, count: int) -> np.ndarray:
    """[count, 3] in 0...1, often of one family."""
    colours = random.random((count, 3))
    if random.random() < 0.6:
        colours = colours * random.uniform(0.1, 0.6) + random.random(3) * random.uniform(0.2, 0.9)
    if random.random() < 0.15:
        colours = np.repeat(colours.mean(1, keepdims=True), 3, 1)
    return colours.clip(0, 1)


def _clouds(random: np.random.Generator, channels: int = 1) -> np.ndarray:
    """Noise [64, 64, channels] in 0...1 with a power that falls with frequency."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None]) + 1 / SIDE
    spectrum = random.standard_normal((*frequency.shape, channels, 2)) @ np.array([1, 1j])
    values = np.fft.irfft2(spectrum / frequency[..., None] ** random.uniform(0.6, 2.0), s=(SIDE, SIDE), axes=(0, 1))
    values -= values.min((0, 1))
    return values / values.max((0, 1)).clip(1e-6)


def noise(random: np.random.Generator) -> np.ndarray:
    """Grain, coloured or grey, around some colour."""
    grain = random.standard_normal((SIDE, SIDE, random.choice((1, 3)))) * random.uniform(0.1, 0.5)
    return random.random(3) + grain


def clouds(random: np.random.Generator) -> np.ndarray:
    """Clouds between two or more colours."""
    if random.random() < 0.3:
        return _clouds(random, 3)
    first, last = _colours(random, 2)
    return first + (last - first) * _clouds(random)


def gradient(random: np.random.Generator) -> np.ndarray:
    """From colour to colour, with a little texture."""
    first, last, third = _colours(random, 3)
    angle = random.uniform(0, 2 * np.pi)
    along = (np.cos(angle) * _X + np.sin(angle) * _Y)[..., None]
    fold = np.abs(_X - random.random())[..., None]
    return first + (last - first) * along + (third - first) * fold + 0.1 * _clouds(random)


def stripes(random: np.random.Generator) -> np.ndarray:
    """Waves or bars, sometimes crossed."""
    first, last = _colours(random, 2)
    values = np.zeros((SIDE, SIDE))
    for _ in range(random.integers(1, 3)):
        angle, rate = random.uniform(0, np.pi), random.uniform(3, 25)
        values += np.sin(2 * np.pi * rate * (np.cos(angle) * _X + np.sin(angle) * _Y)
                         + 6 * random.random() * _clouds(random)[..., 0])
    if random.random() < 0.5:
        values = np.sign(values)
    return first + (last - first) * (values[..., None] / 4 + 0.5)


def leaves(random: np.random.Generator) -> np.ndarray:
    """Discs and boxes of all sizes over one another."""
    count = int(random.integers(15, 120))
    colours = _colours(random, count)
    picture = np.broadcast_to(random.random(3), (SIDE, SIDE, 3)).copy()
    for colour in colours:
        radius = min(0.03 / random.random() ** 0.7, 0.6)
        y, x = random.uniform(-0.1, 1.1, 2)
        if random.random() < 0.6:
            inside = (_X - x) ** 2 + ((_Y - y) * random.uniform(0.5, 2)) ** 2 < radius ** 2
        else:
            angle = random.uniform(0, np.pi)
            inside = (np.abs(np.cos(angle) * (_X - x) + np.sin(angle) * (_Y - y)) < radius) & (
                np.abs(np.cos(angle) * (_Y - y) - np.sin(angle) * (_X - x)) < radius * random.uniform(0.1, 1))
        picture[inside] = colour + (0.3 * _clouds(random)[inside] - 0.15 if random.random() < 0.3 else 0)
    return picture


def patches(random: np.random.Generator) -> np.ndarray:
    """Areas nearest to some points, each of a colour."""
    count = int(random.integers(4, 30))
    points, colours = random.random((count, 2)), _colours(random, count)
    nearest = np.hypot(_Y[..., None] - points[:, 0], _X[..., None] - points[:, 1]).argmin(-1)
    return colours[nearest] + 0.2 * _clouds(random)


def blocks(random: np.random.Generator) -> np.ndarray:
    """A board of coarse pixels."""
    side = int(random.choice((2, 4, 8, 16)))
    coarse = _colours(random, (SIDE // side) ** 2).reshape(SIDE // side, SIDE // side, 3)
    return coarse.repeat(side, 0).repeat(side, 1)


def scribbles(random: np.random.Generator) -> np.ndarray:
    """Lines that wander over a plain or cloudy ground, as writing and drawings do."""
    ground, *inks = _colours(random, 5)
    picture = np.broadcast_to(ground, (SIDE, SIDE, 3)) + (0.3 * _clouds(random) if random.random() < 0.5 else 0)
    for _ in range(random.integers(2, 12)):
        steps = random.standard_normal((80, 2)).cumsum(0) * random.uniform(0.3, 2) + random.uniform(0, SIDE, 2)
        for y, x in steps.astype(int):
            high = int(random.integers(1, 4))
            picture[max(y, 0):max(y + high, 0), max(x, 0):max(x + 2, 0)] = inks[0 if random.random() < 0.7 else 1]
    return picture


def lit(random: np.random.Generator) -> np.ndarray:
    """Something that stands out of a dim or bright ground, round and shaded, with shadows."""
    picture = gradient(random)
    for colour in _colours(random, int(random.integers(1, 6))):
        y, x = random.random(2)
        radius = random.uniform(0.1, 0.5)
        far = ((_X - x) / radius) ** 2 + ((_Y - y) / (radius * random.uniform(0.4, 2))) ** 2
        near = np.exp(-far ** random.choice((1, 2, 4)))
        picture += near[..., None] * (colour * (0.5 + _X[..., None]) - picture)
    return picture * (0.6 + 0.6 * _clouds(random))


KINDS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    leaves, leaves, clouds, lit, lit, patches, gradient, stripes, scribbles, blocks, noise)


def unknown_picture(seed: int) -> np.ndarray:
    """uint8 [64, 64, 3], one for each seed."""
    random = np.random.default_rng(seed)
    picture = KINDS[random.integers(len(KINDS))](random)
    if random.random() < 0.3:
        other = KINDS[random.integers(len(KINDS))](random)
        picture = np.where((_clouds(random) > random.uniform(0.3, 0.7)), picture, other)
    if random.random() < 0.4:
        # As if out of focus: means over a few pixels.
        for axis in (0, 1):
            for _ in range(random.integers(1, 3)):
                picture = (np.roll(picture, 1, axis) + picture + np.roll(picture, -1, axis)) / 3
    if random.random() < 0.3:
        picture = picture + random.standard_normal(picture.shape) * random.uniform(0.01, 0.08)
    picture = 0.5 + (picture - 0.5) * random.uniform(0.4, 1.4) + random.uniform(-0.2, 0.2)
    return (picture.clip(0, 1) * 255).astype(np.uint8)
