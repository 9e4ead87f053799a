"""The JSON schema of a spec file, for editors: the file's sections, and every op with its options."""

from __future__ import annotations

import json

from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.ops.options import model_of
from archspec.spec.places import ITEMS, PLACES, Key, Schema


def schema() -> Schema:
    """The schema as data (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archspec, language version 1",
        "type": "object",
        "required": ["archspec"],
        "additionalProperties": False,
        "properties": properties(PLACES["file"]),
        "$defs": {
            "item": _item(),
            "block": {"type": "object", "properties": properties(PLACES["block"])},
            **{f"op_{name}": _op(op) for name, op in OPS.items()},
        },
    }


def schema_text() -> str:
    """The schema as JSON text."""
    return json.dumps(schema(), indent=1) + "\n"


def properties(keys: tuple[Key, ...]) -> Schema:
    """The schemas of a place's keys."""
    return {key.name: key.schema for key in keys}


def _item() -> Schema:
    """Keyword items, calls, and named ones; a call of an op is checked by that op's options."""
    container = {"type": "object", "required": ["body"], "properties": properties(PLACES["container"])}
    named = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": {
            "anyOf": [ITEMS.schema, {"$ref": "#/$defs/item"}, {**container, "additionalProperties": False}]
        },
    }
    keyed: list[Schema] = [{"type": "object", "required": ["same"]}]
    for name in ("each", "repeat", "parallel", "group"):
        needed = [key.name for key in PLACES[name] if key.required]
        place = {"type": "object", "required": needed, "properties": properties(PLACES[name])}
        keyed.append({**place, "additionalProperties": False})
    ops = [
        {"if": {"properties": {"op": {"const": name}}, "required": ["op"]}, "then": {"$ref": f"#/$defs/op_{name}"}}
        for name in OPS
    ]
    return {"type": "object", "anyOf": [{"type": "object", "required": ["op"]}, *keyed, named], "allOf": ops}


def _op(op: type[Op]) -> Schema:
    fields = model_of(op).model_json_schema()
    options = {name: _expressible(field) for name, field in fields.get("properties", {}).items()}
    found: Schema = {
        "type": "object",
        "description": (op.__doc__ or op.summary).split("\n")[0],
        "required": ["op", *fields.get("required", [])],
        "additionalProperties": False,
        "properties": {**properties(PLACES["call"]), **options, "op": {"const": op.name}},
    }
    if "$defs" in fields:
        found["$defs"] = fields["$defs"]
    return found


def _expressible(field: Schema) -> Schema:
    """A field that may also be an expression, unless it is plain text already."""
    if field.get("type") == "string":
        return field
    about: Schema = {key: field[key] for key in ("default", "description") if key in field}
    plain = {key: value for key, value in field.items() if key not in ("title", *about)}
    return {"anyOf": [_with_expressions(plain), {"type": "string"}], **about}


def _with_expressions(field: Schema) -> Schema:
    """A field in whose lists each value may be an expression."""
    found = dict(field)
    for choice in ("anyOf", "oneOf"):
        if choice in found:
            found[choice] = [_with_expressions(option) for option in found[choice]]
    if isinstance(found.get("items"), dict):
        found["items"] = {"anyOf": [found["items"], {"type": "string"}]}
    if "prefixItems" in found:
        found["prefixItems"] = [{"anyOf": [item, {"type": "string"}]} for item in found["prefixItems"]]
    return found
