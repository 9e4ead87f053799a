"""The initialisation that a spec states, as the code of `reset_parameters`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from archspec.backends.torch_code.classes import ClassPlan
from archspec.backends.torch_code.family import Families
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.special import Special
from archspec.backends.torch_code.spelling import python_calls, text_of
from archspec.backends.torch_code.trace import Step
from archspec.expressions import parse, substitute, to_text
from archspec.ir.graph import Graph
from archspec.ops.base import Op

Scheme = tuple[Any, ...]
COMPUTED = {"uniform": "bound", "constant": "value", "xavier_uniform": "gain", "xavier_normal": "gain"}
"""What a number is called that is computed from the layer; of any other scheme, `std`."""


def scheme_call(scheme: Scheme, tensor: str, value: str) -> str:
    """`nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")`; `value` is its number as text."""
    name, *argument = scheme
    options = {
        "constant": value,
        "normal": f"std={value}",
        "trunc_normal": f"std={value}",
        "uniform": f"-{value}, {value}",
        "xavier_uniform": "" if value == "1.0" else f"gain={value}",
        "xavier_normal": "" if value == "1.0" else f"gain={value}",
        "kaiming_normal": f'mode={value}, nonlinearity="relu"',
        "kaiming_uniform": f'mode={value}, nonlinearity="relu"',
    }.get(name, "")
    if name == "trunc_normal":
        known = not isinstance(argument[0], str)
        low, high = (text_of(side * argument[0]) if known else f"{side} * {value}" for side in (-2.0, 2.0))
        options += f", a={low}, b={high}"
    return f"nn.init.{name}_({', '.join(filter(None, (tensor, options)))})"


def reset_parameters(graph: Graph, families: Families, plans: Sequence[ClassPlan], net: ClassPlan) -> list[Statement]:
    """The lines of `reset_parameters`: what holds for an op everywhere, then what single layers ask for.

    A layer of the network itself that is an exception to its op stands in the op's branch, so that nothing is drawn
    twice; layers of blocks are refilled afterwards.
    """
    lines, rest = _by_op(graph, families, net.inits)
    special = [plan for plan in plans if plan.inits]
    if special:
        lines.append(Statement("for m in self.modules():"))
        for place, plan in enumerate(special):
            inner = [line for one in plan.inits for line in _single(one, "m", 2)]
            lines += _branch(place, f"isinstance(m, {plan.name})", inner)
    for one in rest:
        lines += _single(one, "self", 0)
    return lines


def _single(special: Special, holder: str, indent: int) -> list[Statement]:
    module = f"{holder}.{special.path}"
    around = [Statement(f"for layer in {module}:", indent=indent)] if special.many else []
    module = "layer" if special.many else module
    if special.optional:
        around.append(Statement(f"if isinstance({module}, {special.module}):", indent=indent + len(around)))
    filled = _filled(special.scheme, module, special.tensor, special.module, True, indent + len(around))
    return [*around, *filled]


def _filled(scheme: Scheme, module: str, tensor: str, kind: str, always: bool, indent: int) -> list[Statement]:
    """One tensor filled. A convolution is asked for its bias even where it has one: torch calls it optional."""
    target = f"{module}.{tensor}"
    lines: list[Statement] = []
    if always and not (tensor == "bias" and "Conv" in kind):
        inside = indent
    else:
        lines, inside = [Statement(f"if {target} is not None:", indent=indent)], indent + 1
    if scheme[0].startswith("kaiming") or len(scheme) == 1 or not isinstance(scheme[1], str):
        value = text_of(scheme[1]) if len(scheme) > 1 else ""
    else:
        value = COMPUTED.get(scheme[0], "std")
        lines.append(Statement(f"{value} = {_computed(scheme[1], module, kind)}", indent=inside))
    return [*lines, Statement(scheme_call(scheme, target, value), indent=inside)]


def _computed(text: str, module: str, kind: str) -> str:
    """An expression of a layer's fans in Python: `1 / math.sqrt(m.out_features)`."""
    weight = f"{module}.weight"
    known = {"fan_in": f"{weight}[0].numel()", "fan_out": f"{weight}[:, 0].numel()"}
    if kind == "nn.Linear":
        known = {"fan_in": f"{module}.in_features", "fan_out": f"{module}.out_features"}
    names: dict[str, ast.expr] = {name: ast.Name(spelled, ast.Load()) for name, spelled in known.items()}
    return to_text(python_calls(substitute(parse(text).tree, names)))


