"""Run the benchmarks, print a line for each ratio, and store them all as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch

from archspec.files import write
from archspec.version import VERSION
from benchmarks import figures, networks, passes, processes, watching, zoo
from benchmarks.result import Result

RESULTS = Path(__file__).parent / "results"

CASES: dict[str, list[tuple[Callable[[int], Iterator[Result]], int]]] = {
    "a": [(processes.checking, 25)],
    "b": [(passes.against_torch, 9), (passes.over_depth, 15)],
    "c": [(networks.construction, 9)],
    "d": [(networks.running, 45), (networks.memory, 5)],
    "e": [(processes.building, 9)],
    "f": [(figures.against_graphviz, 5), (figures.against_other_tools, 3), (figures.over_depth, 9)],
    "w": [(watching.redrawing, 15)],
    "z": [(zoo.compiling, 3)],
}


def machine() -> dict[str, object]:
    """What the figures hold for."""
    return {
        "archspec": VERSION,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }


def main() -> int:
    """The exit code is 1 where a goal is missed."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "cases", nargs="*", choices=[[], *CASES], metavar="CASE", help=f"of {', '.join(CASES)}; all by default"
    )
    parser.add_argument("--rounds", type=float, default=1.0, help="a factor on the number of rounds")
    parser.add_argument(
        "-o", "--output", type=Path, help=f"by default {RESULTS.name}/VERSION.json, when all cases are run"
    )
    args = parser.parse_args()
    results = []
    for name in args.cases or CASES:
        for case, rounds in CASES[name]:
            for found in case(max(3, round(rounds * args.rounds))):
                print(found.line(), flush=True)
                results.append(found)
    output = args.output or (None if args.cases else RESULTS / f"{VERSION}.json")
    if output is not None:
        output.parent.mkdir(exist_ok=True)
        stored = [asdict(found) | {"met": found.met} for found in results]
        write(output, json.dumps({"machine": machine(), "results": stored}, indent=1) + "\n")
        print(f"stored in {output}")
    return int(any(found.met is False for found in results))


if __name__ == "__main__":
    sys.exit(main())
