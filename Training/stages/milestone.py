"""Writes a milestone from a run's newest state, while the run goes on.

    python -m stages.milestone language
"""

from __future__ import annotations

import argparse

import torch
from safetensors.torch import save_file

from .run import HELPER, MILESTONES, RUNS


def main() -> None:
    """Not for a running autoencoder: its latents are normalised at its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    stage = parser.parse_args().stage
    state = torch.load(RUNS / stage / "state.pt", map_location="cpu", weights_only=True)
    weights = {name: tensor.half().contiguous() for name, tensor in state["average"].items()
               if not name.startswith(HELPER)}
    path = MILESTONES / f"{stage}.safetensors"
    save_file(weights, path, metadata={
        "step": str(state["step"]), "seconds": f"{state['seconds']:.0f}"})
    print(f"{path.name}: step {state['step']}, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
