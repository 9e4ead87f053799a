"""A network as a backbone: some of its nodes as outputs, and nothing that only the others need."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence

from archspec.diagnostics import UsageError
from archspec.expressions import expression_of
from archspec.ir.graph import Body, Graph, Node, Ref, Repeat
from archspec.ops.base import Op
from archspec.records import as_dict, replace
from archspec.spec.model import OutputSpec, Spec
from archspec.spec.settings import FEATURES
from archspec.text.lines import listed
from archspec.text.source import ScalarValue
from archspec.text.span import Span


def with_features(spec: Spec, names: str | Sequence[str]) -> Spec:
    """The spec with these nodes as its outputs, in this order; a dotted name reaches into a container.

    What the spec promises of itself (`expect`, `weights`) is not promised of its backbone. UsageError for no or equal
    names; whether the nodes are there is found by `check`.
    """
    names = listed(names)
    if not all(names) or not names or len(set(names)) < len(names):
        raise UsageError("features are different nodes, at least one", "such as --features layer1,layer4")
    text = ",".join(names)
    outputs: list[OutputSpec] = []
    column = 1
    for name in names:
        called = output_name(name, {output.name for output in outputs})
        span = Span(FEATURES, 1, column, 1, column + len(name))
        outputs.append(OutputSpec(called, ScalarValue(name, span, name, False), None, False, span))
        column += len(name) + 1
    file = replace(spec.file, outputs=tuple(outputs))
    return replace(spec, file=file, features=tuple(names), texts={**spec.texts, FEATURES: text})


def output_name(feature: str, taken: Container[str]) -> str:
    """The output's name, a field of a named tuple: `encoder.enc3` is read as `encoder_enc3`, `0` as `node_0`."""
    name = re.sub(r"\W", "_", feature).strip("_")
    name = name if name.isidentifier() else f"node_{name}"
    while name in taken:
        name += "_"
    return name


def pruned(graph: Graph) -> Graph:
    """The graph without nodes that no output depends on, and without open params that nothing is left to read."""
    body, outputs, _ = _cut(graph.body, [output.ref for output in graph.outputs])
    body = replace(body, inputs=graph.body.inputs)
    named = tuple(replace(output, ref=ref) for output, ref in zip(graph.outputs, outputs, strict=True))
    read = set(_names_read(body))
    kept = tuple(param for param in graph.open_params if param[0] in read)
    return replace(graph, body=body, outputs=named, open_params=kept)


def _cut(body: Body, wanted: Sequence[Ref]) -> tuple[Body, list[Ref], list[int]]:
    """A body with what these values need; the values in it; and the places of the inputs that it still reads.

    A container is cut too, unless it is run again or tied to another: then it is needed as it is, and so is one whose
    layers are numbered in lists of their own (`blocks.2`), for a list has no gaps.
    """
    whole = {node.shares for node in body.nodes} | {node.key for node in body.nodes if node.shares or node.ties}
    whole |= {body.holder(source) for node in body.nodes for _, source in node.ties}
    used: dict[str, set[int]] = {}
    moved: dict[Ref, Ref] = {}
    nodes: list[Node] = []

    def need(refs: Iterable[Ref]) -> None:
        for ref in refs:
            used.setdefault(ref.node, set()).add(ref.output)

    need(wanted)
    for node in reversed(body.nodes):
        if node.key not in used:
            continue
        if isinstance(node.target, Body) and node.key not in whole and _can_be_cut(node.target):
            places = sorted(used[node.key])
            inner, refs, inputs = _cut(node.target, [node.target.outputs[place][1] for place in places])
            names = [node.target.outputs[place][0] for place in places]
            inner = replace(inner, outputs=tuple(zip(names, refs, strict=True)))
            node = replace(node, target=inner, inputs=tuple(node.inputs[place] for place in inputs))
            moved |= {Ref(node.key, place): Ref(node.key, new) for new, place in enumerate(places)}
        need(node.inputs)
        need([Ref(node.shares)] if node.shares is not None else [])
        need(Ref(body.holder(source)) for _, source in node.ties)
        nodes.append(node)
    left = [place for place, name in enumerate(body.inputs) if name in used]
    found = replace(
        body,
        inputs=tuple(body.inputs[place] for place in left),
        nodes=tuple(replace(n, inputs=tuple(moved.get(ref, ref) for ref in n.inputs)) for n in reversed(nodes)),
        outputs=tuple((name, moved.get(ref, ref)) for name, ref in body.outputs if ref.node in used),
        register=tuple(key for key in body.register if key in used),
    )
    return found, [moved.get(ref, ref) for ref in wanted], left


def _can_be_cut(body: Body) -> bool:
    return body.kind == "container" and not any("." in (node.path or "") for node in body.nodes)


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
