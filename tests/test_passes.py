"""The analyses against published numbers, hand counts, and torch: layout, receptive field, depth, memory, cost."""

from __future__ import annotations

import sys
from random import Random
from types import FrameType
from typing import Any

import pytest
import torch
from oracles.torchvision_nets import FACTS
from torch import nn
from zoo_evidence import known

from archspec.backends.interpreter import Interpreter
from archspec.backends.module import example, instantiate
from archspec.ops import OPS
from archspec.passes.cost import measure
from archspec.passes.layout import fingerprint, tensors
from archspec.passes.shapes import infer
from archspec.pipeline import check

torch.set_num_threads(1)
HEAD = "archspec: 1\nname: example\n"

RECEPTIVE = {  # TensorFlow's published table for stride in the 1x1, and the same rule for stride in the 3x3
    "resnet50@resnet50_v1": 483,
    "resnet101@resnet101_v1": 1027,
    "resnet152@resnet152_v1": 1507,
    "resnet50": 427,
    "resnet101": 971,
    "resnet152": 1451,
    "resnet18": 435,
    "resnet34": 899,
    "vgg19@vgg16": 212,
}
DEPTH = {
    "resnet18": 18,
    "resnet34": 34,
    "resnet50": 50,
    "resnet101": 101,
    "resnet152": 152,
    "vgg19@vgg16": 16,
    "vgg19": 19,
    "googlenet": 22,
    "resnet_cifar@resnet110": 110,
    "resnet_cifar@resnet1202": 1202,
}
AMOUNTS = {  # He et al. 2015 and an independent count: parameters, MACs
    "resnet18@plain18": (11_515_688, 1_794_805_760),
    "resnet18@resnet18_A": (11_515_688, 1_794_805_760),
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet18@resnet18_C": (12_043_816, 1_878_298_624),
    "resnet34@resnet34_C": (22_716_840, 3_830_747_136),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnet50@resnet50_v1": (25_557_032, 3_857_973_248),
    "resnet152": (60_192_808, 11_513_626_624),
    "resnet152@resnet152_v1": (60_192_808, 11_282_415_616),
    "vgg19": (143_667_240, 19_632_062_464),
    "resnet_cifar@resnet110": (1_727_962, 252_887_680),
    "resnet_cifar@resnet1202": (19_421_274, 2_829_238_912),
    "resnet_cifar@resnet20_B": (272_474, None),
    "resnet_cifar@resnet1202_B": (19_424_026, None),
}


@pytest.mark.parametrize("address", AMOUNTS)
def test_parameters_and_macs(address: str) -> None:
    cost = check(address).cost
    parameters, macs = AMOUNTS[address]
    assert (cost.parameters, cost.macs if macs is not None else None) == (parameters, macs)


@pytest.mark.parametrize("address", RECEPTIVE)
def test_receptive_field_is_the_published_one(address: str) -> None:
    assert check(address).cost.receptive_field == RECEPTIVE[address]


@pytest.mark.parametrize("address", DEPTH)
def test_weighted_layers_are_those_of_the_name(address: str) -> None:
    assert check(address).cost.weighted_layers == DEPTH[address]


