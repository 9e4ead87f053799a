"""What of a network folds: stages to a box, equal units to a card with ×N, blocks to their layers without norms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.backends.figure.order import DECOR, visible
from archspec.backends.figure.outline import Card, Group, Item, Outline, output
from archspec.backends.figure.reading import read
from archspec.backends.figure.steps import Reader
from archspec.backends.page.facts import Facts, collect
from archspec.backends.stages import size_text
from archspec.backends.summary import nominal_text
from archspec.checked import Checked
from archspec.passes.cost import Amount
from archspec.passes.shapes import BodyShapes
from archspec.records import Record, replace


class Unit(Record):
    """One unit of a card, and the same with every norm and activation (None where it shows them already)."""

    card: Card
    layers: Card | None


class Piece(Record):
    """An item of the trunk. `size` is that of its output where it changes there, else "".

    A card has `units`: one that stands for all where they are equal, each where they only look alike (a dense block's).
    """

    item: Item
    size: str
    units: tuple[Unit, ...] = ()


class Fold(Record):
    """A stage: as one box (None where there is nothing to fold), and as pieces."""

    group: Group
    closed: Piece | None
    pieces: tuple[Piece, ...]


class Folded(Record):
    """A network with everything that a reader may unfold, and the facts of its nodes by place."""

    outline: Outline
    folds: tuple[Fold, ...]
    facts: Mapping[str, Facts]


def folded(checked: Checked) -> Folded:
    """A network as its page shows it."""
    outline, boxes = read(checked), read(checked, "stage").groups
    facts = collect(checked)
    facts = {group.name: _stage(group) for group in outline.groups} | facts
    folds: list[Fold] = []
    size = ""
    for group, box in zip(outline.groups, boxes, strict=True):
        pieces, after = _pieces(group, facts, size)
        closed = None
        if visible(group.chain) > 1 and visible(box.chain) == 1:
            closed = Piece(box.chain[0], after if after != size else "")
        folds.append(Fold(group, closed, pieces))
        size = after
    return Folded(outline, tuple(folds), facts)


def _stage(group: Group) -> Facts:
    shape = next((shape for shape in map(output, reversed(group.chain)) if shape is not None), None)
    texts = (nominal_text(shape), str(shape)) if shape is not None else ("", "")
    return Facts("stage", *texts, Amount(group.parameters, group.macs), None, None, ())


def items(network: Folded) -> Iterator[Item]:
    """Everything that the page may show of the trunk, in any fold state."""
    if network.outline.entry is not None:
        yield network.outline.entry
    for fold in network.folds:
        for piece in (*([fold.closed] if fold.closed is not None else []), *fold.pieces):
            yield piece.item
            for unit in piece.units:
                yield from (unit.card, *([unit.layers] if unit.layers is not None else []))


def _pieces(group: Group, facts: Mapping[str, Facts], size: str) -> tuple[tuple[Piece, ...], str]:
    pieces: list[Piece] = []
    for item in group.chain:
        shape = output(item)
        now = size_text(shape) if shape is not None else size
        pieces.append(_piece(item, now if now != size else "", facts))
        size = now
    return tuple(pieces), size


def _piece(item: Item, size: str, facts: Mapping[str, Facts]) -> Piece:
    known = facts.get(item.path) if isinstance(item, Card) else None
    if not isinstance(item, Card) or known is None or known.inside is None:
        return Piece(item, size)
    if known.count == item.count:
        return Piece(item, size, (_unit(replace(item, count=1), known.inside),))
    return Piece(item, size, tuple(_alike(item, facts)))


def _alike(card: Card, facts: Mapping[str, Facts]) -> Iterator[Unit]:
    """The units of a card that are equal but for the width that reaches them, one by one."""
    around = card.path.rpartition(".")[0]
    siblings = [path for path, found in facts.items() if path.rpartition(".")[0] == around and found.inside is not None]
    start = siblings.index(card.path)
    for path in siblings[start : start + card.count]:
        inside = facts[path].inside
        if inside is not None:
            chain = Reader().body(inside, path)
            yield _unit(Card(card.name, 1, chain, path, inside.outputs[0]), inside)


def _unit(card: Card, inside: BodyShapes) -> Unit:
    layers = replace(card, chain=Reader(keep=DECOR).body(inside, card.path))
    return Unit(card, layers if layers.chain != card.chain else None)
