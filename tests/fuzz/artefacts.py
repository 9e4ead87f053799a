"""`python -m tests.fuzz artefacts`: a digest of every text made of networks, to be compared between circumstances.

Source, figures, tables and errors of the zoo, of the test's networks and of random specs; needs no torch.
"""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from random import Random

from archspec.diagnostics import SpecError
from archspec.pipeline import build, check, draw, summary
from archspec.rendering import render_json, render_text
from fuzz.grow import grow
from fuzz.mutate import made

TESTS = Path(__file__).resolve().parent.parent


def texts(folder: Path, networks: list[str], specs: int) -> Iterator[tuple[str, str]]:
    """(name, text) of everything made of the networks of a folder and of some random specs."""
    for name in networks:
        checked = check(folder / f"{name}.yaml")
        yield f"{name}: source", build(checked)
        yield f"{name}: table", json.dumps(summary(checked).to_dict())
        yield f"{name}: words", str(summary(checked))
        yield f"{name}: figure", draw(checked).svg
    for seed in range(specs):
        case = grow(Random(seed))
        if len(case.files) == 1 and not case.variant:
            try:
                yield f"spec {seed}", build(check(str(case).partition("\n")[2]))
            except SpecError as error:
                yield f"spec {seed}", render_text(error.diagnostics, error.texts)
        wrong = made(Random(seed))
        if len(wrong.files) == 1 and wrong.mutations:
            try:
                check(str(wrong).partition("\n")[2], wrong.variant)
            except SpecError as error:
                yield f"wrong {seed}", render_text(error.diagnostics, error.texts) + render_json(error.diagnostics)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz artefacts", description=__doc__)
    parser.add_argument("--folder", type=Path, default=TESTS.parent / "specs")
    parser.add_argument("--only", nargs="*", help="networks of the folder; all by default")
    parser.add_argument("--specs", type=int, default=200, help="random specs")
    given = parser.parse_args(arguments)
    networks = given.only if given.only is not None else sorted(path.stem for path in given.folder.glob("*.yaml"))
    found = {name: sha256(text.encode()).hexdigest() for name, text in texts(given.folder, networks, given.specs)}
    print(json.dumps(found, indent=1))
    return 0
