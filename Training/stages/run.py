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
#: A folder per run: `state.pt`, complete, with the optimizer; `log.csv`; at its end `model.safetensors`, the whole
#: model that it hands on. Nothing of it is committed; `publish` takes from here what is.
RUNS = Path(os.environ.get("NANO_RUNS", ROOT / "runs"))
#: The tokenizer, and the autoencoder with its encoder, which the shipped model lacks.
MILESTONES = ROOT / "milestones"
SHIPPED = ROOT.parent / "Models" / "nano" / "model.safetensors"
#: Beginning of names of parameters that serve training alone.
HELPER = "helper."
#: Where the autoencoder is in the whole model.
AUTOENCODER = "image_decoder.decoder.vae."
#: Seconds between states on disk: work stops without a warning.
SAVE_SECONDS = 180.0


def common_arguments(parser: argparse.ArgumentParser, *, steps: int, batch: int, rate: float) -> None:
    """Options that every stage has."""
    parser.add_argument("--name", required=True, help="of the run's folder; a run that is there goes on")
    parser.add_argument("--begin", metavar="RUN", help="whose model to begin with; without it, from nothing")
    parser.add_argument("--steps", type=int, default=steps, help="steps of the whole run")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate, help="peak learning rate")
    parser.add_argument("--warm-up", type=int, default=200, help="steps until the peak learning rate")
    parser.add_argument("--decay", type=float, default=0.998, help="of the averaged weights per step")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this much time, to go on another time")
    parser.add_argument("--threads", type=int, default=1, help="of each process")


class Run:
    """Keeps a stage's trainable parameters of a whole model, and everything needed to go on after an interruption.

    Under `torchrun` every process takes its share of each batch and gradients are averaged; process 0 logs and saves.
    """

    def __init__(self, module: nn.Module, arguments: argparse.Namespace, *, weight_decay: float = 0.01,
                 faster: dict[str, float] | None = None) -> None:
        torch.set_num_threads(arguments.threads)
        #: Which process this is, and of how many.
        self.rank, self.world = 0, int(os.environ.get("WORLD_SIZE", "1"))
        if self.world > 1:
            distributed.init_process_group("gloo")
            self.rank = distributed.get_rank()
        self.name, self.module, self.arguments = arguments.name, module, arguments
        self.folder = RUNS / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        groups: dict[tuple[bool, float], list[nn.Parameter]] = {}
        for name, parameter in self._trained():
            # Parts of the model whose names contain a key learn that many times as fast.
            factor = next((f for part, f in (faster or {}).items() if part in name), 1.0)
            groups.setdefault((parameter.ndim > 1, factor), []).append(parameter)
        self.optimizer = torch.optim.AdamW(
            [{"params": parameters, "weight_decay": weight_decay if is_matrix else 0.0, "factor": factor}
             for (is_matrix, factor), parameters in groups.items()],
            lr=arguments.rate, betas=(0.9, 0.98), fused=True)
        self.step, self.seconds = 0, 0.0
        self.average = {name: p.detach().clone() for name, p in self._trained()}
        self._resume()
        self._started = self._saved = time.monotonic()
        self._is_over = False
        self._sums: dict[str, tuple[float, int]] = {}
        if self.world > 1:
            distributed.barrier()

    def _trained(self) -> Iterable[tuple[str, nn.Parameter]]:
        return ((name, p) for name, p in self.module.named_parameters() if p.requires_grad)

    # State

    def _resume(self) -> None:
        path = self.folder / "state.pt"
        if not path.exists():
            self._forget_after()
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["weights"].keys() != self.average.keys():
            raise ValueError(f"{path} is of other parameters: a changed stage needs another name")
        self.module.load_state_dict(state["weights"], strict=False)
        self.average, self.step, self.seconds = state["average"], state["step"], state["seconds"]
        self.optimizer.load_state_dict(state["optimizer"])
        self._forget_after()
        print(f"{self.name}: going on from step {self.step}", flush=True)

    def _forget_after(self) -> None:
        """Drops log lines of steps that will be taken again, and one that is cut off."""
        path = self.folder / "log.csv"
        if path.exists() and self.rank == 0:
            lines = path.read_text().splitlines()
            kept = [line for line in lines[1:] if line.count(",") == 3 and int(line.split(",", 1)[0]) <= self.step]
            replace_text(path, "\n".join([lines[0], *kept]) + "\n")

    def save(self) -> None:
        """Writes the complete state, all or nothing."""
        self._saved = time.monotonic()
        if self.rank > 0:
            return
        state = {"weights": {name: p.detach() for name, p in self._trained()},
                 "optimizer": self.optimizer.state_dict(),
                 "average": self.average, "step": self.step, "seconds": self.elapsed,
                 "begin": self.arguments.begin or ""}
        path = self.folder / "state.pt.new"
        with path.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path, self.folder / "state.pt")

    def finish(self) -> None:
        """Saves; at the end of the steps hands the whole model on, with averaged weights."""
        self.save()
        if self.rank > 0 or self.step < self.arguments.steps:
            return
        with self.averaged() as module:
            save_model(module, self.folder / "model.safetensors", {
                "name": self.name, "begin": self.arguments.begin or "", "step": str(self.step),
                "seconds": f"{self.elapsed:.0f}"})

    # Steps

    @property
    def elapsed(self) -> float:
        """Seconds of training in all."""
        return self.seconds + time.monotonic() - self._started

    @property
    def is_finished(self) -> bool:
        """Whether the steps or the minutes are used up."""
        return self.step >= self.arguments.steps or self._is_over

    def share(self, count: int) -> range:
        """This process' part of the indices of a batch."""
        return range(self.rank, count, self.world)

    def generator(self) -> torch.Generator:
        """Chance for this step and process alone: a run that was interrupted is the same as one that was not."""
        seed = (self.arguments.seed * 1_000_003 + self.step) * 64 + self.rank
        return torch.Generator().manual_seed(seed)

    def rate(self) -> float:
        """Warm-up, constant, then linear to 0 over the last fifth."""
        rise = min(1.0, (self.step + 1) / self.arguments.warm_up)
        fall = min(1.0, (self.arguments.steps - self.step) / (0.2 * self.arguments.steps))
        return self.arguments.rate * rise * max(fall, 0.01)

    def update(self, loss: Tensor, **measures: float) -> None:
        """One optimizer step; every few minutes a state."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate() * group.get("factor", 1.0)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for _, p in self._trained()]
        minutes = (time.monotonic() - self._started) / 60
        self._is_over = self._average_gradients(parameters, minutes >= self.arguments.minutes)
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimizer.step()
        decay = min(self.arguments.decay, (self.step + 1) / (self.step + 10))
        with torch.no_grad():
            names = list(self.average)
            current = dict(self._trained())
            torch._foreach_lerp_(
                [self.average[n] for n in names], [current[n].detach() for n in names], 1 - decay)
        self.step += 1
        for key, value in {"loss": float(loss.detach()), "norm": float(norm), **measures}.items():
            total, count = self._sums.get(key, (0.0, 0))
            self._sums[key] = (total + value, count + 1)
        if time.monotonic() - self._saved >= SAVE_SECONDS:
            self.save()

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
        """Prints and appends to the log, one `step,seconds,name,value` per measure."""
        if self.rank > 0:
            return
        path = self.folder / "log.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if is_new:
                writer.writerow(["step", "seconds", "name", "value"])
            for name, value in measures.items():
                writer.writerow([self.step, f"{self.elapsed:.0f}", name, f"{value:.5g}"])
        words = " ".join(f"{name} {value:.4g}" for name, value in measures.items())
        print(f"{self.name} {self.step} {self.elapsed / 60:.1f}min {words}", flush=True)

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


def replace_text(path: Path, text: str) -> None:
    """Writes a file, all or nothing."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    os.replace(new, path)


