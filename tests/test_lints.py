"""Lints: each finds what it is about, stays silent otherwise, and can be switched off."""

from __future__ import annotations

import inspect
import json
import re
from itertools import product
from pathlib import Path

import pytest
import torch
from spec_lab import accept, marked, spec

import archspec
from archspec.cli import main
from archspec.codes import example_of
from archspec.lints.run import LINTS
from archspec.pipeline import check

LINTED = ("W0604", "W0605", "W0606", "W0607", "W0608", "W0609", "W0611", "W0612", "W0613", "W0614", "W0615", "W0616",
          "W0617")  # fmt: skip


def codes(text: str) -> list[str]:
    return [warning.code for warning in check(text).warnings]


def test_every_code_of_a_lint_is_warned_of_by_one() -> None:
    """That its example is warned of, and the mended one is not, is in tests/test_codes.py."""
    found = {code for lint in LINTS for code in re.findall(r"W06\d\d", inspect.getsource(inspect.getmodule(lint)))}
    assert found == set(LINTED)


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ("- {op: conv2d, out: 4, kernel: 3}\n- {op: dropout, p: 0.1, when: 1 > 2}\n- {op: batch_norm}", ["W0604"]),
        ("- a: {op: conv2d, out: 3, kernel: 1}\n- b: {op: batch_norm}\n- {op: add, from: [a, b]}", []),
        ("- a: {op: conv2d, out: 3, kernel: 1}\n- b: {op: relu}\n- c: {op: relu, from: x}\n"
         "- {op: add, from: [b, c]}", []),
        ("- a: {op: conv2d, out: 3, kernel: 1}\n- b: {op: relu}\n- c: {op: conv2d, out: 3, kernel: 1, from: x}\n"
         "- {op: add, from: [b, c]}", ["W0607"]),
        ("- a: {op: conv2d, out: 4, kernel: 1}\n- {op: conv2d, out: 4, kernel: 1}", ["W0605"]),
        ("- {op: conv2d, out: 3, kernel: 3, groups: 3}\n- {op: conv2d, out: 4, kernel: 1}", []),
        ("- {op: conv2d, out: 4, kernel: 1}\n- {op: conv2d, out: 4, kernel: 3, groups: 4}", []),
        ("- {op: conv2d, out: 4, kernel: 1}\n- {op: relu}\n- {op: relu}", ["W0611"]),
        ("- {op: relu}\n- {op: conv2d, out: 4, kernel: 1}\n- {op: relu}", []),
        ("- a: {op: relu}\n- b: {op: tanh}\n- {op: add, from: [a, b]}", []),
        ("- {op: relu}\n- {op: sigmoid, when: 1 > 2}\n- {op: tanh}", ["W0611"]),
        ("- {op: batch_norm}\n- {op: group_norm, groups: 1}", ["W0611"]),
        ("- {op: batch_norm}\n- {op: relu}\n- {op: batch_norm}", []),
        ("- {op: flatten}\n- {op: linear, out: 4}\n- {op: softmax}", ["W0612"]),
        ("- {op: flatten}\n- {op: linear, out: 4}\n- {op: sigmoid}", []),
        ("- {op: softmax, axis: C}", []),
        ("- {op: flatten}\n- {op: linear, out: 4}\n- {op: softmax}\n- {op: linear, out: 4}", []),
        ("- {op: flatten}\n- {op: linear, out: 4}\n- {op: dropout, p: 0.5}", ["W0613"]),
        ("- {op: flatten}\n- {op: dropout, p: 0.5}\n- {op: linear, out: 4}", []),
        ("- {op: conv2d, out: 4, kernel: 3, stride: 5, padding: 1}", ["W0614"]),
        ("- {op: conv2d, out: 4, kernel: 4, stride: 4}", []),
        ("- {op: conv2d, out: 4, kernel: 1, stride: 3}", []),
        ("- {op: conv2d, out: 4, kernel: 3, stride: 5, dilation: 2}", ["W0609"]),
        ("- {op: max_pool2d, kernel: [4, 2], stride: 4}", ["W0614"]),
        ("- {op: conv_transpose2d, out: 4, kernel: 3, stride: 2}", ["W0615"]),
        ("- {op: conv_transpose2d, out: 4, kernel: [2, 3], stride: [2, 1]}", []),
        ("- {op: conv_transpose2d, out: 4, kernel: [2, 3], stride: 2}", ["W0615"]),
        ("- {op: max_pool2d, kernel: 2}", []),
        ("- {op: max_pool2d, kernel: 3}", ["W0609"]),
        ("- {op: max_pool2d, kernel: 3, ceil: true}", []),
        ("- {op: subsample2d, stride: 2}", []),
        ("- {op: conv2d, out: 4, kernel: 1, stride: 2}", []),
        ("- {op: conv2d, out: 4, kernel: 3, stride: 2}", ["W0609"]),
        ("- {op: conv2d, out: 4, kernel: 3, stride: 2, padding: tf_same}", []),
    ],
)  # fmt: skip
def test_what_counts(items: str, found: list[str]) -> None:
    assert [warning.code for warning in accept(spec(items)).warnings] == found


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_weights_that_meet_padding_alone_have_no_gradient(size: int) -> None:
    """Torch's gradient of each weight, on a map of ones, against what the lint counts."""
    warned = 0
    for kernel, stride, dilation, padding in product((1, 2, 3, 5), (1, 2, 3), (1, 2, 4), (0, 1, 2, 4, 8)):
        reach = dilation * (kernel - 1) + 1
        if reach > size + 2 * padding:
            continue
        options = f"kernel: {kernel}, stride: {stride}, dilation: {dilation}, padding: {padding}"
        said = [
            w.title
            for w in check(spec(f"- {{op: conv2d, out: 1, {options}}}", f"x[N, 1, {size}, {size}]")).warnings
            if w.code == "W0617"
        ]
        weight = torch.zeros(1, 1, kernel, kernel, requires_grad=True)
        ones = torch.ones(1, 1, size, size)
        out = torch.nn.functional.conv2d(ones, weight, stride=stride, dilation=dilation, padding=padding)
        (gradient,) = torch.autograd.grad(out.sum(), weight)
        idle = int((gradient[0, 0].sum(1) == 0).sum())
        if idle in (0, kernel):  # in each row and column the same weights stand on the map
            assert bool(said) == bool(idle), options
        else:
            assert said == [f"{idle} of {kernel} rows of this kernel meet padding alone"], options
        warned += bool(said)
    assert warned


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ("- a: {op: relu}\n- {op: add}", ["add"]),
        ("- a: {op: relu}\n- {op: add, from: a}", ["add"]),
        ("- a: {op: relu}\n- {op: concat, from: a, axis: C}", ["concat"]),
        ("- a: {op: tanh}\n- {op: add, from: [a, x]}", []),
        ("- a: {op: relu}\n- {op: add, when: 1 > 2}", []),
        ("- {op: split, parts: 3}\n- {op: add}", []),
        ("- parallel:\n    - {op: relu}\n    - {op: tanh, when: 1 > 2}\n  join: {op: add}", []),
        ("- u:\n    - a: {op: relu}\n    - {op: mul}", ["mul"]),
    ],
)
def test_a_join_of_one_operand(items: str, found: list[str]) -> None:
    text = spec(items)
    assert [(w.code, marked(text, w)) for w in check(text).warnings] == [("W0616", op) for op in found]


