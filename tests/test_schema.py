"""The JSON schema and the reference speak of the keys that the reader reads, no more and no fewer."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from archspec.ops import OPS
from archspec.pipeline import check
from archspec.records import fields_of
from archspec.spec.fields import Fields
from archspec.spec.items import KEYS_OF_A_CALL
from archspec.spec.places import PLACES
from archspec.spec.schema import schema

ROOT = Path(__file__).resolve().parent.parent
SPECS = sorted(ROOT.glob("specs/**/*.yaml"))
VALIDATOR = Draft202012Validator(schema())

EVERYWHERE = """\
archspec: 1
name: everywhere
blocks:
  unit: {in: "x[N, C, H, W]", body: [{op: relu}], outputs: {y: {from: x}}}
input: x[N, 3, 8, 8]
require: [{if: true}]
net:
  - box: {body: [{op: relu}]}
  - {parallel: [{op: relu}], join: {op: add}}
  - {each: {k: [1, 3]}, do: [{op: relu}]}
  - {repeat: 2, do: [{op: relu}]}
  - {do: [{op: relu}], section: head}
  - last: {op: relu}
outputs: {y: {from: last}}
expect: {variants: {}}
weights: {}
"""
NAMES = {
    "a spec file": "file", "block `unit`": "block", "`last`": "call", "container `box`": "container",
    "`parallel`": "parallel", "`each`": "each", "`repeat`": "repeat", "`do`": "group", "output `y`": "output",
    "a requirement": "requirement", "`expect`": "expect", "`weights`": "weights",
}  # fmt: skip


def test_the_reader_knows_the_keys_of_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, set[str]] = {}
    made: list[Fields] = []
    begin = Fields.__init__

    def watch(self: Fields, *arguments: object) -> None:
        begin(self, *arguments)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(Fields, "__init__", watch)
    check(EVERYWHERE)
    for fields in made:
        asked.setdefault(fields.what, set()).update(fields._known)
    asked["block `unit`"].add("op")  # which says that the rest are options
    read = {place: asked[what] for what, place in NAMES.items()}
    assert read == {place: {key.name for key in keys} for place, keys in PLACES.items()}


def test_no_option_is_called_as_a_key_of_a_call() -> None:
    assert {key.name for key in PLACES["call"]} == KEYS_OF_A_CALL
    assert not any(name in KEYS_OF_A_CALL for op in OPS.values() for name in fields_of(op))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_schema_admits_what_the_reader_admits(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize(
    "wrong",
    [
        "inputs: x[N]", "outputs: {a: {shap: [N]}}", "expect: {params: 1}", "weights: {layuot: torchvision}",
        "net: [{repeat: 2, doo: []}]", "net: [{a: {body: [], whn: true}}]", "net: [{op: conv2d, out: 3, kernal: 3}]",
        "require: [{when: true}]", "variants: {deep: 3}", "params: {n: integer}",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_reader_refuses(wrong: str) -> None:
    assert not VALIDATOR.is_valid(yaml.safe_load(f"archspec: 1\n{wrong}\n"))
