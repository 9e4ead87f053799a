"""From a checked network to its outline: the one place where a figure looks at the compiler's types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from itertools import groupby
from typing import Literal

from archspec.backends.figure.flatten import SOURCE, Atom, Flattening, Port
from archspec.backends.figure.order import DECOR, Shown, fold_trunk, merged
from archspec.backends.figure.outline import Card, Chain, Fork, Group, Item, Outline, Step, Tail, output
from archspec.backends.figure.steps import Reader, ancestors, input_step
from archspec.backends.numbers import counted, quantity
from archspec.backends.stages import Stage, stages
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
    flat = Flattening(blocks=False, staged=True)
    root = checked.shapes.root
    given = checked.graph.inputs
    ports = flat.run(root, flat.inputs(given, root.inputs), "")
    main = _main_exit(checked, flat.atoms, ports)
    reader = Reader(unfold, show)
    segments = list(reader.segments(flat.atoms, [main]))
    if reader.unusual:
        # Where one block shows its order, a neighbour without norms would seem to have none.
        reader = Reader(unfold, DECOR)
        segments = list(reader.segments(flat.atoms, [main]))
    chains = fold_trunk([chain for _, chain in segments], show)
    tails = _tails(checked, reader, flat.atoms, ports, main, [end for end, _ in segments])
    names = _stages_of(flat.atoms, [end for end, _ in segments], ancestors(flat.atoms, [main]))
    whole = [(*chain, *tails.get(end, ())) for chain, (end, _) in zip(chains, segments, strict=True)]
    facts = (
        quantity(checked.cost.macs, "MACs"),
        quantity(checked.cost.parameters, "parameters"),
        counted(checked.cost.weighted_layers, "layer"),
    )
    entry = input_step(given[0], root.inputs[0]) if len(given) == 1 else None
    groups = _groups(zip(names, whole, strict=True), stages(checked.graph, checked.shapes))
    if level in ("model", "stage"):
        groups = tuple(_as_box(group) for group in groups)
    return Outline(checked.name, facts, entry, groups)


def _as_box(group: Group) -> Group:
    """A stage as one box: its name, and the blocks in it; other outputs still leave it. Without a name, box by box."""
    if not group.name:
        return replace(group, chain=tuple(_boxed(item) for item in group.chain))
    tails = tuple(item for item in group.chain if isinstance(item, Tail))
    shapes = [shape for item in group.chain if (shape := output(item)) is not None]
    units = Counter[str]()
    for item in group.chain:
        if isinstance(item, Card):
            units[item.name] += item.count
    words = ", ".join(f"{count} × {name}" if count > 1 else name for name, count in units.items())
    if not shapes:
        return group
    box = Step("stage", "stage", group.name + (f": {words}" if words else ""), "", group.name, shapes[-1])
    return replace(group, chain=(box, *tails))


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
    """The stages that each segment spans: one, or more where a long shortcut reaches over them."""
    starts = [0, *(end + 1 for end in ends)]
    return [
        tuple(dict.fromkeys(atoms[index].stage for index in range(start, end + 1) if index in trunk))
        for start, end in zip(starts, ends, strict=False)
    ]


def _groups(pieces: Iterable[tuple[tuple[str, ...], Chain]], rows: Sequence[Stage]) -> tuple[Group, ...]:
    known = {row.name: row for row in rows}
    result = []
    for names, members in groupby(pieces, key=lambda piece: piece[0]):
        chain = merged([item for _, chain in members for item in chain])
        own = [known.pop(name) for name in names if name in known]
        amount = sum((row.amount for row in own), Amount())
        name = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        parts = tuple(Group(row.name, (), row.blocks, row.amount.macs, row.amount.parameters) for row in own)
        if chain:
            blocks = sum(row.blocks for row in own)
            result.append(Group(name, chain, blocks, amount.macs, amount.parameters, parts if len(own) > 1 else ()))
    return tuple(result)


def _main_exit(checked: Checked, atoms: Sequence[Atom], ports: Sequence[Port]) -> int:
    """The output at the end of the trunk: the one that most of the network leads to, the first of equals."""
    train = {output.name for output in checked.graph.outputs if output.mode == "train"}
    names = [name for name, _ in checked.graph.body.outputs]
    exits = [port for name, port in zip(names, ports, strict=True) if port is not None and name not in train]
    return max(exits, key=lambda port: len(ancestors(atoms, [port])), default=SOURCE)


def _tails(
    checked: Checked, reader: Reader, atoms: Sequence[Atom], ports: Sequence[Port], main: int, ends: Sequence[int]
) -> dict[int, tuple[Tail, ...]]:
    """The other outputs, by the segment of the trunk that they leave from."""
    trunk = ancestors(atoms, [main])
    train = {output.name for output in checked.graph.outputs if output.mode == "train"}
    result: dict[int, tuple[Tail, ...]] = {}
    for (name, _), port in zip(checked.graph.body.outputs, ports, strict=True):
        if port is None or port in (main, SOURCE):
            continue
        own = sorted(ancestors(atoms, [port]) - trunk)
        fed = [source for atom in own for source in atoms[atom].sources if source in trunk]
        start = max(fed, default=port if not own else SOURCE)
        end = next((end for end in ends if end >= start), None)
        if end is not None:
            chain = tuple(item for atom in own for item in reader.items(atoms[atom]))
            label = f"{name} (training only)" if name in train else name
            result[end] = (*result.get(end, ()), Tail(label, chain))
    return result
