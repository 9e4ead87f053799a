"""No spec gets the better of the checker: whatever is written, the answer is a network or errors with their places."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from textwrap import dedent

import pytest
from fuzz.texts import mutated
from fuzz.yaml_campaign import answer, places_are_inside
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spec_lab import spec

from archspec.diagnostics import Diagnostic
from archspec.text.span import Span

HERE = Path(__file__).parent
LIMIT = 1.5
"""Seconds of processor time for one text; each takes less than one on the machine this was written on."""


TEXTS, PARTS = 5000, 4


@pytest.mark.parametrize("part", range(PARTS))
def test_mutated_texts_get_an_answer(part: int) -> None:
    """Whatever is done to a text, the answer is a network, or errors with places inside of it."""
    refused, codes = 0, set()
    for seed in range(part, TEXTS, PARTS):
        try:
            found = answer(mutated(Random(seed)))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {type(error).__name__}: {error}") from error
        refused += found is not None
        codes |= {diagnostic.code for diagnostic in found or ()}
    assert refused > TEXTS // PARTS * 0.8
    assert len(codes) > 40


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_texts_of_hypothesis(rng: Random) -> None:
    """The same mutations, their choices made by hypothesis, which shrinks them where one fails."""
    answer(mutated(rng))


def test_a_place_outside_of_its_file_is_seen() -> None:
    with pytest.raises(AssertionError):
        places_are_inside(Diagnostic("E0101", "", Span("a", 2, 1, 2, 1)), {"a": "one line"})
    with pytest.raises(AssertionError):
        places_are_inside(Diagnostic("E0101", "", Span("a", 1, 3, 1, 99)), {"a": "one line"})


def test_a_text_that_hangs_or_eats_memory_is_given_up() -> None:
    """What bounds a text in a campaign, in a process of its own: limits stay with a process."""
    script = """
        from fuzz.yaml_campaign import bounded
        with bounded():
            bytearray(100 << 20)
            try:
                bytearray(300 << 20)
            except MemoryError:
                print("bounded")
    """
    made = subprocess.run(
        [sys.executable, "-c", dedent(script)], cwd=HERE, capture_output=True, encoding="utf-8", check=False
    )
    assert made.stdout == "bounded\n", made.stderr


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
    "one mistake in each of many units": spec("- {repeat: 20000, do: [{op: rellu}]}"),
    "another mistake in each of many units": spec("- {repeat: 20000, do: [{op: 'rellu{i}', kernal: 3}]}"),
    "a mistake in each of many calls": spec(
        "- {repeat: 20000, do: [{op: b, n: i}]}",
        blocks="\n  b: {params: {n: int}, in: 'x[N, C, H, W]', body: [{op: relu, from: 'x{n}'}]}",
    ),
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
    gc.collect()
    gc.freeze()  # a command starts with an empty heap; what other tests left in this one is not to be searched
    try:
        start = time.process_time()
        answer(BOMBS[name].encode())
        spent = time.process_time() - start
    finally:
        gc.unfreeze()
    assert spent < LIMIT, f"{spent:.2f} s"
