"""Loops over tables in generated source: random rows, the same network as without loops, whatever open params are."""

from __future__ import annotations

from random import Random

import pytest
import torch

from archspec import pipeline
from archspec.backends.module import instantiate, verify
from archspec.backends.torch_code import generate, tables
from archspec.backends.torch_code.tandem import tandem
from archspec.ir.graph import Graph

SPEC = """
archspec: 1
name: rows
params: {{m: {param}}}
input: x[N, 3, 24, 24]
blocks:
  unit:
    params: {{out: int, kernel: int = 3, stride: int = 1, drop: float = 0}}
    in: x[N, C, H, W]
    out: [N, out, ceil(H/stride), ceil(W/stride)]
    body:
      - conv: {{op: conv2d, out: out, kernel: kernel, stride: stride, padding: kernel//2}}
      - {{op: relu}}
      - {{op: drop_path, p: drop, when: drop > 0}}
net:
{above}  - features:
{before}      - each: {{out: {outs}, k: {kernels}, n: {counts}, st: {strides}}}
        do:
{items}
"""
FORMS = (
    ("- {op: unit, out: OUT, kernel: k, stride: st}",),
    ("- {op: unit, repeat: n, out: OUT, kernel: k, first: {stride: st}}",),
    ("- {op: unit, repeat: n, out: OUT, kernel: k, drop: 0.3*(2*s + i)/20}",),
    ("- {op: unit, repeat: n, out: OUT + 4*i, drop: 0.2*i/9}",),
    ("- stage{s+1}: {op: unit, repeat: n, names: 'u{s}_{i+1}', out: OUT, kernel: k, first: {stride: st}}",),
    ("- {op: conv2d, out: OUT, kernel: k, padding: k//2}", "- {op: batch_norm}", "- {op: relu}"),
    ("- repeat: n", "  do: [{op: conv2d, out: OUT, kernel: k, padding: k//2}, {op: gelu}]", "- {op: batch_norm}"),
)
WIDTHS = ("out", "out*m", "(out*m if s == 1 else 16)", "(8*m if s == 1 else out)")


def spec(seed: int, param: str = "open int = 2") -> str:
    rng = Random(seed)
    rows = rng.randint(3, 6)
    columns = {
        name: [rng.choice(values) for _ in range(rows)]
        for name, values in (("outs", (4, 8, 12)), ("kernels", (1, 3)), ("counts", (1, 2, 3)), ("strides", (1, 1, 2)))
    }
    form, width = rng.choice(FORMS), rng.choice(WIDTHS)
    named = form[0].startswith("- stage")
    before = "      - {op: conv2d, out: 8, kernel: 1}\n" * (rng.random() < 0.5 and not named)
    above = "  - stem: {op: conv2d, out: 6, kernel: 1}\n" * (rng.random() < 0.5)
    items = "\n".join(f"          {line}".replace("OUT", width) for line in form)
    return SPEC.format(param=param, above=above, before=before, items=items, **columns)


def shapes(graph: Graph, **params: int) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in instantiate(graph, init=False, **params).state_dict().items()}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever can be a loop is one, however short it is without."""
    monkeypatch.setattr(tables, "_size", lambda texts: (1000 * len(texts), 0))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("seed", range(24))
def test_a_loop_makes_what_was_written_out(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = pipeline.check(spec(seed)).graph
    verify(graph)
    assert shapes(graph, m=3) == shapes(pipeline.check(spec(seed, "int = 3")).graph)
    torch.manual_seed(1)
    looped = instantiate(graph).state_dict()
    monkeypatch.setattr(tables.Tables, "_loop", lambda *args: "")
    monkeypatch.setattr(tables.Tables, "rows", lambda *args: None)
    plain = generate(graph)
    assert " in (" not in plain
    torch.manual_seed(1)
    apart = instantiate(graph, plain).state_dict()
    assert list(looped) == list(apart)
    assert all(torch.equal(looped[name], apart[name]) for name in apart)


@pytest.mark.usefixtures("eager")
def test_most_of_these_are_loops() -> None:
    assert sum(" in (" in generate(pipeline.check(spec(seed))) for seed in range(24)) >= 12


@pytest.mark.usefixtures("eager")
def test_a_loop_inside_an_item_hands_nothing_on() -> None:
    """What grows from unit to unit is computed there: no variable of the rows could know of each unit."""
    units = "{op: unit, repeat: depth, drop: '0.3*(sum(depths[:s]) + i)/10'}"
    text = (
        "archspec: 1\nname: rows\nparams: {depths: 'list[int] = [2, 2, 6]'}\ninput: x[N, 4, 8, 8]\nblocks:\n"
        "  unit:\n    params: {drop: float}\n    in: x[N, C, H, W]\n"
        "    body: [{conv: {op: conv2d, out: C, kernel: 1}}, {drop: {op: dropout, p: drop}}]\n"
        f"net:\n  - features:\n      - each: {{depth: depths}}\n        do: [{units}, {{op: max_pool2d, kernel: 2}}]\n"
    )
    net = instantiate(pipeline.check(text).graph)
    assert [m.p for m in net.modules() if isinstance(m, torch.nn.Dropout)] == [0.3 * k / 10 for k in range(10)]


def test_modules_before_a_list_are_made_before_it() -> None:
    """A list stands before the constructor that takes it: where that has begun already, there is none."""
    rows = "[{op: conv2d, out: w, kernel: 1}, {op: relu}, {op: max_pool2d, kernel: 1, stride: 1}]"
    each = f"      - each: {{w: [4, 8, 12, 16, 20]}}\n        do: {rows}\n"
    inner = each.replace("\n  ", "\n      ").replace("      - each", "          - each", 1)
    head = "archspec: 1\nname: rows\ninput: x[N, 3, 8, 8]\nnet:\n  - features:\n"
    assert "layers: list[nn.Module]" in generate(pipeline.check(head + each))
    nested = f"{head}      - {{op: conv2d, out: 4, kernel: 1}}\n      - inner:\n{inner}"
    assert "layers" not in generate(pipeline.check(nested))


def test_what_comes_again() -> None:
    def read(word: str) -> list[str]:
        return ["".join(word[g.start : g.start + g.size] + "*" * (g.count > 1) for g in row) for row in tandem(word)]

    assert read("crcrpcrcrpcrcrcrpx") == ["cr*p", "cr*p", "cr*p"]
    assert read("crpcrpcrp") == ["crp", "crp", "crp"]
    assert read("crcrpcrcrpcrcrp") == ["crcrp", "crcrp", "crcrp"]  # as many in each: written out
    assert read("ssss") == []
    assert read("abcab") == []
