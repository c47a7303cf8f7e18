"""The autoencoder's decoder, on latents as the image decoder draws them.

    python -m stages.train_decoder --name pixels --begin drawing --plans start

Drawn latents are not quite those of any picture: straight edges come out wavy, small diamonds and crosses alike. The
decoder sees half of its latents from pictures, with a little noise, and half as the image decoder finishes them from a
picture's noisy latents, and learns to give the picture in both cases. The encoder stays as it is, and with it what
latents mean.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn

from model.interleaved_model import InterleavedModel
from model.nano import nano
from world.scene import Scene

from .picture_scores import region_overlap
from .pixels import agrees, errors, pixels, to_bytes
from .plans import Planner
from .redrawing import finish
from .run import Run, common_arguments, load_model
from .tokenizer import Tokenizer

#: Steps between additions to the drawn latents, and how many each adds; the newest `KEPT` are drawn from.
STEPS_PER_ADDITION, ADDED, KEPT = 25, 32, 4096
#: From how many of 20 denoising steps before the end the image decoder finishes a picture's noisy latents:
#: early enough to make its own mistakes, late enough for the layout to be the picture's.
FIRST_FINISHED, LAST_FINISHED = 5, 15
#: Deviation of the noise on pictures' own latents, at most; theirs is 1.
NOISE = 0.15
#: Pixels around objects that count as much as objects, as edges that are too wide lie there.
MARGIN = 2


class Finisher:
    """Finishes noisy latents as the image decoder would."""

    def __init__(self, model: InterleavedModel, planner: Planner) -> None:
        self.model, self.planner = model, planner

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
    """Trains, evaluates and saves. Under `torchrun` every process draws latents of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    common_arguments(parser, steps=3000, batch=32, rate=1e-3)
    parser.add_argument("--plans", metavar="RUN", required=True, help="whose model's plans are drawn")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    model = InterleavedModel(nano())
    load_model(model, arguments.begin)
    model.requires_grad_(False)
    autoencoder = model.image_decoder.decoder.vae
    for name in ("post_quant_conv", "decoder"):
        getattr(autoencoder, name).requires_grad_(True)
    run = Run(model, arguments)
    finisher = Finisher(model, Planner(Tokenizer(), arguments.plans))
    shown, watched = pixels(800_001, 0, 64, most=2)
    of_pictures = autoencoder.encode(shown).detach()
    drawn = finisher.finish(shown, watched, torch.Generator().manual_seed(1))
    finished: list[tuple[Tensor, Tensor]] = []
    half = max(1, arguments.batch // 2 // run.world)
    while not run.is_finished:
        generator = run.generator()
        place = run.step * run.world + run.rank
        if run.step % STEPS_PER_ADDITION == 0 or not finished:
            added, scenes = pixels(arguments.seed + 9_000, place * ADDED, min(ADDED, 2 * arguments.batch), most=2)
            finished = [*finished, *zip(finisher.finish(added, scenes, generator), added)][-KEPT:]
        pictures, _ = pixels(arguments.seed + 8_000, place * half, half, most=2)
        with torch.no_grad():
            latents = autoencoder.encode(pictures)
        noise = torch.randn(latents.shape, generator=generator)
        latents = latents + NOISE * torch.rand(half, 1, 1, 1, generator=generator) * noise
        chosen = [finished[i] for i in torch.randint(len(finished), (half,), generator=generator)]
        latents = torch.cat([latents, torch.stack([latent for latent, _ in chosen])])
        pictures = torch.cat([pictures, torch.stack([picture for _, picture in chosen])])
        run.update(sum(errors(autoencoder.decode(latents), pictures, MARGIN)))
        if run.step % 50 == 0:
            measured = {}
            if run.step % 250 == 0 and run.rank == 0:
                with run.averaged():
                    measured = scores(autoencoder.decode, of_pictures, watched, "pictures")
                    measured |= scores(autoencoder.decode, drawn, watched, "drawn")
            run.log(**run.take_means(), **measured)
    run.finish()


if __name__ == "__main__":
    main()
