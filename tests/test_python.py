"""The Python interface: what a script, a notebook or another thread may do with it, and what it says to mistakes."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch
from torch import nn

import archspec
from archspec import SpecError, UsageError
from archspec.backends.module import uninitialised

torch.set_num_threads(1)

SUM = """
archspec: 1
name: sum
params: {width: open int = 8}
input: x[N, 8]
net:
  - fc: {op: linear, out: width}
  - add: {op: add, from: [fc, x]}
"""


@pytest.mark.parametrize("again", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copied_network_is_the_network(again: Callable[[Any], Any]) -> None:
    """Numbers know what they were written as, also in another process: a class for 1000 classes alone is another."""
    for name in ("resnet18", "gpt2"):
        checked = archspec.check(name)
        source = archspec.build(checked)
        assert archspec.build(again(checked)) == source
        assert archspec.build(again(archspec.load(name))) == source


def test_a_module_is_saved_whole_whatever_was_made_after_it() -> None:
    first = archspec.module("lenet")
    same, other = archspec.module("lenet"), archspec.module("lenet", features="conv2")
    assert type(same) is type(first) and type(other) is not type(first)
    for net in (first, same, other):
        restored = pickle.loads(pickle.dumps(net))
        assert type(restored) is type(net)
        assert "conv2" in inspect.getsource(type(net)) and inspect.getsource(type(restored))
    assert inspect.getsource(type(other)) != inspect.getsource(type(first))


def test_what_a_prompt_shows_is_short(tmp_path: Path) -> None:
    """A notebook makes it too, beside what it shows."""
    checked = archspec.check("resnet18")
    summary, table, figure = archspec.summary(checked), archspec.table(checked), archspec.draw(checked)
    difference = archspec.diff("resnet18", "resnet18@plain18")
    assert repr(summary) == str(summary) and repr(table) == str(table) and repr(difference) == str(difference)
    torch.save(archspec.module("lenet").state_dict(), tmp_path / "lenet.pt")
    weights = archspec.weights(tmp_path / "lenet.pt", "lenet")
    assert "10 of 10 tensors" in repr(weights) and repr(weights.fit) == "<Fit: 10 filled>"
    inside = (checked.spec, checked.graph, checked.graph.body, checked.shapes, checked.cost)
    assert all(len(repr(each)) < 2000 for each in (checked, summary, table, figure, weights, *inside))


def test_a_module_takes_any_param_of_its_spec() -> None:
    net = archspec.module("resnet_cifar", depth=8, num_classes=3, init=False)
    assert len(net.layer1) == 1 and net.fc.out_features == 3  # type: ignore[arg-type]
    assert type(net) is type(archspec.module(archspec.check("resnet_cifar", depth=8), init=False))  # 3 is an argument
    with pytest.raises(UsageError, match="did you mean `num_classes`"):
        archspec.module("resnet18", num_clases=3)
    with pytest.raises(SpecError, match="depth"):
        archspec.module("resnet_cifar", depth=9)


def test_threads_check_at_once() -> None:
    names = ["lenet", "resnet18", "gpt2", "squeezenet", "unet", "alexnet", "resnet20", "vgg11"]
    alone = [archspec.build(name) for name in names]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(archspec.build, names)) == alone


def test_one_thread_without_weights_leaves_the_others_theirs() -> None:
    entered, made = Event(), Event()

    def without() -> None:
        with uninitialised():
            entered.set()
            made.wait(20)

    before = nn.init.kaiming_uniform_
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(without)
        assert entered.wait(20)
        try:
            weight = torch.zeros(50, 50)
            nn.init.kaiming_uniform_(weight)
            assert weight.abs().sum() > 0
        finally:
            made.set()
        done.result()
    assert nn.init.kaiming_uniform_ is before


class Ten:
    """An integer as NumPy has them."""

    def __index__(self) -> int:
        return 10


def test_values_of_open_params() -> None:
    for value in (10, "10", "2*5", Ten()):
        assert archspec.module("lenet", num_classes=value).fc3.out_features == 10  # type: ignore[union-attr]
    for wrong in (0, -1, 5.5, True, [3], None, "many"):
        with pytest.raises(SpecError):
            archspec.module("lenet", num_classes=wrong)
    with pytest.raises(SpecError, match="E0301"):
        archspec.module(SUM, width=9)
    assert archspec.module(SUM)(torch.zeros(1, 8)).shape == (1, 8)


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "variant": (lambda: archspec.check("vgg19", 16), "not by int"),  # type: ignore[arg-type]
    "features": (lambda: archspec.check("resnet18", features=[]) and archspec.load("resnet18", features=[""]), "nodes"),
    "page": (archspec.page, "at least one"),
    "class": (lambda: archspec.compare("lenet", nn.Linear), "a class"),  # type: ignore[arg-type]
    "number": (lambda: archspec.compare("lenet", 5), "int"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(mistake: str) -> None:
    call, said = MISTAKES[mistake]
    with pytest.raises(UsageError, match=said):
        call()


def test_source_of_another_network_does_not_verify() -> None:
    with pytest.raises(AssertionError, match="no class `LeNet`"):
        archspec.verify("lenet", archspec.build("alexnet"))
