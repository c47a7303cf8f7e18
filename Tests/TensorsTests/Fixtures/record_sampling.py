"""Records draws of torch's CPU generator into sampling_draws.json, beside this file.

Run with torch 2.13.0 (CPU build): python record_sampling.py
"""

import json
import pathlib

import torch


def generator(seed):
    return torch.Generator().manual_seed(seed)


def weights(count, seed):
    values = torch.softmax(3 * torch.randn(count, generator=generator(seed)), dim=0)
    values[::3] = 0
    return values


cases = []
for seed in (0, 7, 2**40 + 5):
    stream = generator(seed)
    exponential = torch.empty(20).exponential_(1, generator=stream)
    probabilities = weights(50, 1)
    choices = [int(torch.multinomial(probabilities, 1, generator=stream)) for _ in range(40)]
    cases.append(
        {
            "seed": seed,
            "exponential": exponential.tolist(),
            "probabilities": probabilities.tolist(),
            "choices": choices,
            "normal_after": torch.randn(5, generator=stream).tolist(),
        }
    )

record = {"recorded_with": f"torch {torch.__version__}", "cases": cases}
path = pathlib.Path(__file__).with_name("sampling_draws.json")
path.write_text(json.dumps(record, indent=1) + "\n")
