"""`python -m tests.fuzz yaml --seed 0 --count 10000`: mutated texts, each of which must get an answer.

No exception but the two that carry diagnostics, every place inside its file, every answer rendered in all formats,
less than a second of processor time and 200 MB for each. In chunks, as the campaign of random specs.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from archspec.codes import CODES
from archspec.diagnostics import Diagnostic, SpecError, UsageError
from archspec.pipeline import check, read
from archspec.rendering import render_github, render_json, render_text
from archspec.rendering.sarif import render_sarif
from fuzz.texts import mutated

TESTS = Path(__file__).resolve().parent.parent
CHUNK = 5000
LIMIT = 1.0
"""Seconds of processor time for one text."""
HANGS = 20.0
MEMORY = 200 << 20


class TooLongError(Exception):
    """A text took so long that it was given up."""


def answer(data: bytes) -> tuple[Diagnostic, ...] | None:
    """The errors of a text, None for a network; AssertionError where a place lies outside of its file."""
    try:
        check(read(data, "fuzz.yaml", None, {}))
    except SpecError as error:
        assert error.diagnostics
        for diagnostic in error.diagnostics:
            places_are_inside(diagnostic, error.texts)
        assert render_text(error.diagnostics, error.texts)
        for render in (render_json, render_sarif, render_github):
            assert render(error.diagnostics)
        return error.diagnostics
    except UsageError as error:
        assert str(error)
        return ()
    return None


def places_are_inside(diagnostic: Diagnostic, texts: Any) -> None:
    """Every place that a diagnostic speaks of is in the text of its file."""
    places = (diagnostic.span, *(label.span for label in diagnostic.labels), *(f.span for f in diagnostic.chain))
    for place in places:
        if place is None:
            continue
        lines = texts[place.file].split("\n")
        assert 1 <= place.line <= place.end_line <= len(lines), f"{place} of {len(lines)} lines"
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1, place
        assert 1 <= place.end_column <= len(lines[place.end_line - 1]) + 1, place
        assert (place.line, place.column) <= (place.end_line, place.end_column), place


@contextmanager
def bounded() -> Iterator[None]:
    """A text that hangs is given up; one that wants too much memory gets a MemoryError."""

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise TooLongError(f"more than {HANGS} s")

    before = signal.signal(signal.SIGPROF, give_up)
    old = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, old[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        resource.setrlimit(resource.RLIMIT_AS, old)


def chunk(start: int, count: int) -> dict[str, Any]:
    """The counts and failures of the seeds from `start` on."""
    counts: Counter[str] = Counter()
    failures: dict[str, str] = {}
    slowest, slow = 0.0, 0
    answer(b"archspec: 1\ninput: x[N, 3, 8, 8]\nnet: [{op: conv2d, out: 4, kernel: 3}, {op: rellu}]\n")  # imports
    with bounded():
        for seed in range(start, start + count):
            data = mutated(Random(seed))
            began = time.process_time()
            signal.setitimer(signal.ITIMER_PROF, HANGS)
            try:
                found = answer(data)
                counts["accepted" if found is None else "refused"] += 1
                counts.update({d.code for d in found or ()})
                counts["positions"] += sum(d.span is not None for d in found or ())
            except Exception as error:
                failures[str(seed)] = f"{type(error).__name__}: {str(error)[:200]}"
            spent = time.process_time() - began
            if spent > slowest:
                slowest, slow = spent, seed
            if spent > LIMIT:
                failures[str(seed)] = f"{spent:.2f} s"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    return {"counts": counts, "failures": failures, "slowest": [slowest, slow], "peak": peak}


def in_a_process(start: int, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "fuzz", "texts", str(start), str(count)]
    made = subprocess.run(command, cwd=TESTS, capture_output=True, encoding="utf-8", check=False)
    if made.returncode:
        raise RuntimeError(f"seeds {start} to {start + count - 1}: {made.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(made.stdout)
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz yaml", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="a folder for the counts of chunks; what is there is not run again")
    parser.add_argument("--output", type=Path, help="a file for the table")
    given = parser.parse_args(arguments)
    counts: Counter[str] = Counter()
    failures: dict[str, str] = {}
    slowest, peak = [0.0, 0], 0
    for start in range(given.seed, given.seed + given.count, CHUNK):
        size = min(CHUNK, given.seed + given.count - start)
        kept = given.keep / f"yaml-{start}-{size}.json" if given.keep is not None else None
        if kept is not None and kept.exists():
            found = json.loads(kept.read_text(encoding="utf-8"))
        else:
            found = in_a_process(start, size)
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_text(json.dumps(found), encoding="utf-8")
        counts.update(found["counts"])
        failures.update(found["failures"])
        slowest, peak = max(slowest, found["slowest"]), max(peak, found["peak"])
        print(f"{start + size - given.seed:,} of {given.count:,} texts, {len(failures)} failures", file=sys.stderr)
    text = report(given.seed, given.count, counts, failures, slowest, peak)
    print(text)
    if given.output is not None:
        given.output.write_text(text, encoding="utf-8")
    return bool(failures)


def report(
    seed: int, count: int, counts: Counter[str], failures: dict[str, str], slowest: list[float], peak: int
) -> str:
    codes = [f"  {code}  {CODES[code].title:52}{counts[code]:9,}" for code in CODES if counts[code]]
    return "\n".join(
        [
            f"python -m tests.fuzz yaml --seed {seed} --count {count}",
            f"{count:,} texts, {len(failures)} failures",
            *(f"  seed {number}: {said}" for number, said in failures.items()),
            f"{counts['accepted']:,} are networks, {counts['refused']:,} are refused, {counts['positions']:,} places",
            f"slowest: {slowest[0]:.2f} s of processor time (seed {slowest[1]:.0f}); peak of a process: {peak} MB",
            "",
            "codes, each at most once a text",
            *codes,
            f"never: {', '.join(code for code in CODES if not counts[code]) or 'none'}",
            "",
        ]
    )
