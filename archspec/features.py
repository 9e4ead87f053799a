"""A network as a backbone: some of its nodes as outputs, and nothing that only the others need."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from archspec.diagnostics import UsageError
from archspec.expressions import expression_of
from archspec.ir.graph import Body, Graph, Repeat
from archspec.ops.base import Op
from archspec.records import as_dict, replace
from archspec.source import ScalarValue
from archspec.span import Span
from archspec.spec.model import OutputSpec, Spec
from archspec.spec.settings import FEATURES


def with_features(spec: Spec, names: Sequence[str]) -> Spec:
    """The spec with these nodes as its outputs, in this order; a dotted name reaches into a container.

    What the spec promises of itself (`expect`, `weights`) is not promised of its backbone. UsageError for no or equal
    names; whether the nodes are there is found by `check`.
    """
    names = [name.strip() for name in names]
    if not all(names) or not names or len(set(names)) < len(names):
        raise UsageError("features are different nodes, at least one", "such as --features layer1,layer4")
    text = ",".join(names)
    outputs = []
    column = 1
    for name in names:
        span = Span(FEATURES, 1, column, 1, column + len(name))
        outputs.append(OutputSpec(output_name(name), ScalarValue(name, span, name, False), None, False, span))
        column += len(name) + 1
    file = replace(spec.file, outputs=tuple(outputs))
    return replace(spec, file=file, features=tuple(names), texts={**spec.texts, FEATURES: text})


def output_name(feature: str) -> str:
    """The output's name: `encoder.enc3` is read as `encoder_enc3`."""
    return feature.replace(".", "_")


def pruned(graph: Graph) -> Graph:
    """The graph without nodes that no output depends on, and without open params that nothing is left to read."""
    needed = {output.ref.node for output in graph.outputs}
    for node in reversed(graph.body.nodes):
        if node.key in needed:
            needed |= {ref.node for ref in node.inputs}
            needed |= {node.shares} if node.shares is not None else set()
            needed |= {source.partition(".")[0] for _, source in node.ties}
    nodes = tuple(node for node in graph.body.nodes if node.key in needed)
    register = tuple(key for key in graph.body.register if key in needed)
    body = replace(graph.body, nodes=nodes, register=register)
    read = set(_names_read(body))
    return replace(graph, body=body, open_params=tuple(param for param in graph.open_params if param[0] in read))


def _names_read(body: Body) -> Iterator[str]:
    """The names in the expressions of a body and of the containers inside, which share its scope."""
    for _, let in body.lets:
        yield from _names_in(let.expr)
    for node in body.nodes:
        yield from _names_in(node.when.expr if node.when is not None else None)
        runs = node.target.runs if isinstance(node.target, Repeat) else ()
        arguments = [*node.arguments, *(argument for run in runs for argument in run.arguments)]
        for _, option in arguments:
            yield from _names_in(option.expr)
        targets = [run.target for run in runs] if runs else [node.target]
        for target in targets:
            if isinstance(target, Op):
                for value in as_dict(target).values():
                    yield from _names_in(expression_of(value))
            elif isinstance(target, Body) and target.kind == "container":
                yield from _names_read(target)


def _names_in(tree: ast.expr | None) -> Iterator[str]:
    return (found.id for found in ast.walk(tree) if isinstance(found, ast.Name)) if tree is not None else iter(())