def save_model(module: nn.Module, path: Path, metadata: dict[str, str]) -> None:
    """Writes a whole model in f32, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().float().contiguous() for name, tensor in module.state_dict().items()
               if not name.startswith(HELPER)}
    new = path.with_name(path.name + ".new")
    save_file(weights, new, metadata=metadata)
    os.replace(new, path)


def load_model(module: nn.Module, run: str) -> dict[str, str]:
    """Loads the model that a run has handed on, or, while it goes on, what it has got to.

    Returns what it says of itself. "shipped" is the model of `Models/nano`.
    """
    folder = RUNS / run
    if run == "shipped":
        weights = {AUTOENCODER + name: t for name, t in load_file(MILESTONES / "autoencoder.safetensors").items()}
        weights |= load_file(SHIPPED)
        metadata = metadata_of(SHIPPED)
    elif (folder / "model.safetensors").exists():
        weights, metadata = load_file(folder / "model.safetensors"), metadata_of(folder / "model.safetensors")
    elif (folder / "state.pt").exists():
        state = torch.load(folder / "state.pt", map_location="cpu", weights_only=True, mmap=True)
        metadata = load_model(module, state["begin"]) if state.get("begin") else {}
        weights, metadata = state["average"], metadata | {"name": run, "step": str(state["step"])}
    else:
        raise FileNotFoundError(f"{run} is no run: there is neither {folder}/model.safetensors nor state.pt")
    weights = {name: tensor.float() for name, tensor in weights.items() if not name.startswith(HELPER)}
    unknown = module.load_state_dict(weights, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"{run} has weights that the model does not have: {unknown[:5]}")
    return metadata


def metadata_of(path: Path) -> dict[str, str]:
    """What a safetensors file says of itself."""
    with safe_open(path, "pt") as file:
        return file.metadata() or {}
