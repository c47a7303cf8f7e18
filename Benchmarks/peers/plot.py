"""Draws what Benchmarks/compare measured: a panel per stage, a bar per engine. usage: plot.py FILE, JSON on standard input"""

import json
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

result = json.load(sys.stdin)
stages = list(result["medians"])
figure, panels = pyplot.subplots(len(stages), 1, figsize=(8, 2.2 * len(stages)), squeeze=False, layout="constrained")
for stage, panel in zip(stages, panels[:, 0]):
    engines = sorted(result["medians"][stage].items(), key=lambda item: -statistics.median(item[1]))
    names = [name for name, _ in engines]
    medians = [statistics.median(rounds) for _, rounds in engines]
    spread = [
        [median - min(rounds) for median, (_, rounds) in zip(medians, engines)],
        [max(rounds) - median for median, (_, rounds) in zip(medians, engines)],
    ]
    colors = ["tab:blue" if name.startswith("interleaved") else "lightgray" for name in names]
    panel.barh(names, medians, xerr=spread, color=colors)
    panel.set_title(stage, loc="left")
    panel.set_xlabel("seconds, less is better")
    panel.spines[["top", "right"]].set_visible(False)
figure.suptitle(f"{result['processor']}, {result['threads']} threads")
figure.savefig(sys.argv[1], dpi=120)
