"""The expression language against Python's own evaluator, and against what it must refuse."""

from __future__ import annotations

import ast
import copy
import math
import pickle
import subprocess
import sys
import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archspec.expressions import (
    Expression,
    ExpressionError,
    TracedFloat,
    TracedInt,
    evaluate,
    expression_of,
    literal,
    make_divisible,
    parse,
    parse_template,
    simplify,
    substitute,
    to_text,
    traced,
)
from archspec.shapes import symbol

H = symbol("H", 224)
W = symbol("W", 224)
NAMES: dict[str, Any] = {
    "a": 7, "b": 2, "f": 0.5, "t": True, "w": [64, 128], "s": "conv1", "conv1": "conv1", "H": H, "W": W,
    "block": object(), "nothing": None, "stride": 2, "table": ((1, "x"), (2, "y")),
}  # fmt: skip


def value(text: str, **names: Any) -> Any:
    return evaluate(parse(text), {**NAMES, **names})


def value_of(tree: ast.expr, names: dict[str, Any]) -> Any:
    return evaluate(Expression("", tree, frozenset()), names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7), ("2 ** 3 ** 2", 512), ("-2 ** 2", -4), ("-7 // 2", -4), ("-7 % 3", 2), ("6 / 3", 2),
        ("7 / 2 * 2", 7), ("7 / 2 > 3", True), ("1.5 * 2", 3.0), ("1 / 2.0", 0.5), ("2 ** -1 * 2", 1),
        ("ceil(7 / 2)", 4), ("floor(-7 / 2)", -4), ("round(5 / 2)", 2), ("round(7 / 2)", 4), ("ceil(0.1 * 3)", 1),
        ("ceil(9007199254740993 / 1)", 9007199254740993), ("abs(-3)", 3), ("sqrt(16)", 4.0), ("log(1)", 0.0),
        ("min(3, 1, 2)", 1), ("max(w)", 128), ("sum(w)", 192), ("sum([])", 0), ("len(w)", 2), ("len(s)", 5),
        ("unique([2, 1, 2])", [2, 1]), ("count([1, 2, 1], 1)", 2), ("unique([[1], [1], [2]])", [[1], [2]]),
        ("a if t else b", 7), ("a if not t else b", 2), ("stride if s == conv1 else 1", 2), ("1 < b < 3", True),
        ("s != \"conv2\"", True), ("s in [\"conv1\"]", True), ("3 not in w", True), ("nothing == none", True),
        ("None == none", True), ("true and not false", True), ("True or 1 / 0 == 1", True), ("[a, b][-1]", 2),
        ("w[0] * 4", 256), ("table[1][1]", "y"), ("w[1:]", [128]), ("w[::-1]", [128, 64]), ("w + [1]", [64, 128, 1]),
        ("[3] * 2", [3, 3]), ("(1, 2)", (1, 2)), ("[2*j for j in range(3)]", [0, 2, 4]), ("'a' + \"b\"", "ab"),
        ("[j for j in w if j > 64]", [128]), ("[[j*k for k in range(j)] for j in range(3)]", [[], [0], [0, 2]]),
        ("  a +\n b ", 9), ("make_divisible(16 * 0.25)", 8), ("make_divisible(30, min_value=3, divisor=16)", 32),
        ("make_divisible(3, 8, 16)", 16),
        ("block == none", False), ("[block][0] == block", True), ("1 if nothing == none else 1 / 0", 1),
        ("H", H), ("2 * H + 1 - H", H + 1), ("H // 1", H), ("H // 2", H // 2), ("ceil(H / 2)", (H + 1) // 2),
        ("floor(H / 2)", H // 2), ("ceil(H)", H), ("H == H", True), ("2 * H / 2", H), ("H * W", H * W),
        ("H == none", False), ("H - H", 0), ("max(H, H)", H), ("[H, W]", [H, W]), ("H % 1", 0),
    ],
)  # fmt: skip
def test_values(text: str, expected: object) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "marked", "message", "remedy"),
    [
        ("a / b", "a / b", "7 / 2 is not a whole number", "write ceil(a / b) or a // b"),
        ("a / 3 + ceil(a / b)", "a / 3", "7 / 3 is not a whole number", "a // 3"),
        ("[1, a / b]", "a / b", "7 / 2 is not a whole number", "a // b"),
        ("w[a / b]", "a / b", "7 / 2 is not a whole number", "a // b"),
        ("a / (b - 2)", "a / (b - 2)", "division by zero", None),
        ("a % 0", "a % 0", "division by zero", None), ("0 ** -1", "0 ** -1", "division by zero", None),
        ("1 + strde", "strde", "unknown name `strde`", "did you mean `stride`?"),
        ("1 + quux", "quux", "unknown name `quux`", None), ("len + 1", "len", "unknown name `len`", "is a function"),
        ("2 * maxx(a)", "maxx", "unknown function `maxx`", "did you mean `max`?"),
        ("eval(a)", "eval", "unknown function `eval`", "functions are min, max"),
        ("a ^ 2", "^", "`^` is not an operator", "use ** for powers"), ("a == 1 && t", "&&", "`&&`", "use `and`"),
        ("t || t", "||", "`||`", "use `or`"), ("!t", "!", "`!`", "use `not`"), ("a = 1", "=", "`=`", "use =="),
        ("t & t", "&", "`&`", "use `and`"), ("~a", "~a", "`~`", "use `not`"), ("a is b", "is", "`is`", "use =="),
        ("t ? a : b", "?", "`?`", "a if condition else b"), ("${a}", "$", "`$`", "without it"),
        ("a => 3", "=>", "`=>`", "use >="), ("w[5]", "5", "index 5 is out of range: the list has 2 items", "0 to 1"),
        ("w[-3]", "-3", "index -3 is out of range", None), ("w[t]", "t", "an index is an integer, found true", None),
        ("a[0]", "a", "only a list has items, found 7", None), ("1 if a else 2", "a", "true or false", "a != 0"),
        ("a and t", "a", "a condition is true or false, found 7", None), ("not nothing", "nothing", "found none", None),
        ("true + 1", "true + 1", "`+` does not take true and 1", None), ("-t", "-t", "`-` does not take true", None),
        ("s + 1", "s + 1", '`+` does not take "conv1" and 1', None), ("s < 1", "s < 1", "`<` does not take", None),
        ("block + 1", "block + 1", "does not take a object and 1", None), ("t == 1", "t == 1", "true is not 1", None),
        ("H > 3", "H > 3", "the size H is not fixed", "`input:`"), ("H == 3", "H == 3", "H is not fixed", None),
        ("H == W", "H == W", "not fixed", None), ("min(H, 3)", "min(H, 3)", "not fixed", None),
        ("H / 2", "H / 2", "need not be a whole number", "ceil(H / 2) or H // 2"), ("1 // H", "1 // H", "fixed", None),
        ("H / 2 + 1", "H / 2 + 1", "H / 2 need not be a whole number", "H // 2"), ("H ** 2", "H ** 2", "fixed", None),
        ("[j for j in range(H)]", "range(H)", "not fixed", None), ("H * 0.5", "H * 0.5", "not fixed", None),
        ("sqrt(-1)", "sqrt(-1)", "`sqrt` of a negative number", None), ("log(0)", "log(0)", "positive", None),
        ("max([])", "max([])", "empty", None), ("min(s)", "min(s)", "wants a list", None),
        ("min(t, t)", "min(t, t)", "numb", None),
        ("sum([[1]])", "sum([[1]])", "a list in it", None), ("len(3)", "len(3)", "wants a list, found 3", None),
        ("ceil(t)", "ceil(t)", "wants a number, found true", None), ("(-1) ** 0.5", "(-1) ** 0.5", "real", None),
        ("make_divisible(3, 0)", "make_divisible(3, 0)", "positive integer", None),
        ("[j for j in a]", "a", "range or a list, found 7", None),
        ("range(3)", "range(3)", "inside a comp", "for j in"),
        ("[j for j in range(3, 0, 0)]", "range(3, 0, 0)", "step of `range` is 0", None), ("w[::0]", "0", "step", None),
        ("w[0.5:]", "0.5", "bound of a slice", None), ("a.real", "a.real", "`.`", None),
        ("a in b", "a in b", "a list", None),
        ("lambda: 1", "lambda: 1", "functions cannot be written", None), ("f'{a}'", "f'{a}'", "f-strings", None),
        ("(a := 1)", "a := 1", "`:=`", None), ("[*w]", "*w", "`*`", None), ("{a}", "{a}", "braces", None),
        ("{a: b}", "{a: b}", "maps", None), ("sum(j for j in w)", "(j for j in w)", "needs brackets", None),
        ("[j for j in w for k in w]", "[j for j in w for k in w]", "one `for`", None),
        ("[j for j, k in w]", "j, k", "one name", None), ("[1 for true in w]", "true", "one name", None),
        ("len(w, w)", "len(w, w)", "`len` takes 1 argument, found 2", None),
        ("len(x=1)", "x=1", "no argument `x`", None),
        ("make_divisible(1, 2, divisor=3)", "make_divisible(1, 2, divisor=3)", "takes 1 to 3", None),
        ("w[0](1)", "w[0]", "only functions", None), ("len(**w)", "**w", "no argument", None),
        ("...", "...", "not part", None),
        ("b'x'", "b'x'", "not part", "literals are"), ("3j", "3j", "not part", None),
        ("1e999", "1e999", "too large", None),
        ("a # why", "# why", "comment", None), ("(a", "(", "never closed", None),
        ("a b", "b", "not an expression", None),
        ("from", "from", "a word of the language", None), ("'a", "'", "unterminated string", None),
        ("größe + 1", "größe", "ASCII", None), ("ﬁ", "ﬁ", "ASCII", None), ('"é" == zz', "zz", "unknown name", None),
        ("  \t strde", "strde", "unknown name", "stride"), ("a +\n strde", "strde", "unknown name", "stride"),
        ("a\x00b", "\x00", "U+0000", None), ("a\u200bb", "\u200b", "U+200B", None), ("", "", "missing", None),
        ("  ", "  ", "missing", None),
    ],
)  # fmt: skip
def test_errors_name_the_place_and_the_remedy(text: str, marked: str, message: str, remedy: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    error = caught.value
    assert message in error.message
    assert text[error.start : error.end] == marked
    assert (remedy or "") in (error.help or "")


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9", "10**100 if t else 1", "2**64", "9007199254740993 * 9007199254740993", "(" * 450 + "1" + ")" * 450,
        "(" * 150 + "1" + ")" * 150 + "+(", "[" * 999, "-" * 999 + "1", "not " * 240 + "t",
        "a" + "+a" * 300, "1" * 1001,
        "9" * 1000, "[j for j in range(10**18)]",
        "[[[k for k in range(1000)] for j in range(1000)] for i in range(1000)]",
        "[[0] * 100000 for j in range(100000)]", "[0] * 10**9", "[[0] * 100000] * 100000", "1.5 ** 100000",
        "1e308 * 10",
        "unique([j for j in range(90000)])", "[j for j in range(1000) if j in [k for k in range(1000)]]",
        "(1/3) ** 60 > 0", "(10**9) ** -60", "make_divisible(1e300)", "ceil(1e300)", "__import__('os')", "().__class__",
        "a.__class__", "'%s' % a", "yield", "await a", "import os", "a; b", "a\\\nb",
        "make_divisible(1, divisor=" + "-" * 200 + "1)",
        "[" + "s+" * 300 + "s]", "[j for j in [0]*100000 if [0]*100000 == [0]*100000]", "🙂", "\ud800", "a\rb",
        "'\ud800'",
    ],
)  # fmt: skip
def test_hostile_texts_end_quickly_in_an_error(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert time.perf_counter() - start < 2
    assert 0 <= caught.value.start <= caught.value.end <= len(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text("abwtH()[]{}+-*/%^&|!=<>.,:'\"0123 \n\\#forinifelse", max_size=60))
def test_any_text_has_a_value_or_an_error_within_it(text: str) -> None:
    try:
        value(text)
    except ExpressionError as error:
        assert 0 <= error.start <= error.end <= len(text)


Pair = tuple[str, str]  # a text of the language, and the Python that it must agree with


@st.composite
def integers(draw: st.DrawFn, depth: int = 3, scope: tuple[str, ...] = ("a", "b", "c")) -> Pair:
    """An integer expression; Python's side divides exactly, with fractions."""
    if depth == 0:
        text = draw(st.sampled_from(scope) | st.integers(0, 20).map(str))
        return text, text
    one, two = integers(depth - 1, scope), integers(depth - 1, scope)
    kind = draw(
        st.sampled_from(["leaf", "sign", "binary", "power", "choice", "call", "round", "list", "index", "divisible"])
    )
    if kind == "leaf":
        return draw(integers(0, scope))
    (x, px), (y, py) = draw(one), draw(two)
    if kind == "sign":
        return f"-({x})", f"-({px})"
    if kind == "binary":
        sign = draw(st.sampled_from(["+", "-", "*", "//", "%"]))
        return f"({x}) {sign} ({y})", f"({px}) {sign} ({py})"
    if kind == "power":
        exponent = draw(st.integers(0, 3))
        return f"({x}) ** {exponent}", f"({px}) ** {exponent}"
    if kind == "choice":
        t, pt = draw(booleans(depth - 1, scope))
        return f"({x}) if ({t}) else ({y})", f"({px}) if ({pt}) else ({py})"
    if kind == "call":
        name = draw(st.sampled_from(["min", "max"]))
        return f"{name}({x}, abs({y}))", f"{name}({px}, abs({py}))"
    if kind == "round":
        name = draw(st.sampled_from(["ceil", "floor", "round"]))
        return f"{name}(({x}) / ({y}))", f"{name}(F({px}) / ({py}))"
    if kind == "divisible":
        return f"make_divisible(({x}) / 3, divisor=4)", f"divisible(F({px}, 3), 4)"
    v, pv = draw(lists(depth - 1, scope))
    if kind == "index":
        return f"({v})[{x}]", f"({pv})[{px}]"
    name = draw(st.sampled_from(["len", "sum", "max", "count"]))
    return (f"count({v}, {x})", f"({pv}).count({px})") if name == "count" else (f"{name}({v})", f"{name}({pv})")


@st.composite
def booleans(draw: st.DrawFn, depth: int = 3, scope: tuple[str, ...] = ("a", "b", "c")) -> Pair:
    if depth == 0:
        return draw(st.sampled_from([("true", "True"), ("False", "False"), ("t", "t"), ("a == b", "a == b")]))
    kind = draw(st.sampled_from(["leaf", "not", "logic", "compare", "chain", "in"]))
    if kind == "leaf":
        return draw(booleans(0, scope))
    if kind == "not":
        x, px = draw(booleans(depth - 1, scope))
        return f"not ({x})", f"not ({px})"
    if kind == "logic":
        (x, px), (y, py), (z, pz) = (draw(booleans(depth - 1, scope)) for _ in range(3))
        one, two = draw(st.sampled_from(["and", "or"])), draw(st.sampled_from(["and", "or"]))
        return f"({x}) {one} ({y}) {two} ({z})", f"({px}) {one} ({py}) {two} ({pz})"
    (x, px), (y, py), (z, pz) = (draw(integers(depth - 1, scope)) for _ in range(3))
    if kind == "in":
        v, pv = draw(lists(depth - 1, scope))
        return f"({x}) not in ({v})", f"({px}) not in ({pv})"
    one, two = (draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="])) for _ in range(2))
    if kind == "compare":
        return f"({x}) {one} ({y})", f"({px}) {one} ({py})"
    return f"({x}) {one} ({y}) {two} ({z})", f"({px}) {one} ({py}) {two} ({pz})"


@st.composite
def lists(draw: st.DrawFn, depth: int = 3, scope: tuple[str, ...] = ("a", "b", "c")) -> Pair:
    if depth == 0:
        return draw(st.sampled_from([("w", "w"), ("[1, a]", "[1, a]"), ("[]", "[]")]))
    kind = draw(st.sampled_from(["leaf", "literal", "range", "over", "slice", "sum", "unique"]))
    if kind == "leaf":
        return draw(lists(0, scope))
    (x, px), (y, py) = draw(integers(depth - 1, scope)), draw(integers(depth - 1, scope))
    if kind == "literal":
        return f"[{x}, {y}]", f"[{px}, {py}]"
    v, pv = draw(lists(depth - 1, scope))
    if kind == "slice":
        return f"({v})[{x}:]", f"({pv})[{px}:]"
    if kind == "sum":
        return f"({v}) + [{x}]", f"({pv}) + [{px}]"
    if kind == "unique":
        return f"unique({v})", f"list(dict.fromkeys({pv}))"
    name = draw(st.sampled_from(["j", "k", "a"]))
    inner = (*scope, name)
    (e, pe), (t, pt) = draw(integers(depth - 1, inner)), draw(booleans(depth - 1, inner))
    source, psource = (f"range(min({x}, 5))", f"range(min({px}, 5))") if kind == "range" else (v, pv)
    return f"[{e} for {name} in ({source}) if ({t})]", f"[{pe} for {name} in ({psource}) if ({pt})]"


EXPRESSIONS = integers() | booleans() | lists()
ENVIRONMENTS = st.fixed_dictionaries({
    "a": st.integers(-5, 20), "b": st.integers(-5, 20), "c": st.integers(0, 9), "t": st.booleans(),
    "w": st.lists(st.integers(0, 9), max_size=4), "j": st.integers(0, 9), "k": st.integers(0, 9),
})  # fmt: skip


def divisible(number: Fraction, divisor: int) -> int:
    """MobileNet's rule, written from its definition: the nearest multiple, halves up, but not below nine tenths."""
    nearest = max(divisor, math.trunc((number + Fraction(divisor, 2)) / divisor) * divisor)
    if number < -Fraction(divisor, 2):
        nearest = divisor
    return nearest if nearest >= Fraction(9, 10) * number else nearest + divisor


ORACLE = {"ceil": math.ceil, "floor": math.floor, "F": Fraction, "divisible": divisible}


def parsed(text: str) -> Expression:
    """The expression of a generated text, which may be beyond what the language takes."""
    try:
        return parse(text)
    except ExpressionError as error:
        assert "too deep or too large" in error.message or "too long" in error.message
        assume(False)
        raise


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, ENVIRONMENTS)
def test_values_are_those_of_python(pair: Pair, names: dict[str, Any]) -> None:
    expression = parsed(pair[0])
    found, expected = (
        _outcome(lambda: evaluate(expression, names)),
        _outcome(lambda: eval(pair[1], {**ORACLE, **names})),
    )
    if isinstance(found, ExpressionError) and "too large" in found.message:
        return
    assert isinstance(found, Exception) == isinstance(expected, Exception), (found, expected)
    if not isinstance(found, Exception):
        assert found == expected
        assert type(found) is type(expected)


def _outcome(run: Any) -> Any:
    try:
        return run()
    except (ExpressionError, ZeroDivisionError, IndexError, ValueError, OverflowError) as error:
        return error


@settings(max_examples=120, deadline=None)
@given(EXPRESSIONS, ENVIRONMENTS, st.sets(st.sampled_from("abctw")), st.booleans())
def test_simplifying_keeps_the_value(pair: Pair, names: dict[str, Any], known: set[str], told: bool) -> None:
    expression = parsed(pair[0])
    before = ast.dump(expression.tree)
    simple = simplify(expression.tree, {name: names[name] for name in known}, {"a", "b", "c", "j", "k"} if told else ())
    assert ast.dump(expression.tree) == before, "trees are never changed in place"
    again = simplify(simple, {}, {"a", "b", "c", "j", "k"} if told else ())
    assert to_text(again) == to_text(simple)
    found = _outcome(lambda: evaluate(expression, names))
    if not isinstance(found, ExpressionError):
        kept = value_of(simple, {name: names[name] for name in names if name not in known})
        assert kept == found
        assert type(kept) is type(found)


@settings(max_examples=120, deadline=None)
@given(EXPRESSIONS, integers(2), integers(1, ("j", "k", "a")), ENVIRONMENTS)
def test_substituting_is_evaluating_with_the_names_bound(pair: Pair, a: Pair, c: Pair, names: dict[str, Any]) -> None:
    expression = parsed(pair[0])
    bindings = {"a": parsed(a[0]).tree, "c": parsed(c[0]).tree}
    bound = {name: _outcome(lambda tree=tree: value_of(tree, names)) for name, tree in bindings.items()}
    assume(not any(isinstance(found, Exception) for found in bound.values()))
    found = _outcome(lambda: evaluate(expression, {**names, **bound}))
    other = _outcome(lambda: value_of(substitute(expression.tree, bindings), names))
    assert isinstance(found, Exception) == isinstance(other, Exception)
    if not isinstance(found, Exception):
        assert other == found


@settings(max_examples=120, deadline=None)
@given(EXPRESSIONS, ENVIRONMENTS)
def test_printed_trees_read_back(pair: Pair, names: dict[str, Any]) -> None:
    expression = parsed(pair[0])
    assert ast.dump(parse(to_text(expression.tree)).tree) == ast.dump(expression.tree)
    simple = simplify(expression.tree, names)
    assert ast.dump(parse(to_text(simple)).tree) == ast.dump(simple)


PRINTED = [
    "-(x**2)", "(-x) ** 2", "x**-1", "2**3**2", "(2**3) ** 2", "f[0] ** 2", "a - (b - c)", "a - b - c", "(a + b) * c",
    "a // b * c", "a // (b * c)", "not a == b", "(not a) == b", "a and b or c", "a and (b or c)", "(a and b) and c",
    "(a if b else c) + 1", "a if b else c if d else e", "(a if b else c) if d else e", "a if (b if c else d) else e",
    "a[1:2]", "a[i + 1 :]", "a[: i + 1]", "a[-1:]", "a[::2]", "a[i : j + 1 : k]", "a[b[1] :]", "(1,)", "()", "[]",
    "[a, (b, c)]", "[j for j in (a if b else c) if (d if e else f)]", "min(a, b) < c <= d", "a in [1, 2]",
    "a not in b", 'a == "b"', "'say \"hi\"'", '"it\'s"', '"both \' and \\""', '"back\\\\slash"', '"tab\\t"', "--a",
    "-(-a + b)", "1.5 * x", "1e-05", "make_divisible(v, divisor=8)", "True", "None", "x ** (a + b)", "2.0**x", '"é"',
    "(a < b) == c", "a < (b == c)", "-a * b", "-(a * b)", "a * -b", "(a, b)[0]", "[a, b][0]", '"a"[0]', "(-a)[0]",
]  # fmt: skip


@pytest.mark.parametrize("text", PRINTED)
def test_canonical_text_stays_as_it_is(text: str) -> None:
    assert to_text(parse(text).tree) == text


def _formatted(texts: list[str]) -> list[str]:
    """The right-hand sides as `ruff format` writes them."""
    source = "".join(f"x = {text}\n" for text in texts)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "320", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, encoding="utf-8", check=True)
    return [line.removeprefix("x = ") for line in done.stdout.splitlines()]


