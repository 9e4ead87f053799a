"""The strict reader: what each trap of YAML is answered with, and that no input gets the better of it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.diagnostics import Diagnostic
from archspec.text import source
from archspec.text.lines import normalise
from archspec.text.source import ListValue, MapValue, ScalarValue, Value, parse, plain
from archspec.text.span import Span

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.yaml"))

PARSERS = [yaml.Loader, *([yaml.CLoader] if hasattr(yaml, "CLoader") else [])]


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type:
    """Both parsers answer alike, so a machine without libyaml gives the same errors."""
    monkeypatch.setattr(source, "_Parser", request.param)
    return request.param


def value_of(text: str) -> object:
    tree, diagnostics = parse(text, "f.yaml")
    assert diagnostics == ()
    assert tree is not None
    return plain(tree)


def codes_and_places(text: str | bytes) -> list[tuple[str, int, int]]:
    _, diagnostics = parse(text, "f.yaml")
    return [(d.code, d.span.line, d.span.column) for d in diagnostics if d.span]


ACCEPTED = {
    "eps: 1e-5": {"eps": 1e-5},
    "eps: 1e5": {"eps": 1e5},
    "eps: .5": {"eps": 0.5},
    "classes: 1000.0": {"classes": 1000.0},
    'width: "64"': {"width": "64"},
    "width: true": {"width": True},
    "n: [null, -1, 0, 999999999999999999]": {"n": [None, -1, 0, 999_999_999_999_999_999]},
    "num_classes: open int = 1000": {"num_classes": "open int = 1000"},
    "input: x[N, 3, H=224, W=224]": {"input": "x[N, 3, H=224, W=224]"},
    "stride_on: enum[conv1, conv2] = conv2": {"stride_on": "enum[conv1, conv2] = conv2"},
    "{stride: stride if a == b else 1, out: 4*width, op: $shortcut}": {
        "stride": "stride if a == b else 1",
        "out": "4*width",
        "op": "$shortcut",
    },
    "[N, 4*width, ceil(H/stride), ceil(W/stride)]": ["N", "4*width", "ceil(H/stride)", "ceil(W/stride)"],
    "out: max(1, C//4)": {"out": "max(1, C//4)"},
    "from: y": {"from": "y"},
    "shortcut: none": {"shortcut": "none"},
    "layer{s+1}: {op: relu}": {"layer{s+1}": {"op": "relu"}},
    "0: {op: relu}\n10: {op: relu}": {"0": {"op": "relu"}, "10": {"op": "relu"}},
    "block1-0: 1": {"block1-0": 1},
    "yes: 1\non: 2": {"yes": 1, "on": 2},
    '"true": 1': {"true": 1},
    "doc: |\n  two\n  lines\nname: a": {"doc": "two\nlines\n", "name": "a"},
    "\ufeffname: a\r\nwidth: 1\r\n": {"name": "a", "width": 1},
    "---\nname: a\n...\n": {"name": "a"},
    "a:\nb: 1": {"a": None, "b": 1},
    "date: 2015-12-10": {"date": "2015-12-10"},
    "doc: \u201cquotes\u201d and \u00d7, caf\u00e9, \u5c42": {
        "doc": "\u201cquotes\u201d and \u00d7, caf\u00e9, \u5c42"
    },
    "doc: 'no-break\u00a0space'": {"doc": "no-break\u00a0space"},
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_plain_values_mean_what_they_say(text: str, parser: type) -> None:
    assert value_of(text) == ACCEPTED[text]


REFUSED = {
    # numbers and booleans
    "shortcut: no": [("E0114", 1, 11)],
    "bias: off": [("E0114", 1, 7)],
    "bias: True": [("E0114", 1, 7)],
    "x: ~": [("E0114", 1, 4)],
    "kernel: 3:3": [("E0114", 1, 9)],
    "width: 064": [("E0114", 1, 8)],
    "width: 0x40": [("E0114", 1, 8)],
    "width: +64": [("E0114", 1, 8)],
    "width: 1_024": [("E0114", 1, 8)],
    "width: 1,024": [("E0114", 1, 8)],
    "eps: .nan": [("E0114", 1, 6)],
    "eps: -.inf": [("E0114", 1, 6)],
    "eps: 1e999": [("E0114", 1, 6)],
    "width: 12345678901234567890": [("E0114", 1, 8)],
    "width: -1234567890123456789": [("E0114", 1, 8)],
    # what YAML adds to data
    "!!python/object/apply:os.system [ls]": [("E0107", 1, 1)],
    'width: !!int "64"': [("E0107", 1, 8)],
    "width: !x 64": [("E0107", 1, 8)],
    "width: !a!b 64": [("E0107", 1, 8)],
    "a: &x 1\nb: *x": [("E0108", 1, 4), ("E0108", 2, 4)],
    "a: &x [*x]": [("E0108", 1, 4), ("E0108", 1, 8)],
    "a: *width": [("E0108", 1, 4)],
    "a: & b": [("E0108", 1, 4)],
    "a: {x: 1}\nb:\n  <<: {y: 2}": [("E0109", 3, 3)],
    "%YAML 1.2\n---\na: 1": [("E0110", 1, 1)],
    "%TAG ! tag:x,2000:\n---\na: 1": [("E0110", 1, 1)],
    "a: 1\n---\nb: 2": [("E0111", 2, 1)],
    "# note\na: 1\n...\n---\nb: 2": [("E0111", 4, 1)],
    # keys
    "stride: 1\nout: 2\nstride: 3": [("E0112", 3, 1)],
    "{a: 1, a: 2}": [("E0112", 1, 8)],
    '0: a\n"0": b': [("E0112", 2, 1)],
    "true: 1": [("E0113", 1, 1)],
    "1.5: 1": [("E0113", 1, 1)],
    "-1: 1": [("E0113", 1, 1)],
    "012: 1": [("E0113", 1, 1)],
    "~: 1": [("E0113", 1, 1)],
    "[a]: 1": [("E0113", 1, 1)],
    "a: 1\n: 2": [("E0113", 2, 1)],
    # expressions that flow notation takes apart
    "{out: max(1, C//4)}": [("E0115", 1, 7)],
    "{out: widths[0]}": [("E0115", 1, 7)],
    "{names: layer{i}}": [("E0115", 1, 9)],
    "{op: enum[a, b]}": [("E0115", 1, 6)],
    "{op: enum[a, b] = b}": [("E0115", 1, 6)],
    "{2*s}: 1": [("E0115", 1, 1)],
    "- {i}_conv: 1": [("E0115", 1, 3)],
    "d: [j for j in range(d)]": [("E0115", 1, 4)],
    "d: [w[j] for j in range(1, d)]": [("E0115", 1, 4)],
    "in: [x[N, C, H, W], f[N, C, H, W]]": [("E0115", 1, 6), ("E0115", 1, 21)],
    "a: {b: max(1, 2), c: w[0]}\nd: no": [("E0115", 1, 8), ("E0115", 1, 22), ("E0114", 2, 4)],
    "a: {2*s}": [("E0115", 1, 5)],
    # text
    b"doc: caf\xe9": [("E0102", 1, 9)],
    b"a: 1\r\nb: \xff": [("E0102", 2, 4)],
    "wi\u200bdth: 64": [("E0103", 1, 3)],
    "a: 1\u2028b: 2": [("E0103", 1, 5)],
    "a: 1\u0085b: 2": [("E0103", 1, 5)],
    "a: \u202e1": [("E0103", 1, 4)],
    "a: 1 # \x00": [("E0103", 1, 8)],
    'a: "x\\u202e"': [("E0103", 1, 4)],
    "a\u00a0b: 1": [("E0103", 1, 1)],
    "a: 1\n\tb: 2": [("E0106", 2, 1)],
    "": [("E0104", 1, 1)],
    " \n# nothing\n": [("E0104", 1, 1)],
    # the shape of the text
    "kernel: [3, 3\nstride: 1": [("E0116", 1, 9)],
    "a: {b: 1\nc: 2": [("E0116", 1, 4)],
    "a: [1]]": [("E0116", 1, 7)],
    "a: 'b\nc: 1": [("E0117", 1, 4)],
    'a: "b\nc: 1': [("E0117", 1, 4)],
    "a: 1\n  b: 2": [("E0118", 2, 3)],
    "a:\n    b: 1\n  c: 2": [("E0118", 3, 3)],
    "a\nb: 1": [("E0118", 1, 1)],
    "a:\n  b: 1\n  - c": [("E0118", 3, 3)],
    "a:\n  - b\n  c: 1": [("E0118", 3, 3)],
    "a: - b": [("E0118", 1, 4)],
    "op: conv2d\nwidth:64\nout: 1": [("E0119", 2, 1)],
    "width:64\nout: 1": [("E0119", 1, 1)],
    "{op: conv2d, width:64}": [("E0119", 1, 14)],
    'a: "\\q"': [("E0121", 1, 5)],
    "a: @x": [("E0122", 1, 4)],
    "a: `x`": [("E0122", 1, 4)],
    "a: %x": [("E0122", 1, 4)],
    "when: > 3": [("E0122", 1, 7)],
    "a: [1, , 2]": [("E0123", 1, 8)],
    'a: [x y, "b" c]': [("E0123", 1, 14)],
    "a: {b: 1]": [("E0123", 1, 9)],
    "a: b: c": [("E0124", 1, 5)],
    "a: 'b' c": [("E0125", 1, 8)],
}


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_each_trap_has_its_code_and_place(text: str | bytes, parser: type) -> None:
    assert codes_and_places(text) == REFUSED[text]


def test_a_broken_expression_is_put_together_and_read_on() -> None:
    tree, diagnostics = parse("{out: max(1, C//4), k: widths[0], 'n': layer{i}, d: [j for j in x]}", "f.yaml")
    assert [d.code for d in diagnostics] == ["E0115"] * 4
    assert tree is not None
    assert plain(tree) == {"out": "max(1, C//4)", "k": "widths[0]", "n": "layer{i}", "d": "[j for j in x]"}


@pytest.mark.parametrize("text", ["{out: max(1, C//4)}", "{out: widths[0]}", '{out: w["a"]}', "d: [j for j in w]"])
def test_the_offered_quotes_mend_it(text: str) -> None:
    (found,) = parse(text, "f.yaml")[1]
    assert found.help is not None
    quoted = found.help.split("`")[1]
    assert found.span is not None
    mended = text[: found.span.column - 1] + quoted + text[found.span.end_column - 1 :]
    assert parse(mended, "f.yaml")[1] == ()


def test_both_parties_of_a_mistake_are_shown() -> None:
    for text in ("a: 1\na: 2", "a: &x 1\nb: *x", "a: 1\n---\nb: 1"):
        found = parse(text, "f.yaml")[1][-1]
        assert found.labels[0].span.line == 1


def test_all_mistakes_of_a_file_at_once() -> None:
    text = "a: no\nb: 012\nb: 1\nc: *d\ne: !!int 3\nf: {g: h[0]}\ntrue: 1\n"
    assert [code for code, _, _ in codes_and_places(text)] == [
        "E0114",
        "E0114",
        "E0112",
        "E0108",
        "E0107",
        "E0115",
        "E0113",
    ]


def test_spans_end_where_the_content_ends() -> None:
    text = "a:\n  b:\n    - 1\n    - {c: 2}\n\n# remark\n\nd: |\n  text\n\n\ne: 'x'\n"
    tree, _ = parse(text, "f.yaml")
    assert isinstance(tree, MapValue)
    a, d, e = tree.get("a"), tree.get("d"), tree.get("e")
    assert a is not None and d is not None and e is not None
    assert a.span == Span("f.yaml", 2, 3, 4, 13)
    assert d.span == Span("f.yaml", 8, 4, 9, 7)
    assert e.span == Span("f.yaml", 12, 4, 12, 7)
    assert tree.span == Span("f.yaml", 1, 1, 12, 7)
    assert tree.keys() == ("a", "d", "e")
    assert tree.get("z") is None


def test_columns_count_code_points_beyond_the_basic_plane(parser: type) -> None:
    assert codes_and_places("a: [\U0001d4b3\U0001d4b3, no]") == [("E0114", 1, 9)]


@pytest.mark.parametrize(("text", "column"), [("a: x + y", 8), ("a: 'x + y'", 9), ('a: "x \\u002b y"', 4)])
def test_a_part_of_a_scalar_has_a_span(text: str, column: int) -> None:
    tree, _ = parse(text, "f.yaml")
    assert isinstance(tree, MapValue)
    scalar = tree.get("a")
    assert isinstance(scalar, ScalarValue)
    assert scalar.text == "x + y"
    assert scalar.part(4, 5).column == column


# ---- no input gets the better of it -------------------------------------------------------------------------------

BOMBS = {
    "deep lists": "[" * 100_000,
    "deep maps": "{a: " * 100_000,
    "deep items": "- " * 300_000,
    "deep keys": "? " * 300_000,
    "deep both": "[{" * 100_000,
    "aliases": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 31)),
    "merges": "".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 300)),
    "many values": "[" + "a, " * 300_000 + "a]",
    "long word": "a" * 1_000_000,
    "long line": "a: [" + "'x', " * 200_000,
    "long key": "k" * 1_000_000 + ": 1",
    "one bad character, often": "\u200b" * 300_000,
    "many repairs": "a: {b: [" + "c[0], " * 20_000 + "]}",
    "nested repairs": "{a: " + "f(1, [" * 20_000,
    "open brackets": "[" + "f(, " * 40_000 + "]",
    "many duplicates": "a: 1\n" * 40_000,
    "many colons": "a: " * 300_000,
    "long number": "a: " + "9" * 1_000_000,
    "long float": "a: 0." + "9" * 1_000_000,
    "long sexagesimal": "a: 1" + ":1" * 400_000 + "x",
    "long groups": "a: 1" + "_1" * 400_000 + "x",
    "newlines": "\n" * 1_000_000,
    "too large": "a" * ((1 << 20) + 1),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_answered_soon(name: str) -> None:
    start = time.process_time()
    tree, diagnostics = parse(BOMBS[name], "f.yaml")
    assert time.process_time() - start < 5
    assert len(diagnostics) <= source.MAX_DIAGNOSTICS
    assert diagnostics or tree is not None
    assert all(len(d.title) < 400 and all(len(note) < 400 for note in d.notes) for d in diagnostics)


def spans_of(value: Value) -> Iterator[Span]:
    yield value.span
    if isinstance(value, ListValue):
        for item in value.items:
            yield from spans_of(item)
    elif isinstance(value, MapValue):
        for entry in value.entries:
            yield entry.key.span
            yield from spans_of(entry.value)


def assert_well_answered(text: str | bytes) -> tuple[Diagnostic, ...]:
    """A tree or an answer; and every span lies in the text, front before back."""
    tree, diagnostics = parse(text, "f.yaml")
    assert tree is not None or diagnostics
    lines = normalise(text if isinstance(text, str) else text.decode("utf-8", "replace")).split("\n")
    spans = [] if tree is None else list(spans_of(tree))
    for found in diagnostics:
        spans += [span for span in (found.span, *(label.span for label in found.labels)) if span]
    for span in spans:
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        if isinstance(text, str):
            assert span.end_column <= len(lines[span.end_line - 1]) + 1
    return diagnostics


PIECES = ["{", "}", "[", "]", ",", ": ", ":", "- ", "? ", "&a ", "*a", "!!x ", "|", ">", "'", '"', "\\", "%", "@", "`",
          "#", " #", "\n", "\n  ", "\t", "---\n", "...\n", "<<: ", "no", "012", "1_0", "3:4", "~",
          "max(1, 2)", "w[0]", "x{i}", "\u200b", "\u00e9", "\U0001d4b3", "\u2028", "\r\n", "\ufeff", "(", ")",
          "null", "  ", "[j for j in x]"]  # fmt: skip


def mutate(text: str, draw: random.Random) -> str:
    """A few cuts, copies and insertions."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text) + 1)
        kind = draw.randrange(4)
        if kind == 0:
            text = text[:at] + draw.choice(PIECES) + text[at:]
        elif kind == 1:
            text = text[:at] + text[at + draw.randint(1, 8) :]
        elif kind == 2:
            other = draw.randrange(len(text) + 1)
            text = text[:at] + text[other : other + draw.randint(1, 40)] + text[at:]
        else:
            text = text[:at] + draw.choice(PIECES) + text[at + 1 :]
    return text


