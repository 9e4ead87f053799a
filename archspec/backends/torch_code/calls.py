"""Calls as text: one line of code that stands for the same call in every instance of a class."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from archspec.backends.torch_code.naming import unused
from archspec.backends.torch_code.resolve import Resolver, Seen
from archspec.backends.torch_code.trace import Instance, Names, Step, value_of, written_as
from archspec.expressions import literal, substitute
from archspec.ops.base import Call, Operand, Operands, Parameter, Slice
from archspec.records import Record, field, replace

DEFAULTS: Mapping[str, Any] = {
    "stride": 1, "padding": 0, "dilation": 1, "groups": 1, "bias": True, "output_padding": 0, "ceil_mode": False,
    "count_include_pad": True, "affine": True, "track_running_stats": True, "eps": 1e-5, "momentum": 0.1, "p": 0.5,
    "elementwise_affine": True, "inplace": False, "negative_slope": 0.01, "alpha": 1.0, "approximate": "none",
    "mode": "nearest", "align_corners": None, "dropout": 0.0, "value": 0.0, "shift": (0, 0), "keepdim": False,
    "grid": False,
}  # fmt: skip
"""What ops leave out where it is torch's default; needed where only some instances leave it out."""

OTHERWISE: Mapping[tuple[str, str], Any] = {
    **{(f"nn.{kind}Pool2d", "stride"): None for kind in ("Max", "Avg")},  # the kernel
    **{(f"support.{kind}Pool2dSame", "stride"): None for kind in ("Max", "Avg")},
    ("F.pad", "mode"): "constant",
    ("support.RelativeAttention", "scale"): None,
}
"""The same where a name means something else."""

POSITIONS: Mapping[str, tuple[str, ...]] = {
    "nn.Conv2d": ("in_channels", "out_channels"), "nn.ConvTranspose2d": ("in_channels", "out_channels"),
    "nn.Linear": ("in_features", "out_features"), "nn.BatchNorm2d": ("num_features",),
    "nn.BatchNorm1d": ("num_features",), "nn.LayerNorm": ("normalized_shape",),
    "nn.GroupNorm": ("num_groups", "num_channels"), "nn.AdaptiveAvgPool2d": ("output_size",),
    "nn.AdaptiveMaxPool2d": ("output_size",), "nn.MultiheadAttention": ("embed_dim", "num_heads"),
    "support.Conv2dSame": ("in_channels", "out_channels"), "support.DropPath": ("p",),
    "support.ConvTranspose2dSame": ("in_channels", "out_channels"),
    **dict.fromkeys(
        ("support.WindowAttention", "support.WindowAttentionV2", "support.RelativeAttention"),
        ("dim", "heads", "window"),
    ),
}  # fmt: skip
"""What positional arguments are called, for arguments that have to be named."""

ORDER = (
    "kernel_size",
    "stride",
    "padding",
    "output_padding",
    "dilation",
    "groups",
    "ceil_mode",
    "bias",
    "eps",
    "momentum",
)
"""The order in which torch declares what a constructor is told."""

INPLACE = frozenset({"nn.ReLU", "nn.ReLU6", "nn.LeakyReLU", "nn.SiLU", "nn.Hardswish", "nn.Hardsigmoid"})
"""Activations with the same gradient in place, to the bit.

In place, nn.ELU takes it from its output, and that of nn.Mish depends on where in memory its input's copy lies.
"""
_BINARY = {"operator.add": "+", "operator.mul": "*", "operator.sub": "-"}


class Member(Record):
    """A step as the class sees it: in which of its instances, in whose terms, at which place of a repeat.

    `unit` is the place where it is one of several in a loop over `i`, `place` where it is written alone.
    """

    instance: int
    step: Step
    names: Names | None = None
    bindings: Mapping[str, ast.expr] | None = None
    unit: int | None = None
    place: int | None = None

    def seen(self, value: Any) -> Seen:
        """A value of this step in the terms of the class."""
        return Seen(self.instance, value_of(value), self.translated(written_as(value)), self.unit)

    def translated(self, expr: ast.expr | None) -> ast.expr | None:
        if expr is not None and self.place is not None:
            expr = substitute(expr, {"i": literal(self.place)})
        if expr is None or self.bindings is None or self.names is None:
            return expr
        return substitute(self.names.written_out(expr), self.bindings)

    def inside(self, step: Step, names: Names, bindings: Mapping[str, ast.expr]) -> Member:
        """A step of the block that this one calls, for a block that is written out where it is called."""
        return replace(self, step=step, names=names, bindings=bindings)


def member_of(place: int, one: Instance) -> Member:
    """An instance as a whole, for what asks of no step in particular; one that does nothing has none."""
    return Member(place, next(iter(one.steps.values()), Step((), (), ())))


