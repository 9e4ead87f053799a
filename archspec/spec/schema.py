"""The JSON schema of a spec file, for editors: the file's sections, and every op with its options."""

from __future__ import annotations

import json
from typing import Any

from archspec.ops import OPS
from archspec.ops.base import Op

Schema = dict[str, Any]

NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
TEXT: Schema = {"type": "string"}
EXPRESSION: Schema = {"type": ["string", "number", "boolean"], "description": "a literal or an expression"}
ITEMS: Schema = {"type": "array", "items": {"$ref": "#/$defs/item"}}
FROM: Schema = {
    "description": "the name of a node, a list of names, or an expression of names",
    "anyOf": [TEXT, {"type": "array", "items": TEXT}],
}
SHAPE: Schema = {
    "type": "array",
    "items": {"type": ["string", "integer"]},
    "description": "a shape: [N, 64, ceil(H/2), W]",
}
SIGNATURE: Schema = {
    "anyOf": [TEXT, {"type": "array", "items": TEXT}],
    "description": "such as `x[N, 3, H=224, W=224]`",
}
PARAM: Schema = {
    "type": "string",
    "description": "`type = default`",
    "pattern": r"^\s*(open\s+)?(int|float|bool|str|block|enum\s*\[.*\]|list\s*\[\s*(int|float|bool|str)\s*\])"
    r"\s*(=.*)?$",
}
LETS: Schema = {"type": "object", "propertyNames": {"pattern": NAME}}
REQUIRE: Schema = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["if"],
        "additionalProperties": False,
        "properties": {"if": EXPRESSION, "else": TEXT},
    },
}
EXPECTED: Schema = {
    "parameters": {"type": "integer"},
    "macs": {"type": "integer"},
    "weighted_layers": {"type": "integer"},
    "receptive_field": {"type": "integer"},
    "shapes": {"type": "object", "additionalProperties": SHAPE},
}
CALL: Schema = {
    "from": FROM,
    "when": EXPRESSION,
    "repeat": EXPRESSION,
    "names": TEXT,
    "tie": {"type": "object"},
    "same": TEXT,
    "first": {"type": "object", "description": "options of the first unit of a repeat"},
    "init": {"description": "initialisation, by tensor: {weight: zeros}"},
}


def schema() -> Schema:
    """The schema as data (JSON Schema 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archspec, language version 1",
        "type": "object",
        "required": ["archspec"],
        "additionalProperties": False,
        "properties": _file(),
        "$defs": {"item": _item(), "block": _block(), **{f"op_{name}": _op(op) for name, op in OPS.items()}},
    }


def schema_text() -> str:
    """The schema as JSON text."""
    return json.dumps(schema(), indent=1) + "\n"


def _file() -> Schema:
    variants = {"type": "object", "additionalProperties": {"type": "object"}}
    return {
        "archspec": {"const": 1, "description": "the version of the language"},
        "name": TEXT,
        "doc": TEXT,
        "class": {"type": "string", "description": "the name of the generated class"},
        "params": {"type": "object", "additionalProperties": PARAM, "propertyNames": {"pattern": NAME}},
        "let": LETS,
        "use": {
            "description": "block libraries, with arguments for their params",
            "anyOf": [TEXT, {"type": "array", "items": TEXT}, {"type": "object"}],
        },
        "extends": {"type": "string", "description": "the one parent"},
        "require": REQUIRE,
        "blocks": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/block"},
            "propertyNames": {"pattern": NAME},
        },
        "input": SIGNATURE,
        "inputs": SIGNATURE,
        "stem": ITEMS,
        "stages": ITEMS,
        "head": ITEMS,
        "net": ITEMS,
        "register": {"type": "array", "items": TEXT},
        "output": SHAPE,
        "outputs": _outputs(),
        "init": {"type": "object", "propertyNames": {"enum": list(OPS)}},
        "variants": variants,
        "weights": {"type": "object", "properties": {"layout": TEXT}, "additionalProperties": False},
        "expect": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                **EXPECTED,
                "variants": {
                    "type": "object",
                    "additionalProperties": {"type": "object", "properties": EXPECTED, "additionalProperties": False},
                },
            },
        },
    }


def _outputs() -> Schema:
    one = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"from": FROM, "shape": SHAPE, "mode": {"enum": ["always", "train"]}, "when": EXPRESSION},
    }
    return {"type": "object", "additionalProperties": {"anyOf": [TEXT, one]}}


def _block() -> Schema:
    return {
        "type": "object",
        "required": [],
        "properties": {
            "doc": TEXT,
            "params": {"type": "object", "additionalProperties": PARAM},
            "in": SIGNATURE,
            "out": SHAPE,
            "outputs": _outputs(),
            "let": LETS,
            "require": REQUIRE,
            "body": ITEMS,
            "register": {"type": "array", "items": TEXT},
            "op": TEXT,
            "when": EXPRESSION,
        },
    }


def _item() -> Schema:
    """Keyword items, calls, and named ones; a call of an op is checked by that op's options."""
    named = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": {"anyOf": [ITEMS, {"$ref": "#/$defs/item"}, {"type": "object", "required": ["body"]}]},
    }
    keyed = [{"type": "object", "required": [key]} for key in ("same", "each", "repeat", "parallel", "do")]
    ops = [
        {"if": {"properties": {"op": {"const": name}}, "required": ["op"]}, "then": {"$ref": f"#/$defs/op_{name}"}}
        for name in OPS
    ]
    return {"type": "object", "anyOf": [{"type": "object", "required": ["op"]}, *keyed, named], "allOf": ops}


def _op(op: type[Op]) -> Schema:
    fields = op.model_json_schema()
    options = {name: _expressible(field) for name, field in fields.get("properties", {}).items()}
    found: Schema = {
        "type": "object",
        "description": (op.__doc__ or op.summary).split("\n")[0],
        "required": ["op", *fields.get("required", [])],
        "additionalProperties": False,
        "properties": {"op": {"const": op.name}, **options, **{k: v for k, v in CALL.items() if k not in options}},
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
    return {"anyOf": [plain, {"type": "string"}], **about}
