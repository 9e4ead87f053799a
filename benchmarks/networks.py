"""(c) and (d): the generated networks against torchvision's, in construction, forward, training step and memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import nn

import archspec
from archspec.backends.module import uninitialised
from benchmarks.compare import compare_times, compare_values
from benchmarks.result import Result, result
from benchmarks.vision import models

BATCH = 4
OURS, THEIRS = "archspec", "torchvision"
AGAIN = f"{OURS}, built again"


def construction(rounds: int) -> Iterator[Result]:
    """(c) The constructor of the generated ResNet-152, with and without initialisation."""
    checked = archspec.check("resnet152")
    made = type(archspec.module(checked))
    found = compare_times(
        {
            OURS: made,
            f"{OURS}, init=False": lambda: _unfilled(made),
            "archspec.module, init=False, from a checked spec": lambda: archspec.module(checked, init=False),
            THEIRS: lambda: models.resnet152(),
        },
        rounds,
    )
    yield result("c", found, OURS, THEIRS, ("<=", 1.05))
    yield result("c", found, THEIRS, f"{OURS}, init=False", (">=", 10))
    yield result("c", found, "archspec.module, init=False, from a checked spec", f"{OURS}, init=False")


def _unfilled(made: type[nn.Module]) -> nn.Module:
    with uninitialised():
        return made()


def running(rounds: int) -> Iterator[Result]:
    """(d) ResNet-50 at 224 px: forward in eval mode, and a whole training step with SGD; one thread each, CPU time.

    One thread, because two of torch's collapse as soon as another process takes a core. One call by the clock on the
    wall is 3 to 10 % off the next, even of the same network; the same network built a second time says how exact the
    ratio is.
    """
    torch.set_num_threads(1)
    nets = {name: make() for name, make in MAKERS.items()} | {AGAIN: MAKERS[OURS]()}
    for kind, step in STEPS.items():
        found = compare_times({name: step(net) for name, net in nets.items()}, rounds, time.process_time)
        yield result(f"d, {kind}, batch {BATCH}", found, OURS, THEIRS, ("<=", 1.02), unit="ms of CPU")
        yield result(f"d, {kind}, batch {BATCH}, how exact this is", found, AGAIN, OURS, unit="ms of CPU")


def memory(rounds: int) -> Iterator[Result]:
    """(d) The peak resident memory of a process that builds ResNet-50 and runs two steps."""
    for kind in STEPS:
        found = compare_values({name: _peak(name, kind) for name in MAKERS}, rounds)
        yield result(f"d, {kind}, peak memory", found, OURS, THEIRS, ("<=", 1.02), unit="MiB")


def _peak(name: str, kind: str) -> Callable[[], float]:
    def measure() -> float:
        code = f"from benchmarks.networks import measure_peak; measure_peak({name!r}, {kind!r})"
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True, encoding="utf-8"
        )
        return float(json.loads(done.stdout))

    return measure


def measure_peak(name: str, kind: str) -> None:
    """Print this process's peak memory in MiB after two steps; both modules are imported whichever is measured."""
    torch.set_num_threads(1)
    step = STEPS[kind](MAKERS[name]())
    step()
    step()
    print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _forward(net: nn.Module) -> Callable[[], object]:
    x = torch.randn(BATCH, 3, 224, 224)

    def run() -> object:
        net.eval()
        with torch.inference_mode():
            return net(x)

    return run


def _train(net: nn.Module) -> Callable[[], object]:
    x, y = torch.randn(BATCH, 3, 224, 224), torch.randint(1000, (BATCH,))
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4, momentum=0.9)

    def run() -> object:
        net.train()
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        return None

    return run


MAKERS: dict[str, Callable[[], nn.Module]] = {
    OURS: lambda: archspec.module("resnet50"),
    THEIRS: lambda: models.resnet50(),
}
STEPS = {"forward": _forward, "training step": _train}