@settings(max_examples=2, deadline=None)
@given(st.lists(EXPRESSIONS, min_size=30, max_size=60))
def test_text_is_as_ruff_formats_it(pairs: list[Pair]) -> None:
    texts = [to_text(parsed(text).tree) for text, _ in pairs]
    # Ruff keeps parentheses that need not be; ours are printed from the tree, so only its spacing can differ.
    texts = [text for text in texts if len(text) < 300] + PRINTED
    assert _formatted(texts) == texts


def test_simple_forms() -> None:
    cases = {
        "stride if stride_on == conv1 else 1": "stride", "x and True": "x", "True and x and t": "x",
        "x or True": "True",
        "1 * x": "x", "x * 1": "x", "x + 0": "x", "0 + x": "x", "x - 0": "x", "x / 1": "x", "x ** 1": "x",
        "0 - x": "-x",
        "n // 1": "n", "x // 1": "x // 1", "ceil(n / 1)": "n", "ceil(x / 1)": "ceil(x)", "ceil(n / 2)": "ceil(n / 2)",
        "ceil(7 / 2)": "4", "7 / 2 * x": "7 / 2 * x", "not not x": "x", "not x != y": "x == y",
        "not (x == n or not y)": "x != n and y", "not (x == n or y)": "not (x == n or y)",
        "x != x": "False", "len([x, y])": "2", "-(-x)": "x",
        "[x, y][1]": "y", "[x, y][-1]": "y", "[x][1]": "[x][1]", "x + -y": "x - y", "n + n": "2 * n",
        "2 * n + m + n": "3 * n + m",
        "n * 128 // 64": "2 * n", "n * 64 // 64": "n", "n * 96 // 64": "n * 96 // 64", "x * 128 // 64": "x * 128 // 64",
        "n + 3 + m + 4": "n + 7 + m", "n * 2 * 2": "4 * n", "n - n": "0", "64 + n": "64 + n", "n * 4": "n * 4",
        "m - n - m": "-n",
        "[j + 1 * x for j in range(2 + 1) if true]": "[j + x for j in range(3)]", "[j for j in range(3)]": "[0, 1, 2]",
        "[t for t in range(3)]": "[0, 1, 2]", "[t + x for t in range(3)]": "[t + x for t in range(3)]",
        "-n + m + n": "m", "[n // 1 for n in x]": "[n // 1 for n in x]",
        "[0] * 100": "[0] * 100", "1 / 0": "1 / 0", "x if y == 1 / 0 else z": "x if y == 1 / 0 else z",
    }  # fmt: skip
    constants = {"stride_on": "conv1", "conv1": "conv1", "t": True, "unused": object()}
    found = {text: to_text(simplify(parse(text).tree, constants, {"n", "m"})) for text in cases}
    assert found == cases


