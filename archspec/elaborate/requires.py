"""`require:` preconditions with a message of the author's."""

from __future__ import annotations

from archspec.elaborate.env import Env
from archspec.elaborate.values import evaluate_flag
from archspec.expressions import ExpressionError, parse_template
from archspec.lazy import lazy
from archspec.report import Report
from archspec.spec.model import Require

origins = lazy("archspec.elaborate.origins")


def check_requires(requires: tuple[Require, ...], env: Env, report: Report) -> None:
    """Report each precondition that does not hold, in its author's words."""
    for require in requires:
        option = evaluate_flag(require.condition, env, report, "if")
        if option is not None and not option.value:
            known = origins.of([require.condition], env, report)
            report.error("E0401", _message(require, env, report), require.condition.span, origins=known)


def _message(require: Require, env: Env, report: Report) -> str:
    if require.message is None:
        return "a requirement does not hold"
    try:
        return parse_template(str(require.message.value)).render(env.values)
    except ExpressionError:
        return str(require.message.value)