UNIT = "{in: 'x[N, C, H, W]', body: [{op: relu}]}"


@pytest.mark.parametrize(
    ("blocks", "sections", "items", "found"),
    [
        (f"a: {UNIT}", {}, "- {op: relu6}", ["a"]),
        (f"a: {UNIT}", {}, "- {op: a}", []),
        (f"a: {UNIT}\nb: {{op: a}}", {}, "- {op: relu6}", ["a", "b"]),
        (f"a: {UNIT}\nb: {{op: a}}", {}, "- {op: b}", []),
        (f"a: {UNIT}\nb: {UNIT}", {"params": "{u: block = a}", "variants": "{v: {u: b}}"}, "- {op: $u}", []),
        (f"a: {UNIT}", {"use": "[blocks/residual]"}, "- {op: a}", ["blocks/residual"]),
        (f"a: {UNIT}", {"use": "[blocks/residual]"}, "- {op: a}\n- {op: basic, width: 3}", []),
        (f"a: {UNIT}", {"input": "['x[N, 3, H=16, W=16]', 'y[N, 3, H=16, W=16]']"}, "- {op: a, from: x}", ["y["]),
        (f"a: {UNIT}", {"input": "['x[N, 3, H=16, W=16]', 'y[N, 3, H=16, W=16]']"}, "- {op: add, from: [x, y]}", ["a"]),
    ],
)
def test_what_is_used(blocks: str, sections: dict[str, str], items: str, found: list[str]) -> None:
    text = spec(items, blocks=f"\n{blocks}", **sections)
    warnings = check(text).warnings
    assert {warning.code for warning in warnings} <= {"W0610"}
    for warning, start in zip(warnings, found, strict=True):
        assert marked(text, warning).startswith(start)


def test_an_item_called_often_is_told_once_at_its_place() -> None:
    block = "\n  u: {in: 'x[N, C, H, W]', body: [{op: conv2d, out: 4, kernel: 3, padding: 1}, {op: batch_norm}]}"
    text = spec("- {op: u, repeat: 3}\n- {op: u}\n- {op: relu}", blocks=block)
    (warning,) = accept(text).warnings
    assert (warning.code, marked(text, warning)) == ("W0604", "conv2d")


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("  # archspec: ignore[W0604]", 0),
        ("  # archspec: ignore", 0),
        ("  # archspec: ignore[W0601, W0604]", 0),
        ("  # archspec: ignore[W0605]", 1),
        ("  # archspec: ignored", 1),
        ("  # W0604", 1),
    ],
)
def test_a_comment_switches_a_warning_of_its_line_off(comment: str, left: int) -> None:
    text = spec(f"- {{op: conv2d, out: 4, kernel: 3}}{comment}\n- {{op: batch_norm}}")
    assert len(accept(text).warnings) == left


def test_a_run_switches_codes_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(example_of("W0604").bad, encoding="utf-8")
    assert main(["check", "--strict", str(path)]) == 1
    assert main(["check", "--strict", "--ignore", "w0604,W0605", str(path), "--format", "json"]) == 0
    capsys.readouterr()
    assert main(["check", str(path), "--format", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (found["code"], found["severity"]) == ("W0604", "warning")
    assert main(["check", "--ignore", "W0699", str(path)]) == 2
    assert "no code of a warning" in capsys.readouterr().err


def test_the_bias_has_indeed_no_effect() -> None:
    """What W0604 says, in torch."""
    net = archspec.module(example_of("W0604").bad).train()
    x = torch.randn(4, 3, 8, 8)
    before = net(x)
    with torch.no_grad():
        next(p for name, p in net.named_parameters() if name.endswith("bias")).add_(3)
    assert torch.allclose(net(x), before, atol=1e-5)


def test_the_border_has_indeed_no_gradient() -> None:
    """What W0609 says, in torch."""
    net = archspec.module(example_of("W0609").bad)
    x = torch.randn(1, 3, 8, 8, requires_grad=True)
    net(x).sum().backward()
    assert x.grad is not None and float(x.grad[..., 7, :].abs().max()) == 0 < float(x.grad[..., 6, :].abs().max())
