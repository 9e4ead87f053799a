"""Values and expressions as Python writes them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from archspec.backends.torch_code.hints import ClassName
from archspec.expressions import ExpressionError, to_text
from archspec.expressions.evaluation import evaluate_tree
from archspec.expressions.printing import IN_PYTHON
from archspec.expressions.trees import free_names, rebuilt


def whole_parts(tree: ast.expr) -> ast.expr:
    """The tree with what is computed from integers alone computed."""
    value = evaluated(tree, {}) if not free_names(tree) else None
    if type(value) is int:
        return literal_of(value)
    return rebuilt_but_loops(tree, whole_parts)


def same(a: Any, b: Any) -> bool:
    """Whether two values are equal and of one kind: true is not 1. A list is the tuple that is printed for it."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def text_of(value: Any) -> str:
    """A value as Python's literal."""
    return to_text(literal_of(value))


def literal_of(value: Any) -> ast.expr:
    """A value as the tree of its literal."""
    if isinstance(value, ClassName):
        return ast.Name(value, ast.Load())
    if isinstance(value, float) and not isinstance(value, bool):
        return tree_of_number(repr(value))
    if isinstance(value, tuple):
        return ast.Tuple([literal_of(item) for item in value], ast.Load())
    if isinstance(value, list):
        return ast.List([literal_of(item) for item in value], ast.Load())
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-int(value)))
    if isinstance(value, int) and not isinstance(value, bool):
        return ast.Constant(int(value))
    return ast.Constant(value)


def tree_of_number(text: str) -> ast.expr:
    """A number's text as a tree."""
    tree = ast.parse(text, mode="eval").body
    assert isinstance(tree, (ast.Constant, ast.UnaryOp))
    return tree


def evaluated(tree: ast.expr, names: Mapping[str, Any]) -> Any:
    """The value of a tree; of one that has none, an object equal to nothing else."""
    try:
        return evaluate_tree(tree, names)
    except ExpressionError:
        return _NOTHING


_NOTHING = object()


def python_calls(tree: ast.expr) -> ast.expr:
    """Calls under their names in Python, lists as tuples."""
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        name = IN_PYTHON.get(tree.func.id, tree.func.id)
        keywords = [ast.keyword(entry.arg, python_calls(entry.value)) for entry in tree.keywords]
        return ast.Call(ast.Name(name, ast.Load()), [python_calls(a) for a in tree.args], keywords)
    if isinstance(tree, ast.List):  # as lists are arguments: `kernel == (1, 7)`
        tree = ast.Tuple(tree.elts, ast.Load())
    return rebuilt_but_loops(tree, python_calls)


def rebuilt_but_loops(tree: ast.expr, change: Any) -> ast.expr:
    """A copy with each operand changed; comprehensions, which bind, stay as they are."""
    return rebuilt(tree, change) if not isinstance(tree, ast.ListComp) else tree


__all__ = [
    "evaluated",
    "literal_of",
    "python_calls",
    "rebuilt_but_loops",
    "same",
    "text_of",
    "whole_parts",
]