def test_substitution_does_not_capture() -> None:
    tree = substitute(parse("[j * x for j in range(j)]").tree, {"x": parse("j + 1").tree, "j": parse("n").tree})
    assert to_text(tree) == "[j_1 * (j + 1) for j_1 in range(n)]"
    assert to_text(substitute(parse("[j for j in range(j)]").tree, {"j": parse("n").tree})) == "[j for j in range(n)]"


def test_names_are_the_free_ones() -> None:
    assert parse("[j * x for j in range(j) if len(w) > k]").names == {"x", "j", "w", "k"}
    assert parse("max(true, None, [a for a in a])").names == {"a"}


def test_composing_is_bounded() -> None:
    tree = parse("x").tree
    with pytest.raises(ExpressionError, match="grows too large"):
        for _ in range(40):
            tree = substitute(parse("x * y + x // 2").tree, {"x": tree})
    number = traced(1, parse("x").tree)
    with pytest.raises(ExpressionError, match="grows too large"):
        for _ in range(40):
            number = number * number
    with pytest.raises(ExpressionError, match="grows too large"):
        for _ in range(2000):
            number = number // 3 + 1


OPERATIONS = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "//": lambda x, y: x // y,
    "%": lambda x, y: x % y, "**": lambda x, y: x**y, "neg": lambda x, y: -x,
}  # fmt: skip
PROGRAMS = st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 9), st.integers(0, 9)), max_size=8)
INPUTS = st.fixed_dictionaries({"n": st.integers(-9, 9), "m": st.integers(0, 9), "p": st.floats(-4, 4)})


