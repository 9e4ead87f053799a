"""One spec file: from its value tree to `SpecFile`."""

from __future__ import annotations

import builtins
from keyword import iskeyword

from archspec.diagnostics import Label
from archspec.records import replace
from archspec.rendering.cells import LEGACY
from archspec.report import Report
from archspec.spec.fields import Fields, check_name, is_name, is_private, text_of
from archspec.spec.items import KEYS_OF_A_CALL, read_call, read_items
from archspec.spec.model import (
    Block,
    BrokenItem,
    CallItem,
    DoItem,
    Item,
    OutputSpec,
    Param,
    Require,
    Signature,
    SpecFile,
)
from archspec.spec.signature import read_param, read_signatures
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value

MEANT = frozenset(
    {
        *dir(builtins), "F", "NamedTuple", "OrderedDict", "Tensor", "annotations", "math", "nn", "torch",
        "AvgPool2dSame", "Conv2dSame", "ConvTranspose2dSame", "DropPath", "LayerNorm2d", "MaxPool2dSame", "Permute",
        "RelativeAttention", "WindowAttention", "WindowAttentionV2", "causal_mask", "crop_like", "from_windows",
        "into_windows", "make_divisible", "offset_index", "same_padding", "seam_mask", "shift_on", "space_to_depth",
        "window_partition", "window_reverse",
    }
)  # fmt: skip
"""What a class may not be called: names that a generated file imports or uses."""
MAX_VARIANTS = 500
MAX_INPUTS = 64
MAX_OPEN = 16
SECTIONS = ("stem", "stages", "head")


def read_spec(tree: MapValue, path: str, report: Report) -> SpecFile:
    """The sections of a file, each read by its own rule. Errors go to the report; what is readable is kept."""
    fields = Fields(tree, "a spec file", report)
    _check_version(fields, report)
    name, class_name, doc = fields.text("name"), fields.text("class"), fields.text("doc")
    params = _read_params(fields.table("params"), report)
    lets = _read_lets(fields.table("let"), report)
    uses = _read_uses(fields.value("use"), report)
    fields.value("extends")
    blocks = fields.table("blocks")
    signature = fields.value("input")
    sections = {section: fields.value(section) for section in SECTIONS}
    net = fields.value("net")
    spec = SpecFile(
        path=path,
        span=tree.span,
        tree=tree,
        name=name,
        doc=_words(doc),
        class_name=class_name,
        params=params,
        lets=lets,
        uses=uses,
        blocks=_read_blocks(blocks, path, report),
        inputs=_read_inputs(signature, report),
        items=_read_network(sections, net, report),
        register=fields.value("register"),
        outputs=_read_outputs(fields.entry("output"), fields.table("outputs"), report),
        variants=_read_variants(fields.table("variants"), report),
        requires=read_requires(fields.list("require"), report),
        expect=fields.table("expect"),
        layout=_read_layout(fields.table("weights"), report),
        init=_entries(fields.table("init")),
    )
    fields.close()
    _check_class(class_name, report)
    _check_titles([name, *(variant for variant, _ in spec.variants)], report)
    return spec


def _check_titles(names: list[ScalarValue | None], report: Report) -> None:
    """Names are printed as they are, and in a log of GitHub's some would be a command."""
    for name in names:
        said = str(name.value) if name is not None else ""
        if name is not None and (said.lstrip().startswith("::") or LEGACY in said):
            report.error(
                "E0205",
                f"a name cannot hold `{LEGACY}`" if LEGACY in said else "a name cannot start with `::`",
                name.span,
                notes=["in a log of GitHub's workflows that would be a command"],
                help="use letters, digits and `_`",
            )


def _check_class(name: ScalarValue | None, report: Report) -> None:
    text = str(name.value) if name is not None else "Net"
    if name is not None and (not is_name(text) or iskeyword(text) or is_private(text) or text in MEANT):
        report.error(
            "E0205",
            f"`{name.value}` is not a name for a class",
            name.span,
            notes=[
                "expected ASCII letters, digits and _, no digit first, and nothing that Python or the generated file"
                " calls by this name"
            ],
            help="write it as Python does: `class: ResNet152`",
        )


def _check_version(fields: Fields, report: Report) -> None:
    version = fields.scalar("archspec")
    if version is None:
        if fields.map.get("archspec") is None:
            report.error(
                "E0202",
                "the file does not say its language version",
                fields.map.span,
                help="put `archspec: 1` on its first line",
            )
    elif version.value != 1 or isinstance(version.value, bool):
        report.error(
            "E0202",
            f"language version {version.text} is not known",
            version.span,
            notes=["this archspec knows version 1"],
            help="write `archspec: 1`",
        )


