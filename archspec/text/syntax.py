"""What a YAML parser's complaint means for the person who wrote the spec."""

from __future__ import annotations

import re

from archspec.diagnostics import Diagnostic, Label
from archspec.records import Record
from archspec.text.lines import Text, brief

MAX_KEY = 1024
"""YAML's own bound on a key without a `?` before it."""


class Problem(Record):
    """A parser's complaint: what it was doing since `context_at`, and what it met at offset `at`."""

    context: str
    context_at: int | None
    problem: str
    at: int


def explain(problem: Problem, source: Text) -> Diagnostic:
    """The diagnostic for a complaint. It is told from the text at the place, since parsers word it differently."""
    for rule in (
        _unclosed_quote,
        _directive,
        _tag,
        _anchor,
        _escape,
        _reserved,
        _block_text,
        _flow,
        _second_colon,
        _missing_space,
        _misplaced,
    ):
        found = rule(problem, source)
        if found is not None:
            return found
    return _at(source, problem.at, "E0120", "this is not YAML", note=f"the parser says: {problem.problem}")


def _at(
    source: Text,
    at: int,
    code: str,
    title: str,
    *,
    label: str = "",
    note: str = "",
    help: str | None = None,
    labels: tuple[Label, ...] = (),
    width: int = 1,
) -> Diagnostic:
    return Diagnostic(code, title, source.span(at, at + width), label, labels, (note,) if note else (), help)


def _unclosed_quote(problem: Problem, source: Text) -> Diagnostic | None:
    if "quoted scalar" not in problem.context or problem.context_at is None or "end of stream" not in problem.problem:
        return None
    return _at(
        source,
        problem.context_at,
        "E0117",
        "a quote is not closed",
        label="opened here",
        note="expected the same quote again, found the end of the file",
        help="close the quote",
    )


def _directive(problem: Problem, source: Text) -> Diagnostic | None:
    start = source.line_start(problem.at)
    return directive(source, start) if source.content[start : start + 1] == "%" else None


def directive(source: Text, start: int) -> Diagnostic:
    """A line such as `%YAML 1.2`, at offset `start`."""
    return _at(
        source,
        start,
        "E0110",
        "YAML directives are not part of the language",
        help="delete this line",
        width=len(source.line_at(start)),
    )


def _tag(problem: Problem, source: Text) -> Diagnostic | None:
    at = _context_or_place(problem)
    if source.content[at : at + 1] != "!" or ("tag" not in problem.context and "tag" not in problem.problem):
        return None
    return tag(source, at, at + 1)


def tag(source: Text, start: int, end: int) -> Diagnostic:
    """A tag (`!!python/object`) between two offsets."""
    return Diagnostic(
        "E0107",
        "YAML tags are not part of the language",
        source.span(start, end),
        "a tag",
        notes=("a spec holds plain values; their types come from the fields they stand in",),
        help="delete the tag, or quote the value if it starts with `!`",
    )


def _anchor(problem: Problem, source: Text) -> Diagnostic | None:
    at = _context_or_place(problem)
    sign = source.content[at : at + 1]
    if sign not in ("&", "*") or not re.search("anchor|alias", problem.context):
        return None
    return _at(
        source,
        at,
        "E0108",
        f"`{sign}` starts an {'alias' if sign == '*' else 'anchor'} in YAML",
        help="quote the value",
    )


def _escape(problem: Problem, source: Text) -> Diagnostic | None:
    if "escape" not in problem.problem and "hexadecimal" not in problem.problem and "hexdecimal" not in problem.problem:
        return None
    at = max(source.content.rfind("\\", 0, problem.at + 1), 0)
    return _at(
        source,
        at,
        "E0121",
        "an escape that YAML does not have",
        width=2,
        note='expected one of \\n \\t \\\\ \\" \\xNN \\uNNNN in double quotes',
        help="double the backslash, or use single quotes",
    )


def _reserved(problem: Problem, source: Text) -> Diagnostic | None:
    character = source.content[problem.at : problem.at + 1]
    if "cannot start any token" not in problem.problem:
        return None
    return _at(
        source,
        problem.at,
        "E0122",
        f"a value cannot start with `{character}`",
        note=f"YAML keeps `{character}` for itself",
        help="quote the value",
    )


def _block_text(problem: Problem, source: Text) -> Diagnostic | None:
    if "block scalar" not in problem.context or problem.context_at is None:
        return None
    character = source.content[problem.context_at : problem.context_at + 1]
    return _at(
        source,
        problem.context_at,
        "E0122",
        f"`{character}` starts a block of text in YAML",
        note="expected the end of the line after it",
        help="quote the value, or start the text on the next line",
    )


def _flow(problem: Problem, source: Text) -> Diagnostic | None:
    at, met = problem.at, source.content[problem.at : problem.at + 1]
    if "flow node" in problem.context or (met in ",]}" and "node content" in problem.problem and met):
        if not met:
            return _at(source, at, "E0123", "the file ends where a value is expected", help="write the value")
        return _at(
            source, at, "E0123", f"a value is missing before `{met}`", help=f"write the value, or delete `{met}`"
        )
    if "flow" not in problem.context or problem.context_at is None:
        return None
    opener = source.content[problem.context_at : problem.context_at + 1]
    closer = "]" if opener == "[" else "}"
    if source.line_start(at) == source.line_start(problem.context_at) and source.content[at:].strip():
        return _at(
            source,
            at,
            "E0123",
            f"expected `,` or `{closer}`",
            label=f"found `{met}`",
            labels=(Label(source.span(problem.context_at, problem.context_at + 1), "opened here"),),
            help="put a comma before the key, or quote the value"
            if met == ":" and opener == "{"
            else f"close the `{opener}`, or quote the value",
        )
    return _at(
        source,
        problem.context_at,
        "E0116",
        f"`{opener}` is not closed",
        label="opened here",
        note=f"expected `{closer}`",
        help=f"add `{closer}` where it ends",
    )


