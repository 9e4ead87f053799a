"""What the zoo's networks compute, against torchvision and against plain torch: same weights, same outputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from oracles import language_nets, mixer_nets, torchvision_nets
from oracles import preactivation_nets as preact
from oracles import residual_nets as residual
from torch import Tensor, nn
from zoo_evidence import evidence, liven, tensors

from archspec.pipeline import check, module

Inputs = tuple[int, ...] | Callable[[], tuple[Tensor, ...]]
IMAGE, SMALL = (2, 3, 64, 64), (2, 3, 32, 32)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def copy_by_position(source: nn.Module, target: nn.Module) -> None:
    ours, theirs = target.state_dict(), list(source.state_dict().values())
    assert [t.shape for t in ours.values()] == [t.shape for t in theirs]
    target.load_state_dict(dict(zip(ours, theirs, strict=True)))


def run(net: nn.Module, inputs: Inputs, train: bool) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Outputs, in training the gradients of a weighted sum of them, buffers afterwards. Dropout falls alike in all."""
    net.train(train).zero_grad()
    torch.manual_seed(3)
    with torch.set_grad_enabled(train):
        outputs = tensors(net(*inputs() if callable(inputs) else [torch.randn(inputs)]))
    if train:
        loss = sum((output * torch.linspace(-1, 1, output.numel()).view_as(output)).sum() for output in outputs)
        loss.backward()  # type: ignore[union-attr]
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    assert bool(gradients) is train
    return [output.detach() for output in outputs], gradients, list(net.buffers())


def assert_same(ours: nn.Module, theirs: nn.Module, inputs: Inputs, train: bool, exact: bool = True) -> None:
    assert ours is not theirs
    for mine, other in zip(run(ours, inputs, train), run(theirs, inputs, train), strict=True):
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            torch.testing.assert_close(a, b, rtol=0 if exact else 1e-4, atol=0 if exact else 1e-5)


TORCHVISION: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    **{name: (name, {"init_weights": False}) for name in ("vgg16", "vgg19_bn")},
    **{
        name: (name, {})
        for name in (
            "convnext_tiny",
            "densenet121",
            "efficientnet_b0",
            "mnasnet0_5",
            "mobilenet_v2",
            "mobilenet_v3_small",
            "regnet_y_400mf",
            "shufflenet_v2_x0_5",
            "squeezenet1_1",
            "swin_t",
            "swin_v2_t",
        )
    },
    "googlenet_torchvision": ("googlenet", {"aux_logits": False, "init_weights": False}),
    "googlenet_torchvision_aux": ("googlenet", {"aux_logits": True, "init_weights": False}),
}


@pytest.mark.parametrize("address", TORCHVISION)
def test_logits_and_gradients_are_torchvisions_to_the_bit(address: str) -> None:
    name, options = TORCHVISION[address]
    theirs = liven(torchvision_nets.build(name, **options))
    ours = module(address, init=False)
    ours.load_state_dict(theirs.state_dict())
    shape = SMALL if name.startswith("vgg") else IMAGE
    for train in (False, True):
        assert_same(ours, theirs, shape, train)


@pytest.mark.parametrize("name", ["mobilenet_v2", "squeezenet1_1", "efficientnet_b0", "mnasnet0_5"])
def test_what_the_record_says_is_so(name: str) -> None:
    assert set(evidence(name)["checks"].values()) == {"equal"}


def test_a_difference_would_be_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(torchvision_nets.ADDRESSES, "mnasnet0_5", "mnasnet0_75")
    with pytest.raises(RuntimeError, match="size mismatch"):
        evidence("mnasnet0_5")
    monkeypatch.setitem(torchvision_nets.ADDRESSES, "resnet50", "resnet50_v1")
    checks = evidence("resnet50")["checks"]
    assert [kind for kind, said in checks.items() if said != "equal"] == ["macs", "eval", "train"]


