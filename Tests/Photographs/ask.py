"""Asks a daemon about photographs, and about scenes of the small world, and counts where it says that it knows none.

    python ask.py http://127.0.0.1:8080 [--photographs 200] [--scenes 2000] [--sheet photographs.png]

The photographs are crops of those that the wheels of scikit-image and scikit-learn bring; training has seen none.
What is
asked comes in four wordings by turns, in the mode that a request has if it names none.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import math
import random
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import skimage
import sklearn
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Training"))

from world.randomness import stream
from world.render import render
from world.scene import make_scene
from world.tasks import UNKNOWN, VQA_AFTER, VQA_BEFORE

SIDE = 64
SKIMAGE = ("astronaut.png", "brick.png", "camera.png", "cell.png", "chelsea.png", "coffee.png", "coins.png",
           "grass.png", "gravel.png",
           "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png", "motorcycle_right.png",
           "retina.jpg", "rocket.jpg")
SKLEARN = ("china.jpg", "flower.jpg")
#: Least deviation of a crop's grey levels: plain sky is a picture of nothing.
LEAST_DEVIATION = 12.0
#: Seeds of the crops, and of the scenes, which neither training nor the suites use.
CROPS_SEED, SCENES_SEED = 1, 700_001


def photographs() -> list[Image.Image]:
    """All of them, whole."""
    folders = ((Path(skimage.__file__).parent / "data", SKIMAGE),
               (Path(sklearn.__file__).parent / "datasets" / "images", SKLEARN))
    return [Image.open(folder / name).convert("RGB") for folder, names in folders for name in names]


def deviation(picture: Image.Image) -> float:
    """Of the grey levels."""
    levels = list(picture.convert("L").get_flattened_data())
    mean = sum(levels) / len(levels)
    return math.sqrt(sum((level - mean) ** 2 for level in levels) / len(levels))


def crops(count: int) -> list[Image.Image]:
    """Squares of all photographs in turn, from a quarter of the shorter side to all of it, in the world's size."""
    chance, whole, found = random.Random(CROPS_SEED), photographs(), []
    while len(found) < count:
        picture = whole[len(found) % len(whole)]
        side = chance.randint(min(picture.size) // 4, min(picture.size))
        left, top = (chance.randint(0, length - side) for length in picture.size)
        crop = picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        if deviation(crop) >= LEAST_DEVIATION:
            found.append(crop)
    return found


def request(index: int, picture: Image.Image) -> dict:
    """What is asked about a picture."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    image = {"type": "image", "image": base64.b64encode(file.getvalue()).decode()}
    before, after = (("", ""), ("", "a photo of"), ("", "can you tell me what this is?"),
                     (VQA_BEFORE, f"What color is the star?{VQA_AFTER}"))[index % 4]
    parts = [{"type": "text", "text": before}] * bool(before) + [image] + [{"type": "text",
                                                                            "text": after}] * bool(after)
    return {"input": parts, "max_segments": 1, "stream": False}


def answer(base: str, document: dict) -> str:
    """The words of the first segment; a picture's are "(a picture)"."""
    asked = urllib.request.Request(f"{base}/v1/interleave", json.dumps(document).encode(),
                                   {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=600) as response:
        segments = json.load(response)["segments"]
    return segments[0].get("text", "(a picture)") if segments else ""


def share(name: str, found: int, count: int) -> None:
    """Prints a share with Wilson's interval of 95%."""
    z, p = 1.959963984540054, found / count
    centre, radius = p + z * z / (2 * count), z * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    low, high = ((centre + sign * radius) / (1 + z * z / count) for sign in (-1, 1))
    print(f"{name}: {100 * p:.1f}% ({100 * low:.1f} - {100 * high:.1f}) of {count}", flush=True)


def main() -> None:
    """Asks and counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="address of the daemon")
    parser.add_argument("--photographs", type=int, default=200)
    parser.add_argument("--scenes", type=int, default=2000)
    parser.add_argument("--sheet", help="PNG to write: the crops, those that were not admitted below")
    arguments = parser.parse_args()

    def ask(pictures: list[Image.Image]) -> list[str]:
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda item: answer(arguments.base, request(*item)), enumerate(pictures)))

    taken = crops(arguments.photographs)
    said = ask(taken)
    admitted = [UNKNOWN.lower() in words.lower() for words in said]
    share("photographs that it says it does not know", sum(admitted), len(taken))
    for words in sorted({words for words, knows in zip(said, admitted) if not knows})[:5]:
        print(f"  instead: {words!r}")
    if arguments.sheet:
        order = sorted(range(len(taken)), key=lambda index: not admitted[index])
        sheet = Image.new("RGB", (20 * SIDE, SIDE * math.ceil(len(taken) / 20)))
        for place, index in enumerate(order):
            sheet.paste(taken[index], (place % 20 * SIDE, place // 20 * SIDE))
        sheet.save(arguments.sheet)
    scenes = [Image.fromarray(render(make_scene(stream(SCENES_SEED, index)))) for index in range(arguments.scenes)]
    said = ask(scenes)
    share("false alarms, scenes of which it says so", sum(UNKNOWN.lower() in words.lower() for words in said),
          len(scenes))


if __name__ == "__main__":
    main()