def test_mutated_specs_get_a_tree_or_an_answer() -> None:
    draw = random.Random(20150)
    texts = [path.read_text(encoding="utf-8") for path in SPECS]
    answered = 0
    for _ in range(5_000):
        text = draw.choice(texts)
        # A window keeps it quick; cut at lines, it is YAML more often than not.
        lines = text.split("\n")
        first = draw.randrange(len(lines))
        answered += bool(assert_well_answered(mutate("\n".join(lines[first : first + 12]), draw)))
    assert 1_000 < answered < 4_990


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.binary(max_size=60))
def test_any_text_gets_a_tree_or_an_answer(text: str | bytes) -> None:
    assert_well_answered(text)


NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
WORDS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=6), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def written(value: object) -> str:
    """YAML of our own, so that the round trip has a second opinion."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {written(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return "null" if value is None else str(value).lower()


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_what_is_written_is_what_is_read(value: object) -> None:
    assert value_of(f"value: {written(value)}") == {"value": value}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_specs_we_ship_are_strict_yaml(path: Path, parser: type) -> None:
    assert parse(path.read_bytes(), path.name)[1] == ()


def test_a_file_may_have_a_mebibyte_and_no_byte_more() -> None:
    text = b"name: " + b"a" * ((1 << 20) - 6)
    assert parse(text, "limit.yaml")[1] == ()
    assert [found.code for found in parse(text + b"a", "over.yaml")[1]] == ["E0101"]
