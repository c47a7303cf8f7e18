"""Takes the shipped model as what a recipe's stages start from, so that publishing another one changes no run.

    python -m stages.start --name start
"""

from __future__ import annotations

import argparse
import hashlib

import torch

from model.interleaved_model import InterleavedModel
from model.nano import nano

from .run import RUNS, SHIPPED, load_model, save_model


def main() -> None:
    """Writes the whole model, with the autoencoder's encoder from milestones/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--sha256", required=True, help="digest that Models/nano/model.safetensors must have")
    arguments = parser.parse_args()
    digest = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    if digest != arguments.sha256:
        raise SystemExit(f"{SHIPPED} is not the first edition: its SHA-256 is {digest}")
    torch.manual_seed(1)
    model = InterleavedModel(nano())
    metadata = load_model(model, "shipped")
    metadata |= {"name": arguments.name, "sha256": digest}
    save_model(model, RUNS / arguments.name / "model.safetensors", metadata)


if __name__ == "__main__":
    main()
