"""Writes a model directory for the daemon: config.json, tokenizer.model, model.safetensors; templates.json is written by hand.

    python export.py --output ../Models/nano

Takes the newest averaged weights of each stage (`load_milestone`). A stage that
has not run yet is exported as it starts, and said so.
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
from stages.run import MILESTONES, load_milestone, metadata_of
from stages.train_image_decoder import choose_trained
from stages.tokenizer import PATH as TOKENIZER

#: What only training needs.
LEFT_OUT = ("image_decoder.decoder.vae.encoder.", "image_decoder.decoder.vae.quant_conv.")
#: Small tensors that stay in f32.
EXACT = ("visual_tokenizer.clip_mean", "visual_tokenizer.clip_std")


def main() -> None:
    """Writes the three files and prints their sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.manual_seed(1)
    configuration = nano()
    model = InterleavedModel(configuration)
    metadata = {"format": "pt"}
    for stage, module in (
        ("autoencoder", model.image_decoder.decoder.vae), ("language", model), ("image_decoder", model),
    ):
        if stage == "image_decoder":
            choose_trained(model, joint=False)
        try:
            step, seconds = load_milestone(module, stage, finished=stage == "autoencoder")
            metadata |= {f"{stage}.step": str(step), f"{stage}.seconds": f"{seconds:.0f}"}
            print(f"{stage}: step {step}, {seconds / 60:.0f} minutes of training")
            if stage == "autoencoder":
                # Its decoder was trained again.
                metadata |= {name: value for name, value in metadata_of(MILESTONES / f"{stage}.safetensors").items()
                             if name.startswith("decoder.")}
        except FileNotFoundError:
            print(f"{stage}: NOT TRAINED, exported as initialised")
    arguments.output.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: (tensor if name in EXACT else tensor.half()).contiguous()
        for name, tensor in model.state_dict().items() if not name.startswith(LEFT_OUT)}
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name} does not fit f16")
    path = arguments.output / "model.safetensors"
    save_file(tensors, path, metadata=metadata)
    # A line per tensor, in the order of the file's data, as the program writes them.
    digests = [f"{hashlib.sha256(tensors[name].numpy().tobytes()).hexdigest()}  {name}\n" for name in tensors]
    path.with_name(path.name + ".sha256").write_text("".join(digests))
    text = json.dumps(configuration.to_json(), indent=2) + "\n"
    (arguments.output / "config.json").write_text(text)
    shutil.copyfile(TOKENIZER, arguments.output / "tokenizer.model")
    count = sum(tensor.numel() for tensor in tensors.values())
    print(f"{len(tensors)} tensors, {count} parameters, {path.stat().st_size / 1e6:.1f} MB in {path}")


if __name__ == "__main__":
    main()
