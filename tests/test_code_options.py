"""One class for calls of a block that differ in an op's options: each option of each op, drawn at random."""

from __future__ import annotations

from json import dumps
from random import Random
from typing import Any

import pytest
import torch
from ops_samples import SAMPLES

import archspec
from archspec.diagnostics import SpecError
from archspec.ops import OPS
from archspec.records import fields_of
from archspec.shapes import IDS, Shape

torch.set_num_threads(1)

Options = dict[str, Any]
TYPES = {bool: "bool", int: "int", float: "float", str: "str"}


def type_of(values: list[Any]) -> str | None:
    """The type of a param that can be any of these; None where there is none."""
    if all(isinstance(value, (list, tuple)) and all(type(item) is int for item in value) for value in values):
        return "list[int]"
    kinds = {type(value) for value in values}
    return TYPES.get(kinds.pop()) if len(kinds) == 1 else None


def spec_of(op: str, calls: list[Options], inputs: list[str], taken: list[str]) -> str:
    """A block of the op alone, whose options are its params where they can be, called once with each of these."""
    fields = fields_of(OPS[op])
    params, given, fixed = Options(), [Options() for _ in calls], Options()
    for option in sorted({option for call in calls for option in call}):
        said = next(call[option] for call in calls if option in call)
        default = said if fields[option].required else fields[option].default
        values = [call.get(option, default) for call in calls]
        kind = type_of(values)
        fixed[option] = said if kind is None else f"q_{option}"
        if kind is not None:
            params[f"q_{option}"] = kind
            for each, value in zip(given, values, strict=True):
                each[f"q_{option}"] = value
    names = [one.partition("[")[0] for one in inputs]
    body = [{"it": {"op": op, "from": names, **fixed}}]
    tree = {
        "archspec": 1,
        "name": "net",
        "blocks": {"b": {"params": params, "in": taken, "body": body}},
        "input": inputs,
        "net": [{f"call{place}": {"op": "b", "from": names, **each}} for place, each in enumerate(given)],
        "outputs": {f"y{place}": f"call{place}" for place in range(len(calls))},
    }
    return dumps(tree)


def signature(name: str, shape: Shape) -> str:
    sizes = [f"T={shape.dims[1]}"] if shape.axes == IDS else [str(size) for size in shape.dims[1:]]
    return f"{name}[N, {', '.join(sizes)}]"


def test_one_class_says_what_each_call_does() -> None:
    accepted = 0
    for op in sorted(SAMPLES):
        rng = Random(op)
        for _ in range(8):
            (first, shapes), (second, _) = SAMPLES[op](rng), SAMPLES[op](rng)
            inputs = [signature(f"x{place}", shape) for place, shape in enumerate(shapes)]
            axes = [", ".join(f"A{place}{axis}" for axis in range(1, shape.rank)) for place, shape in enumerate(shapes)]
            taken = [f"x{place}[N, {each}]" for place, each in enumerate(axes)]
            if not inputs or not first or not second:
                continue
            try:
                checked = archspec.check(spec_of(op, [first, second], inputs, taken) + "\n")
            except SpecError:
                continue
            archspec.verify(checked)
            accepted += 1
    assert accepted >= 80


ONCE_WRONG: dict[str, list[Options]] = {
    "mean": [{"axes": ["H"], "keepdim": True}, {"axes": ["H"]}],
    "pad2d": [{"padding": 1, "mode": "reflect"}, {"padding": 1}, {"padding": 1, "mode": "circular"}],
    "upsample2d": [{"scale": 2, "mode": "bilinear", "align_corners": True}, {"scale": 2}],
    "scale": [{"value": 0.5, "learned": True, "per": "tensor"}, {"value": 0.5, "learned": True, "per": "channel"}],
    "max_pool2d": [{"kernel": 2}, {"kernel": 2, "stride": 1}],
}


@pytest.mark.parametrize("op", ONCE_WRONG)
def test_options_that_once_went_wrong(op: str) -> None:
    archspec.verify(archspec.check(spec_of(op, ONCE_WRONG[op], ["x[N, 4, 6, 6]"], ["x[N, C, H, W]"]) + "\n"))


AT_TORCHS_DEFAULT: dict[str, tuple[Options, str, Any, Any]] = {
    "dropout": ({}, "p", 0.5, 0.25),
    "leaky_relu": ({}, "slope", 0.01, 0.2),
    "elu": ({}, "alpha", 1.0, 0.5),
    "batch_norm": ({}, "momentum", 0.1, 0.2),
    "group_norm": ({"groups": 2}, "eps", 1e-5, 1e-3),
    "conv2d": ({"out": 4, "kernel": 1}, "groups", 1, 2),
    "max_pool2d": ({"kernel": 2, "stride": 1}, "padding", 0, 1),
    "pad2d": ({"padding": 1}, "value", 0.0, 2.0),
}


@pytest.mark.parametrize("op", AT_TORCHS_DEFAULT)
def test_an_open_param_that_is_torchs_default_now_is_still_an_argument(op: str) -> None:
    options, option, default, other = AT_TORCHS_DEFAULT[op]
    kind = TYPES[type(default)]
    tree = {
        "archspec": 1,
        "name": "net",
        "params": {"q": f"open {kind} = {default:f}" if kind == "float" else f"open {kind} = {default}"},
        "input": "x[N, 4, 6, 6]",
        "net": [{"it": {"op": op, option: "q", **options}}],
    }
    text = dumps(tree) + "\n"
    x = torch.zeros(1, 4, 6, 6) - 1
    given, stated = archspec.module(text, q=other), archspec.module(archspec.check(text, q=other))
    assert str(given) == str(stated)
    stated.load_state_dict(given.state_dict())
    assert torch.equal(given.eval()(x), stated.eval()(x))
    archspec.verify(archspec.check(text))
