"""The inputs of a network: `x[N, 3, H=224, W=224]` as shapes with symbols."""

from __future__ import annotations

from archspec.diagnostics import Label
from archspec.elaborate.env import Env, show
from archspec.elaborate.values import evaluate_value, is_fixed
from archspec.ir.graph import GraphInput
from archspec.lazy import lazy
from archspec.report import Report
from archspec.shapes import IDS, MAX_AXES, Dim, Shape, Size, symbol
from archspec.spec.fields import whole_number
from archspec.spec.model import Axis, Signature
from archspec.text.source import ScalarValue
from archspec.text.span import Span

origins = lazy("archspec.elaborate.origins")

MAX_SIDE = 1 << 16
MAX_FREE = 16
TOKENS = ("T", "S")
"""What the second of two axes is called where it counts token ids; attention reads S of a source for T of a target."""


class Entrances:
    """Reads signatures one after another; `symbols` are the free sizes found so far.

    `free`: numbers stand for axes that might as well be free, with that nominal size.
    """

    def __init__(self, env: Env, report: Report, free: bool = False) -> None:
        self.env, self.report, self.free = env, report, free
        self.symbols: dict[str, Dim] = {}
        self._places: dict[str, Span] = {}
        self._names: dict[str, Span] = {}

    def read(self, signature: Signature) -> GraphInput | None:
        """One input. None after an error."""
        other = self._names.setdefault(signature.name, signature.span)
        if other is not signature.span:
            title, first = f"two inputs are named `{signature.name}`", Label(other, "the other one")
            self.report.error("E0205", title, signature.span, labels=[first], help="rename one of them")
            return None
        if len(signature.axes) > MAX_AXES:
            title, found = f"`{signature.name}` has too many axes", f"found {len(signature.axes)}"
            self.report.error("E0230", title, signature.span, notes=[f"expected {MAX_AXES} at most, {found}"])
            return None
        dims = [self._axis(axis, index) for index, axis in enumerate(signature.axes)]
        known = [dim for dim in dims if dim is not None]
        if len(known) < len(dims):
            return None
        of_tokens = len(dims) == 2 and signature.axes[1].text.value in TOKENS
        shape = Shape.of(*known, axes=IDS if of_tokens else None)
        shape = self._freed(shape) if self.free else shape
        return GraphInput(signature.name, shape, signature.span) if self._channels_fit(signature, shape) else None

    def _freed(self, shape: Shape) -> Shape:
        """The shape with symbols in place of numbers, the channels aside; equal numbers stay equal."""
        dims = list(shape.dims)
        for index, (label, size) in enumerate(zip(shape.axes, shape.dims, strict=True)):
            if (index != shape.channel_axis or shape.holds_ids) and isinstance(size, int):
                free = symbol(label.upper(), size)
                known = self.symbols.setdefault(label.upper(), free)
                dims[index] = known if known == free else symbol(f"{label.upper()}{len(self.symbols)}", size)
        return Shape(tuple(dims), shape.axes)

    def _channels_fit(self, signature: Signature, shape: Shape) -> bool:
        channels = shape.dims[shape.channel_axis]
        if shape.rank > 1 and not isinstance(channels, int) and not shape.holds_ids:
            axis = signature.axes[shape.channel_axis]
            stated = axis.nominal.text if axis.nominal is not None else None
            self.report.error(
                "E0230",
                f"the channels of `{signature.name}` must be a number",
                axis.text.span,
                notes=[
                    f"found `{axis.text.value}`: the sizes of the batch and of the image may be free, channels may not"
                ],
                help=(f"write {stated}" if stated is not None else "write a number, or the name of a param")
                + ", or call the axis T (or S) if these are token ids" * (shape.rank == 2),
            )
            return False
        if _looks_channels_last(shape):
            self.report.error(
                "E0230",
                "this input looks channels-last",
                signature.span,
                notes=[f"found {shape}; shapes are [N, C, H, W]"],
                help=f"write the channels second: `{signature.name}[N, {shape.dims[3]}, {channels}, {shape.dims[2]}]`",
            )
            return False
        return True

    def _axis(self, axis: Axis, index: int) -> Dim | None:
        text = str(axis.text.value)
        if index == 0:
            if text != "N" or axis.nominal is not None:
                return self._refuse(axis, "the batch axis comes first, is called N and has no size")
            return self.symbols.setdefault("N", symbol("N"))
        if text == "N":
            return self._refuse(axis, "N is the batch axis, which comes first and once")
        if text.isidentifier() and text not in self.env.values:
            return self._symbol(text, axis)
        if axis.nominal is not None:
            return self._refuse(axis, f"`{text}` is a param or `let`: its value is the size")
        return self._fixed(axis.text, axis)

    def _symbol(self, name: str, axis: Axis) -> Dim | None:
        nominal = self._fixed(axis.nominal, axis) if axis.nominal is not None else None
        if axis.nominal is not None and nominal is None:
            return None
        if len(self.symbols) > MAX_FREE and name not in self.symbols:  # N is one more
            return self._refuse(axis, f"an input has at most {MAX_FREE} free sizes, all inputs together")
        fresh = symbol(name, nominal)
        known = self.symbols.setdefault(name, fresh)
        if axis.nominal is not None and known != fresh:
            text = f"`{name}` has another nominal size"
            self.report.error(
                "E0230", text, axis.text.span, labels=[Label(self._places[name], f"here it is {_nominal(known)}")],
                help="state it once, or call one of the two axes something else",
            )  # fmt: skip
            return None
        self._places.setdefault(name, axis.text.span)
        return known

    def _fixed(self, written: ScalarValue, axis: Axis) -> int | None:
        value = whole_number(str(written.value))
        if value is None:
            option = evaluate_value(written, self.env, self.report)
            if option is None or not is_fixed(written, self.env, self.report, "the size of an input"):
                return None
            value = option.value
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SIDE:
            return int(value)
        return self._refuse(axis, f"a size is a whole number from 1 to {MAX_SIDE:,}, or a name; found {show(value)}")

    def _refuse(self, axis: Axis, note: str) -> int | None:
        self.report.error(
            "E0230",
            f"`{axis.text.value}` is no size for an input",
            axis.text.span,
            notes=[note],
            help="write `x[N, 3, H=224, W=224]`",
            origins=origins.of([axis.nominal or axis.text], self.env, self.report),
        )
        return None


def _looks_channels_last(shape: Shape) -> bool:
    """Whether this is a colour image, or a square grey one, with its channels where the width belongs.

    A latent [N, 100, 1, 1], a small map [N, 512, 3, 3] and a signal [N, 32, 1000, 1] are what they say.
    """
    sizes = [size for size in shape.dims[1:] if isinstance(size, int)]
    if len(sizes) != 3:
        return False
    channels, height, width = sizes
    return channels > 16 and (width == 3 < height or width == 1 < height == channels)


def _nominal(known: Dim) -> str:
    sizes = [s.nominal for s in known.symbols()] if isinstance(known, Size) else [known]
    return str(sizes[0]) if sizes and sizes[0] is not None else "without one"
