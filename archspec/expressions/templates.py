"""Names with holes: `layer{s+1}`, `features.{2*s}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from archspec.expressions.errors import ExpressionError
from archspec.expressions.evaluation import evaluate
from archspec.expressions.parsing import Expression, parse
from archspec.expressions.values import Meter, is_integer, kind
from archspec.records import Record

MOST_NAME_STEPS = 100  # of a hole: a repeat has up to 100,000 units, and each is named whenever units are listed


class Template(Record):
    """A text whose holes are expressions; `names` are the free names of all of them. Without holes it is constant."""

    text: str
    parts: tuple[str | Expression, ...]
    names: frozenset[str]

    def render(self, names: Mapping[str, Any]) -> str:
        """The text with each hole filled by an integer or a string. Offsets of errors count in the whole template."""
        return "".join(self._filled(names))

    def _filled(self, names: Mapping[str, Any]) -> Iterator[str]:
        place = 0
        for part in self.parts:
            if isinstance(part, str):
                yield part
                place += len(part)
                continue
            with _shifted(place + 1):
                value = evaluate(part, names, Meter(MOST_NAME_STEPS))
            end = place + len(part.text) + 2
            if not is_integer(value) and not isinstance(value, str):
                raise ExpressionError(f"a name is made of integers and strings, found {kind(value)}", place, end)
            yield str(value)
            place = end


@contextmanager
def _shifted(offset: int) -> Iterator[None]:
    """Errors raised inside get offsets into the whole template."""
    try:
        yield
    except ExpressionError as error:
        error.start += offset
        error.end += offset
        raise


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """The template of a text; ExpressionError for a brace without its partner, or a hole that is no expression."""
    parts: list[str | Expression] = []
    place = 0
    while place < len(text):
        opening = text.find("{", place)
        fixed = text[place : opening if opening >= 0 else len(text)]
        if (stray := fixed.find("}")) >= 0:
            raise ExpressionError("`}` without `{`", place + stray, place + stray + 1)
        if fixed:
            parts.append(fixed)
        if opening < 0:
            break
        closing = text.find("}", opening)
        if closing < 0:
            raise ExpressionError("`{` without `}`", opening, len(text))
        with _shifted(opening + 1):
            parts.append(parse(text[opening + 1 : closing]))
        place = closing + 1
    names = frozenset[str]().union(*(part.names for part in parts if isinstance(part, Expression)))
    return Template(text, tuple(parts), names)
