"""Attention within windows against torchvision's, on maps of any size; what it costs, and where it goes."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
import torch
from oracles import torchvision_nets
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from zoo_evidence import liven

from archspec.diagnostics import SpecError
from archspec.pipeline import build, check, module

torch.set_num_threads(1)
SPECS = Path(__file__).parent.parent / "specs"
VERSIONS = {"window_attention": "", "window_attention_v2": "V2"}


def spec(op: str, size: tuple[int, int] = (12, 10), more: str = "") -> str:
    return (
        f"archspec: 1\nname: net\ninput: x[N, 12, H={size[0]}, W={size[1]}]\nnet:\n"
        f"  - {{op: permute, order: NHWC}}\n  - attn: {{op: {op}, heads: 3, window: [3, 4]{more}}}\n"
    )


def ran(net: nn.Module, x: Tensor) -> list[Tensor]:
    """What comes out in training, the gradients of a weighted sum of it, and what comes out in evaluation."""
    net.zero_grad()
    torch.manual_seed(1)
    out = net.train()(x)
    (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    return [out.detach(), *gradients, net.eval()(x).detach()]


@pytest.mark.parametrize("op", VERSIONS)
@pytest.mark.parametrize("shift", [(0, 0), (1, 2), (0, 1), (2, 0)])
def test_it_is_torchvisions_on_maps_of_any_size(op: str, shift: tuple[int, int]) -> None:
    rng = Random(0)
    options = {"dim": 12, "window_size": [3, 4], "shift_size": [*shift], "num_heads": 3, "attention_dropout": 0.25}
    theirs = liven(torchvision_nets.window_attention(VERSIONS[op], **options))
    ours = module(spec(op, more=f", shift: [{shift[0]}, {shift[1]}], dropout: 0.25"))
    ours.load_state_dict({f"attn.{key}": tensor for key, tensor in theirs.state_dict().items()})
    for _ in range(12):
        x = torch.randn(2, 12, rng.randint(1, 10), rng.randint(1, 13))
        results = zip(ran(ours, x), ran(theirs, x.permute(0, 2, 3, 1).contiguous()), strict=True)
        assert all(torch.equal(a, b) for a, b in results), x.shape


@pytest.mark.parametrize("op", VERSIONS)
def test_its_start_is_torchvisions(op: str) -> None:
    torch.manual_seed(4)
    theirs = torchvision_nets.window_attention(
        VERSIONS[op], dim=12, window_size=[3, 4], shift_size=[0, 0], num_heads=3
    ).state_dict()
    torch.manual_seed(4)
    ours = module(spec(op)).state_dict()
    assert list(ours) == [f"attn.{key}" for key in theirs]
    if VERSIONS[op]:
        del theirs["qkv.bias"]  # the keys' part is read by none, and starts as zeros there
    assert all(torch.equal(ours[f"attn.{key}"], tensor) for key, tensor in theirs.items())


@pytest.mark.parametrize("net", ["swin", "swin_v2"])
@pytest.mark.parametrize("size", [(4, 4), (61, 83), (96, 229), (257, 35)])
def test_odd_maps_cost_what_torch_counts(net: str, size: tuple[int, int]) -> None:
    text = (SPECS / f"{net}.yaml").read_text(encoding="utf-8").partition("\nexpect:")[0]
    sized = re.sub(r"H=\d+, W=\d+", f"H={size[0]}, W={size[1]}", text)
    checked = check(sized)
    with torch.device("meta"):
        ours = module(sized, init=False).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        features = ours.features(torch.empty(1, 3, *size, device="meta"))
        assert ours(torch.empty(1, 3, *size, device="meta")).shape == (1, 1000)
    shape = checked.shapes.find("features")
    assert shape is not None and shape.at({"N": 1}) == tuple(features.shape)
    head = 768 * 1000
    assert counter.get_total_flops() == 2 * (2 * checked.cost.macs - head)  # the features were computed twice


# torch's compiler opens its own files without an encoding.
@pytest.mark.filterwarnings("ignore::EncodingWarning")
@pytest.mark.parametrize("op", VERSIONS)
def test_it_goes_where_modules_go(op: str) -> None:
    net = module(spec(op, more=", shift: [1, 2]") + "  - {op: space_to_depth, size: 2}\n").eval()
    x = torch.randn(2, 12, 7, 13)
    torch._dynamo.reset()
    with torch.no_grad():
        expected = net(x)
        traced = torch.fx.symbolic_trace(net)
        others = [torch.export.export(net, (x,)).module(), torch.compile(net, backend="aot_eager", fullgraph=True)]
        assert all(torch.equal(other(x), expected) for other in [traced, *others])
        for size in ((3, 4), (2, 9), (5, 3)):  # one window along an axis or two: what was traced still knows
            other = torch.randn(1, 12, *size)
            assert torch.equal(traced(other), net(other))


def test_a_field_of_windows_has_no_number() -> None:
    conv = "archspec: 1\nname: net\ninput: x[N, 12, H=12, W=10]\nnet:\n  - {op: conv2d, out: 12, kernel: 3}\n"
    attends = "  - {op: permute, order: NHWC}\n  - {op: window_attention, heads: 3, window: 3}\n"
    assert check(conv).cost.receptive_field == 3 and check(conv + attends).cost.receptive_field is None
    patches = "  - {op: permute, order: NHWC}\n  - {op: space_to_depth, size: 2}\n"
    assert check(conv + patches).cost.receptive_field == 4


def test_the_linears_inside_are_filled_as_linear_says() -> None:
    text = spec("window_attention", more=", bias: false") + "  - {op: linear, out: 2}\n"
    net = module(text + "init: {linear: {weight: {constant: 0.5}, bias: ones}}\n")
    assert all((net.get_parameter(f"attn.{inner}.weight") == 0.5).all() for inner in ("qkv", "proj"))
    assert 0 < net.get_parameter("attn.relative_position_bias_table").std() < 0.04
    with pytest.raises(SpecError, match=r"no tensor `qkv\.weight`"):
        check(text + "init: {window_attention: {qkv.weight: zeros}}\n")


@pytest.mark.parametrize(
    ("change", "code"),
    [(("heads: 3", "heads: 5"), "E0317"), (("[3, 4]", "3, shift: 3"), "E0320"), (("NHWC", "NCHW"), "E0318")],
)
def test_what_does_not_fit_is_refused(change: tuple[str, str], code: str) -> None:
    text = spec("window_attention").replace(*change)
    with pytest.raises(SpecError) as error:
        check(text)
    assert [one.code for one in error.value.diagnostics] == [code]


def test_source_brings_its_windows_once() -> None:
    source = build("swin")
    assert (
        source.count("class ") == 6 and source.count("def into_windows") == source.count("class WindowAttention") == 1
    )