def _words(scalar: ScalarValue | None) -> str:
    return " ".join(str(scalar.value).split()) if scalar is not None else ""


def _entries(table: MapValue | None) -> tuple[Entry, ...]:
    return table.entries if table is not None else ()


def _read_params(table: MapValue | None, report: Report) -> tuple[Param, ...]:
    params = []
    for entry in _entries(table):
        if check_name(entry.key, "a param", report):
            param = read_param(str(entry.key.value), entry.value, entry.key.span, report)
            params.append(param)
    known = tuple(p for p in params if p is not None)
    report.at_most(MAX_OPEN, "open params", [p.span for p in known if p.open])
    return known


def _read_inputs(value: Value | None, report: Report) -> tuple[Signature, ...]:
    inputs = read_signatures(value, "`input`", report) if value is not None else ()
    report.at_most(MAX_INPUTS, "inputs", [one.span for one in inputs])
    return inputs


def _read_lets(table: MapValue | None, report: Report) -> tuple[Entry, ...]:
    return tuple(entry for entry in _entries(table) if check_name(entry.key, "a `let`", report))


def _read_uses(value: Value | None, report: Report) -> tuple[tuple[ScalarValue, MapValue | None], ...]:
    if isinstance(value, ScalarValue):
        return ((value, None),)
    if isinstance(value, ListValue):
        return tuple((item, None) for item in value.items if isinstance(item, ScalarValue))
    uses: list[tuple[ScalarValue, MapValue | None]] = []
    for entry in _entries(value):
        if isinstance(entry.value, MapValue):
            uses.append((entry.key, entry.value))
        elif isinstance(entry.value, ScalarValue) and entry.value.value is None:
            uses.append((entry.key, None))
        else:
            report.error(
                "E0203",
                f"`use` of `{entry.key.value}` must be a map of arguments",
                entry.value.span,
                help=f"write `{entry.key.value}: {{param: value}}`, or `{{}}` for none",
            )
    return tuple(uses)


def _read_blocks(table: MapValue | None, path: str, report: Report) -> dict[str, Block]:
    blocks: dict[str, Block] = {}
    for entry in _entries(table):
        name = str(entry.key.value)
        if not check_name(entry.key, "a block", report):
            continue
        if isinstance(entry.value, MapValue):
            blocks[name] = _read_block(name, entry, entry.value, path, report)
        else:
            report.error(
                "E0203", f"block `{name}` must be a map", entry.value.span, help="a block has `in:` and `body:`"
            )
    return blocks


def _read_block(name: str, entry: Entry, table: MapValue, path: str, report: Report) -> Block:
    fields = Fields(table, f"block `{name}`", report)
    doc, params = _words(fields.text("doc")), _read_params(fields.table("params"), report)
    for param in params:
        if param.name in KEYS_OF_A_CALL:
            title, note = f"`{param.name}` cannot name a param of a block", "a call has a key of this name already"
            report.error("E0205", title, param.span, notes=[note], help=f"call it `{param.name}_`")
    signature = fields.value("in")
    inputs = read_signatures(signature, f"`in` of block `{name}`", report) if signature is not None else ()
    requires = read_requires(fields.list("require"), report)
    block = Block(name, params, inputs, entry.key.span, path, doc, requires=requires)
    if table.get("op") is not None:
        return replace(block, alias=_read_alias(fields, report))
    body = fields.value("body")
    if body is None:
        report.error(
            "E0208",
            f"block `{name}` has no body",
            entry.key.span,
            help="give it `body: [items]`, or `op:` to make it an alias of another block",
        )
    elif isinstance(body, ListValue) and not body.items:
        report.error("E0208", f"block `{name}` is empty", body.span, help="the op that does nothing is `identity`")
    for axis in (axis for signature in inputs for axis in signature.axes if axis.nominal is not None):
        report.error(
            "E0206",
            f"`{axis.text.value}` has no nominal size in a block",
            axis.text.span,
            notes=["the block gets its sizes from its callers; nominal sizes are those of `input:`"],
            help=f"write `{axis.text.value}`",
        )
    if signature is None and body is not None:
        report.error(
            "E0206", f"block `{name}` has no signature", entry.key.span, help="say what it takes: `in: x[N, C, H, W]`"
        )
    block = replace(
        block,
        out=fields.list("out"),
        lets=_read_lets(fields.table("let"), report),
        body=read_items(body, f"`body` of block `{name}`", report),
        register=fields.value("register"),
        outputs=_read_outputs(None, fields.table("outputs"), report),
    )
    fields.close()
    return block


def _read_alias(fields: Fields, report: Report) -> CallItem | BrokenItem:
    left = MapValue(fields.rest(), fields.map.span)
    return read_call(None, left, report)


