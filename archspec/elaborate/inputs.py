"""What `from:` says: names, dotted names, lists of them, and expressions that choose between names."""

from __future__ import annotations

import ast
import re

from archspec.elaborate.body import BodyBuilder, Result
from archspec.elaborate.env import Env
from archspec.elaborate.paths import is_segment
from archspec.elaborate.values import evaluate_flag, render_name
from archspec.expressions import ExpressionError, parse
from archspec.records import Record
from archspec.report import Report, suggestion
from archspec.spec.fields import listed
from archspec.spec.model import CallItem, ContainerItem
from archspec.spec.settings import FEATURES
from archspec.text.source import ListValue, ScalarValue, Value
from archspec.text.span import Span

DOTTED = r"[A-Za-z_]\w*(?:\.\w+)+"


class Source(Record):
    """One operand as written: what it stands for, how it is called, and where it is named."""

    result: Result
    name: str
    span: Span


def read_from(value: Value, builder: BodyBuilder, env: Env, report: Report) -> list[Source] | None:
    """The operands that `from:` names, at least one. None after an error."""
    if isinstance(value, ListValue):
        parts = [read_from(item, builder, env, report) for item in value.items]
        known = [source for part in parts if part is not None for source in part]
        if not parts:
            report.error("E0225", "`from` names nothing", value.span, help="leave it out to read the item before")
        return None if not parts or any(part is None for part in parts) else known
    if not isinstance(value, ScalarValue) or not isinstance(value.value, str):
        found = f"found {value.text or 'nothing'}" if isinstance(value, ScalarValue) else "found a map"
        help_ = "layers are named, never numbered: give the node a name"
        report.error("E0225", "`from` takes names of nodes", value.span, notes=[found], help=help_)
        return None
    text = render_name(value, env, report)
    if text is None:
        return None
    if text[:1] != "-" and all(map(is_segment, text.split("."))):
        return _named(text, value.span, builder, report)
    return _chosen(value, text, builder, env, report)


def _named(text: str, span: Span, builder: BodyBuilder, report: Report) -> list[Source] | None:
    found = builder.placed(text) if span.file == FEATURES else builder.lookup(text)
    if found is not None:
        return [Source(found, f"`{text}`", span)]
    names = builder.visible()
    help_ = _later(text, span, builder) or suggestion(text, names)
    if help_ is None and text.isdecimal():
        help_ = "layers are named, never numbered: give the node a name"
    report.error(
        "E0225",
        f"there is no node `{text}`",
        span,
        notes=[f"{_whose(span)}: {listed(names) or 'none'}", *_reach(text, builder, span.file == FEATURES)],
        help=help_,
    )
    return None


def _later(text: str, span: Span, builder: BodyBuilder | None) -> str | None:
    """Where the item of that name stands, if that is behind the one that reads it."""
    while builder is not None:
        for item in builder.written:
            if isinstance(item, CallItem | ContainerItem) and item.name is not None and item.name.text == text:
                after = item.span.file == span.file and item.span.line > span.line
                return (
                    f"`{text}` comes on line {item.span.line}, and an item reads what stands before it"
                    if after
                    else None
                )
        builder = builder.parent
    return None


def _whose(span: Span) -> str:
    return "nodes of the network" if span.file == FEATURES else "names before this item"


def _reach(text: str, builder: BodyBuilder, placed: bool) -> list[str]:
    """Why a dotted name reaches nothing."""
    head, _, rest = text.partition(".")
    outer = builder.lookup(head) if rest else None
    if outer is None:
        return []
    if outer.names:
        return [f"outputs of `{head}`: {listed(outer.names)}"]
    if outer.inside is not None:
        return [f"names in `{head}`: {listed(outer.inside.children(placed)) or 'none'}"]
    return [f"`{head}` is a block, an op or a repeat, and only a container can be reached into"]


def _chosen(value: ScalarValue, text: str, builder: BodyBuilder, env: Env, report: Report) -> list[Source] | None:
    try:
        # A dotted name is no expression; one that is as long and has underscores is, and gives the place of it.
        tree = parse(re.sub(DOTTED, lambda match: match[0].replace(".", "_"), text)).tree
    except ExpressionError as error:
        report.error("E0220", error.message, value.part(error.start, error.end), help=error.help)
        return None
    return _read_tree(tree, value, text, builder, env, report)


def _read_tree(
    tree: ast.expr, value: ScalarValue, text: str, builder: BodyBuilder, env: Env, report: Report
) -> list[Source] | None:
    """A name reads a node, a list several; `a if condition else b` chooses by a condition on values."""
    start, end = tree.col_offset, tree.end_col_offset or len(text)
    if isinstance(tree, ast.Name):
        span = value.part(start, end) if text == value.value else value.span
        return _named(text[start:end], span, builder, report)
    if isinstance(tree, ast.List | ast.Tuple):
        parts = [_read_tree(item, value, text, builder, env, report) for item in tree.elts]
        known = [source for part in parts if part is not None for source in part]
        return known if known and all(part is not None for part in parts) else None
    if isinstance(tree, ast.IfExp):
        test = text[tree.test.col_offset : tree.test.end_col_offset]
        place = value.part(tree.test.col_offset, tree.test.end_col_offset or len(text))
        condition = evaluate_flag(ScalarValue(test, place, test, False), env, report, "if")
        if condition is None:
            return None
        return _read_tree(tree.body if condition.value else tree.orelse, value, text, builder, env, report)
    report.error(
        "E0225",
        "`from` takes names of nodes",
        value.part(start, end),
        notes=["expected a name, a list of names, or `a if condition else b`"],
        help="layers are named, never numbered: give the node a name" if isinstance(tree, ast.UnaryOp) else None,
    )
    return None
