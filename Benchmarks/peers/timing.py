"""What the peers' programs have in common: arguments, and times as JSON on the last line of standard output."""

import argparse
import json
import time
from collections.abc import Callable


def arguments(description: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("stage")
    parser.add_argument("form", help="format of weights and products")
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def report(run: Callable[[], None], iterations: int, units: int = 1) -> None:
    """Runs once to warm up, then measures; `units` is how many units of the stage one run has."""
    run()
    seconds = []
    for _ in range(iterations):
        start = time.perf_counter()
        run()
        seconds.append((time.perf_counter() - start) / units)
    print(json.dumps({"seconds": seconds}))
