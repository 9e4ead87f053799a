"""The text of a spec: strict YAML into a tree of values that know their spans. The only importer of yaml.

The text is consumed as events with an explicit stack: nothing is constructed, resolved, expanded or recursed into by
the YAML library, so tags, aliases and merge keys are never more than events to refuse.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import yaml

from archspec.diagnostics import Diagnostic, Label, in_order
from archspec.lazy import lazy
from archspec.records import Record, field
from archspec.text.flow import (
    Masked,
    comprehension,
    expression_around,
    has_open_bracket,
    opening_bracket,
    quote_help,
    start_of_scalar,
    unmask,
)
from archspec.text.keys import refusal, without_value
from archspec.text.lines import Text, brief, decode, describe, invisible_in
from archspec.text.scalars import Plain, Refusal, resolve
from archspec.text.span import Span
from archspec.text.values import Entry, ListValue, MapValue, ScalarValue, Value, plain

if TYPE_CHECKING:
    from archspec.text.syntax import Problem

syntax = lazy("archspec.text.syntax")

__all__ = ["Entry", "ListValue", "MapValue", "ScalarValue", "Value", "parse", "plain"]

MAX_DEPTH = 64
MAX_VALUES = 50_000
MAX_DIAGNOSTICS = 50
MAX_REPAIRS = 20


def parse(text: str | bytes, name: str, most: int = MAX_VALUES) -> tuple[Value | None, tuple[Diagnostic, ...]]:
    """The value tree of a spec's text and everything that is wrong with it; no tree where the text cannot be read.

    At most `most` values are read, all readings of a text that needs repairs taken together.

    Never raises on any input. An expression that YAML takes apart (`{out: widths[0]}`) is reported, put together
    again and read on, so one mistake does not hide the next.
    """
    source, errors = decode(text, name)
    if source is None:
        return None, errors
    masked = Masked(source.content)
    repairs: list[Diagnostic] = []
    read = 0
    while True:
        reader = _Reader(source, masked, most)
        value = reader.read()
        read += reader.values
        if reader.repair is None or len(repairs) == MAX_REPAIRS or read > most:
            break
        repairs.append(reader.repair[1])
        masked = masked.with_region(*reader.repair[0])
    found = in_order([*repairs, *reader.diagnostics])
    return value, found[:MAX_DIAGNOSTICS]


_Parser: Any = getattr(yaml, "CLoader", yaml.Loader)
"""As a source of events the C parser is as safe as the Python one (its crash on deep nesting is in composing) and 18
times faster."""


class _Repair(Exception):
    """An expression that YAML has taken apart between two offsets of the text."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__()
        self.start, self.end = start, end


class _Stop(Exception):
    """Nothing after this point can be read."""


class _Frame(Record, frozen=False):
    """A collection that is being read; a map alternates keys and values, and drops a value whose key was refused."""

    kind: Literal["list", "map", "document"]
    start: int
    flow: bool
    end: int
    items: list[Value] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    keys: dict[str, ScalarValue] = field(default_factory=dict)
    key: ScalarValue | None = None
    wants_key: bool = True