def test_a_small_vision_transformer_computes_what_torchvisions_does() -> None:
    sizes = {"depth": "num_layers", "heads": "num_heads", "dim": "hidden_dim", "mlp": "mlp_dim", "patch": "patch_size"}
    chosen = dict(zip(sizes, (2, 4, 48, 96, 8), strict=True))
    theirs = liven(torchvision_nets.transformer(image_size=32, **{sizes[key]: size for key, size in chosen.items()}))
    ours = module(check("vit", image=32, **chosen), init=False)
    ours.load_state_dict(theirs.state_dict())
    for train in (False, True):
        assert_same(ours, theirs, SMALL, train)


def test_a_small_maxvit_starts_and_computes_as_torchvisions_does() -> None:
    sizes = {"stem": "stem_channels", "widths": "block_channels", "depths": "block_layers", "window": "partition_size"}
    sizes |= {"head": "head_dim", "drop_path": "stochastic_depth_prob"}
    chosen = dict(zip(sizes, (16, [16, 24], [1, 3], 2, 8, 0.4), strict=True))
    torch.manual_seed(5)
    theirs = torchvision_nets.maxvit(input_size=(32, 32), **{sizes[key]: size for key, size in chosen.items()})
    torch.manual_seed(5)
    ours = module(check("maxvit", **chosen))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))
    ours.load_state_dict(liven(theirs).state_dict())
    for train in (False, True):
        assert_same(ours, theirs, SMALL, train)


MIXER = {"image": 32, "patch": 8, "depth": 2, "dim": 48, "tokens_dim": 24, "channels_dim": 96}
TEXT = {"vocabulary": 50, "most": 24, "depth": 2, "dim": 48, "heads": 4}


def ids(count: int = 1) -> tuple[Tensor, ...]:
    return (torch.randint(50, (2, 17)), torch.randint(2, (2, 17)))[:count]


# Address, params, the same net in plain torch, its input. Option B against torchvision stands above.
ORACLES: dict[str, tuple[dict[str, Any], Callable[[], nn.Module], Inputs]] = {
    "resnet18_A": ({}, partial(residual.imagenet, 18, "A"), IMAGE),
    "resnet18_C": ({}, partial(residual.imagenet, 18, "C"), IMAGE),
    "plain18": ({}, partial(residual.imagenet, 18, "none"), IMAGE),
    "plain34": ({}, partial(residual.imagenet, 34, "none"), IMAGE),
    "resnet50_v1": ({}, partial(residual.imagenet, 50, "B", True), IMAGE),
    "resnet50_v1_A": ({}, partial(residual.imagenet, 50, "A", True), IMAGE),
    "resnet50_v1_C": ({}, partial(residual.imagenet, 50, "C", True), IMAGE),
    "resnet50_A": ({}, partial(residual.imagenet, 50, "A"), IMAGE),
    "resnet20": ({}, partial(residual.cifar, 20), SMALL),
    "resnet20_B": ({}, partial(residual.cifar, 20, "B"), SMALL),
    "plain20": ({}, partial(residual.cifar, 20, "none"), SMALL),
    "resnet56": ({}, partial(residual.cifar, 56), SMALL),
    "d2l_resnet18": ({}, residual.book_resnet18, (2, 1, 96, 96)),
    "preact_cifar_bottleneck": ({"depth": 29}, partial(preact.cifar_bottleneck, 29), SMALL),
    "preact_imagenet": ({}, partial(preact.imagenet, [3, 4, 6, 3]), IMAGE),
    "mlp_mixer": (MIXER, partial(mixer_nets.Mixer, **MIXER), SMALL),
    "gpt2": ({**TEXT, "dropout": 0.0}, partial(language_nets.GPT2, **TEXT), ids),
    "bert": ({**TEXT, "dropout": 0.0}, partial(language_nets.BERT, **TEXT), partial(ids, 2)),
}
ORACLES |= {
    f"{order}110": ({"depth": 20}, partial(preact.cifar, 20, order), SMALL)
    for order in ("original", "bn_after_addition", "relu_before_addition", *preact.PREACTIVATED)
}
ORACLES |= {
    f"{merge}110": ({"depth": 14}, partial(preact.cifar, 14, "original", merge), SMALL)
    for merge in (
        "constant_scaling",
        "exclusive_gating",
        "shortcut_only_gating",
        "convolution_shortcut",
        "dropout_shortcut",
    )
}
ROUNDED = {"exclusive_gating110", "shortcut_only_gating110", "gpt2", "bert"}
"""1 - sigmoid(z) is written sigmoid(-z); torch's attention sums in another order than its formula."""


