"""Repeats whose units take more than they give: the layers of a decoder, with one memory for all."""

from __future__ import annotations

import networkx as nx
import torch

import archspec
from archspec.formulas import formulas
from archspec.ir.flat import flat_view

DECODER = """\
archspec: 1
name: decoder
input: ["x[N, T=6, 8]", "memory[N, S=4, 8]"]
blocks:
  layer:
    in: ["x[N, T, D]", "memory[N, S, D]"]
    out: [N, T, D]
    body:
      - cross: {op: attention, from: [x, memory, memory], heads: 2}
      - add: {op: add, from: [x, cross]}
      - norm: {op: layer_norm}
net:
%s  - head: {op: linear, out: 3}
output: [N, T, 3]
"""


def test_what_a_unit_gives_no_successor_of_stays_for_all() -> None:
    """Each layer of a decoder gets the sequence of the one before, and the same memory."""
    repeated = DECODER % '  - layers: {op: layer, from: [x, memory], repeat: 3, names: "u{i}"}\n'
    units = "".join(f"      - u{i}: {{op: layer, from: [{f'u{i - 1}' if i else 'x'}, memory]}}\n" for i in range(3))
    written = DECODER % f"  - layers:\n{units}".replace("      -", "    -")
    assert not archspec.diff(repeated, written)
    one, other = archspec.module(repeated).eval(), archspec.module(written).eval()
    other.load_state_dict(one.state_dict())
    given = torch.rand(2, 5, 8), torch.rand(2, 7, 8)
    assert torch.equal(one(*given), other(*given))
    archspec.verify(repeated)
    text = archspec.build(repeated)
    assert " | input x (N, 6, 8) | input memory (N, 4, 8)\n" in text
    assert "        for unit in self.layers:\n            x = unit(x, memory)\n" in text
    costs = [archspec.check(text).cost for text in (repeated, written)]
    assert [(c.parameters, c.macs, c.weighted_layers) for c in costs] == [(costs[0].parameters, costs[0].macs, 7)] * 2
    assert [str(formulas(archspec.check(text))) for text in (repeated,)] == [str(formulas(archspec.check(written)))]
    assert nx.is_isomorphic(*(flat_view(archspec.check(text).graph) for text in (repeated, written)))


def test_a_card_names_what_comes_from_beside() -> None:
    """Of a repeated block's inputs the first flows through the card; the memory is not drawn as if it were the same."""
    drawn = archspec.draw(DECODER % "  - layers: {op: layer, from: [x, memory], repeat: 3}\n").svg
    assert drawn.count(">memory<") == 2


def test_a_container_takes_nothing_that_nothing_inside_reads() -> None:
    """`from: x` at the first item inside is as good as at the container."""
    text = (
        "archspec: 1\nname: net\ninput: x[N, 4, H=8, W=8]\nnet:\n"
        "  - conv: {op: conv2d, out: 4, kernel: 3, padding: 1}\n"
        "  - skip: %s\n  - add: {op: add, from: [conv, skip]}\n"
    )
    inside = text % "[{op: conv2d, from: x, out: 4, kernel: 1}, {op: batch_norm}]"
    outside = text % "{from: x, body: [{op: conv2d, out: 4, kernel: 1}, {op: batch_norm}]}"
    one, other = (archspec.build(given).split("from __future__")[1] for given in (inside, outside))
    assert one == other and "self.skip = nn.Sequential(" in one
    both = text % "[{a: {op: conv2d, from: x, out: 4, kernel: 1}}, {b: [{add: {op: add, from: [a, conv]}}]}]"
    archspec.verify(both)
