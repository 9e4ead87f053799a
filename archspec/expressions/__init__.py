"""The expression language: total, bounded, without side effects, and without a way to Python.

`parse` once, `evaluate` under names; `substitute` and `simplify` compute with expressions, `to_text` prints them as
Python; traced numbers remember the expression that made them; a `Template` is a name with holes.
"""

from __future__ import annotations

from archspec.expressions.errors import ExpressionError
from archspec.expressions.evaluation import evaluate
from archspec.expressions.functions import make_divisible
from archspec.expressions.parsing import Expression, parse
from archspec.expressions.printing import to_text
from archspec.expressions.simplification import simplify
from archspec.expressions.templates import Template, parse_template
from archspec.expressions.tracing import TracedFloat, TracedInt, expression_of, traced
from archspec.expressions.trees import literal, substitute
from archspec.expressions.values import Meter

__all__ = [
    "Expression",
    "ExpressionError",
    "Meter",
    "Template",
    "TracedFloat",
    "TracedInt",
    "evaluate",
    "expression_of",
    "literal",
    "make_divisible",
    "parse",
    "parse_template",
    "simplify",
    "substitute",
    "to_text",
    "traced",
]
