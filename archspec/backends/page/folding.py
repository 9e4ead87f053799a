"""What of a network folds: stages to a box, equal units to a card with ×N, blocks to their layers without norms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.backends.figure.order import DECOR, visible
from archspec.backends.figure.outline import Card, Chain, Group, Item, Outline, output
from archspec.backends.figure.reading import read
from archspec.backends.figure.steps import Reader
from archspec.backends.page.facts import Facts, collect
from archspec.backends.stages import size_text
from archspec.backends.summary import nominal_text
from archspec.checked import Checked
from archspec.passes.cost import Amount
from archspec.records import Record, replace


class Piece(Record):
    """An item of the trunk. `size` is that of its output where it changes there, else "".

    A card has a `unit`: one of its units alone, and `layers`: that unit with every norm and activation (None where it
    shows them already).
    """

    item: Item
    size: str
    unit: Card | None = None
    layers: Card | None = None


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


def chains(network: Folded) -> Iterator[Chain]:
    """All chains that cards of the page may show."""
    for fold in network.folds:
        for piece in fold.pieces:
            yield from (card.chain for card in (piece.item, piece.layers) if isinstance(card, Card))


def _pieces(group: Group, facts: Mapping[str, Facts], size: str) -> tuple[tuple[Piece, ...], str]:
    pieces: list[Piece] = []
    for item in group.chain:
        shape = output(item)
        now = size_text(shape) if shape is not None else size
        pieces.append(_piece(item, now if now != size else "", facts))
        size = now
    return tuple(pieces), size


def _piece(item: Item, size: str, facts: Mapping[str, Facts]) -> Piece:
    if not isinstance(item, Card):
        return Piece(item, size)
    unit = replace(item, count=1)
    known = facts.get(item.path)
    if known is None or known.inside is None or known.count != item.count:
        return Piece(item, size)
    layers = replace(unit, chain=Reader(keep=DECOR).body(known.inside, item.path))
    return Piece(item, size, unit, layers if layers.chain != unit.chain else None)
