"""Records scheduler trajectories of diffusers into schedulers.json, beside this file.

Run with torch 2.13.0 (CPU build), diffusers 0.20.0 and huggingface_hub below 0.26:

    python record_schedulers.py

The zero-terminal-SNR cases that version 0.20 does not know are recorded by a second run with
diffusers 0.31.0 first in PYTHONPATH and the argument --zero-snr; it adds to the file.
"""

import json
import pathlib
import sys

import diffusers
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from diffusers.schedulers.scheduling_ddpm import DDPMScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

SCHEDULERS = {
    "ddpm": DDPMScheduler,
    "ddim": DDIMScheduler,
    "euler": EulerDiscreteScheduler,
    "dpmpp-2m": DPMSolverMultistepScheduler,
}
STABLE_DIFFUSION = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
ELEMENTS = 8
MAXIMUM_STEPS = 20


def draws(seed):
    """Latents, model outputs and noises that all cases share."""
    generator = torch.Generator().manual_seed(seed)
    shape = (MAXIMUM_STEPS, 1, ELEMENTS)
    return (
        torch.randn((1, ELEMENTS), generator=generator),
        torch.randn(shape, generator=generator),
        torch.randn(shape, generator=generator),
    )


def record(name, method, config, steps):
    latents, outputs, noises = draws(9)
    scheduler = SCHEDULERS[method].from_config(config)
    scheduler.set_timesteps(steps)
    sample = latents * scheduler.init_noise_sigma
    case = {
        "name": name,
        "method": method,
        "config": config,
        "steps": steps,
        "timesteps": [float(t) for t in scheduler.timesteps],
        "initial_noise_scale": float(scheduler.init_noise_sigma),
        "input_scale": [],
        "latents": [],
    }
    module = sys.modules[type(scheduler).__module__]
    for index, timestep in enumerate(scheduler.timesteps):
        scaled = scheduler.scale_model_input(torch.ones(1), timestep)
        case["input_scale"].append(float(scaled))
        # The scheduler draws through this function; give it the recorded noise.
        module.randn_tensor = lambda *_, **__: noises[index]
        sample = scheduler.step(outputs[index], timestep, sample).prev_sample.float()
        case["latents"].append([round(float(value), 7) for value in sample.flatten()])
    return case


def config(**changes):
    return {**STABLE_DIFFUSION, **changes}


def plain_cases():
    cases = []
    for method in SCHEDULERS:
        for prediction in ("epsilon", "v_prediction"):
            for spacing in ("leading", "trailing", "linspace"):
                changes = {"prediction_type": prediction, "timestep_spacing": spacing}
                steps = 6 if spacing == "leading" else 5
                name = f"{method} {prediction} {spacing}"
                cases.append(record(name, method, config(**changes), steps))
        for beta in ("linear", "squaredcos_cap_v2"):
            changes = {"beta_schedule": beta, "prediction_type": "v_prediction"}
            if beta == "linear":
                changes |= {"beta_start": 0.0001, "beta_end": 0.02}
            cases.append(record(f"{method} {beta}", method, config(**changes), 4))
        cases.append(record(f"{method} twenty steps", method, config(), 20))
        cases.append(record(f"{method} sample", method, config(prediction_type="sample"), 4))
        cases.append(record(f"{method} one step", method, config(), 1))
    clipped = config(clip_sample=True, clip_sample_range=0.8)
    for method in ("ddpm", "ddim"):
        cases.append(record(f"{method} clipped", method, clipped, 5))
        # The last step is t = 0: no noise, and DDIM's final alpha is 1.
        changes = {"steps_offset": 0, "set_alpha_to_one": True}
        cases.append(record(f"{method} to zero", method, config(**changes), 5))
    cases.append(record("ddpm large", "ddpm", config(variance_type="fixed_large"), 5))
    for changes in ({"lower_order_final": False}, {"solver_type": "heun"}):
        name = f"dpmpp-2m {next(iter(changes))}"
        cases.append(record(name, "dpmpp-2m", config(**changes), 5))
    clipped = config(beta_schedule="squaredcos_cap_v2", lambda_min_clipped=-5.1)
    cases.append(record("dpmpp-2m lambda clipped", "dpmpp-2m", clipped, 6))
    zero = config(
        rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing"
    )
    cases.append(record("ddim zero snr", "ddim", zero, 5))
    schedules = {
        name: [float(value) for value in DDIMScheduler.from_config(changed).alphas_cumprod[::37]]
        for name, changed in {
            "scaled_linear": config(),
            "linear": config(beta_schedule="linear"),
            "squaredcos_cap_v2": config(beta_schedule="squaredcos_cap_v2"),
            "zero_snr": config(rescale_betas_zero_snr=True),
        }.items()
    }
    latents, outputs, noises = draws(9)
    return {
        "recorded_with": [f"torch {torch.__version__}, diffusers {diffusers.__version__}"],
        "alphas_cumprod_every_37th": schedules,
        "initial_noise": latents.flatten().tolist(),
        "model_outputs": outputs.flatten(1).tolist(),
        "noises": noises.flatten(1).tolist(),
        "cases": cases,
    }


def zero_snr_cases():
    changes = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
    return [
        record(f"{method} zero snr {spacing}", method, config(timestep_spacing=spacing, **changes), 5)
        for method in ("ddpm", "euler")
        for spacing in ("trailing", "linspace")
    ]


path = pathlib.Path(__file__).with_name("schedulers.json")
if "--zero-snr" in sys.argv:
    data = json.loads(path.read_text())
    data["recorded_with"].append(f"zero snr: diffusers {diffusers.__version__}")
    data["cases"] += zero_snr_cases()
else:
    data = plain_cases()
path.write_text(json.dumps(data) + "\n")