def _second_colon(problem: Problem, source: Text) -> Diagnostic | None:
    if "mapping values are not allowed" not in problem.problem:
        return None
    start = source.line_start(problem.at)
    if ": " in source.content[start : problem.at]:
        return _at(
            source,
            problem.at,
            "E0124",
            "a second `:` on one line",
            label="this one",
            note="expected one `key: value`",
            help="quote the value, or write a map: `key: {inner: value}`",
        )
    if problem.at - start > MAX_KEY:
        return _at(
            source,
            start,
            "E0113",
            "a key is too long",
            width=problem.at - start,
            note=f"expected at most {MAX_KEY} characters, found {problem.at - start}",
            help="write a shorter name",
        )
    return _previous_line(problem.at, source) or _at(
        source,
        start + _indent(source.line_at(problem.at)),
        "E0118",
        "this line is indented too far",
        note="the line above already has a value",
        help="align it with the keys it belongs to",
        width=max(1, problem.at - start - _indent(source.line_at(problem.at))),
    )


def _missing_space(problem: Problem, source: Text) -> Diagnostic | None:
    if "expected ':'" not in problem.problem or problem.context_at is None:
        return None
    return stray_line(source, problem.context_at)


def stray_line(source: Text, at: int) -> Diagnostic:
    """A line that is neither `key: value` nor `- item`."""
    line = source.line_at(at)
    text = line.strip()
    start = source.line_start(at) + _indent(line)
    match = re.match(r"(?:- )?([\w.-]+):(\S.*)", text)
    if match:
        return _at(
            source,
            start,
            "E0119",
            "a space is missing after `:`",
            width=len(text),
            note=f"expected `key: value`, found `{brief(text)}`",
            help=f"write `{brief(match[1])}: {brief(match[2])}`",
        )
    return _at(
        source,
        start,
        "E0118",
        "this line is neither `key: value` nor `- item`",
        width=len(text),
        help="write `key: value`, or join it with the line above",
    )


def _previous_line(at: int, source: Text) -> Diagnostic | None:
    """The line above as the culprit, where it lacks its colon."""
    above = source.content[: source.line_start(at)].rstrip()
    line = source.line_at(len(above)) if above else ""
    if not above or re.search(r":(\s|$)", line) or line.lstrip().startswith(("#", "- ")):
        return None
    return stray_line(source, len(above))


def _misplaced(problem: Problem, source: Text) -> Diagnostic | None:
    rest = source.content[problem.at :]
    line_start = source.line_start(problem.at)
    before = source.content[line_start : problem.at].strip()
    if rest[:1] in ("]", "}"):
        return _at(source, problem.at, "E0116", f"`{rest[0]}` closes nothing", help=f"delete `{rest[0]}`")
    if "sequence entries are not allowed" in problem.problem:
        return _at(
            source,
            problem.at,
            "E0118",
            "a list item cannot start here",
            help="start the list on a line of its own, or write `[item, item]`",
        )
    if before.endswith(("'", '"')):
        return _at(
            source,
            problem.at,
            "E0125",
            "text after a closing quote",
            label="not expected",
            help="quote the whole value, or write quotes inside it twice",
        )
    if problem.context_at is None or "expected" not in problem.problem or before.strip("- "):
        return None
    if rest.startswith(":"):
        return _at(source, problem.at, "E0113", "a key is missing before `:`", help="write a name before it")
    kind, other, wrong = ("map", "key", "list item") if "mapping" in problem.context else ("list", "item", "key")
    labels = (Label(source.span(problem.context_at, problem.context_at + 1), f"the {kind} starts here"),)
    expected, found = (source.span(at, at).column for at in (problem.context_at, problem.at))
    if expected == found:
        return _at(
            source,
            problem.at,
            "E0118",
            f"a {wrong} among the {other}s of a {kind}",
            labels=labels,
            help="a map has keys only, a list has `- ` items only: indent it, or write it as its neighbours",
        )
    columns = " or ".join(map(str, _open_columns(source, problem.at)))
    return _at(
        source,
        problem.at,
        "E0118",
        "this does not line up with what stands above it",
        note=f"expected column {columns}, found column {found}",
        help="align it with the lines that it belongs to",
    )


def _open_columns(source: Text, at: int) -> list[int]:
    """The columns at which the lines above start, from the nearest outwards, each left of the one before."""
    columns: list[int] = []
    for line in reversed(source.content[: source.line_start(at)].split("\n")):
        column = _indent(line) + 1
        if line.strip() and not line.lstrip().startswith("#") and (not columns or column < columns[-1]):
            columns.append(column)
    return columns


def _context_or_place(problem: Problem) -> int:
    return problem.at if problem.context_at is None else problem.context_at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
