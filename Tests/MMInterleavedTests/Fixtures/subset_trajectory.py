"""Keeps every 16th element of a recorded DDPM run, for ddpm_trajectory.safetensors beside this file.

    python subset_trajectory.py recorded/diffusion.safetensors

The recording holds the latents, guided noise predictions and noises of five steps of the public
PyTorch implementation. A step works element by element, so a part of the elements tests as much.
"""

import pathlib
import sys

from safetensors.numpy import load_file, save_file

recorded = load_file(sys.argv[1])


def part(values):
    return values.reshape(values.shape[0], -1)[:, ::16].copy()


stream = part(recorded["noise_stream"][:6])
save_file(
    {
        "initial": stream[0].copy(),
        "noise": stream[1:].copy(),
        "prediction": part(recorded["s5.eps"]),
        "latents": part(recorded["s5.latents"]),
    },
    pathlib.Path(__file__).with_name("ddpm_trajectory.safetensors"),
)
