"""Partial evaluation: what is known is computed, what is left stays readable.

Where a tree has a value, the simplified one has the same; a tree that has none may get one (`1/0 == 1 and false`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

from archspec.expressions.errors import ExpressionError
from archspec.expressions.evaluation import evaluate_tree
from archspec.expressions.sums import collected
from archspec.expressions.trees import comprehension, free_names, literal, rebuilt, same, substitute, variable
from archspec.expressions.values import Meter

MOST_FOLDED = 64  # items: a longer list reads better as the expression that makes it
_STEPS = 20_000
_WHOLE_CALLS = frozenset({"ceil", "floor", "round", "len", "count", "make_divisible"})
_KEEPING_CALLS = frozenset({"min", "max", "abs"})


def simplify(tree: ast.expr, constants: Mapping[str, Any] | None = None, integers: Collection[str] = ()) -> ast.expr:
    """The tree with `constants` put in and everything computed that can be.

    `integers` names what is known to be an integer or a size: only then is `x // 1` or `ceil(x)` the same as `x`.
    """
    known = {
        name: literal(value)
        for name in free_names(tree)
        if name in (constants or {}) and _has_literal(value := (constants or {})[name])
    }
    tree = substitute(tree, known)
    while not same(tree, simpler := _simpler(tree, frozenset(integers))):
        tree = simpler
    return tree


def _has_literal(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_has_literal, value))
    try:
        literal(value)
    except TypeError:
        return False
    return True


def _simpler(tree: ast.expr, integers: frozenset[str]) -> ast.expr:
    if isinstance(tree, (ast.Name, ast.Constant)):
        return tree
    if not isinstance(tree, ast.Slice) and not free_names(tree) and (folded := _folded(tree)) is not None:
        return folded
    if isinstance(tree, ast.ListComp):
        return _loop(tree, integers)
    tree = rebuilt(tree, lambda part: _simpler(part, integers))
    match tree:
        case ast.IfExp(test=ast.Constant(value=bool(test))):
            return tree.body if test else tree.orelse
        case ast.BoolOp():
            return _logic(tree)
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            return inner
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _opposite(inner) or tree
        case ast.UnaryOp(op=ast.USub(), operand=ast.UnaryOp(op=ast.USub(), operand=inner)):
            return inner
        case ast.UnaryOp(op=ast.UAdd()):
            return tree.operand
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()], comparators=[right]) if same(tree.left, right):
            return ast.copy_location(ast.Constant(isinstance(tree.ops[0], ast.Eq)), tree)
        case ast.BinOp():
            simpler = neutral(_cancelled(tree, integers), integers)
            return collected(simpler) if is_whole(simpler, integers) else simpler
        case ast.Call(func=ast.Name(id="ceil" | "floor" | "round"), args=[inner]) if is_whole(inner, integers):
            return inner
        case ast.Call(func=ast.Name(id="len"), args=[ast.List(elts=items) | ast.Tuple(elts=items)]):
            return ast.copy_location(ast.Constant(len(items)), tree)
        case ast.Subscript(value=ast.List(elts=items) | ast.Tuple(elts=items)):
            index = _index(tree.slice)
            return items[index] if index is not None and -len(items) <= index < len(items) else tree
    return tree


def _opposite(tree: ast.expr) -> ast.expr | None:
    """`a != b` for `a == b`, and so for what is made of such by `and` and `or`; None where it takes a `not`."""
    match tree:
        case ast.Compare(ops=[ast.Eq() | ast.NotEq()]):
            turned = ast.NotEq() if isinstance(tree.ops[0], ast.Eq) else ast.Eq()
            return ast.copy_location(ast.Compare(tree.left, [turned], tree.comparators), tree)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return inner
        case ast.BoolOp():
            parts = [part for value in tree.values if (part := _opposite(value)) is not None]
            turned_op = ast.Or() if isinstance(tree.op, ast.And) else ast.And()
            return ast.copy_location(ast.BoolOp(turned_op, parts), tree) if len(parts) == len(tree.values) else None
    return None


def _folded(tree: ast.expr) -> ast.expr | None:
    """A tree without free names as a literal; None where it has no value of its own, as `7 / 2` inside `ceil`."""
    try:
        value = evaluate_tree(tree, {}, Meter(_STEPS))
    except ExpressionError:
        return None
    if isinstance(value, (list, tuple)) and (len(value) > MOST_FOLDED or any(map(_is_list, value))):
        return None
    return ast.copy_location(literal(value), tree)


def _loop(tree: ast.ListComp, integers: frozenset[str]) -> ast.expr:
    [loop] = tree.generators
    name = variable(loop)
    ranged = isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Name) and loop.iter.func.id == "range"
    inner = integers | {name} if ranged else integers - {name}
    source = rebuilt(loop.iter, lambda part: _simpler(part, integers)) if ranged else _simpler(loop.iter, integers)
    ifs = [_simpler(condition, inner) for condition in loop.ifs]
    ifs = [condition for condition in ifs if not (isinstance(condition, ast.Constant) and condition.value is True)]
    return comprehension(tree, name, _simpler(tree.elt, inner), source, ifs)


def _logic(tree: ast.BoolOp) -> ast.expr:
    decisive = isinstance(tree.op, ast.Or)  # the value that decides: true for `or`, false for `and`
    kept: list[ast.expr] = []
    for value in tree.values:
        if isinstance(value, ast.Constant) and isinstance(value.value, bool):
            if value.value is decisive:
                return value
        else:
            kept.append(value)
    if len(kept) < 2:
        return kept[0] if kept else ast.copy_location(ast.Constant(not decisive), tree)
    return ast.copy_location(ast.BoolOp(tree.op, kept), tree)


def _cancelled(tree: ast.BinOp, integers: frozenset[str]) -> ast.BinOp:
    """`x * 128 // 64` as `2 * x`, for an integer or a size x."""
    match tree:
        case ast.BinOp(
            left=ast.BinOp(left=whole, op=ast.Mult(), right=ast.Constant(value=int(times))),
            op=ast.FloorDiv(),
            right=ast.Constant(value=int(divisor)),
        ) if divisor > 0 and times % divisor == 0 and is_whole(whole, integers):
            return ast.copy_location(ast.BinOp(literal(times // divisor), ast.Mult(), whole), tree)
    return tree


def neutral(tree: ast.BinOp, integers: frozenset[str]) -> ast.expr:
    """`x + 0`, `1 * x`, `x / 1`, `x ** 1`, and for integers `x // 1`, as `x`; `0 - x` as `-x`, `x + -y` as `x - y`."""
    left, right = tree.left, tree.right
    match tree.op:
        case ast.Add() if _is(left, 0):
            return right
        case ast.Add() | ast.Sub() if _is(right, 0):
            return left
        case ast.Sub() if _is(left, 0):
            return ast.copy_location(ast.UnaryOp(ast.USub(), right), tree)
        case ast.Mult() if _is(left, 1):
            return right
        case ast.Mult() | ast.Div() | ast.Pow() if _is(right, 1):
            return left
        case ast.FloorDiv() if _is(right, 1) and is_whole(left, integers):
            return left
        case ast.Add() | ast.Sub():
            if isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub):
                op = ast.Sub() if isinstance(tree.op, ast.Add) else ast.Add()
                return ast.copy_location(ast.BinOp(left, op, right.operand), tree)
    return tree


def _is(tree: ast.expr, number: int) -> bool:
    return isinstance(tree, ast.Constant) and type(tree.value) is int and tree.value == number


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _index(tree: ast.expr) -> int | None:
    match tree:
        case ast.Constant(value=int(index)) if not isinstance(index, bool):
            return index
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(index))):
            return -index
    return None


def is_whole(tree: ast.expr, integers: frozenset[str]) -> bool:
    """Whether a tree is known to give an integer or a size, if it gives anything."""
    match tree:
        case ast.Constant(value=value):
            return type(value) is int
        case ast.Name(id=name):
            return name in integers
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return is_whole(operand, integers)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() | ast.Mod()):
            return is_whole(tree.left, integers) and is_whole(tree.right, integers)
        case ast.IfExp():
            return is_whole(tree.body, integers) and is_whole(tree.orelse, integers)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            if name in _KEEPING_CALLS and (name == "abs" or len(arguments) > 1):
                return all(is_whole(argument, integers) for argument in arguments)
            return name in _WHOLE_CALLS
    return False
