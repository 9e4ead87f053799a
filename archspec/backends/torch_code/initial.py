"""The initialisation that a spec states, as the code of `reset_parameters`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archspec.backends.torch_code.classes import ClassPlan
from archspec.backends.torch_code.family import Families
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.resolve import text_of
from archspec.backends.torch_code.trace import Step
from archspec.ir.graph import Graph
from archspec.ops.base import Op

Scheme = tuple[Any, ...]


def scheme_call(scheme: Scheme, tensor: str) -> str:
    """`nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")`."""
    name, *argument = scheme
    value = text_of(argument[0]) if argument else ""
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
        options += f", a={text_of(-2.0 * argument[0])}, b={text_of(2.0 * argument[0])}"
    return f"nn.init.{name}_({', '.join(filter(None, (tensor, options)))})"


def reset_parameters(graph: Graph, families: Families, plans: Sequence[ClassPlan], net: ClassPlan) -> list[Statement]:
    """The lines of `reset_parameters`: what holds for an op everywhere, then what single layers ask for."""
    lines = _by_op(graph, families)
    special = [plan for plan in plans if plan.inits]
    if special:
        lines.append(Statement("for m in self.modules():"))
        for place, plan in enumerate(special):
            inner = [
                line for path, tensor, scheme in plan.inits for line in _filled(scheme, f"m.{path}.{tensor}", True, 2)
            ]
            lines += _branch(place, f"isinstance(m, {plan.name})", inner)
    for path, tensor, scheme in net.inits:
        lines += _filled(scheme, f"self.{path}.{tensor}", True, 0)
    return lines


def _filled(scheme: Scheme, tensor: str, always: bool, indent: int) -> list[Statement]:
    """One tensor filled. A bias is asked for even where it always exists: its type in torch says that it need not."""
    call = scheme_call(scheme, tensor)
    if always and not tensor.endswith(".bias"):
        return [Statement(call, indent=indent)]
    return [Statement(f"if {tensor} is not None:", indent=indent), Statement(call, indent=indent + 1)]


def _by_op(graph: Graph, families: Families) -> list[Statement]:
    found: dict[tuple[str, ...], list[tuple[str, Scheme, bool]]] = {}
    uses = list(_ops(families))
    attends = any(op.name == "attention" for op, _ in uses)
    for name, tensor, scheme in graph.init:
        steps = [(op, step) for op, step in uses if op.name == name and step.module is not None]
        holders = [tensor in op.tensors(*step.inputs) for op, step in steps]
        if any(holders):
            kinds = {step.module.path.replace("support.", "") for _, step in steps}
            bare = {"nn.Conv2d" if path == "Conv2dSame" else path for path in kinds}  # Conv2dSame is a Conv2d
            found.setdefault(tuple(sorted(bare)), []).append((tensor, scheme, all(holders)))
    joint: dict[tuple[Any, ...], tuple[str, ...]] = {}
    for paths, tensors in found.items():
        key = (tuple(tensors), paths if attends else ())
        joint[key] = (*joint.get(key, ()), *paths)
    lines: list[Statement] = []
    for place, ((tensors, _), paths) in enumerate(joint.items()):
        classes = paths[0] if len(paths) == 1 else f"({', '.join(paths)})"
        # The projection inside nn.MultiheadAttention is a subclass of nn.Linear, and not a `linear` of the spec.
        exact = attends and paths == ("nn.Linear",)
        test = "type(m) is nn.Linear" if exact else f"isinstance(m, {classes})"
        inner = [line for tensor, scheme, always in tensors for line in _filled(scheme, f"m.{tensor}", always, 2)]
        lines += _branch(place, test, inner)
    return [Statement("for m in self.modules():"), *lines] if lines else []


def _branch(place: int, test: str, inner: list[Statement]) -> list[Statement]:
    """`if test:` with what is under it; a single `if` under it joins the test."""
    if len(inner) == 2 and inner[0].text.startswith("if "):
        test = f"{test} and {inner[0].text.removeprefix('if ').removesuffix(':')}"
        inner = [Statement(inner[1].text, indent=2)]
    return [Statement(f"{'el' * bool(place)}if {test}:", indent=1), *inner]


def _ops(families: Families) -> Iterable[tuple[Op, Step]]:
    for family in families.order:
        for instance in family.instances:
            for step in instance.steps.values():
                for one in (step, *(unit for _, unit in step.units or ())):
                    if one.op is not None:
                        yield one.op, one
