"""Like terms: `C + growth + growth` is `C + 2 * growth`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import reduce

from archspec.expressions.trees import children, literal, spelled


def collected(tree: ast.expr) -> ast.expr:
    """A sum with like terms added up if that is shorter, else the tree itself. Exact for integers only."""
    if not isinstance(tree, ast.BinOp) or not isinstance(tree.op, (ast.Add, ast.Sub, ast.Mult)):
        return tree
    factors: dict[str, int] = {}
    atoms: dict[str, ast.expr] = {}
    found = list(_terms(tree, 1))
    for atom, factor in found:
        key = spelled(atom)
        atoms.setdefault(key, atom)
        factors[key] = factors.get(key, 0) + factor
    terms = [_term(atoms[key], factor) for key, factor in factors.items() if factor]
    shorter = reduce(_joined, terms) if terms else ast.Constant(0)
    if (len(terms), _length(shorter)) >= (len(found), _length(tree)):
        return tree
    return ast.copy_location(shorter, tree)


def _terms(tree: ast.expr, factor: int) -> Iterator[tuple[ast.expr, int]]:
    match tree:
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            yield from _terms(tree.left, factor)
            yield from _terms(tree.right, factor if isinstance(tree.op, ast.Add) else -factor)
        case ast.UnaryOp(op=ast.USub()):
            yield from _terms(tree.operand, -factor)
        case ast.BinOp(op=ast.Mult(), left=ast.Constant(value=int(times))) if not isinstance(times, bool):
            yield from _terms(tree.right, factor * times)
        case ast.BinOp(op=ast.Mult(), right=ast.Constant(value=int(times))) if not isinstance(times, bool):
            yield from _terms(tree.left, factor * times)
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            yield ast.Constant(1), factor * number
        case _:
            yield tree, factor


def _term(atom: ast.expr, factor: int) -> ast.expr:
    if isinstance(atom, ast.Constant):
        return literal(factor)
    times = atom if abs(factor) == 1 else ast.BinOp(ast.Constant(abs(factor)), ast.Mult(), atom)
    return times if factor > 0 else ast.UnaryOp(ast.USub(), times)


def _joined(left: ast.expr, right: ast.expr) -> ast.expr:
    if isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub):
        return ast.BinOp(left, ast.Sub(), right.operand)
    return ast.BinOp(left, ast.Add(), right)


def _length(tree: ast.expr) -> int:
    return 1 + sum(map(_length, children(tree)))