def _run(program: list[tuple[str, int, int]], start: list[Any]) -> list[Any]:
    """Each step takes two earlier values (or the numbers 0 to 3) and adds its result."""
    values = [*start, 0, 1, 2, 3]
    for name, left, right in program:
        one, two = values[left % len(values)], values[-1 - right % len(values)]
        assume(name != "**" or isinstance(one, float) or two >= 0)  # 5 ** -1 is exact here, rounded in Python
        values.append(OPERATIONS[name](one, two))
        assume(not isinstance(values[-1], complex) and abs(values[-1]) < 10**9)
    return values


@settings(max_examples=150, deadline=None)
@given(PROGRAMS, INPUTS, INPUTS)
def test_a_trace_computes_what_the_code_would(program: list[tuple[str, int, int]], here: Any, there: Any) -> None:
    """The expression holds for the value at hand and for any other, which is what generated code relies on."""
    try:
        plain, elsewhere = (_run(program, [names[name] for name in "nmp"]) for names in (here, there))
    except (ZeroDivisionError, OverflowError):
        return
    assume(list(map(type, plain)) == list(map(type, elsewhere)))
    numbers = _run(program, [traced(here[name], ast.Name(name, ast.Load())) for name in "nmp"])
    for number, expected, other in zip(numbers, plain, elsewhere, strict=True):
        assert number == expected
        if isinstance(number, (TracedInt, TracedFloat)):
            for names, wanted in ((here, expected), (there, other)):
                assert value_of(number.expr, names) == wanted


