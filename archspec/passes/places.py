"""Where in the spec a module was written, by its path in the state_dict."""

from __future__ import annotations

from archspec.ir.graph import Body, Graph, Node, Repeat
from archspec.text.span import Span


def place_of(graph: Graph, path: str) -> Span | None:
    """The span of the item that made the module at `path` (`layer1.0.conv1`); None where there is none."""
    return _in_body(graph.body, path)


def _in_body(body: Body, path: str) -> Span | None:
    for node in body.nodes:
        if node.shares is not None:
            continue
        rest = _below(node.path, path)
        found = None if rest is None else _in_node(node, rest)
        if found is not None:
            return found
    return None


def _in_node(node: Node, rest: str) -> Span | None:
    if not rest:
        return node.span if node.target is not None else None
    if isinstance(node.target, Body):
        return _in_body(node.target, rest)
    if isinstance(node.target, Repeat):
        return _in_repeat(node, node.target, rest)
    return None


def _in_repeat(node: Node, repeat: Repeat, path: str) -> Span | None:
    names = repeat.names()
    for run in repeat.runs:
        for _ in range(run.count):
            rest = _below(next(names), path)
            if rest is not None:
                return _in_body(run.target, rest) if rest and isinstance(run.target, Body) else node.span
    return None


def _below(own: str | None, path: str) -> str | None:
    """What is left of `path` below `own`; None where it does not lead there."""
    if own is None:
        return path
    if path == own:
        return ""
    return path[len(own) + 1 :] if path.startswith(f"{own}.") else None
