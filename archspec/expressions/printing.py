"""Tree to text: canonical Python, as `ruff format` would write it on one line."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from archspec.expressions.values import COMPARISONS, SIGNS

TERNARY, OR, AND, NOT, COMPARE, SUM, TERM, UNARY, POWER, ATOM = range(10)

_LEVELS: dict[type[ast.operator], int] = {ast.Add: SUM, ast.Sub: SUM, ast.Pow: POWER}


IN_PYTHON: Mapping[str, str] = {
    "ceil": "math.ceil",
    "floor": "math.floor",
    "log": "math.log",
    "sqrt": "math.sqrt",
    **{name: name for name in ("min", "max", "abs", "round", "len", "sum", "make_divisible")},
}
"""The functions that generated code can call, and what they are called there."""


def is_printable(tree: ast.expr) -> bool:
    """Whether a tree is an expression of Python too, once its calls are spelled so."""
    nodes = list(ast.walk(tree))
    if any(isinstance(node, (ast.ListComp, ast.Slice)) for node in nodes):
        return False
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return called <= IN_PYTHON.keys()


def to_text(tree: ast.expr) -> str:
    """The text of a tree: one spelling for each, with no more parentheses than Python needs and ruff adds."""
    return _text(tree, TERNARY)


def _text(tree: ast.expr, least: int) -> str:
    level, text = _leveled(tree)
    return f"({text})" if level < least else text


def _leveled(tree: ast.expr) -> tuple[int, str]:
    match tree:
        case ast.IfExp():
            return TERNARY, f"{_text(tree.body, OR)} if {_text(tree.test, OR)} else {_text(tree.orelse, TERNARY)}"
        case ast.BoolOp():
            level, word = (OR, " or ") if isinstance(tree.op, ast.Or) else (AND, " and ")
            return level, word.join(_text(value, level + 1) for value in tree.values)
        case ast.UnaryOp(op=ast.Not()):
            return NOT, f"not {_text(tree.operand, NOT)}"
        case ast.UnaryOp():
            power = isinstance(tree.operand, ast.BinOp) and isinstance(tree.operand.op, ast.Pow)
            sign = "-" if isinstance(tree.op, ast.USub) else "+"
            return UNARY, sign + _text(tree.operand, ATOM if power else UNARY)
        case ast.Compare():
            pairs = zip(tree.ops, tree.comparators, strict=True)
            rest = (f" {COMPARISONS[type(op)]} {_text(right, SUM)}" for op, right in pairs)
            return COMPARE, _text(tree.left, SUM) + "".join(rest)
        case ast.BinOp():
            return _binary(tree)
        case ast.Constant():
            return ATOM, _string(tree.value) if isinstance(tree.value, str) else repr(tree.value)
        case ast.Name():
            return ATOM, tree.id
        case ast.List():
            return ATOM, f"[{_joined(tree.elts)}]"
        case ast.Tuple():
            return ATOM, f"({_joined(tree.elts)}{',' * (len(tree.elts) == 1)})"
        case ast.Subscript():
            inner = _slice(tree.slice) if isinstance(tree.slice, ast.Slice) else to_text(tree.slice)
            return ATOM, f"{_text(tree.value, ATOM)}[{inner}]"
        case ast.Call(func=ast.Name(id=name)):
            keywords = (f"{keyword.arg}={to_text(keyword.value)}" for keyword in tree.keywords)
            return ATOM, f"{name}({', '.join([*map(to_text, tree.args), *keywords])})"
        case ast.ListComp(generators=[loop]):
            ifs = "".join(f" if {_text(condition, OR)}" for condition in loop.ifs)
            return ATOM, f"[{to_text(tree.elt)} for {to_text(loop.target)} in {_text(loop.iter, OR)}{ifs}]"
    raise TypeError(f"no text for {ast.dump(tree)}")


def _joined(items: list[ast.expr]) -> str:
    return ", ".join(map(to_text, items))


def _binary(tree: ast.BinOp) -> tuple[int, str]:
    level, sign = _LEVELS.get(type(tree.op), TERM), SIGNS[type(tree.op)]
    if level != POWER:
        return level, f"{_text(tree.left, level)} {sign} {_text(tree.right, level + 1)}"
    space = "" if _is_atom(tree.left) and _is_hugged(tree.right) else " "
    return POWER, f"{_text(tree.left, ATOM)}{space}{sign}{space}{_text(tree.right, UNARY)}"


def _is_hugged(exponent: ast.expr) -> bool:
    """Whether `**` stands close to this exponent."""
    if isinstance(exponent, ast.BinOp):
        return isinstance(exponent.op, ast.Pow) and _is_atom(exponent.left)
    return _is_simple(exponent) and not (isinstance(exponent, ast.Constant) and isinstance(exponent.value, str))


def _is_atom(base: ast.expr) -> bool:
    return isinstance(base, ast.Name) or (isinstance(base, ast.Constant) and not isinstance(base.value, str))


def _is_simple(operand: ast.expr) -> bool:
    if isinstance(operand, ast.UnaryOp):
        return not isinstance(operand.op, ast.Not) and isinstance(operand.operand, (ast.Name, ast.Constant))
    return isinstance(operand, (ast.Name, ast.Constant))


def _slice(tree: ast.Slice) -> str:
    bounds = [tree.lower, tree.upper] + [tree.step] * (tree.step is not None)
    space = "" if all(bound is None or _is_simple(bound) for bound in bounds) else " "
    text = ""
    for place, bound in enumerate(bounds):
        if place:
            text += (space if bounds[place - 1] is not None else "") + ":" + (space if bound is not None else "")
        text += to_text(bound) if bound is not None else ""
    return text


def _string(value: str) -> str:
    """Double quotes, unless single ones save escapes."""
    body = repr('"' + value)[2:-1]  # the added quote makes repr choose single ones, so each ' is escaped
    if value.count('"') > value.count("'"):
        return f"'{body}'"
    return '"' + body.replace("\\'", "'").replace('"', '\\"') + '"'
