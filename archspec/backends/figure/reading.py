"""From a checked network to its outline: the one place where a figure looks at the compiler's types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal

from archspec.backends.figure.exits import Leaving, exits
from archspec.backends.figure.flatten import SOURCE, Atom, Flattening
from archspec.backends.figure.nest import Nesting
from archspec.backends.figure.order import DECOR, Shown, fold_trunk, merged
from archspec.backends.figure.outline import Card, Chain, Fork, Group, Item, Outline, Step, Tail, Tangle, output, tails
from archspec.backends.figure.steps import Reader, ancestors, input_step
from archspec.backends.numbers import counted, quantity
from archspec.backends.stages import Stage, range_name, stages
from archspec.checked import Checked
from archspec.passes.cost import Amount
from archspec.records import replace

Level = Literal["model", "stage", "block", "layer"]


def read(checked: Checked, level: Level = "block", show: Shown = frozenset()) -> Outline:
    """The outline of a network: its stages and what they cost.

    At levels "model" and "stage" a stage is one box, at "block" equal neighbouring blocks are one card, at "layer" each
    is drawn. `show` names the families, "norm" and "act", that are drawn wherever they stand.
    """
    unfold = level == "layer"
    rows = stages(checked.graph, checked.shapes)
    flat = Flattening(
        blocks=False, staged=True, runs={id(part.node): row.name for row in rows if row.run for part in row.parts}
    )
    root = checked.shapes.root
    given = checked.graph.inputs
    ports = flat.run(root, flat.inputs(given, root.inputs), "")
    training = frozenset(output.name for output in checked.graph.outputs if output.mode == "train")
    outputs = [(name, port) for (name, _), port in zip(checked.graph.body.outputs, ports, strict=True)]
    found = exits(outputs, training, flat.atoms)
    trunk = ancestors(flat.atoms, found.ends)
    reader = Reader(unfold, show)
    segments = _segments(trunk, Leaving(flat.atoms, found, reader, show, not unfold))
    if reader.unusual:
        # Where one block shows its order, a neighbour without norms would seem to have none.
        reader = Reader(unfold, DECOR)
        segments = _segments(trunk, Leaving(flat.atoms, found, reader, DECOR, not unfold))
    whole = [chain for _, chain in segments]
    chains = fold_trunk(whole, show)
    if not any(chains):  # a network of norms and activations alone
        chains = fold_trunk(whole, DECOR)
    names = _stages_of(flat.atoms, [end for end, _ in segments], trunk)
    facts = (
        quantity(checked.cost.macs, "MACs"),
        quantity(checked.cost.parameters, "parameters"),
        counted(checked.cost.weighted_layers, "layer"),
    )
    entry = input_step(given[0], root.inputs[0]) if len(given) == 1 else None
    named = _groups(list(zip(names, chains, strict=True)), rows, flat.atoms)
    boxed = level in ("model", "stage")
    groups = tuple(_as_box(group, name) if boxed else group for name, group in named)
    return Outline(checked.name, facts, entry, groups)


def _segments(trunk: Collection[int], leaving: Leaving) -> list[tuple[int, Chain]]:
    """The trunk with the outputs beside it, cut where all paths meet."""
    nesting = Nesting([atom.sources for atom in leaving.atoms], leaving.items)
    segments = list(nesting.segments(sorted(trunk), SOURCE, leaving.exits.ends))
    if segments:
        end, chain = segments[0]
        segments[0] = end, (*leaving.tails(SOURCE), *chain)
    return segments


def _as_box(group: Group, name: str) -> Group:
    """A stage as one box: its name, and the blocks in it; other outputs still leave it. Without a name, box by box."""
    if not name:
        return replace(group, chain=tuple(_boxed(item) for item in group.chain))
    inner = (step for item in group.chain if isinstance(item, Tangle) for piece in item.pieces for step in _ends(piece))
    leaving = [*(replace(tail, folded=bool(tail.chain)) for tail in tails(group.chain))]
    leaving += [Tail(end.label, ()) for end in inner]
    ends = _ends(group.chain)
    shapes = [shape for item in group.chain if (shape := output(item)) is not None]
    units = Counter[str]()
    for item in group.chain:
        if isinstance(item, Card):
            units[item.name] += item.count
    words = ", ".join(f"{count} × {name}" if count > 1 else name for name, count in units.items())
    if not shapes:
        return group
    box = Step("stage", "stage", name + (f": {words}" if words else ""), "", name, shapes[-1])
    return replace(group, chain=(box, *leaving, *ends))


def _ends(chain: Chain) -> Iterator[Step]:
    return (item for item in chain if isinstance(item, Step) and item.family == "output")


def _boxed(item: Item) -> Item:
    """A block or fork as one box."""
    shape = output(item)
    if shape is None or isinstance(item, Step):
        return item
    label, path = "wiring", ""
    if isinstance(item, Card):
        label, path = f"{item.count} × {item.name}" if item.count > 1 else item.name, item.path
    elif isinstance(item, Fork):
        label, path = f"{counted(len(item.branches), 'path')}: {item.join.label}", item.join.path
    return Step("stage", "stage", label, "", path, shape)


def _stages_of(atoms: Sequence[Atom], ends: Sequence[int], trunk: Container[int]) -> list[tuple[str, ...]]:
    """The stages that each segment spans: one, or more where a long shortcut reaches over them; inputs are in none."""
    starts = [0, *(end + 1 for end in ends)]
    found = [
        dict.fromkeys(atoms[index].stage for index in range(start, end + 1) if index in trunk)
        for start, end in zip(starts, ends, strict=False)
    ]
    return [tuple(name for name in names if name) or ("",) for names in found]


def _groups(
    pieces: Sequence[tuple[tuple[str, ...], Chain]], rows: Sequence[Stage], atoms: Sequence[Atom]
) -> list[tuple[str, Group]]:
    """The groups, each with the name of what is drawn in it; stages that stand nowhere else count in its costs."""
    known = _adopting(rows, {name for names, chain in pieces if chain for name in names})
    places = {row.name: tuple(atom.path for atom in atoms if atom.stage == row.name) for row in rows}
    spans: list[tuple[dict[str, Stage], Chain]] = []
    for names, members in groupby(pieces, key=lambda piece: piece[0]):
        chain = merged([item for _, chain in members for item in chain])
        if not chain:
            continue
        own = {name: known.pop(name) for name in names if name in known}
        if any(names) and spans and (not own or not spans[-1][0].keys().isdisjoint(names)):
            # A shortcut starts or ends within a stage: what is drawn of that stage before goes with it.
            before, drawn = spans.pop()
            own, chain = before | own, merged([*drawn, *chain])
        spans.append((own, chain))
    return [(range_name([*own]) if own else "", _group(own, chain, places)) for own, chain in spans]


def _group(own: Mapping[str, Stage], chain: Chain, places: Mapping[str, tuple[str, ...]]) -> Group:
    """What is drawn of these stages, and what they cost together."""
    if not own:
        return Group("", chain)
    parts = tuple(
        Group(row.name, (), row.blocks, row.amount.macs, row.amount.parameters, paths=places[name])
        for name, row in own.items()
    )
    one = _together([*own.values()])
    return Group(one.name, chain, one.blocks, one.amount.macs, one.amount.parameters, parts * (len(parts) > 1))


def _adopting(rows: Sequence[Stage], drawn: Collection[str]) -> dict[str, Stage]:
    """The stages that are drawn, each with those behind it that cost something and are not: what only another output
    reads, norms that are folded away, parameters that nothing flows through.
    """
    found: dict[str, list[Stage]] = {}
    early: list[Stage] = []
    for row in rows:
        if row.name in drawn:
            found[row.name], early = [*early, row], []
        elif row.amount.macs or row.amount.parameters:
            next(reversed(found.values()), early).append(row)
    return {name: _together(members) for name, members in found.items()}


def _together(rows: Sequence[Stage]) -> Stage:
    """Neighbours as one stage."""
    name, amount = range_name([row.name for row in rows]), sum((row.amount for row in rows), Amount())
    return replace(rows[-1], name=name, blocks=sum(row.blocks for row in rows), amount=amount)
