"""Signatures: the axes of a block bound to the shapes it gets, and the shapes that it promises checked."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from archspec.diagnostics import Label, Origin
from archspec.elaborate.callee import Operand
from archspec.elaborate.env import Env, name_of, show
from archspec.elaborate.memory import one_for_all
from archspec.elaborate.values import evaluate_value
from archspec.expressions import expression_of, literal, simplify, substitute, traced
from archspec.expressions.trees import free_names
from archspec.ir.graph import Option
from archspec.lazy import lazy
from archspec.report import Report
from archspec.shapes import MAX_AXES, Demand, Dim, Shape, Size
from archspec.spec.fields import whole_number
from archspec.spec.model import Axis, Signature
from archspec.text.source import ListValue, ScalarValue
from archspec.text.span import Span

origins = lazy("archspec.elaborate.origins")


def plain_size(dim: Dim) -> Dim:
    """A size without the expression it came from."""
    return int(dim) if isinstance(dim, int) else dim


def shown_shape(shape: Shape) -> str:
    """A shape at the nominal sizes, symbols where there are none."""
    sizes = zip(shape.axes, shape.dims, shape.at({}), strict=True)
    return f"[{', '.join(str(dim) if axis == 'N' or size is None else str(size) for axis, dim, size in sizes)}]"


def origin(operand: Operand) -> str:
    """Where an operand got its shape, for a note."""
    return f"{operand.name} is {shown_shape(operand.shape)}, from line {operand.source.line}"


def bind_axes(signature: Signature, operand: Operand, env: Env, report: Report) -> tuple[Shape, Env] | None:
    """Bind a signature's symbols to a shape; the shape comes back in the block's own terms. None after an error."""
    shape = operand.shape
    dims = list(shape.dims)
    values: dict[str, Any] = {}
    exprs: dict[str, ast.expr] = {}
    for index, (axis, dim) in enumerate(zip(signature.axes, shape.dims, strict=True)):
        name = str(axis.text.value)
        free = name.isidentifier() and name not in values
        if free and env.values.get(name, name) == name:  # a member of an enum gives way
            values[name] = plain_size(dim)
            if named := not isinstance(dim, int) or index == shape.channel_axis:
                exprs[name] = name_of(name)
            dims[index] = traced(int(dim), name_of(name)) if named and isinstance(dim, int) else plain_size(dim)
            continue
        env, values, exprs = env.child(values, exprs), {}, {}
        expected = _axis_size(axis, env, report)
        if expected is None:
            return None
        if not Demand(expected, "==", dim, "", "").holds():
            _refuse_axis(axis, expected, index, operand, env, report)
            return None
        dims[index] = plain_size(dim)
    return one_for_all(Shape(tuple(dims), shape.axes)), env.child(values, exprs)


def _axis_size(axis: Axis, env: Env, report: Report) -> Dim | None:
    text = axis.text
    number = whole_number(str(text.value))
    option = Option(number) if number is not None else evaluate_value(text, env, report)
    if option is None:
        return None
    if isinstance(option.value, Size) or (isinstance(option.value, int) and not isinstance(option.value, bool)):
        return option.value
    report.error("E0206", f"`{text.value}` is no size", text.span, notes=[f"found {show(option.value)}"])
    return None


def _refuse_axis(axis: Axis, expected: Dim, index: int, operand: Operand, env: Env, report: Report) -> None:
    written = f"`{axis.text.value}`" + (f" = {expected}" if str(axis.text.value) != str(expected) else "")
    report.error(
        "E0303",
        f"axis {operand.shape.axes[index]} must be {expected} here, and is {plain_size(operand.shape.dims[index])}",
        operand.span,
        label=shown_shape(operand.shape),
        labels=[Label(axis.text.span, f"the signature says {written}")],
        notes=[origin(operand)],
        origins=origins.of([axis.text], env, report),
    )


def settled(shape: Shape) -> Shape:
    """Keep expressions on the channel axis only: elsewhere they grow, and nothing reads them."""
    channel = shape.channel_axis
    dims = shape.dims
    if all(type(dim) is not bool and (i == channel or type(dim) in (int, Size)) for i, dim in enumerate(dims)):
        return shape
    return Shape(tuple(dim if i == channel else plain_size(dim) for i, dim in enumerate(dims)), shape.axes)


def translated(shape: Shape | None, bindings: Mapping[str, ast.expr]) -> Shape | None:
    """An output shape of a block in its caller's terms."""
    if shape is None:
        return None
    channel = shape.channel_axis
    dim = shape.dims[channel]
    if not isinstance(dim, int):
        return shape
    inner = expression_of(dim)
    if all(isinstance(bindings.get(name), ast.Constant) for name in free_names(inner)):
        return one_for_all(shape.replace(channel, int(dim)))
    named = bindings.get(inner.id) if isinstance(inner, ast.Name) else None
    expr = named if named is not None else simplify(substitute(inner, bindings))
    return one_for_all(shape.replace(channel, int(dim) if isinstance(expr, ast.Constant) else traced(int(dim), expr)))


