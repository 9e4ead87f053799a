"""The answer for all sizes, told: smallest, multiple, range, output stride, and where each constraint comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import lcm
from typing import Any

from archspec.checked import Checked
from archspec.passes.shapes import BodyShapes
from archspec.passes.sizes import Constraint, Sizes, constraints, in_words
from archspec.records import Record, replace
from archspec.shapes import Dim, Product, Shape, Size, symbol


class AxisAnswer(Record):
    """One free axis of the input: its legal sizes, what decides them, and how many pixels one of the last map spans."""

    sizes: Sizes
    constraints: tuple[Constraint, ...]
    stride: Fraction | None

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain data. Legal are the `ranges`, and from `start` on the `residues` modulo `period`."""
        sizes = self.sizes
        endless = bool(sizes.residues)
        return {
            "answer": str(sizes),
            "decided": not sizes.at_nominal_only,
            "smallest": sizes.smallest,
            "largest": sizes.largest,
            "multiple": sizes.multiple,
            "ranges": [list(run) for run in sizes.ranges()],
            "start": sizes.start if endless else None,
            "period": sizes.period if endless else None,
            "residues": list(sizes.residues),
            "given": dict(sizes.given),
            "output_stride": None if self.stride is None else _number(self.stride),
            "constraints": [_constraint(each) for each in self.constraints],
        }


def answers(checked: Checked) -> tuple[AxisAnswer, ...]:
    """The answer for each free axis of the input."""
    found = constraints(checked.graph, checked.demands)
    return tuple(
        AxisAnswer(
            sizes,
            tuple(c for c in found if c.sizes.symbol == sizes.symbol),
            _stride(checked.shapes.root, sizes.symbol),
        )
        for sizes in checked.sizes
    )


def told(given: tuple[AxisAnswer, ...]) -> Iterator[str]:
    """The answers in lines: the sizes and the stride, then what decides them, axes that are alike together."""
    if not given:
        return
    strides = dict.fromkeys(_number(each.stride) for each in given if each.stride is not None)
    stride = f", output stride {' and '.join(map(str, strides))}" if strides else ""
    answer = in_words(tuple(each.sizes for each in given))
    yield answer + stride
    alike: dict[tuple[object, ...], list[Constraint]] = {}
    for constraint in (c for each in given for c in each.constraints):
        key = (replace(constraint.sizes, symbol=""), constraint.span)
        alike.setdefault(key, []).append(constraint)
    for group in alike.values():
        first, names = group[0], " and ".join(dict.fromkeys(c.sizes.symbol for c in group))
        title = re.sub(r" in axis \w$", "", first.demand.title)
        place = f"{first.span.file}:{first.span.line}:{first.span.column}"
        words = str(replace(first.sizes, symbol=names))
        yield f"  {'' if words == answer else f'{words}, '}else {title} ({place})"


def _number(value: Fraction) -> int | str:
    return int(value) if value.denominator == 1 else str(value)


def _constraint(constraint: Constraint) -> dict[str, Any]:
    span, demand = constraint.span, constraint.demand
    return {
        "answer": str(constraint.sizes),
        "else": {"code": demand.code, "title": demand.title},
        "span": {"file": span.file, "line": span.line, "column": span.column},
    }


def _stride(shapes: BodyShapes, name: str) -> Fraction | None:
    """Pixels of the input to one of the last map that still grows with the axis."""
    for node in reversed(shapes.body.nodes):
        for output in shapes.nodes[node.key]:
            for dim in output.dims:
                slope = _slope(dim, name)
                if slope:
                    return 1 / slope
        inner = [shapes.children[node.key]] if node.key in shapes.children else []
        inner += [unit.body for unit in shapes.units.get(node.key, ()) if unit.body is not None]
        for body in reversed(inner):
            found = _stride(body, name)
            if found is not None:
                return found
    return None


def _slope(dim: Dim, name: str) -> Fraction | None:
    if isinstance(dim, int) or {s.name for s in dim.symbols()} != {name}:
        return None
    modulus = dim.modulus()
    form = dim.affine(modulus, 0)
    return None if form is None else Fraction(form[0], modulus)


def shape_forms(shape: Shape, sizes: tuple[Sizes, ...]) -> list[str]:
    """A shape in the symbols of the input, as plain as the legal sizes allow: `H/32`, else with the floor."""
    legal = {each.symbol: each for each in sizes if not each.at_nominal_only}
    return [_form(dim, legal) for dim in shape.dims]


def _form(dim: Dim, legal: Mapping[str, Sizes]) -> str:
    if isinstance(dim, int):
        return str(int(dim))
    if len(dim.terms) == 1 and not dim.constant and isinstance(dim.terms[0][0], Product):
        coefficient, factors = dim.terms[0][1], [_form(f, legal) for f in dim.terms[0][0].factors]
        return "*".join([*([str(coefficient)] if coefficient != 1 else []), *map(_bracketed, factors)])
    names = {s.name for s in dim.symbols()}
    if len(names) != 1 or not names <= legal.keys():
        return str(dim)
    return _exact(dim, legal[names.pop()]) or str(dim)


def _bracketed(text: str) -> str:
    return f"({text})" if re.search(r" [+-] ", text) and not text.startswith(("floor", "ceil")) else text


def _exact(dim: Size, sizes: Sizes) -> str | None:
    """The size without a floor, if it is one and the same line through all legal sizes; None if it is not."""
    if not sizes.residues:
        values = {dim.at({sizes.symbol: size}) for size in sizes.low}
        return str(values.pop()) if len(values) == 1 else None
    modulus = lcm(dim.modulus(), sizes.period)
    lines = set()
    for residue in range(modulus):
        if residue % sizes.period in sizes.residues:
            form = dim.affine(modulus, residue)
            if form is None:
                return None
            slope = Fraction(form[0], modulus)
            lines.add((slope, form[1] - slope * residue))
    if len(lines) != 1:
        return None
    slope, start = lines.pop()
    if any(dim.at({sizes.symbol: size}) != slope * size + start for size in sizes.low):
        return None
    divisor = lcm(slope.denominator, start.denominator)
    above = symbol(sizes.symbol) * int(slope * divisor) + int(start * divisor)
    text = str(above)
    return text if divisor == 1 else f"({text})/{divisor}" if " " in text else f"{text}/{divisor}"
