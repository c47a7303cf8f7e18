"""Stage 4: the autoencoder's decoder anew, on latents as the image decoder draws them.

    python -m stages.train_decoder [--resume]

Drawn latents are not quite those of any picture: straight edges come out wavy. The decoder sees half
of its latents from pictures, with a little noise, and half as the image decoder finishes them from a picture's noisy
latents, and learns to give the picture in both cases. The encoder, and with it what latents mean, stays as it is.
The result takes the place of the autoencoder's milestone.
"""

from __future__ import annotations

import argparse

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.scene import Scene

from .picture_scores import region_overlap
from .plans import Planner
from .redrawing import finish
from .run import MILESTONES, Run, common_arguments, load_milestone, metadata_of
from .tokenizer import Tokenizer
from .train_autoencoder import agrees, errors, pixels, to_bytes

STAGE = "decoder"
#: Steps between additions to the drawn latents, and how many each adds.
STEPS_PER_ADDITION, ADDED = 25, 32
#: From how many of 20 denoising steps before the end the image decoder finishes a picture's noisy latents:
#: early enough to make its own mistakes, late enough for the layout to be the picture's.
FIRST_FINISHED, LAST_FINISHED = 5, 15
#: Deviation of the noise on pictures' own latents, at most; theirs is 1.
NOISE = 0.15
#: Pixels around objects that count as much as objects, as edges that are too wide lie there.
MARGIN = 2


class Finisher:
    """Finishes noisy latents as the image decoder would."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.planner = Planner(tokenizer)
        self.model = InterleavedModel(nano()).eval().requires_grad_(False)
        load_milestone(self.model.image_decoder.decoder.vae, "autoencoder", finished=True)
        print("image decoder at step", load_milestone(self.model, "image_decoder")[0], flush=True)

    @torch.no_grad()
    def finish(self, pictures: Tensor, scenes: list[Scene], random: torch.Generator) -> Tensor:
        """Latents [B, 4, 16, 16] of pictures of scenes, finished from a random step on, the same for all."""
        left = int(torch.randint(FIRST_FINISHED, LAST_FINISHED + 1, (), generator=random))
        clean = self.model.image_decoder.decoder.vae.encode(pictures)
        return finish(self.model, self.planner.plan(scenes), clean, 20, left, random)


@torch.no_grad()
def scores(decode: nn.Module, latents: Tensor, scenes: list[Scene], name: str) -> dict[str, float]:
    """Overlap of objects' regions, the share that overlaps enough, and the share read back completely."""
    pictures = to_bytes(decode(latents))
    overlaps = torch.tensor([region_overlap(p, s) for p, s in zip(pictures, scenes)])
    right = [agrees(p, s) for p, s in zip(pictures, scenes)]
    return {f"overlap_{name}": float(overlaps.mean()), f"enough_{name}": float((overlaps >= 0.8).float().mean()),
            f"right_{name}": sum(right) / len(right)}


def main() -> None:
    """Trains, evaluates and saves."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=3000, batch=32, rate=1e-3)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    finisher = Finisher(Tokenizer())
    autoencoder = finisher.model.image_decoder.decoder.vae
    model = nn.ModuleDict({name: getattr(autoencoder, name) for name in ("post_quant_conv", "decoder")})
    model.requires_grad_(True)
    run = Run(STAGE, model, arguments)
    random = torch.Generator().manual_seed(arguments.seed * 7_919 + run.step)

    shown, watched = pixels(800_001, 0, 64, most=2)
    of_pictures = autoencoder.encode(shown).detach()
    drawn = finisher.finish(shown, watched, torch.Generator().manual_seed(1))
    finished: list[tuple[Tensor, Tensor]] = []
    half = arguments.batch // 2
    while not run.is_finished:
        if run.step % STEPS_PER_ADDITION == 0 or not finished:
            added, scenes = pixels(arguments.seed + 9_000, run.step * ADDED, ADDED, most=2)
            finished += zip(finisher.finish(added, scenes, random), added)
        pictures, _ = pixels(arguments.seed + 8_000, run.step * half, half, most=2)
        with torch.no_grad():
            latents = autoencoder.encode(pictures)
        latents = latents + NOISE * torch.rand(half, 1, 1, 1) * torch.randn_like(latents)
        chosen = [finished[i] for i in torch.randint(len(finished), (half,))]
        latents = torch.cat([latents, torch.stack([latent for latent, _ in chosen])])
        pictures = torch.cat([pictures, torch.stack([picture for _, picture in chosen])])
        run.update(sum(errors(autoencoder.decode(latents), pictures, MARGIN)))
        if run.step % 50 == 0:
            measured = {}
            if run.step % 250 == 0:
                with run.averaged():
                    measured = scores(autoencoder.decode, of_pictures, watched, "pictures")
                    measured |= scores(autoencoder.decode, drawn, watched, "drawn")
                run.save()
            run.log(**run.take_means(), **measured)
    run.save()
    path = MILESTONES / "autoencoder.safetensors"
    weights = load_file(path) | {name: t.half().contiguous() for name, t in run.average.items()}
    save_file(weights, path, metadata=metadata_of(path) | {
        f"{STAGE}.step": str(run.step), f"{STAGE}.seconds": f"{run.elapsed:.0f}"})


if __name__ == "__main__":
    main()
