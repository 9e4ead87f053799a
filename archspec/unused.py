"""What a spec says and nothing reads: a likely slip, so a warning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from archspec.ir.graph import Body, Graph, Node, Repeat
from archspec.report import Report
from archspec.spec.model import Spec, SpecFile
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def warn_of_unused(spec: Spec, graph: Graph, report: Report) -> None:
    """Warn of layers and inputs that nothing reads, and of what the spec's own file declares and nothing uses."""
    for node in _unread(graph.body, {}):
        name = f"`{node.key}`" if not node.key.startswith("#") else "this layer"
        report.warn(
            "W0602",
            f"nothing reads {name}",
            node.span,
            notes=["its output goes into no other layer and is no output of the network"],
            help="name it in a `from:` or in `outputs:`, or delete it",
        )
    read = _names_read(spec.file)
    for param in spec.file.params:
        if param.name not in read:
            report.warn("W0603", f"nothing reads the param `{param.name}`", param.span, help="use it, or delete it")
    for entry in spec.file.lets:
        if entry.key.text not in read:
            report.warn("W0603", f"nothing reads `{entry.key.text}`", entry.key.span, help="use it, or delete it")
    _warn_of_inputs(spec, graph, report)
    _warn_of_blocks(spec, report)


def _warn_of_inputs(spec: Spec, graph: Graph, report: Report) -> None:
    read = {ref.node for node in graph.body.nodes for ref in node.inputs} | {ref.node for _, ref in graph.body.outputs}
    for given in spec.file.inputs:
        if given.name not in read:
            report.warn("W0610", f"nothing reads the input `{given.name}`", given.span, help="read it, or delete it")


def _warn_of_blocks(spec: Spec, report: Report) -> None:
    """Blocks of the file that nothing calls but what is not called itself, and libraries of which nothing is called."""
    called = _names_called(spec.file)
    blocks = spec.file.tree.get("blocks")
    for entry in blocks.entries if isinstance(blocks, MapValue) else ():
        if entry.key.text not in called and entry.key.span.file == spec.file.path:
            report.warn(
                "W0610", f"nothing calls the block `{entry.key.text}`", entry.key.span, help="call it, or delete it"
            )
    for reference, _ in spec.file.uses:
        library = spec.library(reference)
        if reference.span.file == spec.file.path and not called & library.blocks.keys():
            title = f"no block of `{reference.value}` is called"
            report.warn("W0610", title, reference.span, help="call one, or leave the library out")


@lru_cache(maxsize=64)
def _names_called(file: SpecFile) -> frozenset[str]:
    """The words of a file that may call a block; those in a block count where the block is called itself."""
    sections = {entry.key.text: entry for entry in file.tree.entries}
    blocks = sections["blocks"].value if "blocks" in sections else None
    own = {entry.key.text: entry.value for entry in blocks.entries} if isinstance(blocks, MapValue) else {}
    called = {word for key, entry in sections.items() if key != "blocks" for word in _read(entry)}
    called |= set(_words(sections["variants"].value)) if "variants" in sections else set()
    waiting = [name for name in own if name in called]
    while waiting:
        more = {word for word in _words(own[waiting.pop()]) if word not in called}
        called |= more
        waiting += [name for name in more if name in own]
    return frozenset(called)


@lru_cache(maxsize=64)
def _names_read(file: SpecFile) -> frozenset[str]:
    """The words of a file that may read a name, found once for all its variants."""
    return frozenset(word for entry in file.tree.entries for word in _read(entry))


def _unread(body: Body, seen: dict[int, Body]) -> Iterator[Node]:
    """The nodes of a body and of the bodies inside whose outputs end nowhere; each body once."""
    if id(body) in seen:
        return
    seen[id(body)] = body
    read = {ref.node for node in body.nodes for ref in node.inputs} | {ref.node for _, ref in body.outputs}
    read |= {node.shares for node in body.nodes if node.shares is not None}
    read |= {body.holder(source) for node in body.nodes for _, source in node.ties}
    for node in body.nodes:
        if node.key not in read and node.target is not None:
            yield node
        targets = [run.target for run in node.target.runs] if isinstance(node.target, Repeat) else [node.target]
        for target in targets:
            if isinstance(target, Body):
                yield from _unread(target, seen)


def _read(section: Entry) -> Iterator[str]:
    """The words of a section that may read a name; a declaration does not read what it declares."""
    key, value = section.key.text, section.value
    if key in ("params", "let") and isinstance(value, MapValue):
        for entry in value.entries:
            text = entry.value.text if key == "params" and isinstance(entry.value, ScalarValue) else None
            yield from WORD.findall(text.partition("=")[2]) if text is not None else _words(entry.value)
    elif key not in ("variants", "expect", "doc", "name"):
        yield from _words(value)


def _words(value: Value) -> Iterator[str]:
    if isinstance(value, MapValue):
        for entry in value.entries:
            yield from WORD.findall(entry.key.text)
            yield from _words(entry.value)
    elif isinstance(value, ListValue):
        for item in value.items:
            yield from _words(item)
    else:
        yield from WORD.findall(value.text)
