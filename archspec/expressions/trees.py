"""Trees of expressions as values: their free names, substitution, and literals. No tree is ever changed in place."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from math import copysign, isfinite
from typing import Any

from archspec.expressions.errors import ExpressionError

MOST_PARTS = 5000
MOST_LEVELS = 100  # the walks below recurse


def same(left: ast.expr, right: ast.expr) -> bool:
    """Whether two trees are equal, wherever they stand."""
    return left is right or (type(left) is type(right) and spelled(left) == spelled(right))


def spelled(tree: ast.expr) -> str:
    """What a tree says, wherever it stands: equal trees are spelled alike."""
    known: str | None = tree.__dict__.get(_SPELLED)
    if known is None:
        known = tree.__dict__[_SPELLED] = ast.dump(tree)
    return known


def free_names(tree: ast.expr) -> frozenset[str]:
    """The names that a tree reads from outside: without functions and the variables of comprehensions."""
    known: frozenset[str] | None = tree.__dict__.get(_NAMES)
    if known is None:
        known = tree.__dict__[_NAMES] = _free_names(tree)
    return known


_NAMES, _SPELLED = "_free_names", "_spelled"
"""Where a tree remembers what it was asked: it never changes, and is asked again and again."""


def _free_names(tree: ast.expr) -> frozenset[str]:
    if isinstance(tree, ast.Name):
        return frozenset({tree.id})
    if isinstance(tree, ast.ListComp) and len(tree.generators) == 1:
        [loop] = tree.generators
        inner = frozenset[str]().union(*map(free_names, (tree.elt, *loop.ifs)))
        return free_names(loop.iter) | (inner - {variable(loop)})
    return frozenset[str]().union(*map(free_names, children(tree)))


def variable(loop: ast.comprehension) -> str:
    """The name that a comprehension binds."""
    assert isinstance(loop.target, ast.Name)
    return loop.target.id


def children(tree: ast.expr) -> list[ast.expr]:
    """The operands of a node: the expressions right below it, without the name of a called function."""
    if isinstance(tree, ast.Name | ast.Constant):
        return []
    if isinstance(tree, ast.BinOp):
        return [tree.left, tree.right]
    if isinstance(tree, ast.Call):
        return [*tree.args, *(keyword.value for keyword in tree.keywords)]
    if isinstance(tree, ast.ListComp):
        return [tree.elt, *(part for loop in tree.generators for part in (loop.iter, *loop.ifs))]
    return [child for child in ast.iter_child_nodes(tree) if isinstance(child, ast.expr)]


def bounded(tree: ast.expr) -> ast.expr:
    """The tree; ExpressionError if it is too large or too deep: composing can double a tree again and again."""
    count, level = 0, [tree]
    for _ in range(MOST_LEVELS):
        count += len(level)
        if count > MOST_PARTS:
            break
        level = [child for node in level for child in children(node)]
        if not level:
            return tree
    raise ExpressionError(
        "the expression that this value comes from grows too large",
        help="fix a parameter that it reads: `open` ones are kept in every size that depends on them",
    )


def rebuilt(tree: ast.expr, change: Callable[[ast.expr], ast.expr]) -> ast.expr:
    """A copy of a node with each operand changed, or the node where none does. Not for comprehensions, which bind."""
    if isinstance(tree, (ast.Name, ast.Constant)):
        return tree
    fields = {field: getattr(tree, field) for field in tree._fields}
    made = {field: value if field == "func" else _changed(value, change) for field, value in fields.items()}
    if all(made[field] is value for field, value in fields.items()):
        return tree
    return ast.copy_location(type(tree)(**made), tree)


def _changed(part: Any, change: Callable[[ast.expr], ast.expr]) -> Any:
    """A field of a node with the operands in it changed; the same object where none is."""
    if isinstance(part, ast.expr):
        return change(part)
    if isinstance(part, ast.keyword):
        value = change(part.value)
        return part if value is part.value else ast.keyword(part.arg, value)
    if isinstance(part, list):
        made = [_changed(each, change) for each in part]
        return part if all(map(operator.is_, made, part)) else made
    return part


def comprehension(like: ast.ListComp, name: str, elt: ast.expr, source: ast.expr, ifs: list[ast.expr]) -> ast.ListComp:
    """`[elt for name in source if ...]`, standing where `like` stands."""
    loop = ast.comprehension(ast.Name(name, ast.Store()), source, ifs, 0)
    return ast.copy_location(ast.ListComp(elt, [loop]), like)


def substitute(tree: ast.expr, bindings: Mapping[str, ast.expr]) -> ast.expr:
    """The tree with free names replaced by trees. What comes in is shared, not copied, and keeps its own positions.

    Capture-safe: where the variable of a comprehension is free in what comes in, the variable gets another name.
    ExpressionError where the result is too large.
    """
    bindings = {name: bindings[name] for name in free_names(tree) if name in bindings}
    return bounded(_substituted(tree, bindings)) if bindings else tree


def _substituted(tree: ast.expr, bindings: Mapping[str, ast.expr]) -> ast.expr:
    if isinstance(tree, ast.Name):
        return bindings.get(tree.id, tree)
    if not isinstance(tree, ast.ListComp):
        return rebuilt(tree, lambda part: _substituted(part, bindings))
    [loop] = tree.generators
    name = variable(loop)
    used = frozenset[str]().union(*map(free_names, (tree.elt, *loop.ifs)))
    inner = {key: value for key, value in bindings.items() if key != name and key in used}
    incoming = frozenset[str]().union(*map(free_names, inner.values()))
    if name in incoming:
        fresh = next(f"{name}_{k}" for k in range(1, len(used | incoming) + 2) if f"{name}_{k}" not in used | incoming)
        inner[name] = ast.Name(fresh, ast.Load())
        name = fresh
    return comprehension(
        tree,
        name,
        _substituted(tree.elt, inner),
        _substituted(loop.iter, bindings),
        [_substituted(condition, inner) for condition in loop.ifs],
    )


def literal(value: Any) -> ast.expr:
    """A value as a tree: none, true, false, numbers, strings, and lists and tuples of these; TypeError for others."""
    if isinstance(value, (list, tuple)):
        items = [literal(item) for item in value]
        return ast.List(items, ast.Load()) if isinstance(value, list) else ast.Tuple(items, ast.Load())
    if value is None or isinstance(value, (bool, str)):
        return ast.Constant(value)
    if not isinstance(value, (int, float)) or not isfinite(value):
        raise TypeError(f"no literal for {value!r}")
    number = int(value) if isinstance(value, int) else float(value)
    # A minus is an operator in Python's grammar, and so for -0.0, which is not below 0.
    return ast.Constant(number) if copysign(1, number) > 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))
