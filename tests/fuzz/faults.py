"""`python -m tests.fuzz faults`: seeds each fault of the table in a copy, and runs the tests that cover its line.

A fault that no test notices survives. `--only TEXT` takes the faults of a file or area; with `--keep FOLDER` what is
known already is not run again.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from fuzz.fault_table import FAULTS, Fault

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("archspec", "specs", "templates", "tests", "docs", "examples", "benchmarks")
LONGEST = 600
"""Seconds after which tests count as having noticed: something hangs."""


def run(copy: Path, tests: str, longest: float | None = LONGEST) -> tuple[int, str]:
    """pytest's exit status and the first failure that it names."""
    names, _, word = tests.partition(" -k ")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "-k", word]
    command += [f"tests/{name}" for name in names.split()]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        made = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=longest
        )
    except subprocess.TimeoutExpired:
        return 1, f"it runs for more than {LONGEST} s"
    said = [line.partition(" ")[2] for line in made.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    named = [line.partition(" - ")[0] for line in said]  # names of cases may have spaces
    return made.returncode, named[0].removeprefix("tests/") if named else made.stdout[-300:] + made.stderr[-300:]


def seed(copy: Path, fault: Fault) -> tuple[str, str]:
    """(verdict, by which test): killed, or survives."""
    path = copy / "archspec" / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        return "stale", f"the line stands there {text.count(fault.old)} times"
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        status, said = run(copy, fault.tests)
    finally:
        path.write_text(text, encoding="utf-8")
    if status not in (0, 1, 2, 4):
        raise RuntimeError(f"{fault.tests}: {said}")
    return ("survives", "") if status == 0 else ("killed", said)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz faults", description=__doc__)
    parser.add_argument("--only", default="", help="a part of a file's path, or an area")
    parser.add_argument("--keep", type=Path, help="a folder for verdicts; what is there is not run again")
    parser.add_argument("--output", type=Path, help="a file for the table")
    given = parser.parse_args(arguments)
    chosen = [fault for fault in FAULTS if given.only in f"{fault.area} {fault.file}"]
    verdicts: list[tuple[str, str]] = []
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for file in ROOT.glob("*.*"):
            if file.is_file():
                shutil.copy(file, copy)
        names = sorted({name for fault in chosen for name in fault.tests.partition(" -k ")[0].split()})
        if (made := run(copy, " ".join(names), None))[0]:
            parser.error(f"without a fault, too: {made[1]}")
        for place, fault in enumerate(chosen, 1):
            verdicts.append(known(copy, fault, given.keep))
            print(
                f"{place} of {len(chosen)}: {verdicts[-1][0]}  {fault.file}: {fault.new}", file=sys.stderr, flush=True
            )
    text = table(chosen, verdicts)
    print(text)
    if given.output is not None:
        given.output.write_text(text, encoding="utf-8")
    return 0


def known(copy: Path, fault: Fault, keep: Path | None) -> tuple[str, str]:
    """The verdict, remembered by the fault and its tests."""
    if keep is None:
        return seed(copy, fault)
    kept = keep / f"fault-{sha256(repr(tuple(fault[:-1])).encode()).hexdigest()[:16]}.json"
    if kept.exists():
        verdict, by = json.loads(kept.read_text(encoding="utf-8"))
        return verdict, by
    found = seed(copy, fault)
    keep.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def table(chosen: list[Fault], verdicts: list[tuple[str, str]]) -> str:
    killed = sum(verdict == "killed" for verdict, _ in verdicts)
    areas = Counter((fault.area, verdict) for fault, (verdict, _) in zip(chosen, verdicts, strict=True))
    lines = [f"{len(chosen)} faults, {killed} killed, {len(chosen) - killed} survive", ""]
    lines += [f"{area:10}{verdict:10}{count:4}" for (area, verdict), count in sorted(areas.items())]
    for fault, (verdict, by) in zip(chosen, verdicts, strict=True):
        lines += ["", f"{verdict}: {fault.area}, archspec/{fault.file}", f"  - {fault.old}", f"  + {fault.new}"]
        lines += [f"  by {by.splitlines()[0]}"] if by else []
        lines += [f"  {fault.why}"] if fault.why else []
    return "\n".join(lines) + "\n"
