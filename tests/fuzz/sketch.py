"""What the generator believes of shapes while a spec grows: a small reading of the language, at one size.

A guide, no judge: where a belief is wrong, a spec is refused or stays small.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import ceil
from types import CodeType
from typing import Any

from archspec.ops import OPS
from archspec.ops.options import OptionsError, make_op
from archspec.shapes import Shape
from fuzz.case import Item

Outputs = tuple[Shape, ...]
Names = dict[str, Outputs]
Values = dict[str, Any]

KEYS = frozenset({"op", "from", "when", "repeat", "first", "names", "tie", "init", "same"})
LARGEST = 12_000
"""Values of a map: what is larger costs time and shows nothing new."""
FUNCTIONS = {"ceil": ceil, "max": max, "min": min, "len": len, "sum": sum, "abs": abs, "round": round,
             "true": True, "false": False, "none": None,
             "make_divisible": lambda v, d: max(d, int(v + d / 2) // d * d)}  # fmt: skip


class Misfit(Exception):
    """This would not fit, or the sketch cannot follow."""


@lru_cache(maxsize=4096)
def _code(text: str) -> CodeType:
    return compile(text.strip(), "expression", "eval")


def value_of(value: Any, values: Values) -> Any:
    """A value, or what an expression makes; a word that is no expression stands for itself."""
    if isinstance(value, list):
        return tuple(value_of(part, values) for part in value)
    if not isinstance(value, str):
        return value
    try:
        return eval(_code(value), {"__builtins__": {}}, {**FUNCTIONS, **values})
    except (NameError, SyntaxError):
        return value
    except Exception as error:
        raise Misfit(str(error)) from None


def filled(template: str, values: Values) -> str:
    return re.sub(r"\{([^{}]*)\}", lambda m: str(value_of(m[1], values)), template)


def defaults(params: Item) -> Values:
    """The values of params from their declarations, and the members of their enums."""
    found: Values = {}
    for name, declared in params.items():
        kind, _, default = declared.partition("=")
        found.update({word.strip(): word.strip() for word in _members(kind)})
        if default:
            found[name] = value_of(_bracketed(default.strip()), found)
    return found


def _members(kind: str) -> list[str]:
    return kind[kind.index("[") + 1 : kind.index("]")].split(",") if "enum" in kind else []


def _bracketed(text: str) -> Any:
    return [int(part) for part in text[1:-1].split(",")] if text.startswith("[") else text


def axes_of(signature: str) -> tuple[str, list[str]]:
    name, _, axes = signature.rstrip("]").partition("[")
    return name.strip(), [axis.strip() for axis in axes.split(",")]


class Sketch:
    """Follows items; `read` are the names that something reads."""

    def __init__(self, blocks: Item, file_values: Values) -> None:
        self.blocks = blocks
        self.file_values = file_values
        self.read: set[str] = set()
        self.known: dict[str, Item] = {}
        """The calls behind names, for `same`."""

    def run(self, items: list[Item], values: Values, names: Names, flowing: Outputs) -> Outputs:
        for item in items:
            flowing = self.item(item, values, names, flowing)
        return flowing

    def item(self, item: Item, values: Values, names: Names, flowing: Outputs) -> Outputs:
        """The shapes that flow on after an item; its name is added to `names`."""
        if "parallel" in item:
            return self._parallel(item, values, names, flowing)
        if "each" in item:
            for row in _rows(item, values):
                flowing = self.run(item["do"], {**values, **row}, names, flowing)
            return flowing
        if "do" in item:
            for _ in range(value_of(item.get("repeat", 1), values)):
                flowing = self.run(item["do"], values, names, flowing)
            return flowing
        if "op" in item or "same" in item:
            return self._call(item, values, names, flowing)
        ((template, inner),) = item.items()
        name = filled(template, values)
        if isinstance(inner, list) or "body" in inner:
            return self._container(name, inner, values, names, flowing)
        outputs = self._call(inner, values, names, flowing)
        if inner.get("op", "").startswith("$") and values.get(inner["op"][1:]) is None:
            return outputs  # it is left out, and there is nothing to read
        names[name] = outputs
        if "same" not in inner and inner["op"] != "param":
            self.known[name] = inner
        for output, shape in zip(self._outputs(inner, len(outputs)), outputs, strict=True):
            if len(outputs) > 1:
                names[f"{name}.{output}"] = (shape,)
        return outputs

    def _outputs(self, call: Item, count: int) -> list[str]:
        block = self.blocks.get(call.get("op"), {})
        return list(block.get("outputs", ())) or [str(k) for k in range(count)]

    def _container(self, name: str, inner: Any, values: Values, names: Names, flowing: Outputs) -> Outputs:
        body = inner if isinstance(inner, list) else inner["body"]
        given = self._given(inner if isinstance(inner, dict) else {}, values, names, flowing)
        if isinstance(inner, dict) and not value_of(inner.get("when", True), values):
            names[name] = given
            return given
        own = dict(names)
        outputs = self.run(body, values, own, given)
        names[name] = outputs
        for key, shapes in own.items():
            if key not in names:
                names[f"{name}.{key}"] = shapes
        return outputs

    def _parallel(self, item: Item, values: Values, names: Names, flowing: Outputs) -> Outputs:
        given = self._given(item, values, names, flowing)
        ends: list[Shape] = []
        for branch in item["parallel"]:
            inner = next(iter(branch.values())) if len(branch) == 1 else branch
            if isinstance(inner, dict) and not value_of(inner.get("when", True), values):
                continue
            ends += self.item(branch, values, names, given)
        if not ends:
            raise Misfit("no branch is there")
        self.read |= {next(iter(branch)) for branch in item["parallel"]}
        if "join" not in item:
            return tuple(ends)
        if "when" in item["join"] and not value_of(item["join"]["when"], values):
            return (ends[0],)
        return (ends[0],) if len(ends) == 1 else self._target(item["join"], values, names, tuple(ends))

    def _given(self, item: Item, values: Values, names: Names, flowing: Outputs) -> Outputs:
        source = item.get("from")
        if source is None:
            return flowing
        found: Outputs = ()
        for part in source if isinstance(source, list) else [source]:
            if " if " in part:
                first, _, rest = part.partition(" if ")
                test, _, other = rest.partition(" else ")
                part = first if value_of(test, values) else other
            if part not in names:
                raise Misfit(f"no {part}")
            self.read.add(part.partition(".")[0])
            found += names[part]
        return found

    def _call(self, call: Item, values: Values, names: Names, flowing: Outputs) -> Outputs:
        given = self._given(call, values, names, flowing)
        if not value_of(call.get("when", True), values):
            return given[:1]
        if "same" in call:
            if call["same"] not in self.known or "when" in self.known[call["same"]]:
                raise Misfit("nothing to share")
            call = {key: value for key, value in self.known[call["same"]].items() if key != "from"}
        if "repeat" not in call:
            return self._target(call, values, names, given)
        count = value_of(call["repeat"], values)
        if not isinstance(count, int) or count < 1:
            raise Misfit("repeat")
        width = len(given)
        for i in range(count):
            given = given[:width]
            unit = {**call, **call.get("first", {})} if i == 0 else call
            given = self._target(unit, {**values, "i": i, "n": count}, names, given)
        return given

    def _target(self, call: Item, values: Values, names: Names, given: Outputs) -> Outputs:
        name = call["op"]
        if name.startswith("$"):
            name = values.get(name[1:])
            if name is None:
                return given
        options = {key: value_of(value, values) for key, value in call.items() if key not in KEYS}
        while name in self.blocks and "op" in self.blocks[name]:  # aliases
            alias = self.blocks[name]
            inherited = {k: value_of(v, values) for k, v in alias.items() if k not in KEYS}
            options = {**inherited, **options}
            if "when" in alias:
                here = {**self.file_values, **options, **dict(zip("NCHW", given[0].dims, strict=False))}
                if not value_of(alias["when"], here):
                    if "repeat" in call:
                        raise Misfit("a unit is left out")
                    return given[:1]
            name = alias["op"]
        return self._block(name, options, given) if name in self.blocks else fitted(name, options, given)

    def _block(self, name: str, options: Values, given: Outputs) -> Outputs:
        block = self.blocks[name]
        declared = block.get("params", {})
        values = {**self.file_values, **defaults(declared), **options}
        signatures = block["in"] if isinstance(block["in"], list) else [block["in"]]
        if len(signatures) != len(given):
            raise Misfit("inputs of a block")
        names: Names = {}
        for signature, shape in zip(signatures, given, strict=True):
            own, axes = axes_of(signature)
            names[own] = (shape,)
            if len(axes) != shape.rank:
                raise Misfit("rank of a block")
            for axis, size in zip(axes[1:], shape.dims[1:], strict=True):
                if values.get(axis, size) != size:
                    raise Misfit("sizes of a block")
                values[axis] = size
        for key, text in block.get("let", {}).items():
            values[key] = value_of(text, values)
        outputs = self.run(block["body"], values, names, given)
        return tuple(names[key][0] for key in block["outputs"].values()) if "outputs" in block else outputs[:1]


def _rows(item: Item, values: Values) -> list[Values]:
    each = item["each"]
    table = [dict(zip(each["columns"], row, strict=True)) for row in each["rows"]] if "rows" in each else [
        dict(zip(each, row, strict=True)) for row in zip(*each.values(), strict=True)]  # fmt: skip
    index = item.get("index", "s")
    return [{**row, index: k, "n": len(table)} for k, row in enumerate(table)]


def fitted(name: str, options: Values, given: Outputs) -> Outputs:
    """The outputs of an op; Misfit where it does not take these inputs."""
    if name not in OPS:
        raise Misfit(name)
    if name == "param":
        given = ()
    if isinstance(options.get("to"), tuple | list):
        options = {**options, "to": tuple(2 if size == "N" else size for size in options["to"])}
    try:
        op = make_op(OPS[name], options)
    except OptionsError as error:
        raise Misfit(str(error)) from None
    if op.inputs not in (len(given), None) and not (name == "attention" and len(given) in (1, 3)):
        raise Misfit("arity")
    if any(op.ranks is not None and shape.rank not in op.ranks for shape in given):
        raise Misfit("rank")
    if any(shape.holds_ids and not op.reads_ids for shape in given):
        raise Misfit("token ids")
    if not all(demand.holds() for demand in op.demands(*given)):
        raise Misfit("demand")
    output = op.shape(*given)
    outputs = (output,) if isinstance(output, Shape) else output
    for shape in outputs:
        total = 1
        for size in shape.dims:
            total *= int(size)  # type: ignore[arg-type]
        if not 0 < total <= LARGEST or shape.rank < 2:
            raise Misfit("too large, or nothing but the batch")
    return outputs
