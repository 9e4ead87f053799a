"""What a stage is made of, in a table's words: layers, and blocks in brackets, each with the size that it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

from archspec.backends.figure.flatten import Atom, Drawn
from archspec.backends.figure.outline import Branch, Card, Chain, Fork, Item, Step, Tail, Tangle
from archspec.backends.figure.steps import Reader
from archspec.backends.stages import Part, Stage, size_text
from archspec.backends.table.grid import Bracket, Piece
from archspec.ir.graph import Body
from archspec.passes.shapes import BodyShapes
from archspec.records import Record, replace

PARALLEL = "∥ "
_STRIDE = re.compile(r", /(\S+)$")
_BESIDE = frozenset({"scale", "subsample2d", "pad_channels", "pad2d"})
"""Ops of shortcuts and edges: no layer of its own to a reader of tables."""
_LINEAR = re.compile(r"fc (\d+)")


class Layer(Record):
    """A layer or a run of blocks: the size of the map behind it, what it is called, and how many layers count.

    Of the first of a node, `reads` are the keys of what the node reads in its `body`.
    """

    size: str
    piece: Piece
    weight: int
    body: Body | None = None
    reads: frozenset[str] = frozenset()

    def follows(self, other: Layer) -> bool:
        """Whether this may come after another one, and not beside it: in one body it reads other things than that."""
        if self.body is None or self.body is not other.body:
            return True
        return not (self.reads & other.reads or self.reads <= set(self.body.inputs))


def layers(stage: Stage, reader: Reader) -> Iterator[Layer]:
    """The layers of a stage in the order of execution; norms, activations, additions and shortcuts are left out."""
    for part in stage.parts:
        yield from _layers(part, reader)


def stacked(found: Iterable[Layer]) -> tuple[Piece, ...]:
    """The pieces one below the other, equal ones in a row as one bracket."""
    result: list[Piece] = []
    last: Layer | None = None
    for layer in found:
        piece, own = layer.piece, _bracket(layer.piece)
        before = _bracket(last.piece) if last is not None else None
        if last is None or before is None or own is None or before.lines != own.lines:
            result.append(piece)
        elif not layer.follows(last):
            result.append(PARALLEL + piece if isinstance(piece, str) else piece)
        elif (run := _bracket(result[-1])) is not None and run.lines == own.lines:
            result[-1] = Bracket(own.lines, run.count + own.count)
        else:  # after a join of equal layers
            result.append(piece)
        last = layer
    return tuple(result)


def _bracket(piece: Piece) -> Bracket | None:
    """A piece as a bracket; a layer that makes the map smaller is none, for only the first of a run does."""
    if isinstance(piece, Bracket):
        return piece
    return Bracket((piece,), 1) if isinstance(piece, str) and "stride" not in piece else None


def _layers(part: Part, reader: Reader) -> Iterator[Layer]:
    node, around = part.node, part.around
    inner = around.children.get(node.key)
    if inner is not None and not _is_unit(inner):
        for child in inner.body.nodes:
            yield from _layers(Part(child, inner), reader)
    elif node.target is not None and node.inputs:  # a constant has none: nothing flows through it
        target = cast("Drawn", inner or around.units.get(node.key) or node.target)
        atom = Atom(target, "", around.into(node), around.nodes[node.key][0], (), "")
        made = (layer for item in reader.items(atom) for layer in _layer(item))
        for first in islice(made, 1):
            yield replace(first, body=around.body, reads=frozenset(ref.node for ref in node.inputs))
        yield from made


def _is_unit(shapes: BodyShapes) -> bool:
    """Whether a body is read as one block."""
    return shapes.body.kind == "block" and len(shapes.body.inputs) == 1 and len(shapes.body.outputs) == 1


def _layer(item: Item) -> Iterator[Layer]:
    if isinstance(item, Card):
        lines = tuple(_lines(item.chain))
        if len(lines) == item.count == 1:  # a block of one layer is a layer
            yield from (layer for inner in item.chain for layer in _layer(inner))
        elif lines:
            yield Layer(size_text(item.shape), Bracket(lines, item.count), item.count * sum(map(_weight, item.chain)))
    elif isinstance(item, Fork):
        for line in _lines((item,)):
            yield Layer(size_text(item.join.shape), line, 1)
    elif isinstance(item, Step):
        for word in _words(item):
            yield Layer(size_text(item.shape), _STRIDE.sub(r", stride \1", word), int(item.weighted))


def _lines(chain: Chain) -> Iterator[str]:
    """The lines of a bracket; sizes stand beside it, so strides do not."""
    for item in chain:
        if isinstance(item, Step):
            yield from (_STRIDE.sub("", word) for word in _words(item))
        elif isinstance(item, Fork):
            yield from _fork(item)
        elif isinstance(item, Card):
            yield from (f"{item.count} × ({_path(item.chain)})",) if item.count > 1 else _lines(item.chain)
        elif isinstance(item, Tangle):
            for piece in item.pieces:
                yield from _lines(piece)
        else:
            yield f"{item.name}: {_path(item.chain)}"


def _fork(fork: Fork) -> Iterator[str]:
    """A residual unit is its main branch, a product its gate, anything else a line for each branch."""
    ways = [branch for branch in fork.branches if branch.kind is None and branch.chain]
    if fork.join.op == "mul" and len(ways) == 1 and _is_gate(fork.branches):
        yield f"gate: {_path(ways[0].chain)}"
    elif len(ways) == 1:
        yield from _lines(ways[0].chain)
    else:
        paths = [path for way in ways if (path := _path(way.chain))]
        yield from (PARALLEL * bool(index) + path for index, path in enumerate(paths))


def _is_gate(branches: Sequence[Branch]) -> bool:
    return any(not branch.chain for branch in branches)


def _path(chain: Chain) -> str:
    return " → ".join(_lines(chain))


def _words(step: Step) -> Iterator[str]:
    """A layer as tables name it: `3×3, 64` for a convolution, `1000-d fc` for a linear one."""
    if step.op == "concat" or (step.family in ("layer", "stage", "pool", "op") and step.op not in _BESIDE):
        linear = _LINEAR.fullmatch(step.label)
        yield f"{linear[1]}-d fc" if linear else step.label.replace(" conv", "", 1)


def _weight(item: Item) -> int:
    if isinstance(item, Step):
        return int(item.weighted)
    if isinstance(item, Fork):
        return sum(_weight(step) for branch in item.branches if branch.kind is None for step in branch.chain)
    if isinstance(item, Tangle):
        return sum(_weight(step) for piece in item.pieces for step in piece)
    return 0 if isinstance(item, Tail) else item.count * sum(map(_weight, item.chain))
