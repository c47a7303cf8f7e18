"""Draws the curves of a run's log as a small PNG beside it.

    python plot.py runs/language/log.csv
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

LOSSES = ("loss", "squared", "drawing", "drawing_noisy", "speaking", "seeing", "planning", "off_plan", "tone", "echo")
SCORES = ("exact_", "planned_", "cells", "changed", "meant", "overlap_", "enough_", "right_")


def plot(path: Path) -> None:
    """Losses at the left, scores at the right."""
    curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
    with path.open() as file:
        for row in csv.DictReader(file):
            curves[row["name"]].append((int(row["step"]), float(row["value"])))
    groups = {"loss": [name for name in curves if name in LOSSES],
              "score": [name for name in curves if name.startswith(SCORES)]}
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), dpi=80)
    for axis, (kind, names) in zip(axes, groups.items()):
        for name in names:
            axis.plot(*zip(*curves[name]), label=name, linewidth=1)
        axis.set_title(f"{path.stem}: {kind}", fontsize=9)
        axis.set_xlabel("step", fontsize=8)
        axis.tick_params(labelsize=7)
        if kind == "loss":
            axis.set_yscale("log")
        if names:
            axis.legend(fontsize=5)
    figure.tight_layout()
    figure.savefig(path.with_suffix(".png"))
    pyplot.close(figure)
    print(path.with_suffix(".png"))


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        plot(Path(argument))
