"""state_dicts of the zoo against torchvision's, parameters and MACs against torch's own counts. Nothing is computed:
the networks are built on the meta device."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from fuzz.judge import nominal_sizes, watched_nodes
from oracles.residual_nets import book_resnet18
from oracles.torchvision_nets import ADDRESSES, FACTS
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from zoo_evidence import known

from archspec.backends.interpreter import Interpreter
from archspec.backends.module import example
from archspec.diagnostics import SpecError
from archspec.layouts import layouts
from archspec.passes.layout import Entry, fingerprint
from archspec.pipeline import check, module
from archspec.spec import zoo

SPECS = Path(__file__).parent.parent / "specs"
FROZEN = {address.rpartition("@")[2] for address in (ADDRESSES.get(name, name) for name in known())}
"""What is compared with torchvision's frozen figures, which torch counted."""
COUNTED = [
    f"{entry.name}@{variant}" if variant else entry.name
    for entry in zoo.entries()
    for variant in (None, *entry.variants)
    if not FROZEN
    & ({variant} if variant else {entry.name, *entry.variants[:1]})  # a family starts as its first variant
]


def on_meta(address: str) -> nn.Module:
    with torch.device("meta"):
        return module(address, init=False)


def layout(net: nn.Module) -> list[list[object]]:
    return [[key, list(tensor.shape)] for key, tensor in net.state_dict().items()]


@pytest.mark.parametrize("name", known())
def test_state_dict_is_torchvisions(name: str) -> None:
    assert layout(on_meta(ADDRESSES.get(name, name))) == FACTS[name]["keys"]


@pytest.mark.parametrize("name", known())
def test_cost_is_torchvisions(name: str) -> None:
    cost = check(ADDRESSES.get(name, name)).cost
    assert (cost.parameters, cost.macs) == (FACTS[name]["parameters"], FACTS[name]["macs"])


def test_all_of_torchvisions_classifiers_are_here() -> None:
    assert set(FACTS) == set(known()) and len(known()) == 80
    record = json.loads((SPECS.parent / "docs/evidence/zoo.json").read_text(encoding="utf-8"))
    assert list(record["networks"]) == sorted(known())


def test_frozen_fingerprints_are_those_of_torchvision() -> None:
    for name, facts in FACTS.items():
        entries = [Entry(key, tuple(shape)) for key, shape in facts["keys"]]
        assert fingerprint(entries) == layouts()["torchvision"][name]


def test_a_promised_layout_holds_for_the_variants_that_it_knows() -> None:
    text = (SPECS / "vgg19.yaml").read_text(encoding="utf-8").split("\nexpect:")[
        0
    ] + "\nweights: {layout: torchvision}\n"
    wrong = text.replace(
        "vgg11: {depths: [1, 1, 2, 2, 2]}", "vgg11: {depths: [1, 1, 2, 2, 3]}\n  mine: {depths: [1, 1, 1, 1, 1]}"
    )
    assert wrong != text and check(text, "vgg11") and check(wrong) and check(wrong, "mine")
    with pytest.raises(SpecError) as error:
        check(wrong, "vgg11")
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "E0404" and "torchvision's `vgg11`" in diagnostic.notes[0]


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "vgg19", "identity34"])
def test_a_promised_layout_is_checked(name: str) -> None:
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    assert "weights: {layout: torchvision}" in text and check(text)
    other = text.replace("fc: {op: linear", "classes: {op: linear").replace("out: 4096", "out: 4095")
    for wrong in (other, text.replace("layout: torchvision", "layout: torchvisoin")):
        promise = re.sub(r"\nexpect:.*\n\n", "\n", wrong, flags=re.DOTALL)
        with pytest.raises(SpecError) as error:
            check(promise)
        assert [diagnostic.code for diagnostic in error.value.diagnostics] == ["E0404"]


def test_a_deeper_net_of_identities_is_laid_out_as_resnet34() -> None:
    assert layout(on_meta("identity34")) == FACTS["resnet34"]["keys"]


def test_plain_nets_and_option_a_lack_the_projections_and_nothing_else() -> None:
    without = [pair for pair in FACTS["resnet34"]["keys"] if "downsample" not in pair[0]]
    assert layout(on_meta("resnet34@plain34")) == layout(on_meta("resnet34_A")) == without


def test_state_dict_of_the_book_is_the_books() -> None:
    with torch.device("meta"):
        book = layout(book_resnet18())
    assert layout(on_meta("d2l_resnet18")) == book
    assert {"0.0.weight", "1.0.conv1.weight", "2.0.conv3.bias", "7.weight"} <= {key for key, _ in book}


@pytest.mark.parametrize(("side", "macs"), [(96, 318_657_536), (224, 1_734_890_496)])
def test_the_books_net_takes_both_sizes_of_the_book(side: int, macs: int) -> None:
    net = on_meta("d2l_resnet18").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        assert net(torch.empty(1, 1, side, side, device="meta")).shape == (1, 10)
    assert counter.get_total_flops() == 2 * macs


@pytest.mark.parametrize("address", COUNTED)
def test_parameters_and_macs_are_what_torch_counts(address: str) -> None:
    checked = check(address)
    net = on_meta(address).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(*(x.to("meta") for x in example(checked.graph, 1)))
    assert sum(p.numel() for p in net.parameters()) == checked.cost.parameters
    assert counter.get_total_flops() == 2 * checked.cost.macs


@pytest.mark.parametrize("name", [entry.name for entry in zoo.entries()])
def test_every_node_has_the_shape_that_torch_gives(name: str) -> None:
    graph = check(name).graph
    inputs = [value.to("meta") for value in example(graph, 2)]
    with torch.device("meta"), watched_nodes() as sizes:
        sizes.update(nominal_sizes(check(name)), N=2)
        Interpreter(graph).eval()(*inputs)
