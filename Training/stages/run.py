"""One training run: its state on disk, learning rate, averaged weights and log."""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, distributed, nn

ROOT = Path(__file__).resolve().parent.parent
#: Complete states, with the optimizer; too large to commit.
RUNS = ROOT / "runs"
#: Averaged weights in f16, small enough to commit: what another machine resumes from.
MILESTONES = ROOT / "milestones"
#: The shipped model: the milestone of the stages that have no file of their own.
MODEL = ROOT.parent / "Models" / "nano" / "model.safetensors"
#: Beginning of the names of parameters that serve training alone.
HELPER = "helper."
#: Logs and curves, committed.
LOGS = ROOT / "logs"


def common_arguments(parser: argparse.ArgumentParser, *, steps: int, batch: int, rate: float) -> None:
    """Options that every stage has."""
    parser.add_argument("--steps", type=int, default=steps, help="steps of the whole run")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate")
    parser.add_argument("--warm-up", type=int, default=200, help="steps until the peak learning rate")
    parser.add_argument("--decay", type=float, default=0.999,
                        help="of the averaged weights per step: less where the last steps matter most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true",
                        help="go on from runs/<stage>/state.pt, or else from milestones/")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this much time")
    parser.add_argument("--threads", type=int, default=1, help="of each process")