class _Reader:
    """One pass over the events of a text: the value tree, the diagnostics, and the first expression to repair."""

    def __init__(self, source: Text, masked: Masked, most: int) -> None:
        self.source, self.masked, self.most = source, masked, most
        self.diagnostics: list[Diagnostic] = []
        self.repair: tuple[tuple[int, int], Diagnostic] | None = None
        self.root: Value | None = None
        self.stack = [_Frame("document", 0, False, 0)]
        self.anchors: dict[str, Span] = {}
        self.values = 0
        self.unclosed = 0
        self.document: Span | None = None

    def read(self) -> Value | None:
        """The root value; None where the text has none or cannot be read to its end."""
        try:
            for event in yaml.parse(self.masked.text, _Parser):
                self._take(event)
        except _Repair as region:
            self._note_repair(region.start, region.end)
            return None
        except _Stop:
            return None
        except yaml.MarkedYAMLError as error:
            self._syntax_error(error)
            return None
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            self._report("E0120", "this is not YAML", 0, 0, notes=(str(error).splitlines()[0],))
            return None
        if self.root is None and not self.diagnostics:
            self._report(
                "E0104",
                "the file is empty",
                0,
                0,
                notes=("expected a map of fields, found nothing",),
                help="start with `archspec: 1` and `name:`",
            )
        return self.root

    def _report(self, code: str, title: str, start: int, end: int, label: str = "", **more: Any) -> None:
        self.diagnostics.append(Diagnostic(code, title, self.source.span(start, end), label, **more))

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._count(event)
            self._tag_and_anchor(event)
            self._scalar(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._count(event)
            self._tag_and_anchor(event)
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _start_document(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if self.document is not None:
            self._report(
                "E0111",
                "a second document",
                start,
                end,
                "starts here",
                labels=(Label(self.document, "the first document"),),
                notes=("expected one document in a file",),
                help="put it into a file of its own",
            )
            raise _Stop
        self.document = self.source.span(start, end)
        before = self.source.content[:end]
        for match in re.finditer("^%", before, re.MULTILINE) if "%" in before else ():
            self.diagnostics.append(syntax.directive(self.source, match.start()))

    def _count(self, event: Any) -> None:
        self.values += 1
        start, end = event.start_mark.index, event.end_mark.index
        if len(self.stack) > MAX_DEPTH:
            self._report(
                "E0105",
                "nested too deeply",
                start,
                end,
                notes=(f"expected at most {MAX_DEPTH} levels",),
                help="move inner parts into blocks",
            )
            raise _Stop
        if self.values > self.most:
            self._report(
                "E0105",
                "too many values",
                start,
                end,
                notes=(f"expected at most {MAX_VALUES} values in a file and those that it reads",),
                help="state repetition with `repeat` or `each`",
            )
            raise _Stop

    def _tag_and_anchor(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.tag is not None:
            found = re.compile(r"!\S*").search(self.source.content, start, max(end, start + 1) + 200)
            self.diagnostics.append(syntax.tag(self.source, *(found.span() if found else (start, end))))
        if event.anchor is not None:
            at = max(self.source.content.find(f"&{event.anchor}", start), start)
            self._report(
                "E0108",
                "YAML anchors are not part of the language",
                at,
                at + len(event.anchor) + 1,
                "an anchor",
                notes=("expected every value where it is used",),
                help="use a param, a block or `each`; quote the value if it starts with `&`",
            )
            self.anchors[event.anchor] = self.diagnostics[-1].span or self.source.span(at, at)

    def _alias(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        anchor = self.anchors.get(event.anchor)
        labels = () if anchor is None else (Label(anchor, "the anchor"),)
        text = self.source.content[start:end]
        self._report(
            "E0108",
            f"`{brief(text)}` is an alias in YAML",
            start,
            end,
            "an alias",
            labels=labels,
            notes=("YAML aliases are not part of the language",),
            help="write the value out, or use a param"
            if labels
            else f"a param is written by its name alone: `{brief(text[1:])}`; else {quote_help(text)}",
        )
        self._add(ScalarValue(text, self.source.span(start, end), text, False), start, end)

    def _scalar(self, event: Any) -> None:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in ("|", ">"):
            end = self.source.trimmed(start, end)
        raw, quoted = event.value, bool(event.style)
        if not quoted:
            self._guard_expression(raw, start, end)
        text = raw if quoted else unmask(raw)  # in quotes nothing is masked, and a mark would be the spec's own
        span = self.source.span(start, end)
        self._invisible(text, quoted, span)
        is_key = self.stack[-1].kind == "map" and self.stack[-1].wants_key
        value = text if quoted or is_key or raw != text else self._resolve(text, span)
        self._add(ScalarValue(value, span, text, quoted), start, end)

    def _guard_expression(self, raw: str, start: int, end: int) -> None:
        frame = self.stack[-1]
        if not frame.flow or self.unclosed == MAX_REPAIRS or not has_open_bracket(raw):
            return
        region = expression_around(self.source.content, start, end - 1)
        if region is not None:
            raise _Repair(*region)
        self.unclosed += 1

    def _invisible(self, text: str, quoted: bool, span: Span) -> None:
        character = invisible_in(text) if not quoted else invisible_in(text.replace("\u00a0", "").replace("\n", ""))
        if character is not None:
            self.diagnostics.append(
                Diagnostic(
                    "E0103",
                    f"the character {describe(character)} is not allowed here",
                    span,
                    "in this value",
                    notes=("it looks like another character, or like nothing",),
                    help="replace it",
                )
            )

    def _resolve(self, text: str, span: Span) -> Plain:
        value = resolve(text)
        if not isinstance(value, Refusal):
            return value
        self.diagnostics.append(Diagnostic("E0114", value.title, span, notes=(value.note,), help=value.help))
        return text

    def _open(self, event: Any) -> None:
        kind: Literal["list", "map"] = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
        start, end = event.start_mark.index, event.end_mark.index
        self.stack.append(_Frame(kind, start, bool(event.flow_style), end))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        end = event.end_mark.index if frame.flow else frame.end
        self._guard_collection(frame, frame.start, end)
        span = self.source.span(frame.start, end)
        value = ListValue(tuple(frame.items), span) if frame.kind == "list" else MapValue(tuple(frame.entries), span)
        self._add(value, frame.start, end)

    def _guard_collection(self, frame: _Frame, start: int, end: int) -> None:
        """`[j for j in range(d)]`, and a map or list that is a piece of a name: `{2*s}: 1`."""
        if not frame.flow:
            return
        item = frame.items[0] if len(frame.items) == 1 else None
        if isinstance(item, ScalarValue) and not item.quoted and comprehension(item.text):
            raise _Repair(start, end)
        parent = self.stack[-1]
        if parent.kind == "map" and parent.wants_key and self._is_placeholder(start, end):
            raise _Repair(*(expression_around(self.source.content, start, end - 1) or (start, end)))

    def _is_placeholder(self, start: int, end: int) -> bool:
        text = self.source.content[start:end]
        return "\n" not in text and ":" not in text and text.startswith("{")

    def _add(self, value: Value, start: int, end: int) -> None:
        frame = self.stack[-1]
        frame.end = max(frame.end, end)
        if frame.kind == "document":
            self.root = value
        elif frame.kind == "list":
            frame.items.append(value)
        elif frame.wants_key:
            frame.key, frame.wants_key = self._key(frame, value), False
        else:
            self._implicit(frame, value, start)
            if frame.key is not None:
                frame.entries.append(Entry(frame.key, value))
            frame.wants_key = True

    def _key(self, frame: _Frame, value: Value) -> ScalarValue | None:
        """The key, or None where it is refused."""
        refused = refusal(value, frame.keys)
        if refused is not None:
            self.diagnostics.append(refused)
        return value if isinstance(value, ScalarValue) and refused is None else None

    def _implicit(self, frame: _Frame, value: Value, start: int) -> None:
        """A key of a flow map without `: value`."""
        key = frame.key
        if key is None or not frame.flow or not isinstance(value, ScalarValue) or value.quoted or value.text:
            return
        content = self.source.content
        line = key.span
        offset = self.source.starts[line.end_line - 1] + line.end_column - 1
        if content[offset:].lstrip(" \n").startswith(":"):
            return
        match = re.fullmatch(r"([\w.-]+):(\S.*)", key.text)
        if match and not key.quoted:
            self._report(
                "E0119",
                "a space is missing after `:`",
                offset - len(key.text),
                offset,
                notes=(f"expected `key: value`, found `{brief(key.text)}`",),
                help=f"write `{brief(match[1])}: {brief(match[2])}`",
            )
        else:
            self.diagnostics.append(without_value(key))

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> None:
        content = self.source.content
        at = min(error.problem_mark.index, len(content)) if error.problem_mark else 0
        context_at = error.context_mark.index if error.context_mark else None
        problem = syntax.Problem(error.context or "", context_at, error.problem or "", at)
        region = self._cut_expression(problem)
        if region is not None:
            self._note_repair(*region)
        else:
            self.diagnostics.append(syntax.explain(problem, self.source))

    def _cut_expression(self, problem: Problem) -> tuple[int, int] | None:
        """The expression that the parser has choked on: `widths[0]` in a flow map, or `{i}_conv` anywhere."""
        content, at = self.source.content, problem.at
        before, here = content[at - 1 : at], content[at : at + 1]
        if here in ("[", "{") and "flow" in problem.context and (before.isalnum() or (before and before in "_)]}'\"")):
            return expression_around(content, start_of_scalar(content, at), at)
        if before in ("]", "}") and (here.isalnum() or (here and here in "_.[{")):
            start = opening_bracket(content, at - 1)
            return None if start is None else expression_around(content, start, at)
        return None

    def _note_repair(self, start: int, end: int) -> None:
        text = self.source.content[start:end]
        self.repair = (
            (start, end),
            Diagnostic(
                "E0115",
                f"YAML takes `{brief(text)}` apart",
                self.source.span(start, end),
                "this expression",
                notes=("the characters `,[]{}` belong to YAML where a value starts and inside `{}` and `[]`",),
                help=quote_help(text),
            ),
        )
