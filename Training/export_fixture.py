"""Records what an exported model computes, so that the daemon can be compared with it.

    python export_fixture.py --model ../Models/nano --output nano-fixture.safetensors

In f32 from the exported f16 weights: an editing sequence (picture, words, soi) through vision,
language model, text head, conditioning, two UNet predictions and 5 DDIM steps with guidance.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from model.interleaved_model import InterleavedModel
from model.nano import nano
from stages import diffusion
from stages.batches import cut_before_picture, picture_pixels, to_tensor
from stages.drawing import condition, last_sources
from stages.tokenizer import Tokenizer, sequence
from world.suites import make_example

STEPS, GUIDANCE = 5, 2.5


@torch.no_grad()
def main() -> None:
    """Writes one file; shapes are the reference's, pictures [1, 3, 64, 64]."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    model = InterleavedModel(nano()).eval()
    weights = {k: t.float() for k, t in load_file(arguments.model / "model.safetensors").items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and all(".vae.encoder." in n or ".quant_conv." in n for n in missing)
    tokenizer = Tokenizer()
    v = tokenizer.vocabulary
    laid = sequence(tokenizer, make_example("editing", 500_006, 0), 16)
    laid = cut_before_picture(laid, 1, v)
    pixels = to_tensor([picture_pixels(laid.pictures[0])])
    ids = torch.tensor([laid.ids])
    tokens, maps = model.visual_tokenizer(pixels)
    hidden = model.mm_decoder(model.embed(ids, tokens), *model.arrange(ids, maps))
    conditioning = condition(model, ids, torch.ones_like(ids), tokens, maps)
    features, visible = last_sources(ids, maps, v)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, 4, 16, 16, generator=generator)
    both = torch.cat([model.image_decoder.neg_prompt_embeds, conditioning])

    def predict(latents: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        output = model.image_decoder.predict(
            latents.repeat(2, 1, 1, 1), times.repeat(2), both, features.repeat(2, 1, 1),
            visible.repeat(2))
        without, with_text = output.chunk(2)
        return without + GUIDANCE * (with_text - without)

    result = {
        "pixels": pixels, "ids": ids, "image_tokens": tokens, "hidden": hidden,
        "logits": model.text_decoder(hidden), "conditioning": conditioning, "noise": noise,
        "latents": diffusion.sample(predict, noise, STEPS)}
    result |= {f"map{level}": part for level, part in enumerate(maps[1:], 1)}
    for time in (999, 199):
        result[f"velocity{time}"] = model.image_decoder.predict(
            noise, torch.tensor([time]), conditioning, features, visible)
    result["picture"] = model.image_decoder.decoder.vae.decode(result["latents"])
    save_file({name: tensor.contiguous() for name, tensor in result.items()}, arguments.output,
              metadata={"steps": str(STEPS), "guidance": str(GUIDANCE), "scheduler": "ddim"})
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