def test_traced_numbers_are_numbers() -> None:
    width = traced(64, parse("width").tree)
    assert width == 64
    assert hash(width) == hash(64)
    assert repr(width) == "64"
    assert (width > 3) is True
    assert type(int(width)) is int
    for same in (pickle.loads(pickle.dumps(width)), copy.copy(width), copy.deepcopy([width])[0]):
        assert same == 64 and to_text(expression_of(same)) == "width"
    assert traced(True, parse("t").tree) is True
    assert traced("x", parse("t").tree) == "x"
    made = (width * 4, 2 + width, -width, width // 2 % 3, width + width - 1, width * 1.5)
    written = ["width * 4", "2 + width", "-width", "width // 2 % 3", "2 * width - 1", "width * 1.5"]
    assert [to_text(expression_of(number)) for number in made] == written
    assert to_text(expression_of([width, 1, (2.5,)])) == "[width, 1, (2.5,)]"
    assert type(width / 2) is float
    assert str(H * width) == "64*H"
    assert (H + width) // traced(2, parse("s").tree) == (H + 64) // 2


def test_traced_names_evaluate_to_plain_values() -> None:
    width = traced(64, parse("width").tree)
    texts = ("x", "x + 1", "[x, 1]", "y", "y[0]", "[j for j in y]", "min(y)", "(x, y)", "[-j for j in y]", "unique(y)")
    for text in texts:
        found = evaluate(parse(text), {"x": width, "y": [width, width]})
        todo = [found]
        while todo:
            item = todo.pop()
            todo.extend(item) if isinstance(item, (list, tuple)) else None
            assert type(item) in (int, list, tuple)


def test_literals() -> None:
    for thing in (0, -3, 2.5, -0.5, "it's", True, None, [1, [2]], (1,), [-1, "x", None]):
        tree = literal(thing)
        assert value_of(tree, {}) == thing
        assert ast.dump(parse(to_text(tree)).tree) == ast.dump(tree)
    assert math.copysign(1, value_of(literal(-0.0), {})) == -1
    for thing in (object(), math.inf, math.nan, {}, b"x"):
        with pytest.raises(TypeError):
            literal(thing)


def test_mobilenets_rule() -> None:
    # The channels of MobileNetV2 at width 0.35, and of MobileNetV3's squeezes, as published.
    assert [make_divisible(0.35 * c, 8) for c in (32, 16, 24, 32, 64, 96, 160, 320)] == [16, 8, 8, 16, 24, 32, 56, 112]
    squeezed = [make_divisible(c // 4, 8) for c in (16, 72, 96, 240, 120, 480, 672, 960)]
    assert squeezed == [8, 24, 24, 64, 32, 120, 168, 240]
    assert make_divisible(11, 8) == 16, "8 would be more than a tenth below"


def test_templates() -> None:
    template = parse_template("layer{s+1}.{name}")
    assert template.names == {"s", "name"}
    assert template.render({"s": 0, "name": "conv"}) == "layer1.conv"
    assert parse_template("stem").render({}) == "stem"
    assert parse_template("stem").names == frozenset()
    assert parse_template("{2*s}{s}").render({"s": 3}) == "63"


@pytest.mark.parametrize(
    ("text", "marked", "message"),
    [
        ("layer{s + q}", "q", "unknown name `q`"), ("layer{s", "{s", "without `}`"), ("layer}", "}", "without `{`"),
        ("a{s}b{t}", "{t}", "integers and strings, found true"), ("a{}", "", "missing"),
        ("a{s ^ 2}", "^", "not an operator"),
        ("a{{s}}", "{", "never closed"), ("a{s}{w[3]}", "3", "out of range"), ("a{0.5}", "{0.5}", "found 0.5"),
    ],
)  # fmt: skip
def test_template_errors_count_in_the_whole_template(text: str, marked: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_template(text).render({"s": 1, "t": True, "w": []})
    assert message in caught.value.message
    assert text[caught.value.start : caught.value.end] == marked
