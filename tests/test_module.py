"""The torch door: generated source runs, equals torchvision and the reference to the bit, and goes where modules go."""

from __future__ import annotations

import copy
import io
import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from oracles import torchvision_nets
from random_nets import random_net
from torch import Tensor, nn

from archspec import pipeline
from archspec.backends import module
from archspec.backends.module import Mismatch, instantiate, verify
from archspec.backends.torch_code import generate
from archspec.ir.graph import Graph

torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent
NETS = sorted((ROOT / "tests" / "nets").glob("*.yaml"))
SMALL = ["lenet", "resnet18", "resnet18@resnet18_A", "d2l_resnet18", "resnet_cifar", "tf_resnet50", "identity34",
         "preact_cifar@exclusive_gating110", "googlenet@googlenet_torchvision_aux"]  # fmt: skip
TORCHVISION = {"resnet18": "resnet18", "resnet34": "resnet34", "resnet50": "resnet50", "resnet101": "resnet101",
               "resnet152": "resnet152", "vgg19": "vgg19", "vgg19_bn": "vgg19@vgg19_bn",
    "googlenet": "googlenet@googlenet_torchvision_aux"}  # fmt: skip


def graph(address: str) -> Graph:
    return pipeline.check(address).graph


@pytest.mark.parametrize("address", [*SMALL, *(str(path) for path in NETS)], ids=lambda a: a.rsplit("/", 1)[-1])
def test_generated_equals_the_reference(address: str) -> None:
    verify(graph(address))


@pytest.mark.parametrize("seeds", [range(20), range(20, 40)], ids=str)
def test_random_networks_equal_the_reference(seeds: range) -> None:
    for seed in seeds:
        text = random_net(seed)
        try:
            verify(graph(text))
        except Exception as error:
            raise AssertionError(f"seed {seed}:\n{text}") from error


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("self.bn1(self.conv1(x))", "self.conv1(x)", "outputs"),
        ("y += self.downsample(x)", "y += self.downsample(x).detach()", "gradients"),
        ("nn.BatchNorm2d(width)", "nn.BatchNorm2d(width, momentum=0.2)", "statistics"),
        ("self.bn2 =", "self.bn_2 =", "state_dict"),
        ("kernel_size=7, stride=2, padding=3", "kernel_size=5, stride=2, padding=2", "state_dict"),
    ],
)
def test_a_wrong_source_is_found_out(old: str, new: str, said: str) -> None:
    net = graph("resnet18")
    source = generate(net)
    assert old in source
    wrong = source.replace(old, new)
    if "bn_2" in new:
        wrong = wrong.replace("self.bn2(", "self.bn_2(")
    with pytest.raises(Mismatch, match=said):
        verify(net, wrong)


@pytest.mark.parametrize(("theirs", "ours"), TORCHVISION.items())
def test_the_state_dict_is_torchvisions(theirs: str, ours: str) -> None:
    with torch.device("meta"):
        net = instantiate(graph(ours), init=False)
    state = [[key, list(value.shape)] for key, value in net.state_dict().items()]
    assert state == torchvision_nets.FACTS[theirs]["keys"]


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_torchvisions_numbers_to_the_bit(name: str) -> None:
    """The same seed gives the same weights, the same weights the same logits and gradients."""
    torch.manual_seed(3)
    ours = instantiate(graph(name))
    torch.manual_seed(3)
    theirs = torchvision_nets.build(name)
    for (key, mine), (other_key, other) in zip(ours.state_dict().items(), theirs.state_dict().items(), strict=True):
        assert key == other_key
        assert torch.equal(mine, other), key
    x = torch.randn(2, 3, 64, 64)
    results = []
    for net in (ours, theirs):
        logits = net.train()(x)
        logits.square().mean().backward()
        results.append([logits.detach(), *(p.grad for p in net.parameters()), net.eval()(x).detach()])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_googlenet_gives_what_torchvisions_gives() -> None:
    net = instantiate(graph("googlenet@googlenet_torchvision_aux"), init=False)
    x = torch.zeros(2, 3, 64, 64)
    trained = net.train()(x)
    assert type(trained).__name__ == "GoogLeNetOutput"
    assert all(isinstance(value, Tensor) for value in trained)
    assert isinstance(net.eval()(x), Tensor)


