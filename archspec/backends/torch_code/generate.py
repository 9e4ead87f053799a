"""From a checked network to the text of its module: plan, print, audit, seal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from archspec.backends.torch_code.audit import audit
from archspec.backends.torch_code.naming import class_name
from archspec.backends.torch_code.plan import ModulePlan, plan
from archspec.backends.torch_code.render import filled, render
from archspec.backends.torch_code.resolve import argument_name
from archspec.backends.torch_code.unroll import unrolled
from archspec.checked import Checked
from archspec.ir.graph import Graph
from archspec.passes.cost import measure
from archspec.passes.shapes import infer
from archspec.seal import seal
from archspec.shapes import Shape


def generate(source: Checked | Graph) -> str:
    """The source of a network's module, ready to be written. Needs no torch."""
    graph = unrolled(source.graph if isinstance(source, Checked) else source)
    decided = plan(graph)
    text = render(decided, _about(graph, decided, source.cost if isinstance(source, Checked) else None))
    audit(text)
    return seal(text, ", ".join(_origin(graph)), source.digest if isinstance(source, Checked) else "")


def _origin(graph: Graph) -> Iterator[str]:
    """What the source was made from, so that it can be made again: file, variant, settings, features."""
    yield graph.file if graph.variant is None else f"{graph.file}@{graph.variant}"
    yield from (f"{name}={value}" for name, value in graph.settings.items())
    if graph.features:
        yield f"features {', '.join(graph.features)}"


def arguments_of(graph: Graph, given: Mapping[str, Any]) -> dict[str, Any]:
    """Open params under the names that the class's constructor gives them."""
    return {argument_name(name): value for name, value in given.items()}


def class_name_of(graph: Graph) -> str:
    """The class that the generated source gives to the network."""
    return graph.class_name or class_name(graph.name)


def _about(graph: Graph, decided: ModulePlan, cost: object) -> list[str]:
    measured = cost if cost is not None else measure(graph, infer(graph))
    parameters, macs = getattr(measured, "parameters", 0), getattr(measured, "macs", 0)
    facts = [f"parameters {parameters:,} | multiply-adds {_billions(macs)}"]
    names = [f"{entry.name} " if len(graph.inputs) > 1 else "" for entry in graph.inputs]
    facts += [f"input {name}{_said(entry.shape)}" for name, entry in zip(names, graph.inputs, strict=True)]
    return [filled(graph.doc) or f"{decided.net.name}.", "\n".join(_packed(facts)), *_table(decided)]


def _packed(facts: list[str]) -> list[str]:
    line = " | ".join(facts)
    return [line] if len(line) <= 88 else facts


def _table(decided: ModulePlan) -> list[str]:
    rows = decided.stages
    if not 2 <= len(rows) <= 40:
        return []
    table = [("stage", "output", "blocks"), *rows]
    wide = [max(len(row[k]) for row in table) + 2 for k in (0, 1)]
    return [
        "\n".join(
            (row[0].ljust(wide[0]) + row[1].ljust(wide[1]) + _short(row[2], 88 - sum(wide))).rstrip() for row in table
        )
    ]


def _short(words: str, width: int) -> str:
    """As many of the blocks as a line holds."""
    if len(words) <= width:
        return words
    kept = words[: width - 5].rsplit("; ", 1)[0] if "; " in words[: width - 5] else words[: width - 5]
    return f"{kept}; ..."


def _said(shape: Shape) -> str:
    known = [str(size if size is not None else dim) for size, dim in zip(shape.at({}), shape.dims, strict=True)]
    return f"({', '.join(['N', *known[1:]])})"


def _billions(macs: object) -> str:
    number = macs if isinstance(macs, int) else 0
    return f"{number / 1e9:.2f} G" if number >= 10**8 else f"{number / 1e6:.2f} M" if number >= 10**5 else f"{number:,}"
