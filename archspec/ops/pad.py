"""Ops that make a map larger by padding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archspec.ops.base import Call, Op, Operand
from archspec.ops.fields import Channels, Sides
from archspec.ops.spatial import channels_first, said
from archspec.shapes import Demand, Shape


class Pad2d(Op):
    """(N, C, H, W) -> (N, C, H + top + bottom, W + left + right).

    `- pad: {op: pad2d, padding: 3}`
    `- pad: {op: pad2d, padding: [0, 1, 0, 1]}`

    One number for all sides, (height, width), or (left, right, top, bottom). torch.nn.functional.pad.
    """

    name: ClassVar[str] = "pad2d"
    summary: ClassVar[str] = "padding of height and width"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {"pad": "padding"}

    padding: Sides
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant"
    value: float = 0.0

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        yield Demand(
            int(self.mode == "constant" or self.value == 0),
            "==",
            1,
            "E0326",
            f"`value` has no meaning for mode {self.mode}",
            f"found mode: {self.mode}, value: {self.value:g}",
            "mode: constant, or leave value out",
            option="value",
        )
        if self.mode not in ("reflect", "circular"):
            return
        left, right, top, bottom = self._sides
        margin = 1 if self.mode == "reflect" else 0
        for side, size, most in (("height", x.dims[2], max(top, bottom)), ("width", x.dims[3], max(left, right))):
            yield Demand(
                size,
                ">=",
                most + margin,
                "E0324",
                f"the {self.mode} padding is larger than the map allows",
                f"expected a {side} of at least {most + margin}, found {size}",
                "a smaller padding, or mode: constant",
                option="padding",
            )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        left, right, top, bottom = self._sides
        return Shape((*x.dims[:2], x.dims[2] + (top + bottom), x.dims[3] + (left + right)), x.axes)

    def function(self, *inputs: Shape) -> Call:
        return Call("F.pad", (Operand(0), self._sides), said(mode=(self.mode, "constant"), value=(self.value, 0.0)))

    def label(self, *inputs: Shape) -> str:
        sides = self.padding if isinstance(self.padding, tuple) else (self.padding,)
        return f"pad {', '.join(map(str, sides))}"

    @property
    def _sides(self) -> tuple[int, int, int, int]:
        given: Any = self.padding
        if not isinstance(given, tuple):
            return given, given, given, given
        if len(given) == 2:
            return given[1], given[1], given[0], given[0]
        left, right, top, bottom = given
        return left, right, top, bottom


class PadChannels(Op):
    """(N, C, H, W) -> (N, to, H, W): channels of zeros at both ends (the odd one last), or all at the end.

    `- pad: {op: pad_channels, to: out, place: both, when: C != out}`

    Option A of He et al. 2015, the shortcut without parameters.
    """

    name: ClassVar[str] = "pad_channels"
    summary: ClassVar[str] = "zero channels added"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {"out": "to", "channels": "to", "mode": "place"}

    to: Channels
    place: Literal["both", "end"] = "both"

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        yield Demand(
            self.to,
            ">=",
            x.channels,
            "E0323",
            "`pad_channels` cannot take channels away",
            f"expected at least the {x.channels} channels of its input, found {self.to}",
            "a 1x1 conv2d makes fewer channels",
            option="to",
        )

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0].with_channels(self.to)

    def function(self, *inputs: Shape) -> Call:
        extra = self.to - inputs[0].channels
        before, after = (extra // 2, (extra + 1) // 2) if self.place == "both" else (0, extra)
        return Call("F.pad", (Operand(0), (0, 0, 0, 0, before, after)))

    def label(self, *inputs: Shape) -> str:
        return f"pad to {self.to}"


OPS: tuple[type[Op], ...] = (Pad2d, PadChannels)
