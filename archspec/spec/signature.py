"""The two small notations inside strings: `x[N, 3, H=224, W=224]` and `open int = 1000`."""

from __future__ import annotations

import re
from keyword import iskeyword

from archspec.records import replace
from archspec.report import Report, suggestion
from archspec.spec.fields import is_name, is_private, is_word, text_of, whole_number
from archspec.spec.model import Axis, Param, ParamType, Signature
from archspec.text.source import ListValue, MapValue, ScalarValue, Value
from archspec.text.span import Span

SIGNATURE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*\[([^\[\]]*)\]\s*(?:,|\Z)")
PARAM = re.compile(
    r"\s*(?P<open>open\s+)?(?P<kind>int|float|bool|str|block|enum\s*\[(?P<members>[^\]]*)\]"
    r"|list\s*\[\s*(?P<element>int|float|bool|str)\s*\])\s*(?:=\s*(?P<default>.*\S)\s*)?\Z",
    re.DOTALL,
)

KINDS = {bool: "bool", int: "int", float: "float"}
ALIASES = {
    "integer": "int", "number": "float", "double": "float", "boolean": "bool", "string": "str", "text": "str",
    "list": "list[int]", "tuple": "list[int]", "module": "block", "layer": "block", "op": "block",
}  # fmt: skip
"""What other languages call the types."""

TYPES = ("int", "float", "bool", "str", "block", "enum[a, b]", "list[int]")


def part(scalar: ScalarValue, start: int, end: int, text: str) -> ScalarValue:
    """A piece of a scalar's text as a scalar of its own, with its place where that is on one line."""
    shift = 1 if scalar.quoted else 0
    return ScalarValue(text, scalar.span.within(start + shift, end + shift), text, False)


def read_signatures(value: Value, what: str, report: Report) -> tuple[Signature, ...]:
    """One or several signatures, as one string or a list of strings."""
    if isinstance(value, ListValue) and all(
        isinstance(item, ScalarValue) and "[" not in item.text for item in value.items
    ):
        _refuse(value, what, report)
        return ()
    if isinstance(value, ListValue):
        return tuple(s for item in value.items for s in read_signatures(item, what, report))
    if not isinstance(value, ScalarValue) or not isinstance(value.value, str):
        _refuse(value, what, report)
        return ()
    found: list[Signature] = []
    if not value.value.strip():
        _refuse(value, what, report)
    position = 0
    while position < len(value.value):
        match = SIGNATURE.match(value.value, position)
        if match is None:
            _refuse(value, what, report)
            return ()
        signature = _signature(value, match)
        if not all(map(_is_axis, signature.axes)):
            _refuse(value, what, report)
            return ()
        found.append(signature)
        if iskeyword(signature.name) or is_private(signature.name):
            notes = ["inputs are arguments of `forward`: no keyword of Python, and no name that starts with two _"]
            report.error("E0205", f"`{signature.name}` cannot name an input", signature.span, notes=notes)
        position = match.end()
    return tuple(found)


def _is_axis(axis: Axis) -> bool:
    text = axis.text.text
    return text != "" and text.isascii() and "=" not in text and not is_word(text)


def _signature(value: ScalarValue, match: re.Match[str]) -> Signature:
    axes: list[Axis] = []
    start = match.start(2)
    for text in match.group(2).split(","):
        lead = len(text) - len(text.lstrip())
        name, _, size = map(str.strip, text.partition("="))
        end = start + len(text.rstrip())
        if is_name(name) and _is_nominal(size):
            axes.append(Axis(part(value, start + lead, end, name), part(value, end - len(size), end, size)))
        else:
            axes.append(Axis(part(value, start + lead, end, text.strip()), None))
        start += len(text) + 1
    span = part(value, match.start(1), match.end(2) + 1, "").span
    return Signature(match.group(1), tuple(axes), span)


def _is_nominal(size: str) -> bool:
    return is_name(size) or whole_number(size) is not None


def _example(value: Value, what: str) -> str:
    """A signature such as was meant: of the sizes in a list where they are sizes of an image."""
    sizes = [item.text for item in value.items if isinstance(item, ScalarValue)] if isinstance(value, ListValue) else []
    if len(sizes) in (3, 4) and None not in map(whole_number, sizes[-3:]):
        channels, height, width = sizes[-3:]
        return f"x[N, {channels}, H={height}, W={width}]"
    if sizes[:1] == ["N"] and all(map(_is_nominal, sizes)):
        return f"x[{', '.join(sizes)}]"
    return "x[N, C, H, W]" if "block" in what else "x[N, 3, H=224, W=224]"


def _refuse(value: Value, what: str, report: Report) -> None:
    report.error(
        "E0206",
        f"{what} is not a signature",
        value.span,
        notes=[f"found `{text_of(value)}`"],
        help=_help(value, what),
    )


def _help(value: Value, what: str) -> str:
    if isinstance(value, MapValue) and value.keys():
        return f'write a list of names and their axes, such as `["{value.keys()[0]}[N, C, H, W]", ...]`'
    return f"write a name and its axes, such as `{_example(value, what)}`"


def read_param(name: str, value: Value, key: Span, report: Report) -> Param | None:
    """`type = default`; a bare literal is refused with the type it would have."""
    if isinstance(value, ScalarValue) and isinstance(value.value, str):
        match = PARAM.match(value.value)
        if match is not None and all(map(_is_member, _members(match))):
            return _param(name, value, match, key)
    report.error(
        "E0207",
        f"param `{name}` needs a type",
        value.span,
        notes=[
            f"found `{text_of(value)}`",
            "types: int, float, bool, str, block, enum[a, b], list[int]; `open` before it makes a constructor argument",
        ],
        help=_declaration(value),
    )
    return None


def _declaration(value: Value) -> str | None:
    """What was probably meant by a declaration that is none."""
    if not isinstance(value, ScalarValue):
        return f"write `list[int] = {text_of(value)}`"
    if not isinstance(value.value, str):
        return f"write `{KINDS.get(type(value.value), 'int')} = {text_of(value)}`"
    kind, equals, default = (part.strip() for part in value.value.partition("="))
    first, _, rest = kind.lower().partition(" ")
    opened = "open " if rest and suggestion(first, ["open"]) else ""
    near = suggestion(rest if opened else kind.lower(), (*TYPES, *ALIASES), 0.65 if equals else 0.8)
    if near is not None:
        meant = near.split("`")[1]
        return f"write `{opened}{ALIASES.get(meant, meant)}{' = ' if equals else ''}{default}`"
    if equals:
        return None
    return f"write `block = {text_of(value)}` for an op or a block, `str = {text_of(value)}` for a word"


def _members(match: re.Match[str]) -> tuple[str, ...]:
    return tuple(member.strip() for member in (match.group("members") or "").split(",") if member.strip())


def _is_member(text: str) -> bool:
    return text[0] not in ".-" and is_name(f"_{text.replace('.', '_').replace('-', '_')}")


def _param(name: str, value: ScalarValue, match: re.Match[str], key: Span) -> Param:
    kind = match.group("kind")
    if kind.startswith("enum"):
        type_ = ParamType("enum", _members(match))
    elif kind.startswith("list"):
        type_ = ParamType("list", element=match.group("element"))
    else:
        type_ = ParamType(kind)
    default = match.group("default")
    written = None
    if default is not None:
        written = replace(part(value, match.start("default"), match.end("default"), default))
    return Param(name, type_, written, match.group("open") is not None, key)
