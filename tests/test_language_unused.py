"""What nothing reads is worth a warning."""

from __future__ import annotations

from spec_lab import accept, marked, spec

from archspec.pipeline import check
from archspec.spec import zoo


def warned(text: str, **params: object) -> list[tuple[str, str]]:
    return [(warning.code, marked(text, warning)) for warning in accept(text, **params).warnings]


def test_layers_that_nothing_reads() -> None:
    net = "- a: {op: conv2d, out: 4, kernel: 3}\n- b: {op: conv2d, out: 4, kernel: 3, from: x}"
    assert warned(spec(net)) == [("W0602", "conv2d")]
    assert warned(spec(net + "\n- {op: add, from: [a, b]}")) == []
    assert warned(spec(net, outputs="{a: a, b: b}")) == []
    assert warned(spec(net + "\n- c: {same: a, from: x}\n- {op: concat, from: [b, c]}")) == []
    block = "\n  u: {in: 'x[N, C, H, W]', body: [{a: {op: batch_norm}}, {op: relu, from: x}]}"
    assert warned(spec("- {op: u, repeat: 3}\n- {op: u}", blocks=block)) == [("W0602", "batch_norm")]


def test_params_and_lets_that_nothing_reads() -> None:
    params = "\n  a: int = 1\n  b: int = a\n  c: int = 3\n  d: block = none\n  e: enum[f, g] = f"
    text = spec("- {op: $d, when: e == f}\n- layer{b}: {op: relu}", params=params, let="\n  h: 3\n  k: 4 * h")
    assert sorted(warned(text)) == [("W0603", "c"), ("W0603", "k")]


def test_the_zoo_says_nothing_in_vain() -> None:
    for entry in zoo.entries():
        assert [warning.title for warning in check(entry.path).warnings] == [], entry.name