@pytest.mark.parametrize("seed", range(12))
def test_receptive_field_is_where_the_gradient_reaches(seed: int) -> None:
    """Random branching nets with positive weights: the pixels that the middle of the last map depends on."""
    text = branching(Random(seed))
    checked = check(text)
    net = Interpreter(checked.graph)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(0.5)
    x = torch.ones(1, 1, 160, 160, dtype=torch.float64, requires_grad=True)
    (y,) = net.double()(x)
    y[0, :, y.shape[2] // 2, y.shape[3] // 2].sum().backward()
    assert x.grad is not None
    reached = torch.nonzero(x.grad[0, 0].sum(1))
    assert checked.cost.receptive_field == int(reached.max() - reached.min()) + 1, text


def branching(rng: Random) -> str:
    lines = [HEAD + "input: x[N, 1, 160, 160]", "net:"]
    for index in range(rng.randint(2, 5)):
        if rng.random() < 0.5:
            stride = rng.choice((1, 1, 2))
            branches = [
                f"    - b{index}{k}: {{op: conv2d, out: 1, kernel: {kernel}, stride: {stride}, "
                f"padding: {dilation * (kernel // 2)}, dilation: {dilation}}}"
                for k, (kernel, dilation) in enumerate(((rng.choice((1, 3, 5)), 1), (3, rng.choice((1, 2)))))
            ]
            lines += ["  - parallel:", *branches, "    join: {op: add}"]
        elif rng.random() < 0.6:
            kernel, stride = rng.choice((2, 3, 5)), rng.choice((1, 2))
            lines.append(f"  - c{index}: {{op: conv2d, out: 1, kernel: {kernel}, stride: {stride}}}")
        else:
            lines.append(f"  - p{index}: {{op: avg_pool2d, kernel: {rng.choice((2, 3))}, stride: 2}}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", [name for name in known() if name != "googlenet"])
def test_layout_is_torchvisions(name: str) -> None:
    entries = tensors(check(name).shapes)
    assert [[entry.key, list(entry.shape)] for entry in entries] == FACTS[name]["keys"]


TANGLED = (
    HEAD
    + """input: x[N, 4, 8, 8]
net:
  - late: {op: param, size: [1, 4, 8, 8]}
  - convs.0: {op: conv2d, from: x, out: 4, kernel: 1}
  - bns.0: {op: batch_norm}
  - convs.1: {op: conv2d, out: 4, kernel: 1, bias: false}
  - layer_scale: {op: scale, value: 0.1, learned: true}
  - again: {same: convs.0}
  - box:
      - {op: relu}
      - {op: conv2d, out: 4, kernel: 3, padding: 1}
      - add: {op: add, from: [convs.1, layer_scale]}
  - joined: {op: add, from: [again, box, late]}
  - rest: {op: conv2d, out: 4, kernel: 1, repeat: 3}
"""
)


def test_layout_of_bare_tensors_dotted_names_and_shared_modules() -> None:
    checked = check(TANGLED)
    found = [(entry.key, tuple(entry.shape)) for entry in tensors(checked.shapes)]
    assert found == [(key, tuple(t.shape)) for key, t in Interpreter(checked.graph).state_dict().items()]
    assert [key for key, _ in found][:7] == [
        "late",
        "layer_scale",
        "convs.0.weight",
        "convs.0.bias",
        "convs.1.weight",
        "bns.0.weight",
        "bns.0.bias",
    ]
    learned = {entry.key for entry in tensors(checked.shapes) if entry.learned}
    assert learned == {key for key, _ in Interpreter(checked.graph).named_parameters()}


def test_fingerprints_tell_layouts_apart() -> None:
    marks = {
        address: fingerprint(tensors(check(address).shapes))
        for address in ("resnet50", "resnet50@resnet50_v1", "resnet50@resnet50_C", "resnet101")
    }
    assert marks["resnet50"] == marks["resnet50@resnet50_v1"]  # the place of the stride is no tensor
    assert len(set(marks.values())) == 3


def test_the_work_does_not_grow_with_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = OPS["conv2d"]
    rule, calls = conv.shape, []
    shallow, deep = check("resnet_cifar@resnet32").graph, check("resnet_cifar@resnet1202").graph
    monkeypatch.setattr(conv, "shape", lambda self, *inputs: calls.append(1) or rule(self, *inputs))
    counts = []
    for graph in (shallow, deep):
        calls.clear()
        units = infer(graph).root.units.values()
        counts.append((len(calls), [len(runs) for runs in units]))
    assert counts[0] == counts[1]
    assert counts[0][0] > 0 and max(counts[0][1]) <= 2


@pytest.mark.parametrize("size", (32, 47, 225))
def test_shapes_at_other_sizes_are_torchs(size: int) -> None:
    """Numbers put in for the symbols, and symbols evaluated afterwards, are what the network gives."""
    graph = check("resnet18").graph
    sizes = {"N": 2, "H": size, "W": size + 3}
    by_numbers, by_symbols = infer(graph, sizes), infer(graph)
    for key in ("maxpool", "layer1", "layer2", "layer3", "layer4"):
        numbers, symbols = by_numbers.find(key), by_symbols.find(key)
        assert numbers is not None and symbols is not None and numbers.dims == symbols.at(sizes)
    net = Interpreter(graph).eval()
    seen: dict[str, tuple[int, ...]] = {}
    for key in ("maxpool", "bn1"):
        net.get_submodule(key).register_forward_hook(lambda m, i, o, key=key: seen.update({key: tuple(o.shape)}))
    with torch.no_grad():
        net(torch.zeros(2, 3, size, size + 3))
    for key, shape in seen.items():
        found = by_numbers.find(key)
        assert found is not None and found.dims == shape


def test_memory_by_hand() -> None:
    """A residual unit on (1, 4, 8, 8): 1,024 bytes a map. At the add its two operands and its sum are alive."""
    text = (
        HEAD
        + """input: x[N, 4, 8, 8]
net:
  - a: {op: conv2d, out: 4, kernel: 1}
  - b: {op: conv2d, out: 8, kernel: 1}
  - c: {op: conv2d, out: 4, kernel: 1}
  - add: {op: add, from: [a, c]}
"""
    )
    memory = check(text).cost.memory
    assert memory.training_bytes == 4 * 8 * 8 * (4 + 4 + 8 + 4 + 4)
    # input, a, b and c while c is computed: a is still to be read
    assert memory.inference_peak_bytes == 4 * 8 * 8 * (4 + 4 + 8 + 4)


@pytest.mark.parametrize("name", ["lenet", "mobilenet_v2", "a stride of 8"])
def test_training_keeps_no_more_than_said(name: str) -> None:
    """Torch tells what it keeps for the backward pass; of a net of one wide stride that is its input."""
    eighth = f"{HEAD}input: x[N, 3, 64, 64]\nnet: [c: {{op: conv2d, out: 8, kernel: 8, stride: 8}}]\n"
    checked = check(eighth if name == "a stride of 8" else name)
    net = instantiate(checked.graph).train()
    own = {tensor.untyped_storage().data_ptr() for tensor in (*net.parameters(), *net.buffers())}
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        net(*example(checked.graph, 1))
    found = sum(storage.nbytes() for storage in kept.values())
    assert 0.4 * checked.cost.memory.training_bytes < found <= checked.cost.memory.training_bytes


def test_work_grows_with_the_number_of_nodes() -> None:
    """Instructions of the interpreter in the passes and the graph, on nets whose values stay alive to the end."""

    def work(count: int) -> int:
        items = [f"  - c{i}: {{op: conv2d, from: x, out: {i % 7 + 1}, kernel: 1}}" for i in range(count)]
        names = ", ".join(f"c{i}" for i in range(count))
        text = "\n".join([f"{HEAD}input: x[N, 4, 8, 8]", "net:", *items, f"  - {{op: concat, from: [{names}]}}\n"])
        graph = check(text).graph
        steps = 0

        def watch(frame: FrameType, event: str, _: object) -> Any:
            nonlocal steps
            if "archspec/passes" not in frame.f_code.co_filename and "archspec/ir" not in frame.f_code.co_filename:
                return None
            frame.f_trace_opcodes = True
            steps += event == "opcode"
            return watch

        before = sys.gettrace()
        sys.settrace(watch)
        try:
            measure(graph, infer(graph))
        finally:
            sys.settrace(before)
        return steps

    assert work(160) < 2.2 * work(80)


def test_attention_counts_as_the_linears_in_it() -> None:
    written_out = """
  - q: {op: linear, from: x, out: 16}
  - k: {op: linear, from: x, out: 16}
  - v: {op: linear, from: x, out: 16}
  - attended: {op: add, from: [q, k, v]}
  - out: {op: linear, out: 16}
"""
    head = HEAD + "input: x[N, 7, 16]\nnet:"
    assert check(head + written_out).cost.weighted_layers == 2
    assert check(head + "\n  - {op: attention, heads: 4}\n").cost.weighted_layers == 2
    repeated = head + "\n  - {op: attention, heads: 4, repeat: 3}\n  - {op: linear, out: 4}\n"
    assert check(repeated).cost.weighted_layers == 7


def test_depth_takes_the_longest_path() -> None:
    text = (
        HEAD
        + """input: x[N, 4, 8, 8]
net:
  - parallel:
    - long: [{op: conv2d, out: 4, kernel: 1}, {op: relu}, {op: conv2d, out: 4, kernel: 1}]
    - short: {op: conv2d, out: 4, kernel: 1}
    join: {op: add}
  - units: {op: conv2d, out: 4, kernel: 1, repeat: 5}
"""
    )
    checked = check(text)
    assert checked.cost.weighted_layers == 7
    assert (
        sum(
            isinstance(m, nn.Module) and "weight" in dict(m.named_parameters(recurse=False))
            for m in Interpreter(checked.graph).modules()
        )
        == 8
    )


@pytest.mark.parametrize("inputs", ["  - a[N, 3, 64, 64]\n  - b[N, 4]\n", "  - b[N, 4]\n  - a[N, 3, 64, 64]\n"])
def test_an_input_that_is_no_map_hides_no_window(inputs: str) -> None:
    text = f"""archspec: 1
name: pair
input:
{inputs}net:
  - conv1: {{op: conv2d, from: a, out: 4, kernel: 3, stride: 2}}
  - conv2: {{op: conv2d, out: 4, kernel: 3}}
  - pool: {{op: adaptive_avg_pool2d, size: 1}}
  - flatten: {{op: flatten}}
  - concat: {{op: concat, from: [flatten, b], axis: D}}
"""
    assert check(text).cost.receptive_field == 7


@pytest.mark.parametrize("operands", ["[x1, gate]", "[gate, x1]"])
def test_a_gate_hides_no_window(operands: str) -> None:
    """What is pooled to one value is a weight: the map that it weighs goes on, whichever comes first."""
    text = f"""archspec: 1
name: gated
input: x[N, 3, 16, 16]
net:
  - x1: {{op: conv2d, out: 4, kernel: 3, padding: 1}}
  - pool: {{op: adaptive_avg_pool2d, size: 1}}
  - gate: {{op: sigmoid}}
  - weigh: {{op: mul, from: {operands}}}
  - x2: {{op: conv2d, out: 4, kernel: 3, padding: 1}}
"""
    assert check(text).cost.receptive_field == 5