class Writer(Record, frozen=False):
    """Writes the calls of one class's `__init__`, or (with a prefix) of its `forward`."""

    resolver: Resolver
    prefix: str = ""
    support: set[str] | None = None
    key: str = ""
    hoisted: dict[str, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def call(
        self,
        members: Sequence[Member],
        calls: Sequence[Call],
        operands: Sequence[str] = (),
        module: str = "",
        extra: Mapping[str, str] | None = None,
    ) -> str:
        """The text of a call; `operands` and `module` stand for the node's inputs and its own module."""
        path = calls[0].path
        if path == "operator.getitem":
            held = self.value(members, [call.args[0] for call in calls], "", operands, module)
            return f"{_atom(held)}[{self.index(members, [call.args[1] for call in calls], operands, module)}]"
        arguments = [
            self.value(members, [call.args[place] for call in calls], self.option(path, place), operands, module)
            for place in range(len(calls[0].args))
        ]
        if path in _BINARY:
            return f" {_BINARY[path]} ".join(_operand(a, path) for a in arguments)
        keywords = self.keywords(members, calls, operands, module) | dict(extra or {})
        if path.startswith("Tensor."):
            held, *arguments = arguments
            return f"{_atom(held)}{path.removeprefix('Tensor')}({_joined(arguments, keywords)})"
        return f"{self.function(path, module)}({_joined(arguments, keywords)})"

    def option(self, path: str, place: int) -> str:
        names = POSITIONS.get(path, ())
        return self.named(names[place] if place < len(names) else f"value{place}")

    def named(self, option: str) -> str:
        key = "".join(char if char.isalnum() else "_" for char in self.key)
        return f"{key}_{option}" if key.isidentifier() else option

    def function(self, path: str, module: str) -> str:
        if path == "module":
            return module
        if path.startswith("support."):
            name = path.removeprefix("support.")
            if self.support is not None:
                self.support.add(name)
            return name
        return path

    def keywords(
        self, members: Sequence[Member], calls: Sequence[Call], operands: Sequence[str], module: str
    ) -> dict[str, str]:
        written: dict[str, str] = {}
        given = [dict(call.kwargs) for call in calls]
        for name in dict.fromkeys(name for kwargs in given for name in kwargs):
            if name == "inplace":
                continue
            default = OTHERWISE.get((calls[0].path, name), DEFAULTS.get(name))
            values = [kwargs.get(name, default) for kwargs in given]
            text = self.value(members, values, self.named(name), operands, module)
            if text == repr(default):
                continue
            written[name] = text
        return dict(sorted(written.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else len(ORDER)))

    def value(
        self,
        members: Sequence[Member],
        values: Sequence[Any],
        option: str,
        operands: Sequence[str] = (),
        module: str = "",
    ) -> str:
        """The text of an argument."""
        first = values[0]
        if isinstance(first, Operand):
            return operands[first.index]
        text = self._plain(members, values, option, operands, module)
        if (
            not self.prefix
            or self.prefix not in text
            or " " not in text
            or isinstance(first, Call)
            or operands_in(first)
        ):
            return text
        return self._hoisted(text)

    def _hoisted(self, text: str) -> str:
        """An argument that takes arithmetic is computed once, in `__init__`, and read from an attribute."""
        text = text.replace(self.prefix, "")
        for name, known in self.hoisted.items():
            if known == text:
                return self.prefix + name
        key = "".join(char if char.isalnum() else "_" for char in self.key)
        stem = f"{key if key.isidentifier() else 'part'}_sizes"
        name = unused(stem, {*self.hoisted, *self.taken})
        self.hoisted[name] = text
        return self.prefix + name

    def _plain(
        self, members: Sequence[Member], values: Sequence[Any], option: str, operands: Sequence[str], module: str
    ) -> str:
        first = values[0]
        if isinstance(first, Operands):
            return _tuple(list(operands))
        if isinstance(first, Parameter):
            return module
        if isinstance(first, Call):
            return self.call(members, list(values), operands, module)
        if isinstance(first, tuple) and all(isinstance(v, tuple) and len(v) == len(first) for v in values):
            whole = (
                None if self.prefix else self.resolver.whole([m.seen(v) for m, v in zip(members, values, strict=True)])
            )
            if whole is not None:
                return whole
            return _tuple(
                [self._item(members, [v[i] for v in values], option, operands, module) for i in range(len(first))]
            )
        return self.resolver.write([m.seen(v) for m, v in zip(members, values, strict=True)], option, self.prefix)

    def _item(
        self, members: Sequence[Member], values: Sequence[Any], option: str, operands: Sequence[str], module: str
    ) -> str:
        if isinstance(values[0], Operand):
            return operands[values[0].index]
        return self._plain(members, values, option, operands, module)

    def index(self, members: Sequence[Member], values: Sequence[Any], operands: Sequence[str], module: str) -> str:
        first = values[0]
        if isinstance(first, tuple):
            return ", ".join(self.index(members, [v[i] for v in values], operands, module) for i in range(len(first)))
        if not isinstance(first, Slice):
            return self.value(members, list(values), "index", operands, module)
        bounds = [
            self.value(members, [getattr(v, part) for v in values], part, operands, module)
            for part in ("start", "stop", "step")
        ]
        start, stop, step = ("" if bound == "None" else bound for bound in bounds)
        parts = [start, stop] if step in ("", "1") else [start, stop, step]
        if all(part.isalnum() or not part for part in parts):
            return ":".join(parts)
        # Next to anything but a name or a number, ruff puts spaces around the colons.
        return (
            "".join(f"{' ' * bool(before)}:{' ' * bool(part)}{part}" for before, part in pairwise(parts))
            if not start
            else " : ".join(parts)
        )


def operands_in(value: Any) -> bool:
    """Whether an argument reads the node's inputs."""
    if isinstance(value, tuple):
        return any(map(operands_in, value))
    return isinstance(value, (Operand, Operands, Parameter, Call))


def _joined(arguments: Sequence[str], keywords: Mapping[str, str]) -> str:
    return ", ".join([*arguments, *(f"{name}={text}" for name, text in keywords.items())])


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _atom(text: str) -> str:
    return f"({text})" if _depth0(text, " ") else text


def _operand(text: str, path: str) -> str:
    loose = any(_depth0(text, word) for word in (" if ", " else ", " or ", " and "))
    sums = path != "operator.add" and any(_depth0(text, sign) for sign in (" + ", " - "))
    return f"({text})" if loose or sums else text


def _depth0(text: str, word: str) -> bool:
    depth = 0
    for index, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and text.startswith(word, index):
            return True
    return False