def _by_op(graph: Graph, families: Families, special: Sequence[Special]) -> tuple[list[Statement], tuple[Special, ...]]:
    """The loop over all modules, and the exceptions that it does not cover."""
    found: dict[tuple[str, ...], list[tuple[str, Scheme, bool]]] = {}
    uses = list(_ops(families))
    attends = any(op.name == "attention" for op, _ in uses)
    for name, tensor, scheme in graph.init:
        steps = [(op, step) for op, step in uses if op.name == name and step.module is not None]
        holders = [tensor in op.tensors(*step.inputs) for op, step in steps]
        kinds = {step.module.path.replace("support.", "") for _, step in steps}
        if name == "linear":
            inside = [(op.tensors(*step.inputs), inner) for op, step in uses for inner in op.linears]
            holders += [f"{inner}.{tensor}" in tensors for tensors, inner in inside]
            kinds |= {"nn.Linear"} if inside else set()
        if any(holders):
            bare = {f"nn.{path[:-4]}" if path in ("Conv2dSame", "ConvTranspose2dSame") else path for path in kinds}
            found.setdefault(tuple(sorted(bare)), []).append((tensor, scheme, all(holders)))
    joint: dict[tuple[Any, ...], tuple[str, ...]] = {}
    for paths, tensors in found.items():
        key = (tuple(tensors), paths if attends else ())
        joint[key] = (*joint.get(key, ()), *paths)
    lines: list[Statement] = []
    covered: list[Special] = []
    for place, ((tensors, _), paths) in enumerate(joint.items()):
        classes = paths[0] if len(paths) == 1 else f"({', '.join(paths)})"
        # The projection inside nn.MultiheadAttention is a subclass of nn.Linear, and not a `linear` of the spec.
        exact = attends and paths == ("nn.Linear",)
        test = "type(m) is nn.Linear" if exact else f"isinstance(m, {classes})"
        own = [one for one in special if one.module in paths]
        inner = _tensors(tensors, own, classes)
        note = "not the projection of an attention" if exact else ""
        lines += _branch(place, test, inner, note)
        covered += own
    rest = [one for one in special if one not in covered]
    # torch's types know what `self.fc` is, not what `self.head[1]` is.
    deep = [one for one in rest if one.many or not one.path.isidentifier()]
    for kind in dict.fromkeys(one.module for one in deep):
        inner = _layers([one for one in deep if one.module == kind])
        lines += _branch(len(lines), f"isinstance(m, {kind})", inner)
    plain = tuple(one for one in rest if one not in deep)
    return ([Statement("for m in self.modules():"), *lines] if lines else []), plain


def _tensors(tensors: Sequence[tuple[str, Scheme, bool]], own: Sequence[Special], classes: str) -> list[Statement]:
    """What holds for the tensors of an op, and for the layers that are exceptions; equal exceptions go together."""
    lines: list[Statement] = []
    for _, group in groupby(tensors, lambda entry: {one.path for one in own if one.tensor == entry[0]}):
        filled = {tensor: _filled(scheme, "m", tensor, classes, always, 2) for tensor, scheme, always in group}
        lines += _unless([one for one in own if one.tensor in filled], [s for part in filled.values() for s in part])
    return lines + _layers([one for one in own if one.tensor not in [tensor for tensor, _, _ in tensors]])


def _unless(exceptions: Sequence[Special], usual: list[Statement]) -> list[Statement]:
    """The usual filling of a tensor, but for the layers that are exceptions."""
    if not exceptions:
        return usual
    if len(usual) == 2 and usual[0].text.startswith("if "):
        return [*_layers(exceptions), Statement(f"el{usual[0].text}", indent=2), *usual[1:]]
    lowered = (Statement(s.text, indent=s.indent + 1) for s in usual)
    return [*_layers(exceptions), Statement("else:", indent=2), *lowered]


def _layers(specials: Sequence[Special]) -> list[Statement]:
    """What single layers ask for: `if m is self.classifier[1]:` and what is filled there."""
    lines: list[Statement] = []
    for path, many in dict.fromkeys((one.path, one.many) for one in specials):
        lines.append(Statement(f"{'el' * bool(lines)}if m {'in' if many else 'is'} self.{path}:", indent=2))
        for one in specials:
            if one.path == path:
                lines += _filled(one.scheme, "m", one.tensor, one.module, True, 3)
    return lines


def _branch(place: int, test: str, inner: list[Statement], note: str = "") -> list[Statement]:
    """`if test:` with what is under it; a single `if` under it joins the test."""
    if inner[0].text.startswith("if ") and all(line.indent > 2 for line in inner[1:]):
        test = f"{test} and {inner[0].text.removeprefix('if ').removesuffix(':')}"
        inner = [Statement(line.text, indent=line.indent - 1) for line in inner[1:]]
    return [Statement(f"{'el' * bool(place)}if {test}:", note, indent=1), *inner]


def _ops(families: Families) -> Iterable[tuple[Op, Step]]:
    for family in families.order:
        for instance in family.instances:
            for step in instance.steps.values():
                for one in (step, *(unit for _, unit in step.units or ())):
                    if one.op is not None:
                        yield one.op, one
