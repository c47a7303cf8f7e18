"""Draws the curves of logs/<stage>.csv as small PNGs beside it.

    python plot.py
"""

from __future__ import annotations

import csv
from collections import defaultdict

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from stages.run import LOGS


def main() -> None:
    """One PNG per log: losses at the left, scores at the right."""
    for path in sorted(LOGS.glob("*.csv")):
        curves: dict[str, list[tuple[int, float]]] = defaultdict(list)
        with path.open() as file:
            for row in csv.DictReader(file):
                curves[row["name"]].append((int(row["step"]), float(row["value"])))
        groups = {"loss": [], "score": []}
        for name in curves:
            if name in ("loss", "squared", "drawing", "drawing_noisy", "speaking", "seeing", "planning"):
                groups["loss"].append(name)
            elif name.startswith(("exact_", "greedy_", "t2i_", "verified", "cells", "overlap_", "enough_", "right_")):
                groups["score"].append(name)
        figure, axes = pyplot.subplots(1, 2, figsize=(8, 3), dpi=80)
        for axis, (kind, names) in zip(axes, groups.items()):
            for name in names:
                axis.plot(*zip(*curves[name]), label=name, linewidth=1)
            axis.set_title(f"{path.stem}: {kind}", fontsize=9)
            axis.set_xlabel("step", fontsize=8)
            axis.tick_params(labelsize=7)
            if kind == "loss":
                axis.set_yscale("log")
            if names:
                axis.legend(fontsize=6)
        figure.tight_layout()
        figure.savefig(path.with_suffix(".png"))
        pyplot.close(figure)
        print(path.with_suffix(".png"))


if __name__ == "__main__":
    main()
