"""The keys of a spec, place by place: what the JSON schema admits and the language reference explains, said once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from archspec.ops import OPS
from archspec.records import Record

Schema = dict[str, Any]


class Kind(Record):
    """What a value may be: in words for the reference, and as a schema for editors."""

    words: str
    schema: Schema


class Key(Record):
    """A key of a place. `default` is what holds where it is left out, in the words of the reference."""

    name: str
    kind: Kind
    meaning: str
    default: str = ""

    @property
    def required(self) -> bool:
        return self.default == "required"

    @property
    def schema(self) -> Schema:
        """The schema of its value, with its meaning as the description."""
        return {**self.kind.schema, "description": self.meaning}


NAME = "^[A-Za-z_][A-Za-z0-9_]*$"
_TEXT: Schema = {"type": "string"}
_SHAPE: Schema = {"type": "array", "items": {"type": ["string", "integer"]}}
_REF_ITEMS: Schema = {"type": "array", "items": {"$ref": "#/$defs/item"}}
_PARAM: Schema = {
    "type": "string",
    "pattern": r"^\s*(open\s+)?(int|float|bool|str|block|enum\s*\[.*\]|list\s*\[\s*(int|float|bool|str)\s*\])"
    r"\s*(=.*)?$",
}


def _map_of(value: Schema, names: str = NAME) -> Schema:
    return {"type": "object", "additionalProperties": value, "propertyNames": {"pattern": names}}


def _place(*keys: Key) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": {key.name: key.schema for key in keys}}


VERSION = Kind("1", {"const": 1})
TEXT = Kind("text", _TEXT)
NUMBER = Kind("integer", {"type": "integer"})
EXPRESSION = Kind("expression", {"type": ["string", "number", "boolean"]})
COUNT = Kind("expression", {"type": ["string", "integer"]})
SHAPE = Kind("shape", _SHAPE)
ITEMS = Kind("list of items", _REF_ITEMS)
NAMES = Kind("list of names", {"type": "array", "items": _TEXT})
SOURCE = Kind("name, list of names, or expression", {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]})
SIGNATURE = Kind("signature, or list of them", {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]})
PARAMS = Kind("map of params", _map_of(_PARAM))
LETS = Kind("map of expressions", {"type": "object", "propertyNames": {"pattern": NAME}})
LIBRARIES = Kind(
    "file, list of files, or map to arguments",
    {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}, {"type": "object"}]},
)
BLOCKS = Kind("map of blocks", _map_of({"$ref": "#/$defs/block"}))
OPTIONS = Kind("map", {"type": "object"})
SETTINGS = Kind("map of names to values of params", _map_of({"type": "object"}, ".*"))
SCHEMES = Kind("map of ops to map of tensors", {"type": "object", "propertyNames": {"enum": list(OPS)}})
CALL_OF_JOIN = Kind("call", {"type": "object", "required": ["op"]})
MODE = Kind("`always` or `train`", {"enum": ["always", "train"]})
ITEM_SCHEMES = Kind("map of tensors", {"type": "object"})
TABLE = Kind("map of lists, or `{columns, rows}`", {"type": "object"})

_FROM = Key("from", SOURCE, "where its input comes from", "the item before that is no `param`")
_WHEN = Key("when", EXPRESSION, "false passes the first input through; a branch of a `parallel` goes", "`true`")
_REGISTER = Key("register", NAMES, "children whose tensors are registered first, in this order", "order of execution")

OUTPUT = (
    Key("from", SOURCE, "the node that it is", "the last item"),
    Key("shape", SHAPE, "its promised shape, checked"),
    Key("mode", MODE, "`train`: an output of training alone, such as an auxiliary head", "`always`"),
    Key("when", EXPRESSION, "whether the output is there", "`true`"),
)
OUTPUTS = Kind("map to a node's name or to its keys", _map_of({"anyOf": [_TEXT, _place(*OUTPUT)]}, ".*"))

REQUIREMENT = (
    Key("if", EXPRESSION, "the precondition", "required"),
    Key("else", TEXT, "the message where it does not hold, with values in braces: `got {depth}`"),
)
REQUIREMENTS = Kind("list of requirements", {"type": "array", "items": {**_place(*REQUIREMENT), "required": ["if"]}})

PROMISES = (
    Key("parameters", NUMBER, "learnable parameters, buffers excluded, a tied tensor once"),
    Key("macs", NUMBER, "multiply-accumulates of one example at the nominal size, at inference"),
    Key("weighted_layers", NUMBER, "the most convolutions and linears on a path; an attention counts two, norms none"),
    Key("receptive_field", NUMBER, "in pixels, of the last map before global pooling"),
    Key("shapes", Kind("map of nodes to shapes", _map_of(_SHAPE, ".*")), "shapes at named nodes, at the nominal size"),
)
EXPECTATIONS = (
    *PROMISES,
    Key("variants", Kind("map of variants to promises", _map_of(_place(*PROMISES), ".*")), "the same for each variant"),
)
WEIGHTS = (
    Key(
        "layout", TEXT,
        "the state_dict's layout as a contract, for the spec as written and each variant whose name the layout knows",
    ),
)  # fmt: skip

FILE = (
    Key("archspec", VERSION, "the version of the language", "required"),
    Key("name", TEXT, "the network's name", "the file's"),
    Key("doc", TEXT, "a sentence about it"),
    Key("class", TEXT, "the name of the generated class", "the name in CamelCase"),
    Key("params", PARAMS, "`name: type = default`; other values by `variants`, `extends` and `--set`"),
    Key("let", LETS, "names for values: `units: (depth - 2) // 6`"),
    Key("use", LIBRARIES, "libraries of blocks, with arguments for their params"),
    Key("extends", TEXT, "the one parent, a file or a network of the zoo, from which this one differs"),
    Key("blocks", BLOCKS, "the blocks of this file"),
    Key("input", SIGNATURE, "`x[N, 3, H=224, W=224]`; several a line each, or quoted in brackets"),
    Key("stem", ITEMS, "the first items; with `stages` and `head` instead of `net`"),
    Key("stages", ITEMS, "the items between"),
    Key("head", ITEMS, "the last items"),
    Key("net", ITEMS, "all items of the network"),
    _REGISTER,
    Key("output", SHAPE, "the promised shape of the last item, checked"),
    Key("outputs", OUTPUTS, "named outputs, in place of `output`: `{logits: fc}`"),
    Key("init", SCHEMES, "initialisation by op: `conv2d: {weight: {kaiming_normal: fan_out}}`", "torch's own"),
    Key("require", REQUIREMENTS, "preconditions with a message of your own"),
    Key("variants", SETTINGS, "named sets of params: `deep: {depth: 110}`"),
    Key("expect", Kind("map of promises", _place(*EXPECTATIONS)), "what every check holds the network against"),
    Key("weights", Kind("map", _place(*WEIGHTS)), "promises about the weights"),
)

BLOCK = (
    Key("doc", TEXT, "a sentence about it"),
    Key("params", PARAMS, "`name: type = default`; a caller gives them beside `op:`"),
    Key("in", SIGNATURE, "what it takes, binding symbols: `x[N, C, H, W]`", "required beside `body`"),
    Key("out", SHAPE, "the shape that it promises, checked at every call"),
    Key("outputs", OUTPUTS, "named outputs: `{hi: y0, lo: y1}`, read as `from: block.hi`"),
    Key("let", LETS, "names for values"),
    Key("require", REQUIREMENTS, "preconditions with a message of your own"),
    Key("body", ITEMS, "its items", "required, or `op`"),
    _REGISTER,
    Key("op", TEXT, "makes it an alias, the other keys being options: `{op: conv2d, kernel: 3}`"),
)

CALL = (
    Key("op", TEXT, "an op, a block, or `$name`, a param of type `block`; the other keys are its options", "required"),
    _FROM,
    _WHEN,
    Key("repeat", COUNT, "a chain of so many units; `i` and `n` stand in expressions"),
    Key("first", OPTIONS, "options of the first unit of a `repeat`"),
    Key("names", TEXT, "names of the units: `layer{i+1}`", "0, 1, …"),
    Key("same", TEXT, "in place of `op`: runs the module of another item again"),
    Key("tie", OPTIONS, "shares a tensor: `{weight: embed.weight}`"),
    Key("init", ITEM_SCHEMES, "initialisation of its tensors: `{weight: zeros}`"),
)
CONTAINER = (Key("body", ITEMS, "its items", "required"), _FROM, _WHEN, _REGISTER)
PARALLEL = (
    Key("parallel", ITEMS, "the branches, all of which get the same input", "required"),
    Key("join", CALL_OF_JOIN, "the op that joins them"),
    _FROM,
)
EACH = (
    Key("each", TABLE, "columns of values, zipped; their names stand in expressions", "required"),
    Key("do", ITEMS, "the items that come once per row", "required"),
    Key("index", TEXT, "the name of the row's number", "`s`"),
)
REPEAT = (
    Key("repeat", COUNT, "how many times", "required"),
    Key("do", ITEMS, "the items, numbered like their siblings", "required"),
)
GROUP = (
    Key("do", ITEMS, "the items, without a path or scope of their own", "required"),
    Key("section", TEXT, "their role in figures and tables"),
    Key("when", EXPRESSION, "false leaves all of them out, and passes the input through", "`true`"),
)

PLACES: Mapping[str, tuple[Key, ...]] = MappingProxyType(
    {
        "file": FILE,
        "block": BLOCK,
        "call": CALL,
        "container": CONTAINER,
        "parallel": PARALLEL,
        "each": EACH,
        "repeat": REPEAT,
        "group": GROUP,
        "output": OUTPUT,
        "requirement": REQUIREMENT,
        "expect": EXPECTATIONS,
        "weights": WEIGHTS,
    }
)
"""Every place of a spec that has keys of its own, by its name in the reference."""
