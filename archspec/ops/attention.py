"""Attention over tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from archspec.ops.base import TAKEN, Call, GlobalWindow, Op, Operand
from archspec.ops.fields import Count, Probability
from archspec.ops.linear import features, last_axis_holds_features
from archspec.ops.spatial import said
from archspec.shapes import Demand, Dim, Shape


class Attention(Op):
    """(N, T, D) -> the same; with `from: [query, key, value]`: (N, T, D), (N, S, D), (N, S, D) -> (N, T, D).

    `- self_attention: {op: attention, heads: 12}`

    With `causal: true` a token sees itself and those before it, as in GPT. Multi-head attention of Vaswani et al. 2017,
    torch.nn.MultiheadAttention with batch_first. Its MACs are those of the four projections and of the two products of
    queries, keys and values, all of them, masked or not. It counts as two weighted layers: the projection to query, key
    or value (side by side), and the one of the output, as the same four linears would.
    """

    name: ClassVar[str] = "attention"
    summary: ClassVar[str] = "multi-head attention"
    inputs: ClassVar[int | None] = None
    weighted: ClassVar[int] = 2
    ranks: ClassVar[frozenset[int] | None] = frozenset({3})
    aliases: ClassVar[dict[str, str]] = {
        "num_heads": "heads",
        "p": "dropout",
        "is_causal": "causal",
        "embed_dim": TAKEN,
        "dim": TAKEN,
    }

    heads: Count
    bias: bool = True
    dropout: Probability = 0.0
    causal: bool = False

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield Demand(
            int(len(inputs) in (1, 3)),
            "==",
            1,
            "E0304",
            "`attention` takes one input or three",
            f"expected x, or query, key and value, found {len(inputs)} inputs",
        )
        yield Demand(
            int(not self.causal or len(inputs) == 1),
            "==",
            1,
            "E0304",
            "`attention` is causal among the tokens of one input",
            f"expected x, found {len(inputs)} inputs",
            "leave `causal` out where queries look at other tokens",
            option="causal",
        )
        for x in inputs:
            yield from last_axis_holds_features(self.name, x)
        width = features(inputs[0])
        yield heads_divide(self.name, self.heads, width)
        for index, x in enumerate(inputs[1:], 1):
            yield Demand(
                features(x),
                "==",
                width,
                "E0301",
                "inputs of `attention` have different features",
                f"expected {width} as in {inputs[0]}, found {features(x)}",
                operand=index,
            )
            yield Demand(
                x.dims[0],
                "==",
                inputs[0].dims[0],
                "E0301",
                "inputs of `attention` have different batches",
                f"expected {inputs[0].dims[0]}, found {x.dims[0]}",
                operand=index,
            )
        if len(inputs) == 3:
            yield Demand(
                inputs[2].dims[1],
                "==",
                inputs[1].dims[1],
                "E0301",
                "keys and values of `attention` differ in number",
                f"expected {inputs[1].dims[1]} as in {inputs[1]}, found {inputs[2].dims[1]}",
                operand=2,
            )

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        width = features(inputs[0])
        if not self.bias:
            return {"in_proj_weight": (3 * width, width), "out_proj.weight": (width, width)}
        return {
            "in_proj_weight": (3 * width, width),
            "in_proj_bias": (3 * width,),
            "out_proj.weight": (width, width),
            "out_proj.bias": (width,),
        }

    def macs(self, *inputs: Shape) -> Dim:
        query, key = inputs[0], inputs[min(1, len(inputs) - 1)]
        batch, tokens, width = query.dims
        others = key.dims[1]
        projections = width * width * (2 * tokens + 2 * others)
        return batch * (projections + 2 * width * (tokens * others))

    def receptive(self) -> GlobalWindow:
        return GlobalWindow()

    def module(self, *inputs: Shape) -> Call:
        return Call(
            "nn.MultiheadAttention",
            (features(inputs[0]), self.heads),
            (*said(dropout=(self.dropout, 0.0), bias=(self.bias, True)), ("batch_first", True)),
        )

    def function(self, *inputs: Shape) -> Call:
        operands = tuple(Operand(index if len(inputs) == 3 else 0) for index in range(3))
        masked = (("attn_mask", Call("support.causal_mask", (Operand(0),))), ("is_causal", True)) if self.causal else ()
        attended = Call("module", operands, (("need_weights", False), *masked))
        return Call("operator.getitem", (attended, 0))

    def label(self, *inputs: Shape) -> str:
        return f"{'causal ' * self.causal}attention, {self.heads} heads"


def heads_divide(op: str, heads: int, width: int) -> Demand:
    """The demand that each head gets as many features as the others."""
    return Demand(
        heads,
        "divides",
        width,
        "E0317",
        f"`heads` does not divide the features of `{op}`",
        f"expected a divisor of {width}, found {heads}",
        option="heads",
    )


OPS: tuple[type[Op], ...] = (Attention,)