def _read_network(sections: dict[str, Value | None], net: Value | None, report: Report) -> tuple[Item, ...]:
    if net is not None:
        others = [(section, value) for section, value in sections.items() if value is not None]
        if others:
            report.error(
                "E0204",
                f"`net` and `{others[0][0]}` in one file",
                net.span,
                labels=[Label(others[0][1].span, f"`{others[0][0]}`")],
                help="use `net:` alone, or `stem:`, `stages:` and `head:`",
            )
        return read_items(net, "`net`", report)
    items: list[Item] = []
    for section, value in sections.items():
        if value is not None:
            role = ScalarValue(section, value.span, section, False)
            items.append(DoItem(read_items(value, f"`{section}`", report), value.span, role))
    return tuple(items)


def _read_outputs(single: Entry | None, several: MapValue | None, report: Report) -> tuple[OutputSpec, ...]:
    outputs: list[OutputSpec] = []
    if single is not None and several is not None:
        report.error(
            "E0204",
            "`output` and `outputs` in one file",
            single.key.span,
            labels=[Label(several.span, "the other one")],
            help="name every output in `outputs:`, and delete `output:`",
        )
    elif single is not None:
        if isinstance(single.value, ListValue):
            outputs.append(OutputSpec("output", None, single.value, False, single.key.span))
        else:
            report.error(
                "E0203", "`output` must be a shape", single.value.span, help="write `output: [N, num_classes]`"
            )
    if several is not None and not several.entries:
        report.error("E0203", "`outputs` names no output", several.span, help="write `outputs: {logits: fc}`")
    for entry in _entries(several):
        name = str(entry.key.value)
        if not is_name(name) or iskeyword(name) or name.startswith("_"):
            report.error(
                "E0205", f"`{name}` is not a name for an output", entry.key.span,
                notes=["outputs are fields of a named tuple: ASCII letters, digits and _, a letter first, no keyword"],
            )  # fmt: skip
            continue
        if isinstance(entry.value, ListValue) or (
            isinstance(entry.value, ScalarValue) and entry.value.text.lstrip().startswith("[")
        ):
            report.error(
                "E0203", f"output `{name}` must be a node's name or a map", entry.value.span,
                notes=["found a shape"], help=f"write `{name}: {{from: {name}, shape: {text_of(entry.value)}}}`",
            )  # fmt: skip
            continue
        if isinstance(entry.value, ScalarValue):
            outputs.append(OutputSpec(name, entry.value, None, False, entry.key.span))
            continue
        if not isinstance(entry.value, MapValue):
            report.error("E0203", f"output `{name}` must be a node's name or a map", entry.value.span)
            continue
        fields = Fields(entry.value, f"output `{name}`", report)
        mode = fields.text("mode")
        if mode is not None and mode.value not in ("train", "always"):
            report.error("E0203", f"mode `{mode.value}` is not known", mode.span, notes=["modes: always, train"])
        outputs.append(
            OutputSpec(
                name,
                fields.value("from"),
                fields.list("shape"),
                mode is not None and mode.value == "train",
                entry.key.span,
                fields.value("when"),
            )
        )
        fields.close()
    return tuple(outputs)


def _read_variants(table: MapValue | None, report: Report) -> tuple[tuple[ScalarValue, MapValue], ...]:
    variants = []
    for entry in _entries(table):
        if isinstance(entry.value, MapValue):
            variants.append((entry.key, entry.value))
        else:
            report.error(
                "E0203",
                f"variant `{entry.key.value}` must be a map of params",
                entry.value.span,
                notes=[f"found `{text_of(entry.value)}`"],
                help=f"write `{entry.key.value}: {{param: value}}`",
            )
    report.at_most(MAX_VARIANTS, "variants", [name.span for name, _ in variants])
    return tuple(variants)


def read_requires(value: ListValue | None, report: Report) -> tuple[Require, ...]:
    """`require: [{if: condition, else: message}]`."""
    requires = []
    for item in value.items if value is not None else ():
        if not isinstance(item, MapValue):
            report.error("E0203", "a requirement is a map", item.span, help="write `- {if: condition, else: message}`")
            continue
        fields = Fields(item, "a requirement", report)
        condition, message = fields.value("if"), fields.text("else")
        fields.close()
        if condition is None:
            report.error("E0208", "a requirement needs `if:`", item.span)
        else:
            requires.append(Require(condition, message))
    return tuple(requires)


def _read_layout(table: MapValue | None, report: Report) -> ScalarValue | None:
    if table is None:
        return None
    fields = Fields(table, "`weights`", report)
    layout = fields.text("layout")
    fields.close()
    return layout
