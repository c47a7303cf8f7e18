"""Takes the first edition, as it was committed, as what a recipe's stages start from.

    python -m stages.start --name start --commit ... --sha256 ...
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess

import torch
from safetensors.torch import load

from model.interleaved_model import InterleavedModel
from model.nano import nano

from .run import AUTOENCODER, MILESTONES, ROOT, RUNS, SHIPPED, save_model


def committed(commit: str, path: str) -> bytes:
    """A file as it was at a commit, by its path in the checkout."""
    shown = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=ROOT, capture_output=True, check=False)
    if shown.returncode != 0:
        raise SystemExit(f"the recipe begins with {path} of commit {commit}: {shown.stderr.decode().strip()}\n"
                         "A clone without history gets it by `git fetch --unshallow`.")
    return shown.stdout


def main() -> None:
    """Writes the whole model, with the autoencoder's encoder, which the shipped model lacks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--commit", required=True, help="that has the first edition")
    parser.add_argument("--sha256", required=True, help="digest of its model")
    arguments = parser.parse_args()
    top = ROOT.parent
    shipped = committed(arguments.commit, SHIPPED.relative_to(top).as_posix())
    digest = hashlib.sha256(shipped).hexdigest()
    if digest != arguments.sha256:
        raise SystemExit(f"this is not the first edition: its SHA-256 is {digest}")
    encoder = committed(arguments.commit, (MILESTONES / "autoencoder.safetensors").relative_to(top).as_posix())
    weights = {AUTOENCODER + name: tensor for name, tensor in load(encoder).items()} | load(shipped)
    torch.manual_seed(1)
    model = InterleavedModel(nano())
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()}, strict=False)
    save_model(model, RUNS / arguments.name / "model.safetensors", {"name": arguments.name, "sha256": digest})


if __name__ == "__main__":
    main()