class Run:
    """Keeps a stage's trainable modules, and everything needed to go on after an interruption.

    Under `torchrun` every process takes its share of each batch and gradients are averaged; process 0
    logs and saves. A milestone does not overwrite parameters whose names begin as in `fresh`; neither it nor a
    state those in `newer`.
    """

    def __init__(self, stage: str, module: nn.Module, arguments: argparse.Namespace,
                 weight_decay: float = 0.01,
                 faster: dict[str, float] | None = None, fresh: tuple[str, ...] = (),
                 newer: tuple[str, ...] = ()) -> None:
        torch.set_num_threads(arguments.threads)
        #: Which process this is, and of how many.
        self.rank, self.world = 0, int(os.environ.get("WORLD_SIZE", "1"))
        if self.world > 1:
            distributed.init_process_group("gloo")
            self.rank = distributed.get_rank()
        self._is_over, self._fresh, self._newer = False, fresh, newer
        self.stage, self.module, self.arguments, self.decay = stage, module, arguments, arguments.decay
        groups: dict[tuple[bool, float], list[nn.Parameter]] = {}
        for name, parameter in self._trained():
            # Parts of the model whose names contain a key learn that many times as fast.
            factor = next((f for part, f in (faster or {}).items() if part in name), 1.0)
            groups.setdefault((parameter.ndim > 1, factor), []).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [{"params": parameters, "weight_decay": weight_decay if is_matrix else 0.0, "factor": factor}
             for (is_matrix, factor), parameters in groups.items()],
            lr=arguments.rate, betas=(0.9, 0.98), fused=True)
        self.step = 0
        self.seconds = 0.0
        #: Step at which the optimizer was new.
        self.warm_from = 0
        if arguments.resume:
            self._resume()
        self.average = {name: p.detach().clone() for name, p in self._trained()} \
            if not hasattr(self, "average") else self.average
        self._started = time.monotonic()
        self._sums: dict[str, tuple[float, int]] = {}
        torch.manual_seed(arguments.seed * 1_000_003 + self.step)
        if self.world > 1:
            distributed.barrier()

    def _trained(self) -> Iterable[tuple[str, nn.Parameter]]:
        return ((name, p) for name, p in self.module.named_parameters() if p.requires_grad)

    # State

    def _resume(self) -> None:
        path = RUNS / self.stage / "state.pt"
        if path.exists():
            state = torch.load(path, map_location="cpu", weights_only=True)
            # What another stage trains may be newer there.
            known = {name for name, _ in self._trained() if not name.startswith(self._newer)}
            self.module.load_state_dict(
                {name: t for name, t in state["weights"].items() if name in known}, strict=False)
            self.step, self.seconds = state["step"], state["seconds"]
            current = {name: p.detach().clone() for name, p in self._trained()}
            self.average = {name: state["average"].get(name, p) if name in known else p
                            for name, p in current.items()}
            self._forget_after()
            if state["weights"].keys() == current.keys():
                for group in state["optimizer"]["param_groups"]:
                    group["fused"] = True
                self.optimizer.load_state_dict(state["optimizer"])
                self.warm_from = state.get("warm_from", 0)
            else:
                self.warm_from = self.step
                print("other parameters than before: fresh optimizer")
            print(f"{self.stage}: going on from step {self.step} ({path})", flush=True)
            return
        # What a milestone knows of these is not wanted.
        fresh = {name: p.detach().clone() for name, p in self._trained()
                 if name.startswith(self._fresh + self._newer)}
        try:
            self.step, self.seconds = load_milestone(self.module, self.stage)
        except FileNotFoundError:
            return
        self.module.load_state_dict(fresh, strict=False)
        self.warm_from = self.step
        self._forget_after()
        print(f"{self.stage}: going on from step {self.step} of its milestone", flush=True)

    def _forget_after(self) -> None:
        """Drops log lines of steps that will be taken again."""
        path = LOGS / f"{self.stage}.csv"
        if path.exists() and self.rank == 0:
            head, *lines = path.read_text().splitlines()
            kept = [line for line in lines if int(line.split(",", 1)[0]) <= self.step]
            path.write_text("\n".join([head, *kept]) + "\n")

    def save(self) -> None:
        """Writes the complete state, all or nothing."""
        if self.rank > 0:
            return
        folder = RUNS / self.stage
        folder.mkdir(parents=True, exist_ok=True)
        trained = {name for name, _ in self._trained()}
        torch.save({
            "weights": {k: t for k, t in self.module.state_dict().items() if k in trained},
            "optimizer": self.optimizer.state_dict(), "average": self.average,
            "step": self.step, "seconds": self.elapsed, "warm_from": self.warm_from,
        }, folder / "state.pt.new")
        os.replace(folder / "state.pt.new", folder / "state.pt")

    def save_milestone(self) -> None:
        """Writes the averaged weights in f16."""
        if self.rank > 0:
            return
        MILESTONES.mkdir(exist_ok=True)
        weights = {name: tensor.half().contiguous() for name, tensor in self.average.items()
                   if not name.startswith(HELPER)}
        save_file(weights, MILESTONES / f"{self.stage}.safetensors",
                  metadata={"step": str(self.step), "seconds": f"{self.elapsed:.0f}"})

    # Steps

    @property
    def elapsed(self) -> float:
        """Seconds of training in all."""
        return self.seconds + time.monotonic() - getattr(self, "_started", time.monotonic())

    @property
    def is_finished(self) -> bool:
        """Whether the steps or the minutes are used up."""
        return self.step >= self.arguments.steps or self._is_over

    def share(self, count: int) -> range:
        """This process' part of the indices of a batch."""
        return range(self.rank, count, self.world)

    def rate(self) -> float:
        """Warm-up, constant, then linear to 0 over the last fifth since the optimizer was new."""
        rise = min(1.0, (self.step - self.warm_from + 1) / self.arguments.warm_up)
        last = 0.2 * (self.arguments.steps - self.warm_from)
        fall = min(1.0, (self.arguments.steps - self.step) / last)
        return self.arguments.rate * rise * max(fall, 0.01)

    def update(self, loss: Tensor, **measures: float) -> None:
        """One optimizer step."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate() * group.get("factor", 1.0)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for _, p in self._trained()]
        minutes = (time.monotonic() - self._started) / 60
        self._is_over = self._average_gradients(parameters, minutes >= self.arguments.minutes)
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimizer.step()
        decay = min(self.decay, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            names = list(self.average)
            current = dict(self._trained())
            torch._foreach_lerp_(
                [self.average[n] for n in names], [current[n] for n in names], 1 - decay)
        self.step += 1
        measures = {"loss": float(loss.detach()), "norm": float(norm), **measures}
        for key, value in measures.items():
            total, count = self._sums.get(key, (0.0, 0))
            self._sums[key] = (total + value, count + 1)

    def _average_gradients(self, parameters: list[nn.Parameter], is_over: bool) -> bool:
        """Makes the gradients of all processes their mean; tells whether any process is out of time."""
        if self.world == 1:
            return is_over
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        flag = torch.tensor([float(is_over)])
        flat = torch.cat([p.grad.flatten() for p in parameters] + [flag])
        distributed.all_reduce(flat)
        parts = flat[:-1].div_(self.world).split([p.numel() for p in parameters])
        for parameter, part in zip(parameters, parts):
            parameter.grad.copy_(part.view_as(parameter))
        return bool(flat[-1] > 0)

    def take_means(self) -> dict[str, float]:
        """Means of the measures since the last call."""
        means = {key: total / count for key, (total, count) in self._sums.items()}
        self._sums = {}
        return means

    def log(self, **measures: float) -> None:
        """Prints and appends a line to logs/<stage>.csv, one `step,seconds,name,value` per measure."""
        if self.rank > 0:
            return
        LOGS.mkdir(exist_ok=True)
        path = LOGS / f"{self.stage}.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if is_new:
                writer.writerow(["step", "seconds", "name", "value"])
            for name, value in measures.items():
                writer.writerow([self.step, f"{self.elapsed:.0f}", name, f"{value:.5g}"])
        words = " ".join(f"{name} {value:.4g}" for name, value in measures.items())
        print(f"{self.stage} {self.step} {self.elapsed / 60:.1f}min {words}", flush=True)

    def averaged(self) -> _Averaged:
        """A context in which the module has its averaged weights."""
        return _Averaged(self)


class _Averaged:
    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> nn.Module:
        self.current = {name: p.detach().clone() for name, p in self.run._trained()}
        self.run.module.load_state_dict(self.run.average, strict=False)
        self.run.module.eval()
        return self.run.module

    def __exit__(self, *_: object) -> None:
        self.run.module.load_state_dict(self.current, strict=False)
        self.run.module.train()


def load_milestone(module: nn.Module, stage: str, *, finished: bool = False) -> tuple[int, float]:
    """Loads a stage's newest averaged weights: from its run if there is one, else its milestone, else
    the shipped model.

    `finished` looks at the milestone alone: a running autoencoder's latents are not normalised yet.
    Returns the step and the seconds of training; raises FileNotFoundError if there is nothing.
    """
    run, path = RUNS / stage / "state.pt", MILESTONES / f"{stage}.safetensors"
    if run.exists() and not finished:
        path = run
        state = torch.load(run, map_location="cpu", weights_only=True, mmap=True)
        weights, step, seconds = state["average"], state["step"], state["seconds"]
    elif path.exists():
        weights, metadata = load_file(path), metadata_of(path)
        step, seconds = int(metadata["step"]), float(metadata["seconds"])
    else:
        path = MODEL
        metadata = metadata_of(path) if path.exists() else {}
        if f"{stage}.step" not in metadata:
            raise FileNotFoundError(f"{stage} has not been trained")
        # It has all stages: only what the module trains, or it would undo a newer earlier stage.
        trained = {name for name, p in module.named_parameters() if p.requires_grad}
        weights = {name: t for name, t in load_file(path).items() if name in trained}
        step, seconds = int(metadata[f"{stage}.step"]), float(metadata[f"{stage}.seconds"])
    if stage == "language" and path != MODEL and MODEL.exists():
        # A run with plans leaves vision as it is in the shipped model, and out of its state and milestone.
        weights = {name: t for name, t in load_file(MODEL).items()
                   if name.startswith("visual_tokenizer.")} | weights
    weights = {name: tensor.float() for name, tensor in weights.items()
               if not name.startswith(HELPER)}
    unknown = module.load_state_dict(weights, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"{path} has weights that the model does not have: {unknown[:5]}")
    return step, seconds


def load_shipped(module: nn.Module) -> None:
    """Loads all of the shipped model, and the autoencoder's encoder, which it lacks."""
    encoder = load_file(MILESTONES / "autoencoder.safetensors")
    weights = {f"image_decoder.decoder.vae.{name}": tensor for name, tensor in encoder.items()}
    weights |= load_file(MODEL)
    module.load_state_dict({name: tensor.float() for name, tensor in weights.items()}, strict=False)


def shipped_layers() -> int:
    """How many layers the drawing's perceiver has in the shipped model."""
    beginning = "image_decoder.perceiver_resampler.blip2qformer.encoder.layer."
    with safe_open(MODEL, "pt") as file:
        return len({name[len(beginning):].split(".")[0] for name in file.keys()
                    if name.startswith(beginning)})


def metadata_of(path: Path) -> dict[str, str]:
    """What a safetensors file says of itself."""
    with safe_open(path, "pt") as file:
        return file.metadata() or {}
