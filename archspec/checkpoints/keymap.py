"""Key maps: a YAML map from a checkpoint's keys to a network's, with holes: `_blocks.{i}.{rest}: blocks.{i}.{rest}`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from archspec.checkpoints.fit import Named
from archspec.expressions import ExpressionError, Template, parse_template
from archspec.records import Record
from archspec.report import Report
from archspec.text.lines import normalise
from archspec.text.source import MapValue, ScalarValue, parse
from archspec.text.span import Span

WHOLE = "rest"
"""The hole that takes several names, `conv.weight`; any other takes one, between two dots."""

MOST_HOLES = 3
"""Holes between two dots, so that matching a key is no worse than quadratic in its length."""

MOST_KEY = 1000
"""Characters of a key that rules are tried on."""


class Rule(Record):
    """Keys like `pattern` are called as `target` says."""

    pattern: re.Pattern[str]
    target: Template
    span: Span


def read_key_map(text: bytes, name: str, report: Report) -> tuple[Rule, ...]:
    """The rules of a key map; SpecError with every mistake in it."""
    tree, found = parse(text, name)
    report.texts[name] = normalise(text.decode("utf-8", errors="replace"))
    report.take(found)
    if tree is not None and not isinstance(tree, MapValue):
        report.error("E0405", "a key map is a map", tree.span, help="write `checkpoint.key: network.key`, a line each")
    rules = [_rule(entry.key, entry.value, report) for entry in tree.entries] if isinstance(tree, MapValue) else []
    report.stop_if_failed()
    return tuple(rule for rule in rules if rule is not None)


def _rule(key: ScalarValue, value: object, report: Report) -> Rule | None:
    if not isinstance(value, ScalarValue) or not isinstance(value.value, str):
        span = getattr(value, "span", key.span)
        report.error("E0405", "a key goes to a key", span, help="write `checkpoint.key: network.key`")
        return None
    sides: list[Template] = []
    for side in (key, value):
        try:
            sides.append(parse_template(side.text))
        except ExpressionError as error:
            report.error("E0405", f"in a key: {error.message}", side.part(error.start, error.end))
    if len(sides) < 2:
        return None
    holes = [part if isinstance(part, str) else part.text for part in sides[0].parts]
    named = [part.text for part in sides[0].parts if not isinstance(part, str)]
    if not all(name.isidentifier() for name in named) or len(set(named)) < len(named):
        report.error("E0405", "the holes of a checkpoint's key are names, each once", key.span, help="write `{i}`")
        return None
    if unknown := sorted(sides[1].names - set(named)):
        report.error(
            "E0405",
            f"`{unknown[0]}` is no hole of the checkpoint's key",
            value.span,
            notes=[f"it has {', '.join(f'`{name}`' for name in named) or 'none'}"],
        )
        return None
    pattern = "".join(
        re.escape(hole) if isinstance(part, str) else f"(?P<{hole}>{'.+' if hole == WHOLE else '[^.]+'})"
        for part, hole in zip(sides[0].parts, holes, strict=True)
    )
    parts = [_part(part) for part in pattern.split(r"\.")]
    if max(part.count("(?P<") for part in parts) > MOST_HOLES:
        report.error("E0405", f"more than {MOST_HOLES} holes between two dots of a key", key.span)
        return None
    return Rule(re.compile(r"\.".join(parts)), sides[1], key.span)


def _part(pattern: str) -> str:
    """What stands between two dots, as a group that is never tried again: else a crafted key takes for ever."""
    return pattern if f"(?P<{WHOLE}>" in pattern else rf"(?>{pattern}(?=\.|\Z))"


def renamed(names: Iterable[Named], rules: tuple[Rule, ...], report: Report) -> dict[str, str]:
    """Each key of a checkpoint under the name that the first rule for it gives; keys without a rule keep theirs.

    SpecError where two keys come to have one name.
    """
    given: dict[str, str] = {}
    for one in names:
        new = one.key
        for rule in rules:
            if len(one.key) <= MOST_KEY and (match := rule.pattern.fullmatch(one.key)):
                try:
                    new = rule.target.render({k: int(v) if v.isdecimal() else v for k, v in match.groupdict().items()})
                except ExpressionError as error:
                    report.error("E0405", f"for `{one.key}`: {error.message}", rule.span)
                if new in given:
                    report.error("E0405", f"`{one.key}` and `{given[new]}` both become `{new}`", rule.span)
                break
        given[new] = one.key
    report.stop_if_failed()
    return given