def caller_terms(
    signatures: tuple[Signature, ...],
    params: Mapping[str, Option],
    shapes: tuple[Shape, ...],
    lets: tuple[tuple[str, ast.expr], ...],
    outputs: tuple[Shape | None, ...],
) -> dict[str, ast.expr]:
    """What the names inside a block that its outputs speak of stand for in the terms of its caller."""
    channels = [shape.dims[shape.channel_axis] for shape in outputs if shape is not None]
    spoken = set[str]().union(*[free_names(expression_of(dim)) for dim in channels if isinstance(dim, int)])
    for name, expr in reversed(lets):
        if name in spoken:
            spoken |= free_names(expr)
    bindings: dict[str, ast.expr] = {}
    for signature, shape in zip(signatures, shapes, strict=True):
        for axis, dim in zip(signature.axes, shape.dims, strict=True):
            if isinstance(dim, int):
                bindings.setdefault(str(axis.text.value), expression_of(dim))
    for name, option in params.items():
        if name in spoken and isinstance(option.value, int | float | tuple | str):
            bindings[name] = option.expr if option.expr is not None else literal(option.value)
    for name, expr in lets:
        if name in spoken:
            bindings[name] = substitute(expr, bindings)
    return bindings


def promised_shape(
    written: ListValue, shape: Shape | None, env: Env, what: str, item: Span | None, report: Report
) -> tuple[Shape | None, list[tuple[Demand, int]]]:
    """Check a promised shape against the real one, if that is known.

    The promise comes back, to go on with after an error, and what must hold of symbolic sizes, with the axis. `item`
    is where the value is made, for the error.
    """
    option = evaluate_value(written, env, report)
    if option is None:
        return None, []
    promised: list[Any] = list(option.value)
    if len(promised) > MAX_AXES:
        notes = [f"expected {MAX_AXES} axes at most, found {len(promised)}"]
        report.error("E0206", "a shape of too many axes", written.span, notes=notes)
        return None, []
    for entry, dim in zip(written.items, promised, strict=True):
        if not isinstance(dim, Size) and (not isinstance(dim, int) or isinstance(dim, bool)):
            report.error("E0206", "a shape is a list of sizes", entry.span, notes=[f"found {show(dim)}"])
            return None, []
    if shape is None:
        return (Shape.of(*promised) if promised else None), []
    if len(promised) != shape.rank:
        report.error(
            "E0306",
            f"{what} promises {len(promised)} axes, and gives {shape.rank}",
            written.span,
            label=f"it gives {shown_shape(shape)}",
            labels=_made_at(item),
        )
        return None, []
    demands = []
    for index, (dim, real) in enumerate(zip(promised, shape.dims, strict=True)):
        if dim == real:
            continue  # at all sizes
        demand = Demand(dim, "==", plain_size(real), "E0306", f"{what} promises another shape than it gives")
        if not demand.holds():
            _refuse_promise(
                written, index, demand, shape, item, origins.of([written.items[index]], env, report), report
            )
            return None, []
        if not isinstance(dim, int) or not isinstance(real, int):
            demands.append((demand, index))
    return None, demands


def _made_at(item: Span | None) -> list[Label]:
    return [Label(item, "this item gives it")] if item is not None else []


def _refuse_promise(
    written: ListValue,
    index: int,
    demand: Demand,
    shape: Shape,
    item: Span | None,
    known: tuple[Origin, ...],
    report: Report,
) -> None:
    axis = written.items[index]
    said = axis.text if isinstance(axis, ScalarValue) else str(demand.left)
    expected = said if said == str(demand.left) else f"{said} = {demand.left}"
    report.error(
        "E0306",
        demand.title,
        axis.span,
        label=f"it gives {demand.right}",
        labels=_made_at(item),
        notes=[f"expected {expected} along axis {shape.axes[index]}, found {shown_shape(shape)}"],
        origins=known,
    )
