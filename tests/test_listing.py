"""The layers of a network one by one: their paths, shapes and parameters are torch's, their sums the network's."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

import archspec
from archspec.cli import main
from archspec.passes.listing import Layer, Listing, list_layers
from archspec.shapes import nominal

SMALL = """\
archspec: 1
name: small
input: x[N, 4, H=8, W=8]
blocks:
  unit:
    in: x[N, C, H, W]
    body:
      - conv: {op: conv2d, out: C, kernel: 3, padding: 1}
      - add: {op: add, from: [conv, x]}
net:
  - halves: {op: split, parts: 2}
  - low: {op: unit, from: halves.0, repeat: 2, names: "u{i+1}"}
  - high: {op: unit, from: halves.1}
  - again: {same: high, from: low}
  - both: {op: concat, from: [again, high]}
outputs: {out: both, side: {from: low, mode: train}}
"""


@cache
def listed(source: str) -> Listing:
    checked = archspec.check(source)
    return list_layers(checked.graph, checked.shapes)


def test_paths_and_sources() -> None:
    found = listed(SMALL)
    assert [(layer.path, *layer.sources) for layer in found.layers] == [
        ("halves", "x"),
        ("low.u1.conv", "halves"),
        ("low.u1.add", "low.u1.conv", "halves"),
        ("low.u2.conv", "low.u1.add"),
        ("low.u2.add", "low.u2.conv", "low.u1.add"),
        ("high.conv", "halves.1"),
        ("high.add", "high.conv", "halves.1"),
        ("again.conv", "low.u2.add"),
        ("again.add", "again.conv", "low.u2.add"),
        ("both", "again.add", "high.add"),
    ]
    assert found.outputs == ("both", "low.u2.add")
    parameters = {layer.path: layer.amount.parameters for layer in found.layers if layer.amount.macs}
    assert parameters == {"low.u1.conv": 38, "low.u2.conv": 38, "high.conv": 38, "again.conv": 0}


SOURCES = ("googlenet@googlenet_aux", "mobilenet_v3", "unet", "gpt2", "vit", "shufflenet_v2", "resnet_cifar@resnet1202")


@pytest.mark.parametrize("source", [*SOURCES, SMALL])
def test_layers_add_up_and_have_a_place_each(source: str) -> None:
    layers, cost = listed(source).layers, archspec.check(source).cost
    assert sum(layer.amount.parameters for layer in layers) == cost.parameters
    assert sum(layer.amount.macs for layer in layers) == cost.macs
    assert len({layer.path for layer in layers}) == len(layers)


@pytest.mark.parametrize("source", ["resnet18", "googlenet@googlenet_aux", "mobilenet_v3", "bert"])
def test_paths_and_parameters_are_torchs(source: str) -> None:
    paths = {layer.path for layer in listed(source).layers}
    found = Counter[str]()
    for name, tensor in archspec.module(source, init=False).named_parameters():
        parts = name.split(".")
        owner = next(path for end in range(len(parts), 0, -1) if (path := ".".join(parts[:end])) in paths)
        found[owner] += tensor.numel()
    assert found == {layer.path: n for layer in listed(source).layers if (n := layer.amount.parameters)}


def test_shapes_are_torchs() -> None:
    net, seen = archspec.module("resnet18"), dict[str, tuple[int, ...]]()

    def watch(name: str) -> Any:
        def take(module: nn.Module, given: Any, output: torch.Tensor) -> None:
            seen[name] = tuple(output.shape)

        return take

    for name, module in net.named_modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.Linear):
            module.register_forward_hook(watch(name))
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, 224, 224))
    layers: dict[str, Layer] = {layer.path: layer for layer in listed("resnet18").layers}
    assert len(seen) == 41
    assert seen == {name: tuple(map(nominal, layers[name].output.dims)) for name in seen}


def test_summary_by_layer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "lenet", "--level", "layer"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[2].split() == ["layer", "operation", "output", "parameters", "MACs"]
    assert table[4].split() == ["conv1", "5×5", "conv,", "6", "[N,", "6,", "28,", "28]", "156", "117,600"]
    assert table[-5].split() == ["total", "[N,", "10]", "61,706", "416,520"]
    assert main(["summary", "lenet", "--level", "layer", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["layers"][0] == {
        "path": "conv1", "op": "conv2d", "label": "5×5 conv, 6", "from": ["x"], "inputs": [["N", 1, 32, 32]],
        "output": ["N", 6, 28, 28], "parameters": 156, "macs": 117_600,
    }  # fmt: skip
    assert str(archspec.summary("lenet", level="layer")).splitlines() == table
    assert main(["summary", "lenet", "resnet18", "--level", "layer"]) == 2
    assert "the layers of one network at a time" in capsys.readouterr().err
