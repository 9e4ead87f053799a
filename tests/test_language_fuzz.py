"""No spec gets the better of the checker: whatever is written, the answer is a network or errors with their places."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest
from spec_lab import spec

from archspec.diagnostics import Diagnostic, SpecError, UsageError
from archspec.pipeline import check
from archspec.rendering import render_text

SPECS = Path(__file__).parent.parent / "specs"
NETWORKS = sorted(path.name for path in SPECS.glob("*.yaml"))
TOKEN = re.compile(r"[A-Za-z_$][\w.]*|\d+|[^\w\s]")
STRANGE = [
    "0", "-1", "3", "1.5", "10000000000", "99999999999999999", "true", "none", "x", "i", "s", "N", "H", "C", "off",
    "[]", "[3, 3]", "{}", "{op: relu}", "$shortcut", "$", "relu", "conv2d", "concat", "same", "from", "repeat", "when",
    "1 / 0", "2**999", "'a b'", "größe", "名前", "x" * 300, "[i for i in range(10**6)]", "max(1, 2)", "\"{i}\"",
    "a.b.c", "..", "-", "~", "!!int", "&a", "*a",
]  # fmt: skip
KEYS = [
    "op",
    "out",
    "from",
    "repeat",
    "when",
    "first",
    "names",
    "same",
    "tie",
    "init",
    "each",
    "do",
    "parallel",
    "join",
    "body",
    "in",
]
LIMIT = 1.5
"""Seconds of processor time for one text; each takes less than one on the machine this was written on."""


def mutate(text: str, rng: random.Random) -> str:
    """The text with one thing changed."""
    lines = text.splitlines()
    at = rng.randrange(len(lines))
    match rng.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[rng.randrange(len(lines))])
        case 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = "  " * rng.randrange(1, 3) + lines[at]
        case 4:
            lines[at] = lines[at].replace(": ", f": {rng.choice(STRANGE)} #", 1)
        case 5:
            lines[at] = re.sub(r"\w+:", f"{rng.choice(KEYS)}:", lines[at], count=1)
        case _:
            tokens = list(TOKEN.finditer(lines[at]))
            if tokens:
                token = rng.choice(tokens)
                word = rng.choice([*STRANGE, token[0][::-1], token[0] + "x", rng.choice(tokens)[0], ""])
                lines[at] = lines[at][: token.start()] + word + lines[at][token.end() :]
    return "\n".join(lines) + "\n"


def judged(text: str) -> tuple[Diagnostic, ...] | None:
    """The errors of a text, None if it is a network; an AssertionError where it takes long or a span is off."""
    start = time.process_time()
    try:
        check(text)
        found, texts = None, {}
    except SpecError as error:
        found, texts = error.diagnostics, dict(error.texts)
    except UsageError:
        found, texts = (), {}
    spent = time.process_time() - start
    assert spent < LIMIT, f"{spent:.2f} s"
    for diagnostic in found or ():
        for place in (
            diagnostic.span,
            *(label.span for label in diagnostic.labels),
            *(f.span for f in diagnostic.chain),
        ):
            if place is None:
                continue
            lines = texts[place.file].splitlines() or [""]
            assert 1 <= place.line <= len(lines) + 1 and place.line <= place.end_line <= len(lines) + 1, diagnostic
            assert 1 <= place.column <= len(lines[min(place.line, len(lines)) - 1]) + 1, diagnostic
    assert found is None or render_text(found, texts)
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_mutated_specs_get_an_answer(name: str) -> None:
    text = (SPECS / name).read_text(encoding="utf-8")
    rng = random.Random(name)
    rejected = 0
    for _ in range(40):
        mutant = text
        for _ in range(rng.choice([1, 1, 2, 5])):
            mutant = mutate(mutant, rng)
        rejected += judged(mutant) is not None
    assert rejected >= 10


def nested(depth: int) -> str:
    """Blocks that call each other twice, one level below the other."""
    blocks = "".join(
        f"\n  b{k}: {{in: 'x[N, C, H, W]', body: [{{op: b{k + 1}}}, {{op: b{k + 1}}}]}}" for k in range(depth)
    )
    return spec("- {op: b0}", blocks=blocks + f"\n  b{depth}: {{in: 'x[N, C, H, W]', body: [{{op: relu}}]}}")


def boxes(depth: int) -> str:
    return spec("- " + "".join(f"b{k}: [{{" for k in range(depth)) + "op: relu" + "}]" * depth)


CONV = "{op: conv2d, out: 3, kernel: 1}"
BOMBS = {
    "a splice of many layers": spec(f"- {{repeat: 100000, do: [{CONV}]}}"),
    "nested splices": spec(f"- {{repeat: 1000, do: [{{repeat: 1000, do: [{CONV}]}}]}}"),
    "empty nested splices": spec("- {repeat: 100000, do: [{repeat: 100000, do: []}]}"),
    "a long repeat": spec("- {op: conv2d, out: 3, kernel: 1, repeat: 100000}"),
    "a long repeat of different units": spec("- {op: conv2d, out: i % 7 + 1, kernel: 1, repeat: 100000}"),
    "a repeat of blocks of different arguments": spec(
        "- {op: b, w: i % 2 + 1, repeat: 100000}",
        blocks="\n  b: {params: {w: int}, in: 'x[N, C, H, W]', body: [{op: conv2d, out: w, kernel: 1}]}",
    ),
    "a repeat of itself": spec("- {op: relu, repeat: 10000000000}"),
    "rows": spec("- each: {a: '[1 for j in range(100000)]'}\n  do: [{op: relu}]"),
    "rows of rows": spec(
        "- each: {a: '[1 for j in range(10000)]'}\n  do: [{each: {b: '[1 for j in range(10000)]'}, do: [{op: relu}]}]"
    ),
    "a comprehension": spec("- {op: relu, when: 'sum([sum([1 for j in range(10**5)]) for i in range(10**5)]) > 3'}"),
    "a map cut short": spec("- {op: relu}", init="\n  conv2d: {weight: {kaiming_normal: fan_out}{op: relu}"),
    "a library whose name no file can have": spec("- {op: relu}", use=f"[{'x' * 400}]"),
    "a power": spec("- {op: conv2d, out: 9**9**9**9, kernel: 1}"),
    "a big let": spec(
        "- {op: relu}", let="\n  a0: [1]" + "".join(f"\n  a{k}: a{k - 1} + a{k - 1}" for k in range(1, 60))
    ),
    "doubling open expressions": spec(
        "- {op: conv2d, out: a30, kernel: 1}",
        params="\n  a: open int = 1",
        let="\n  a0: a" + "".join(f"\n  a{k}: a{k - 1} + a{k - 1} - a{k - 1}" for k in range(1, 31)),
    ),
    "blocks that call each other twice": nested(30),
    "blocks too deep": nested(60),
    "boxes": boxes(25),
    "wide concat": spec("- a: {op: relu}\n- c: {op: concat, from: [" + ", ".join(["a"] * 5000) + "]}"),
    "dense": spec("- {op: d, repeat: 400}", blocks="""
      d:
        in: x[N, C, H, W]
        body:
          - c: {op: conv2d, out: 4, kernel: 1}
          - {op: concat, from: [x, c]}
    """),
    "many inputs": spec("- {op: relu}", "[" + ", ".join(f'"x{k}[N, 3, H{k}, W]"' for k in range(500)) + "]"),
    "a huge map": spec("- {op: conv2d, out: 65536, kernel: 1, repeat: 50}", "x[N, 3, 65536, 65536]"),
    "many branches": spec("- parallel: [" + ", ".join("{op: relu}" for _ in range(2000)) + "]\n  join: {op: add}"),
    "many names": spec("\n".join(f"- n{k}: {{op: relu, from: m{k}}}" for k in range(2000))),
    "captures": spec(
        "- a: {op: relu}\n- " + "".join(f"b{k}: [{{op: relu, from: a}}, {{" for k in range(20)) + "op: relu" + "}]" * 20
    ),
    "a long name": spec(f"- {'n' * 5000}: {{op: relu}}"),
    "many variants": spec("- {op: relu}", variants="".join(f"\n  v{k}: {{}}" for k in range(3000))),
    "aliases": spec("- {op: a0}", blocks="".join(f"\n  a{k}: {{op: a{k + 1}, when: C > {k}}}" for k in range(100))),
    "primes": spec(
        "\n".join(f"- {{op: max_pool2d, kernel: 1, stride: {p}}}" for p in (3, 5, 7, 11, 13)), "x[N, 3, H, W]"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_defused(name: str) -> None:
    judged(BOMBS[name])
