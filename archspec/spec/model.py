"""A spec file as it was written: sections, blocks, items. Values stay as written; elaboration evaluates them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.diagnostics import Diagnostic
from archspec.records import Record, field
from archspec.rendering.cells import printable
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value
from archspec.text.span import Span


class ParamType(Record):
    """`int`, `float`, `bool`, `str`, `block`, `enum[...]` (with members) or `list[...]` (with the element's type)."""

    kind: str
    members: tuple[str, ...] = ()
    element: str = ""

    def __str__(self) -> str:
        if self.kind == "enum":
            return f"enum[{', '.join(self.members)}]"
        return f"list[{self.element}]" if self.kind == "list" else self.kind


class Param(Record):
    """`num_classes: open int = 1000`. `default` is the text after `=`, with its span; None: must be given."""

    name: str
    type: ParamType
    default: ScalarValue | ListValue | None
    open: bool
    span: Span


class Axis(Record):
    """One entry of a signature: an expression text, and the nominal size after `=`, a number or a param's name."""

    text: ScalarValue
    nominal: ScalarValue | None = None


class Signature(Record):
    """`x[N, 3, H=224, W=224]`: the name of an input and its axes."""

    name: str
    axes: tuple[Axis, ...]
    span: Span


class CallItem(Record):
    """`name: {op: …}`: an op or a block; `same` instead of `op` runs another node's module again."""

    name: ScalarValue | None
    op: ScalarValue | None
    options: tuple[Entry, ...]
    span: Span
    from_: Value | None = None
    when: Value | None = None
    repeat: Value | None = None
    first: MapValue | None = None
    names: ScalarValue | None = None
    same: ScalarValue | None = None
    tie: MapValue | None = None
    init: MapValue | None = None


class ContainerItem(Record):
    """`name: [items]` or `name: {body: [items], from:, when:}`: a path level in the same lexical scope."""

    name: ScalarValue
    body: tuple[Item, ...]
    span: Span
    from_: Value | None = None
    when: Value | None = None
    register: Value | None = None


class EachItem(Record):
    """`each: {width: widths, …}` with `do:`: the items once per row of columns; `index` names its number, else `s`."""

    columns: tuple[tuple[ScalarValue, Value], ...]
    rows: Value | None
    index: ScalarValue | None
    do: tuple[Item, ...]
    span: Span


class RepeatItem(Record):
    """`repeat: n` with `do:`: a splice of n times the items, numbered like their siblings."""

    repeat: Value
    do: tuple[Item, ...]
    span: Span


class DoItem(Record):
    """`do: [items]`, perhaps with `section:`: a group without a path or scope of its own."""

    do: tuple[Item, ...]
    span: Span
    section: ScalarValue | None = None
    when: Value | None = None


class ParallelItem(Record):
    """`parallel: [branches]` with `join: {op: …}`: every branch gets the same input."""

    branches: tuple[Item, ...]
    join: CallItem | None
    span: Span
    from_: Value | None = None


class BrokenItem(Record):
    """An item that could not be read; what reads it stays silent."""

    name: ScalarValue | None
    span: Span


Item = BrokenItem | CallItem | ContainerItem | EachItem | RepeatItem | DoItem | ParallelItem


class OutputSpec(Record):
    """An output: which node it comes from, its promised shape, and whether it exists in training only."""

    name: str
    from_: Value | None
    shape: ListValue | None
    train_only: bool
    span: Span
    when: Value | None = None


class Require(Record):
    """A precondition with a message of the author's; `{depth}` in it is filled in."""

    condition: Value
    message: ScalarValue | None


class Block(Record, eq=False):
    """A block of a spec file. With `alias`, an op or block with arguments filled in, it has no body and no path."""

    name: str
    params: tuple[Param, ...]
    inputs: tuple[Signature, ...]
    span: Span
    file: str
    doc: str = ""
    out: ListValue | None = None
    lets: tuple[Entry, ...] = ()
    body: tuple[Item, ...] = ()
    outputs: tuple[OutputSpec, ...] = ()
    requires: tuple[Require, ...] = ()
    register: Value | None = None
    alias: CallItem | BrokenItem | None = None


class SpecFile(Record, eq=False):
    """One YAML file, read: a network if it has an input and items, else a library of blocks."""

    path: str
    span: Span
    tree: MapValue
    name: ScalarValue | None = None
    doc: str = ""
    class_name: ScalarValue | None = None
    params: tuple[Param, ...] = ()
    lets: tuple[Entry, ...] = ()
    uses: tuple[tuple[ScalarValue, MapValue | None], ...] = ()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    inputs: tuple[Signature, ...] = ()
    items: tuple[Item, ...] = ()
    register: Value | None = None
    outputs: tuple[OutputSpec, ...] = ()
    variants: tuple[tuple[ScalarValue, MapValue], ...] = ()
    requires: tuple[Require, ...] = ()
    expect: MapValue | None = None
    layout: ScalarValue | None = None
    init: tuple[Entry, ...] = ()


class Spec(Record, eq=False):
    """A spec, loaded: its file with what it extends merged in, its libraries, and the chosen variant and settings.

    `faults` are the mistakes inside items; `check` reports them together with its own. `features` are the nodes that
    were made its outputs, if any.
    """

    file: SpecFile
    libraries: Mapping[str, SpecFile]
    texts: Mapping[str, str]
    variant: str | None = None
    settings: Mapping[str, Value] = field(default_factory=dict)
    faults: tuple[Diagnostic, ...] = ()
    features: tuple[str, ...] = ()
    parents: Mapping[str, Span] = field(default_factory=dict)
    """Where each file that is extended is named, by its path."""
    references: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Which library each `use:` of a file was found to mean: the disk may say otherwise when the spec is checked."""

    def library(self, reference: ScalarValue) -> SpecFile:
        """The library that an entry of `use:` names."""
        return self.libraries[self.references[reference.span.file, str(reference.value)]]

    @property
    def name(self) -> str:
        """The network's name: its variant's, else the spec's own, else the file's."""
        if self.variant:
            return self.variant
        if self.file.name is not None:
            return str(self.file.name.value)
        return printable(self.file.path.rsplit("/", 1)[-1].removesuffix(".yaml").lstrip(":"))

    def __repr__(self) -> str:
        return f"<Spec {self.name} of {self.file.path}>"

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(str(name.value) for name, _ in self.file.variants)
