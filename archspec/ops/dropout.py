"""Regularisation by leaving things out in training."""

from __future__ import annotations

from typing import ClassVar

from archspec.ops.base import Call, Op
from archspec.ops.fields import Probability
from archspec.ops.spatial import said
from archspec.shapes import Shape


class Dropout(Op):
    """(N, *) -> the same; in training each value is zero with probability p, the others grow by 1 / (1 - p).

    `- {op: dropout, p: 0.5}`

    torch.nn.Dropout; Srivastava et al. 2014.
    """

    name: ClassVar[str] = "dropout"
    summary: ClassVar[str] = "random zeros in training"
    aliases: ClassVar[dict[str, str]] = {"rate": "p", "prob": "p"}

    p: Probability = 0.5

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Dropout", (), said(p=(self.p, 0.5)))


class DropPath(Op):
    """(N, *) -> the same; in training each sample is zero with probability p, the others grow by 1 / (1 - p).

    `- drop: {op: drop_path, p: 0.1}`

    Stochastic depth (Huang et al. 2016) row by row, as torchvision.ops.StochasticDepth with mode "row".
    """

    name: ClassVar[str] = "drop_path"
    summary: ClassVar[str] = "stochastic depth: random zero samples in training"
    aliases: ClassVar[dict[str, str]] = {"rate": "p", "prob": "p"}

    p: Probability

    def module(self, *inputs: Shape) -> Call:
        return Call("support.DropPath", (self.p,))

    def label(self, *inputs: Shape) -> str:
        return "drop path"


OPS: tuple[type[Op], ...] = (Dropout, DropPath)
