"""What docs/adding.md shows is true: its block checks, its op meets the contract that it describes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
import yaml
from ops_performer import Performer

from archspec.ops import OPS, Op
from archspec.ops.options import make_op, model_of
from archspec.ops.words import options_of
from archspec.pipeline import check
from archspec.records import fields_of
from archspec.shapes import Shape

PAGE = (Path(__file__).resolve().parent.parent / "docs/adding.md").read_text(encoding="utf-8")


LIMITS = ("minimum", "maximum", "exclusiveMinimum")


def said_by_schema(schema: object) -> set[str]:
    """The limits and words of a JSON schema, and `none` where it takes null."""
    if isinstance(schema, list):
        return {word for each in schema for word in said_by_schema(each)}
    if not isinstance(schema, dict):
        return set()
    limits = {f"{schema[key]:,}" for key in LIMITS if isinstance(schema.get(key), int)}
    words = {*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])} | (
        {"none"} if schema.get("type") == "null" else set()
    )
    return limits | words | {word for value in schema.values() for word in said_by_schema(value)}


@pytest.mark.parametrize("name", OPS)
def test_options_are_told_as_pydantic_takes_them(name: str) -> None:
    fields = model_of(OPS[name]).model_json_schema()
    said = options_of(OPS[name])
    assert [option for option, _, _ in said] == list(fields.get("properties", {}))
    for option, words, default in said:
        schema = fields["properties"][option]
        assert (default == "required") == (option in fields.get("required", ()))
        found = {word for word in re.findall(r"-?[\w,]*\w", words) if word[-1].isdigit() or f"`{word}`" in words}
        known = said_by_schema({key: value for key, value in schema.items() if key != "default"})
        # The schema of a size that may be a symbol has no limits.
        assert known <= found and (found - known <= {"true", "false"} or name == "reshape"), option


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_block_checks_and_runs(tmp_path: Path) -> None:
    block, net = blocks("yaml")
    (tmp_path / "squeeze.yaml").write_text(block, encoding="utf-8")
    (tmp_path / "gated.yaml").write_text(net, encoding="utf-8")
    checked = check(tmp_path / "gated.yaml")
    assert checked.cost.parameters == 32 * 4 + 4 + 4 * 32 + 32


def test_the_op_is_what_torch_computes() -> None:
    names: dict[str, object] = {}
    exec(compile(blocks("python")[0], "docs/adding.md", "exec", dont_inherit=True), names)
    made = names["LocalResponseNorm"]
    assert isinstance(made, type) and issubclass(made, Op)
    op = make_op(made, {"size": 5, "k": 2.0})
    x = torch.randn(2, 8, 5, 5)
    assert torch.equal(Performer(op, (Shape.of(2, 8, 5, 5),))(x), torch.nn.LocalResponseNorm(5, k=2.0)(x))
    assert [d.holds() for d in op.demands(Shape((2, 5, 5, 8), "NHWC"))] == [False]


def test_every_docstring_has_a_shape_law_and_an_example() -> None:
    for name, op in OPS.items():
        doc = op.__doc__ or ""
        law, *rest = doc.split("\n")
        assert "->" in law, name
        examples = [line.strip().strip("`") for line in rest if f"{{op: {name}" in line]
        assert examples and op.summary, name
        for example in examples:
            (item,) = yaml.safe_load(example)
            options = item if "op" in item else next(iter(item.values()))
            assert set(options) <= {"op", "from", "when", *fields_of(op)}, example
            assert {n for n, field in fields_of(op).items() if field.required} <= set(options), example
