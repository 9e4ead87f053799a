"""What `from:` says: names, dotted names, lists of them, and expressions that choose between names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archspec.elaborate.body import BodyBuilder, Result
from archspec.elaborate.values import Env
from archspec.expressions import ExpressionError, evaluate, parse, parse_template
from archspec.report import Report, suggestion
from archspec.source import ListValue, ScalarValue, Value
from archspec.span import Span
from archspec.spec.fields import listed

PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*\Z")


@dataclass(frozen=True, slots=True)
class Source:
    """One operand as written: what it stands for, how it is called, and where it is named."""

    result: Result
    name: str
    span: Span


def read_from(value: Value, builder: BodyBuilder, env: Env, report: Report) -> list[Source] | None:
    """The operands that `from:` names. None after an error."""
    if isinstance(value, ListValue):
        parts = [read_from(item, builder, env, report) for item in value.items]
        return None if any(part is None for part in parts) else [source for part in parts if part for source in part]
    if not isinstance(value, ScalarValue) or not isinstance(value.value, str):
        report.error("E0225", "`from` takes names of nodes", value.span, help="layers are named, never numbered: give the node a name")
        return None
    text = value.value
    if "{" in text:
        try:
            text = parse_template(text).render(env.values)
        except ExpressionError as error:
            report.error("E0220", error.message, value.part(error.start, error.end), help=error.help)
            return None
    if PATH.match(text):
        return _named(text, value, builder, env, report)
    return _chosen(value, builder, env, report)


def _named(text: str, value: ScalarValue, builder: BodyBuilder, env: Env, report: Report) -> list[Source] | None:
    found = builder.lookup(text)
    if found is None:
        names = [name for name in _known(builder) if not name.startswith("#")]
        report.error("E0225", f"there is no node `{text}`", value.span, notes=[f"names here: {listed(names)}"],
                     help=suggestion(text, names))
        return None
    return [Source(found, text, value.span)]


def _known(builder: BodyBuilder) -> list[str]:
    names: list[str] = []
    current: BodyBuilder | None = builder
    while current is not None:
        names += [name for name in current.names if name not in names]
        current = current.parent
    return names


def _chosen(value: ScalarValue, builder: BodyBuilder, env: Env, report: Report) -> list[Source] | None:
    try:
        expression = parse(str(value.value))
        nodes = {}
        for name in expression.names - set(env.values):
            found = builder.lookup(name)
            if found is not None:
                nodes[name] = Source(found, name, value.span)
        chosen = evaluate(expression, {**nodes, **env.values})
    except ExpressionError as error:
        report.error("E0220", error.message, value.part(error.start, error.end), help=error.help)
        return None
    sources = chosen if isinstance(chosen, list | tuple) else [chosen]
    if not all(isinstance(source, Source) for source in sources):
        report.error("E0225", "`from` takes names of nodes", value.span, notes=["the expression gives something else"])
        return None
    return list(sources)
