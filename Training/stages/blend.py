"""Means of two runs' weights: what a later run of the same course has learnt, with less of what it has lost.

    python -m stages.blend --name blend --begin reading --towards answering --share 0.7
"""

from __future__ import annotations

import argparse

from model.interleaved_model import InterleavedModel
from model.nano import nano

from .run import RUNS, load_model, save_model


def main() -> None:
    """Writes the whole model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--begin", metavar="RUN", required=True)
    parser.add_argument("--towards", metavar="RUN", required=True)
    parser.add_argument("--share", type=float, required=True, help="of the second, from 0 to 1")
    arguments = parser.parse_args()
    model, other = InterleavedModel(nano()), InterleavedModel(nano())
    load_model(model, arguments.begin)
    metadata = load_model(other, arguments.towards)
    towards = other.state_dict()
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor.lerp_(towards[name], arguments.share)
    save_model(model, RUNS / arguments.name / "model.safetensors", metadata | {"name": arguments.name})


if __name__ == "__main__":
    main()