@pytest.fixture(params=["resnet18", "tests/nets/mbconv.yaml", "tests/nets/dense.yaml", "tf_resnet50"])
def net(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    address = str(ROOT / request.param) if "/" in request.param else request.param
    return instantiate(graph(address)).eval()


def image() -> Tensor:
    return torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def same(a: Any, b: Any) -> bool:
    first, second = (x if isinstance(x, tuple) else (x,) for x in (a, b))
    return all(torch.equal(x, y) for x, y in zip(first, second, strict=True))


def test_fx_traces_it(net: nn.Module) -> None:
    traced = torch.fx.symbolic_trace(net)
    assert same(traced(image()), net(image()))


def test_export_takes_it(net: nn.Module) -> None:
    exported = torch.export.export(net, (image(),))
    assert same(exported.module()(image()), net(image()))


# torch's compiler opens its own files without an encoding.
@pytest.mark.filterwarnings("ignore::EncodingWarning")
def test_compile_takes_it(net: nn.Module) -> None:
    torch._dynamo.reset()
    compiled = torch.compile(net, backend="aot_eager", fullgraph=True)
    assert same(compiled(image()), net(image()))


def test_copies_and_checkpoints(net: nn.Module) -> None:
    twin = copy.deepcopy(net)
    assert same(twin(image()), net(image()))
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    for parameter in twin.parameters():
        nn.init.zeros_(parameter)
    twin.load_state_dict(torch.load(file, weights_only=True))
    assert same(twin(image()), net(image()))


@pytest.fixture(scope="module")
def group() -> Iterator[None]:
    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    os.environ.setdefault("MASTER_PORT", "29531")
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.distributed.init_process_group("gloo", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_distributed_data_parallel(net: nn.Module, group: None) -> None:
    parallel = nn.parallel.DistributedDataParallel(copy.deepcopy(net).train())
    output = parallel(image())
    (output[0] if isinstance(output, tuple) else output).square().mean().backward()
    assert all(p.grad is not None for p in parallel.parameters())


def test_open_params_are_constructor_arguments() -> None:
    net = instantiate(graph("resnet18"), num_classes=7, init=False)
    assert net.fc.out_features == 7  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="num_classes"):
        instantiate(graph("resnet18"), classes=7)


@pytest.mark.parametrize(
    "address",
    ["resnet18", "d2l_resnet18", "googlenet@googlenet_aux", "lenet", str(ROOT / "tests" / "nets" / "odd.yaml")],
)
def test_an_open_param_does_what_setting_it_in_the_spec_does(address: str) -> None:
    """The value reaches every place that depends on it, through blocks too."""
    open_state = instantiate(graph(address), num_classes=7, init=False).state_dict()
    set_state = instantiate(pipeline.check(address, num_classes=7).graph, init=False).state_dict()
    assert [(k, v.shape) for k, v in open_state.items()] == [(k, v.shape) for k, v in set_state.items()]


def test_without_init_only_the_random_fill_is_missing() -> None:
    """Weights are whatever memory holds, statistics and affine parameters of norms as always."""
    net = instantiate(graph("resnet18"), init=False)
    for name, buffer in net.named_buffers():
        wanted = {"running_mean": 0.0, "running_var": 1.0, "num_batches_tracked": 0}[name.rsplit(".", 1)[-1]]
        assert bool((buffer == wanted).all()), name
    state = instantiate(graph("resnet18")).state_dict()
    net.load_state_dict(state)
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())


def test_torch_fills_weights_again_after_init_false() -> None:
    with module.uninitialised():
        pass
    weight = torch.zeros(50)
    nn.init.normal_(weight)
    assert weight.abs().sum() > 0


def test_a_traceback_shows_the_generated_line() -> None:
    net = instantiate(graph("resnet18"), init=False)
    with pytest.raises(RuntimeError) as raised:
        net(torch.zeros(1, 4, 64, 64))
    assert "self.relu(self.bn1(self.conv1(x)))" in "".join(traceback.format_exception(raised.value))
