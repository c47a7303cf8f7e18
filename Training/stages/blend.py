"""Blends the averaged weights of a run with those that it had earlier: what a model forgets while it learns something
else lies between the two.

    python -m stages.blend language <earlier state.pt> 0.2
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from .run import RUNS


def main() -> None:
    """Changes the averages of runs/<stage>/state.pt."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("earlier", type=Path, help="a copy of the stage's state.pt")
    parser.add_argument("share", type=float, help="of the earlier weights, 0 to 1")
    arguments = parser.parse_args()
    path = RUNS / arguments.stage / "state.pt"
    state, earlier = (torch.load(file, map_location="cpu", weights_only=True) for file in (path, arguments.earlier))
    if state["average"].keys() != earlier["average"].keys():
        raise ValueError(f"{arguments.earlier} has other parameters than {path}")
    for name, tensor in state["average"].items():
        tensor.lerp_(earlier["average"][name], arguments.share)
    torch.save(state, path)
    print(f"{path}: step {state['step']} with {arguments.share} of step {earlier['step']}")


if __name__ == "__main__":
    main()
