"""`python -m tests.fuzz specs --seed 0 --count 1000`: random specs, judged by torch, with a table of what was met.

In chunks, each in a process of its own, so that memory stays bounded; `--keep FOLDER` writes each chunk's counts there
and takes them up again, so that a long run can be stopped and continued.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from random import Random

import torch

from fuzz.case import Case
from fuzz.coverage import Coverage
from fuzz.judge import judge
from fuzz.mutate import made
from fuzz.shrink import shrunk

TESTS = Path(__file__).resolve().parent.parent
CHUNK = 1000
SAME = 30
"""How much of what is said makes two failures the same."""


def failure(seed: int, full: bool, coverage: Coverage) -> str:
    """Judge one seed; what failed, "" if nothing."""
    case = made(Random(seed))
    try:
        coverage.see(case, judge(case, full))
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return ""


def chunk(start: int, count: int, every: int) -> dict[str, object]:
    """The counts and failures of the seeds from `start` on; of each `every`-th one, the source too is judged."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    coverage, failures = Coverage(), {}
    for seed in range(start, start + count):
        print(seed, file=sys.stderr)  # the last one is what a process died of
        said = failure(seed, seed % every == 0, coverage)
        if said:
            failures[seed] = said
    return {"counts": coverage.counts, "failures": failures}


def small(seed: int, full: bool) -> str:
    """The spec of a seed that fails, made small."""
    said = failure(seed, full, Coverage())
    case = made(Random(seed))
    if case.expected:  # without its mutation it would fail no more
        return f"# {said}\n{case}"

    def fails(other: Case) -> bool:
        try:
            judge(other, full)
        except Exception as error:
            return " ".join(f"{type(error).__name__}: {error}".split())[:SAME] == said[:SAME]
        return False

    return f"# {said}\n{shrunk(case, fails)}"


def in_a_process(start: int, count: int, every: int) -> dict[str, object]:
    command = [sys.executable, "-m", "fuzz", "chunk", str(start), str(count), str(every)]
    made = subprocess.run(command, cwd=TESTS, capture_output=True, encoding="utf-8", check=False)
    if made.returncode:
        raise RuntimeError(f"exit status {made.returncode} at seed {made.stderr[-2000:]}")
    found: dict[str, object] = json.loads(made.stdout)
    return found


def run(seed: int, count: int, every: int, keep: Path | None) -> tuple[Coverage, dict[str, str]]:
    """All chunks, with a line of progress for each."""
    coverage, failures = Coverage(), {}
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    for start in range(seed, seed + count, CHUNK):
        size = min(CHUNK, seed + count - start)
        kept = keep / f"specs-{start}-{size}-{every}.json" if keep is not None else None
        if kept is not None and kept.exists():
            found = json.loads(kept.read_text(encoding="utf-8"))
        else:
            found = in_a_process(start, size, every)
            if kept is not None:
                kept.write_text(json.dumps(found), encoding="utf-8")
        coverage.counts += Counter(found["counts"])
        failures.update(found["failures"])
        done = start + size - seed
        print(f"{done:,} of {count:,} specs, {len(failures)} disagreements, {time.monotonic() - began:.0f} s",
              file=sys.stderr, flush=True)  # fmt: skip
    return coverage, failures


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz specs", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--every", type=int, default=4, help="of each EVERY-th spec, the source is judged too")
    parser.add_argument("--keep", type=Path, help="a folder for the counts of chunks; what is there is not run again")
    parser.add_argument("--output", type=Path, help="a file for the table")
    given = parser.parse_args(arguments)
    coverage, failures = run(given.seed, given.count, given.every, given.keep)
    shown = [small(int(seed), int(seed) % given.every == 0) for seed in list(failures)[:5]]
    text = (
        f"python -m tests.fuzz specs --seed {given.seed} --count {given.count} --every {given.every}\n"
        f"{given.count:,} specs, {len(failures)} disagreements"
        + "".join(f"\n  seed {seed}: {said}" for seed, said in failures.items())
        + f"\n\n{coverage.table()}"
    )
    print(text)
    print("\n".join(shown))
    if given.output is not None:
        given.output.write_text(text, encoding="utf-8")
    return bool(failures)
