"""(b): shapes, parameters and MACs of a whole network against torch's ways to them, and over depth."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torchinfo

import archspec
from archspec.passes.cost import measure
from archspec.passes.shapes import infer
from benchmarks.compare import compare_times
from benchmarks.result import Result, result
from benchmarks.vision import models

SIZE = (1, 3, 224, 224)
SHAPES, COST, META, TORCHINFO = "archspec shapes", "archspec shapes and cost", "meta forward", "torchinfo"
DEPTHS = (20, 110, 1202, 10004)


def against_torch(rounds: int) -> Iterator[Result]:
    """The passes over a graph, against running torchvision's network on the meta device, and torchinfo's table."""
    for name in ("resnet50", "resnet152"):
        graph = archspec.check(name).graph
        found = compare_times(
            {
                SHAPES: lambda graph=graph: infer(graph),
                COST: lambda graph=graph: measure(graph, infer(graph)),
                META: _meta(name),
                TORCHINFO: _torchinfo(name),
            },
            rounds,
        )
        yield result(f"b, {name}", found, META, SHAPES, (">=", 300))
        yield result(f"b, {name}", found, TORCHINFO, SHAPES, (">=", 300))
        yield result(f"b, {name}", found, META, COST)
        yield result(f"b, {name}", found, TORCHINFO, COST)


def over_depth(rounds: int) -> Iterator[Result]:
    """A whole check in memory, elaboration included, of the CIFAR networks: flat in their depth."""
    found = compare_times({f"check depth {depth}": _check(depth) for depth in DEPTHS}, rounds)
    for depth in DEPTHS[1:]:
        yield result("b, CIFAR", found, f"check depth {depth}", f"check depth {DEPTHS[0]}", ("<=", 1.2))


def _meta(name: str) -> Callable[[], object]:
    with torch.device("meta"):
        net, x = models.get_model(name).eval(), torch.empty(SIZE)

    def run() -> object:
        with torch.no_grad():
            return net(x)

    return run


def _torchinfo(name: str) -> Callable[[], object]:
    with torch.device("meta"):
        net = models.get_model(name)
    return lambda: torchinfo.summary(net, input_size=SIZE, device="meta", verbose=0)


def _check(depth: int) -> Callable[[], object]:
    spec = archspec.load("resnet_cifar", depth=depth)
    return lambda: archspec.check(spec)
