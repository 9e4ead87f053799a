"""From token ids to features, and where in a sequence each token stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from archspec.ops.base import Call, Op, Operand, Parameter, Slice
from archspec.ops.fields import Channels, Count, Limits
from archspec.ops.linear import last_axis_holds_features
from archspec.ops.tensor import Start, filled
from archspec.shapes import Demand, Shape


class Embedding(Op):
    """(N, T) of token ids -> (N, T, out): of each id its row of a learned table.

    `- embed: {op: embedding, vocabulary: 50257, out: 768}`

    torch.nn.Embedding. Its input is declared by the names of its axes: `input: ids[N, T=1024]`. It has no MACs, and is
    no layer in the sense of "BERT has 12".
    """

    name: ClassVar[str] = "embedding"
    summary: ClassVar[str] = "a learned row for each token id"
    ranks: ClassVar[frozenset[int] | None] = frozenset({2})
    reads_ids: ClassVar[bool] = True
    aliases: ClassVar[dict[str, str]] = {
        "num_embeddings": "vocabulary", "vocab_size": "vocabulary", "input_dim": "vocabulary",
        "embedding_dim": "out", "output_dim": "out", "dim": "out",
    }  # fmt: skip

    vocabulary: Count
    out: Channels

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield Demand(
            int(x.holds_ids),
            "==",
            1,
            "E0328",
            "`embedding` looks up token ids",
            f"expected the ids of tokens [N, T], found numbers {x}",
            "declare the input as `ids[N, T=128]`: an axis called T",
        )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return Shape.of(*x.dims, self.out)

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return {"weight": (self.vocabulary, self.out)}

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Embedding", (self.vocabulary, self.out))

    def label(self, *inputs: Shape) -> str:
        return f"embedding, {self.out}"


class PositionEmbedding(Op):
    """(N, T, D) -> the same, plus a learned vector for each place; T up to `most`.

    `- positions: {op: position_embedding, most: 1024}`

    The learned positions of Vaswani et al. 2017, sec. 3.5, as in BERT and GPT: the first T rows of a torch.nn.Parameter
    (most, D), which is filled as that of `param`.
    """

    name: ClassVar[str] = "position_embedding"
    summary: ClassVar[str] = "plus a learned vector for each place"
    ranks: ClassVar[frozenset[int] | None] = frozenset({3})
    aliases: ClassVar[dict[str, str]] = {"max_len": "most", "max_length": "most", "length": "most"}

    most: Count
    start: Start = "normal"
    std: Annotated[float, Limits(gt=0)] = 0.02

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from last_axis_holds_features(self.name, x)
        yield Demand(
            self.most,
            ">=",
            x.dims[1],
            "E0320",
            "`position_embedding` has too few places",
            f"expected at least {x.dims[1]}, found {self.most}",
            option="most",
        )

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return {"": (self.most, inputs[0].channels)}

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Parameter", (filled((self.most, inputs[0].channels), self.start, self.std),))

    def function(self, *inputs: Shape) -> Call:
        tokens = Call("Tensor.size", (Operand(0), 1))
        return Call("operator.add", (Operand(0), Call("operator.getitem", (Parameter(), Slice(None, tokens)))))


OPS: tuple[type[Op], ...] = (Embedding, PositionEmbedding)
