"""What ops that name an axis by its label ask of their inputs."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.shapes import Demand, Shape


def channels_or(label: str | None, x: Shape) -> str:
    """The axis that is named; if none is, the channels, and the features of what has no channels."""
    return label or ("D" if "D" in x.axes and "C" not in x.axes else "C")


def axis_exists(op: str, x: Shape, label: str, option: str = "axis", operand: int | None = None) -> Iterator[Demand]:
    """The demand that the input has an axis with this label. What follows it may assume so."""
    yield Demand(
        int(label in x.axes),
        "==",
        1,
        "E0310",
        f"`{op}` names an axis that its input lacks",
        f"expected one of {', '.join(x.axes)}, found {label}; the input is {x.axes} {x}",
        help=f"write `axis: {x.axes[-1]}`" if option == "axis" and len(x.axes) == 2 else None,
        operand=operand,
        option=option,
    )


def not_the_batch(op: str, x: Shape, label: str, option: str = "axis") -> Iterator[Demand]:
    """The demand that an axis which is cut or dropped is not the batch."""
    yield Demand(
        int(x.axis(label) > 0),
        "==",
        1,
        "E0310",
        f"`{op}` must leave the batch axis alone",
        f"expected one of {', '.join(x.axes[1:])}, found {label}",
        option=option,
    )
