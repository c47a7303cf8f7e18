"""Writes a model directory for the daemon: config.json, tokenizer.model, model.safetensors; templates.json is written
by hand.

    python export.py --run drawing --output /tmp/nano      also while the run goes on

`Training/publish` does so for Models/nano.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file

from model.interleaved_model import InterleavedModel
from model.nano import nano
from stages.run import load_model
from stages.tokenizer import LOWERCASE as TOKENIZER

#: What only training needs.
LEFT_OUT = ("image_decoder.decoder.vae.encoder.", "image_decoder.decoder.vae.quant_conv.")
#: Small tensors that stay in f32.
EXACT = ("visual_tokenizer.clip_mean", "visual_tokenizer.clip_std")


def export(run: str, output: Path) -> None:
    """Writes the three files and the digests of the tensors, and prints their sizes."""
    configuration = nano()
    model = InterleavedModel(configuration)
    load_model(model, run)
    output.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (tensor if name in EXACT else tensor.half()).contiguous()
        for name, tensor in model.state_dict().items() if not name.startswith(LEFT_OUT)}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} does not fit f16")
    path = output / "model.safetensors"
    # Several entries would come in any order, and the same weights be another file each time.
    save_file(tensors, path, metadata={"format": "pt"})
    # A line per tensor, in the order of the file's data, as the program writes them.
    digests = [f"{hashlib.sha256(tensors[name].numpy().tobytes()).hexdigest()}  {name}\n" for name in tensors]
    path.with_name(path.name + ".sha256").write_text("".join(digests))
    text = json.dumps(configuration.to_json(), indent=2) + "\n"
    (output / "config.json").write_text(text)
    shutil.copyfile(TOKENIZER, output / "tokenizer.model")
    count = sum(tensor.numel() for tensor in tensors.values())
    print(f"{len(tensors)} tensors, {count} parameters, {path.stat().st_size / 1e6:.1f} MB in {path}")


def main() -> None:
    """Parses and exports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="whose model, also while it goes on")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    export(arguments.run, arguments.output)


if __name__ == "__main__":
    main()
