"""Token ids: how they are declared, what may read them, and what a causal network computes of them."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from archspec import build, check, module, summary
from archspec.backends.module import example, verify
from archspec.diagnostics import SpecError
from archspec.passes.memory import size_bytes

NET = """
archspec: 1
name: net
params: {vocabulary: open int = 40}
input: ids[N, T=12]
blocks:
  layer:
    in: x[N, L, D]
    out: [N, L, D]
    body:
      - attn: {op: attention, heads: 2, causal: CAUSAL}
      - add: {op: add, from: [x, attn]}
net:
  - table: {op: embedding, vocabulary: vocabulary, out: 8}
  - places: {op: position_embedding, most: 16}
  - layers: {op: layer, repeat: 3}
  - out: {op: linear, out: vocabulary, bias: false, tie: {weight: table.weight}}
"""


def spec(causal: bool = True) -> str:
    return NET.replace("CAUSAL", str(causal).lower())


def ids(tokens: int = 12, batch: int = 2) -> Tensor:
    return torch.randint(40, (batch, tokens), generator=torch.Generator().manual_seed(tokens))


def test_the_generated_network_is_its_graph() -> None:
    verify(check(spec()).graph)


@pytest.mark.parametrize("causal", [True, False])
def test_a_causal_token_sees_none_after_it(causal: bool) -> None:
    torch.manual_seed(0)
    ours, text = module(spec(causal)).eval(), ids()
    changed = text.clone()
    changed[:, 7:] = (changed[:, 7:] + 1) % 40
    with torch.no_grad():
        before, after = ours(text), ours(changed)
    assert torch.allclose(before[:, :7], after[:, :7], atol=1e-6) is causal
    assert not torch.allclose(before[:, 7:], after[:, 7:], atol=1e-6)


def test_every_length_that_is_said_to_fit_does() -> None:
    checked, ours = check(spec()), module(spec(), init=False).eval()
    assert "T in 1..16" in str(summary(checked))
    for tokens in range(1, 17):
        assert ours(ids(tokens)).shape == (2, tokens, 40)
    with pytest.raises(RuntimeError):
        ours(ids(17))


def test_an_axis_called_t_makes_ids_and_any_other_features() -> None:
    for given in ("ids[N, T=12]", "ids[N, T]"):
        text = spec().replace("ids[N, T=12]", given)
        assert check(text if "=" in given else text.replace("params: {", "params: {T: int = 12, ")).cost.macs
    with pytest.raises(SpecError, match="looks up token ids"):
        check(spec().replace("ids[N, T=12]", "ids[N, 12]"))
    with pytest.raises(SpecError, match="channels of `ids` must be a number"):
        check(spec().replace("ids[N, T=12]", "ids[N, L=12]"))


def test_ids_go_through_blocks_and_branches() -> None:
    text = """
archspec: 1
name: net
input: "ids[N, T=12], others[N, T]"
blocks:
  look_up:
    params: {width: int}
    in: ids[N, L]
    out: [N, L, width]
    body:
      - table: {op: embedding, vocabulary: 40, out: width}
net:
  - parallel:
      - words: {op: look_up, width: 8}
      - again: [{op: embedding, vocabulary: 30, out: 8}]
    from: ids
    join: {op: add}
  - place: {op: position_embedding, most: 12}
  - kind: {op: look_up, from: others, width: 8}
  - sum: {op: add, from: [place, kind]}
  - fc: {op: linear, out: 3}
"""
    checked = check(text)
    verify(checked.graph)
    assert checked.cost.parameters == 8 * (40 + 30 + 12 + 40) + 27
    inputs = example(checked.graph, 64)
    assert [x.dtype for x in inputs] == [torch.int64] * 2
    assert int(inputs[0].max()) == 29  # the smallest vocabulary
    assert [size_bytes(given.shape) for given in checked.graph.inputs] == [12 * 8] * 2


@pytest.mark.parametrize("op", ["{op: relu}", "{op: identity}", "{op: permute, order: NT}", "{op: concat, axis: T}"])
def test_other_ops_refuse_ids(op: str) -> None:
    with pytest.raises(SpecError, match="on token ids"):
        check(f"archspec: 1\nname: net\ninput: ids[N, T=12]\nnet:\n  - {op}\n")


def test_the_vocabulary_may_be_open() -> None:
    ours = module(spec(), vocabulary=50)
    assert ours(torch.full((1, 5), 49)).shape == (1, 5, 50)
    assert ours.out.weight is ours.table.weight
    assert "vocabulary: int = 40" in build(spec())


def test_it_goes_where_modules_go() -> None:
    torch.manual_seed(0)
    ours, text = module(spec()).eval(), ids()
    with torch.no_grad():
        expected = ours(text)
        for other in (
            torch.fx.symbolic_trace(ours),
            torch.export.export(ours, (text,)).module(),
            torch.compile(ours, backend="aot_eager", fullgraph=True),
            copy.deepcopy(ours),
        ):
            torch.testing.assert_close(other(text), expected)


SUMMARISER = """\
archspec: 1
name: pair
input: ["source[N, S=7]", "target[N, T=5]"]
net:
  - embed: {op: embedding, from: source, vocabulary: 11, out: 8}
  - memory: {op: attention, heads: 2}
  - again: {same: embed, from: target}
  - cross: {op: attention, heads: 2, from: [again, memory, memory]}
output: [N, T, 8]
"""


def test_source_and_target_have_lengths_of_their_own() -> None:
    """S is the length that is read, T the length that is written, as torch's attention calls them."""
    checked = check(SUMMARISER)
    assert [given.shape.holds_ids for given in checked.graph.inputs] == [True, True]
    given = [torch.randint(0, 11, (2, length)) for length in (9, 4)]
    assert module(SUMMARISER)(*given).shape == (2, 4, 8)
    verify(checked.graph, build(checked))
    with pytest.raises(SpecError, match="must be a number"):
        check(SUMMARISER.replace("S=7", "K=7"))
