"""Compares this model code with recordings of the reference implementation.

    python check_reference.py <folder with config.json, OUTPUT/, assets/, fixtures/>

Loads the recorded checkpoint (tiny random weights) under the reference's parameter names and runs
vision, language model, UNet and autoencoder on the recorded inputs.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from model import configuration as c
from model.interleaved_model import InterleavedModel
from model.picture_synchronizer import flatten_pyramid


def read_configuration(folder: Path) -> c.Model:
    """The recording's sizes, from its own configuration files."""
    own = json.loads((folder / "config.json").read_text())
    assets = folder / "assets"
    model, diffusion = own["model"], assets / "stabilityai/stable-diffusion-2-1-base"
    llm = json.loads((assets / "lmsys/vicuna-13b-v1.3/config.json").read_text())
    clip = json.loads((assets / "openai/clip-vit-large-patch14/config.json").read_text())
    clip = clip["vision_config"]
    unet = json.loads((diffusion / "unet/config.json").read_text())
    vae = json.loads((diffusion / "vae/config.json").read_text())
    visual = model["visual_tokenizer_config"]["perceiver_config"]
    perceiver = model["image_decoder_config"]["perceiver_config"]
    names = c.Perceiver.__dataclass_fields__
    return c.Model(
        name="recorded", vocabulary=c.Vocabulary(own["vocab_size"]),
        vision=c.Vision(
            clip["image_size"], clip["patch_size"], clip["hidden_size"], clip["intermediate_size"],
            clip["num_hidden_layers"], clip["num_attention_heads"]),
        visual_perceiver=c.Perceiver(**{k: v for k, v in visual.items() if k in names}),
        language=c.Language(
            llm["hidden_size"], llm["intermediate_size"], llm["num_hidden_layers"],
            llm["num_attention_heads"],
            cross_attention_frequency=model["cross_attention_frequency"]),
        perceiver=c.Perceiver(**{
            "intermediate_size": 3072, "qk_normalization": False,
            **{k: v for k, v in perceiver.items() if k in names}}),
        unet=c.UNet(
            unet["sample_size"], unet["in_channels"], unet["block_out_channels"],
            unet["attention_head_dim"], ["CrossAttn" in t for t in unet["down_block_types"]],
            unet["layers_per_block"], unet["cross_attention_dim"], unet["norm_num_groups"]),
        vae=c.Autoencoder(
            vae["latent_channels"], vae["block_out_channels"], vae["layers_per_block"],
            vae["norm_num_groups"], 0.18215),
        scheduler={}, defaults={})


class Comparison:
    """Collects largest differences and the limits that they have to keep."""

    def __init__(self) -> None:
        self.is_right = True

    def check(self, name: str, found: Tensor, expected: Tensor, limit: float) -> None:
        """Prints one line."""
        assert found.shape == expected.shape, f"{name}: {found.shape} instead of {expected.shape}"
        difference = float((found - expected).abs().max())
        fits = difference <= limit
        self.is_right &= fits
        print(f"{'ok  ' if fits else 'FAIL'} {name:34} {difference:.2e} of {limit:.0e}, "
              f"deviation {float(expected.std()):.2f}")


@torch.no_grad()
def main() -> None:
    """Exits with 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    configuration = read_configuration(folder)
    model = InterleavedModel(configuration).eval()
    weights = torch.load(
        folder / "OUTPUT/mm_interleaved_pretrain/pytorch_model.bin", weights_only=True)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    unexpected = [name for name in unexpected if not name.endswith("position_ids")]
    print(f"{len(weights)} stored tensors; missing {missing}, unexpected {unexpected}")
    result = Comparison()
    result.is_right = not missing and not unexpected

    def fixture(name: str) -> dict[str, Tensor]:
        return load_file(folder / "fixtures" / f"{name}.safetensors")

    seen = fixture("vision")
    tokens, maps = model.visual_tokenizer(seen["pixels"])
    result.check("vision: image tokens", tokens, seen["vis_embed"], 2e-4)
    result.check("vision: map 0", maps[0][:, ::2], seen["ms0"], 2e-4)
    for level in (1, 2, 3):
        result.check(f"vision: map {level}", maps[level], seen[f"ms{level}"], 2e-4)

    said = fixture("llm")
    ids = said["two.text_ids"]
    embeddings = model.embed(ids, tokens)
    features, visible = model.arrange(ids, maps)
    result.check("language: embeddings", embeddings, said["two.mm_embeds"], 2e-4)
    result.check("language: features", features, said["two.mmfs_features"], 2e-4)
    result.check("language: visibility", visible.float(), said["two.cross_attention_mask"], 0)
    hidden = model.mm_decoder(embeddings, features, visible)
    result.check("language: last hidden state", hidden, said["two.last_hidden_state"], 2e-4)
    result.check("language: logits", model.text_decoder(hidden), said["two.logits"], 5e-4)

    drawn = fixture("image_decoder")
    count = [f"mmfs_features{level}_img2" for level in range(4)]
    pyramid = flatten_pyramid([drawn[name][0] for name in count])
    decoder = model.image_decoder
    context = model.image_decoder.perceiver_resampler(drawn["context_features"], drawn["context_mask"])
    result.check("image: conditioning", context, drawn["context"], 1e-4)
    condition = torch.cat([drawn["negative"], drawn["context"][2:3]])
    latents = drawn["latents"].expand(2, -1, -1, -1)
    for name, time, sees in (("eps.ctx.t981", 981, 1), ("eps.noctx.t981", 981, 0), ("eps.ctx.t1", 1, 1)):
        found = decoder.predict(
            latents, torch.full((2,), time), condition,
            pyramid.expand(2, -1, -1) if sees else None, torch.full((2,), sees))
        result.check(f"image: {name}", found, drawn[name], 1e-4)
    picture = decoder.decoder.vae.decode(drawn["vae.latents"])
    result.check("image: autoencoder", picture[..., ::4, ::4], drawn["vae.raw_s4"], 2e-4)
    sys.exit(0 if result.is_right else 1)


if __name__ == "__main__":
    main()