@pytest.mark.parametrize("train", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("address", ORACLES)
def test_outputs_and_gradients_are_those_of_plain_torch(address: str, train: bool) -> None:
    params, oracle, inputs = ORACLES[address]
    theirs = liven(oracle())
    ours = module(check(address, **params), init=False)
    copy_by_position(theirs, ours)
    assert_same(ours, theirs, inputs, train, exact=address not in ROUNDED)


@pytest.mark.parametrize("side", [(64, 64), (65, 96), (33, 47)])
def test_tensorflows_padding_is_asymmetric_where_the_stride_asks(side: tuple[int, int]) -> None:
    theirs = liven(residual.TensorFlowResNet50())
    ours = module("tf_resnet50", init=False)
    copy_by_position(theirs, ours)
    assert_same(ours, theirs, (2, 3, *side), train=False, exact=False)


def test_tensorflows_outputs_are_named_logits_and_predictions() -> None:
    outputs = module("tf_resnet50").eval()(torch.randn(1, 3, 64, 64))
    assert torch.equal(outputs.predictions, torch.softmax(outputs.logits, 1))
    assert outputs._fields == ("logits", "predictions")


def test_googlenet_returns_its_auxiliary_logits_in_training_only() -> None:
    net = module("googlenet@googlenet_aux", num_classes=7)
    x = torch.randn(2, 3, 64, 64)
    assert {name: tuple(t.shape) for name, t in net.train()(x)._asdict().items()} == dict.fromkeys(
        ("logits", "aux_logits2", "aux_logits1"), (2, 7)
    )
    assert net.eval()(x).shape == (2, 7)


@pytest.mark.parametrize("deeper", ["resnet34", "identity34"])
@pytest.mark.parametrize("train", [False, True], ids=["eval", "train"])
def test_a_deeper_net_can_compute_what_resnet18_computes(deeper: str, train: bool) -> None:
    """ResNet-18's weights in a 34-layer net whose added units end in a batch norm at zero: equal to the bit."""
    shallow, deep = liven(module("resnet18")), module(deeper)
    missing, unexpected = deep.load_state_dict(shallow.state_dict(), strict=False)
    last_norms = [deep.get_parameter(key) for key in missing if key.endswith("bn2.weight")]
    assert not unexpected and len(last_norms) == 1 + 2 + 4 + 1
    if deeper == "resnet34":
        for weight in last_norms:
            nn.init.zeros_(weight)
    shallow.train(train)
    deep.train(train)
    x = torch.randn(IMAGE)
    assert torch.equal(shallow(x), deep(x))
    nn.init.ones_(last_norms[0])
    assert not torch.equal(shallow(x), deep(x))


def test_parameters_start_as_the_spec_states() -> None:
    net = module("resnet18")
    weight = net.get_parameter("layer4.0.conv1.weight")
    assert weight.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.02)
    vgg = module("vgg11", num_classes=10)
    assert vgg.get_parameter("classifier.0.weight").std().item() == pytest.approx(0.01, rel=0.02)
    assert not vgg.get_parameter("features.0.bias").any() and not vgg.get_parameter("classifier.6.bias").any()
    gated = module(check("exclusive_gating110", depth=8))
    gates = [tensor for name, tensor in gated.named_parameters() if name.endswith("gate.bias")]
    assert len(gates) == 3 and all((gate == -6).all() for gate in gates)
    assert not module("identity34").get_parameter("layer3.2.bn2.weight").any()
