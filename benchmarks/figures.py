"""(f) Figures: against Graphviz on the same graph, against other tools on the same network, and over depth."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import torch

import archspec
from archspec.backends.figure import draw_figure
from archspec.checked import Checked
from benchmarks.compare import compare_times
from benchmarks.result import Result, result

OURS = "archspec"


def against_graphviz(rounds: int) -> Iterator[Result]:
    """(f) Every layer of ResNet-34 and of the 110-layer CIFAR net, laid out by us and by `dot`."""
    program = shutil.which("dot")
    if program is None:
        print("(f) no `dot` program here, so nothing to compare with: apt-get install graphviz", flush=True)
        return
    for name in ("resnet34", "resnet_cifar@resnet110"):
        network = archspec.check(name)
        text = draw_figure(network, level="layer").dot

        def lay_out(text: str = text) -> object:
            return subprocess.run([program, "-Tsvg"], input=text, check=True, capture_output=True, encoding="utf-8")

        found = compare_times({OURS: _drawing(network, "layer"), "dot -Tsvg": lay_out}, rounds)
        yield result(f"f, every layer of {network.name}", found, OURS, "dot -Tsvg", ("<=", 1))


def against_other_tools(rounds: int) -> Iterator[Result]:
    """(f) From a network in memory to an SVG of ResNet-34; the others run it forward to see its graph."""
    network = archspec.check("resnet34")
    module, image = archspec.module(network).eval(), torch.zeros(1, 3, 224, 224)
    torch.set_num_threads(1)
    for name, draw in (("torchview", _torchview), ("tensorgami", _tensorgami)):
        missing = [tool for tool in ((name, "graphviz") if name == "torchview" else (name,)) if find_spec(tool) is None]
        if missing or (name == "torchview" and shutil.which("dot") is None):
            print(f"(f) {name} cannot run here, so nothing to compare with: it needs {', '.join(missing) or '`dot`'}")
            continue
        run = draw(module, image)
        found = compare_times({OURS: _drawing(network, "block"), name: run}, rounds)
        yield result("f, a figure of resnet34", found, OURS, name, ("<=", 1))


def over_depth(rounds: int) -> Iterator[Result]:
    """(f) The 1202-layer CIFAR net: folded it costs what 20 layers cost, layer by layer a layer costs what it did."""
    shallow, middle, deep = (archspec.check(f"resnet_cifar@resnet{depth}") for depth in (20, 110, 1202))
    found = compare_times({"1202 folded": _drawing(deep, "block"), "20 folded": _drawing(shallow, "block")}, rounds)
    yield result("f, folded", found, "1202 folded", "20 folded", ("<=", 1.5))
    found = compare_times({"1202 layers": _drawing(deep, "layer"), "110 layers": _drawing(middle, "layer")}, rounds)
    yield result("f, layer by layer", found, "1202 layers", "110 layers", ("<=", 1.5 * 1202 / 110))


def _drawing(network: Checked, level: str) -> Callable[[], object]:
    return lambda: draw_figure(network, level=level).svg


def _torchview(module: torch.nn.Module, image: torch.Tensor) -> Callable[[], object]:
    import torchview

    return lambda: torchview.draw_graph(module, input_data=image, device="cpu").visual_graph.pipe("svg")


def _tensorgami(module: torch.nn.Module, image: torch.Tensor) -> Callable[[], object]:
    import tensorgami

    return lambda: tensorgami.draw(module, image).to_svg()
