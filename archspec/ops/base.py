"""What an op is: a frozen record of its options that answers every question the compiler asks of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archspec.records import Record
from archspec.shapes import Demand, Dim, Shape

Pair = int | tuple[int, int]


class Operand(Record):
    """Stands for input `index` of an op inside the arguments of a `Call`."""

    index: int = 0


class Operands(Record):
    """Stands for the tuple of all inputs inside the arguments of a `Call`."""


class Parameter(Record):
    """Stands for the op's own tensor (a bare `nn.Parameter`) inside the arguments of a `Call`."""


class Slice(Record):
    """Stands for `start:stop:step` inside an index; Python's own `slice` cannot be hashed. Its end may be a call."""

    start: int | None = None
    stop: int | Call | None = None
    step: int | None = None


class Call(Record):
    """A call as data: backends print it or perform it.

    `path` is a name under `nn`, `F` or `torch` (`nn.Conv2d`, `F.pad`, `nn.init.normal_`), an operator (`operator.add`,
    `operator.mul`, `operator.getitem`), a tensor method (`Tensor.permute`, the tensor being the first argument), the
    node's own module (`module`), or a piece of the support library (`support.DropPath`, see `ops/support.py`), which
    generated source carries with it when it needs it. Arguments are literals, `Operand`, `Operands`, `Parameter`,
    `Slice`, further calls, and tuples of these.
    """

    path: str
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()


class Window(Record):
    """The receptive-field rule of an op along H and W: effective kernel, stride and padding at the top and left.

    `scale` is how many times larger the op makes the map.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    scale: tuple[int, int] = (1, 1)


class SteppedAs(Record):
    """The receptive-field rule of an op that brings its input to the size of another operand."""

    operand: int


class GlobalWindow(Record):
    """The receptive-field rule of an op that sees the whole map (global pooling, attention)."""


class Tiles(Record):
    """The receptive-field rule of an op whose places see the tile of the map that they stand in.

    How far that is depends on where they stand, and tiles of later layers may lie alike or not: no one number says it.
    """


TAKEN = "it is taken from the input"
APART = "it is an item of its own: put `{op: relu}` or `{op: batch_norm}` behind this one"

Output = Shape | tuple[Shape, ...]
Value = Call | Operand | Parameter
"""What an output can be: the result of a call, an input as it is, or the op's own tensor."""


class Op(Record):
    """The base class is the list of questions; each op's file answers them.

    Options are the record's fields, in PyTorch's order. Shape rules run on integers that may know the expression they
    came from and on symbolic sizes, so they use plain arithmetic, `window` and `//`, and leave refusals to `demands`.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    inputs: ClassVar[int | None] = 1
    """How many inputs it takes; None: one or more."""
    ranks: ClassVar[frozenset[int] | None] = None
    """The ranks its inputs may have; None: any."""
    weighted: ClassVar[int] = 0
    """How many layers in the sense of "ResNet-152" a value passes in it: 1 in a convolution or linear, else 0."""
    linears: ClassVar[tuple[str, ...]] = ()
    """What its module calls the `nn.Linear` layers inside it, which `init` of `linear` fills too."""
    reads_ids: ClassVar[bool] = False
    """Whether it reads token ids, and nothing else."""
    aliases: ClassVar[dict[str, str]] = {}
    """Misnomers of options that deserve a hint: {"kernel_size": "kernel"}, or a sentence: {"in_channels": TAKEN}."""

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        """What must hold of the inputs, ranks aside. Each may assume those before it: stop at the first that fails."""
        yield from ()

    def shape(self, *inputs: Shape) -> Output:
        """The output shape (several for an op with several outputs), for inputs that meet all demands."""
        return inputs[0]

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        """Learnable tensors in registration order, by local name; "" names the node's own path (a bare parameter)."""
        return {}

    def buffers(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        """State that is not learned (batch statistics), in registration order."""
        return {}

    def macs(self, *inputs: Shape) -> Dim:
        """Multiply-accumulates of convolutions, linears and attention's products; bias and norms count as 0."""
        return 0

    def receptive(self) -> Window | GlobalWindow | SteppedAs | Tiles | None:
        """How the op widens the receptive field; None: not at all."""
        return None

    def module(self, *inputs: Shape) -> Call | None:
        """The constructor call of its module; None for an op without one."""
        return None

    def function(self, *inputs: Shape) -> Value | None:
        """How its output is computed where that is not `module(x)`: a call with `Operand`s in its arguments."""
        return None

    def label(self, *inputs: Shape) -> str:
        """The words of its box in a figure: `3×3 conv, 128, /2`."""
        return self.name.replace("_", " ")


def pair(value: Pair) -> tuple[int, int]:
    """One number for both spatial axes, or (height, width)."""
    return value if isinstance(value, tuple) else (value, value)


__all__ = [
    "TAKEN",
    "Call",
    "Demand",
    "Dim",
    "GlobalWindow",
    "Op",
    "Operand",
    "Operands",
    "Output",
    "Pair",
    "Parameter",
    "Shape",
    "Slice",
    "Tiles",
    "Value",
    "Window",
    "pair",
]
