"""From atoms to chains: what each op is in a figure, which blocks become cards, what is folded away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archspec.backends.figure.dense import densely_folded
from archspec.backends.figure.flatten import SOURCE, Atom, Flattening
from archspec.backends.figure.nest import Nesting
from archspec.backends.figure.order import DECOR, Shown, fold, stands_out, visible
from archspec.backends.figure.outline import Card, Chain, Family, Item, Step, extent, relocated
from archspec.ir.graph import GraphInput
from archspec.ops import activation, join, norm, pool
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes
from archspec.records import Record, field, replace
from archspec.shapes import Shape

_FAMILY: Mapping[str, Family] = {
    **{op.name: "pool" for op in pool.OPS},
    **{op.name: "norm" for op in norm.OPS},
    **{op.name: "act" for op in activation.OPS},
    **{op.name: "join" for op in join.OPS},
    **dict.fromkeys(("dropout", "drop_path", "flatten", "identity", "permute", "reshape"), "quiet"),
}
_SINGLE = 4
"""Up to this many units of a single box each are drawn one by one: a card would take no less room."""


class Reader(Record, frozen=False):
    """Reads bodies into chains, each distinct one once.

    With `unfold` every unit is drawn, and no cards; `keep` says which norms and activations of blocks are. `unusual`
    tells whether a block has been met in which their order is the point.
    """

    unfold: bool = False
    keep: Shown = frozenset()
    unusual: bool = False
    _seen: dict[int, tuple[BodyShapes, str, Chain]] = field(default_factory=dict)

    def body(self, shapes: BodyShapes, path: str, again: str = "") -> Chain:
        """The chain of a block, norms and activations folded away where their order is the usual one.

        Where all units are drawn, layers say that they run those of the block `again` once more; else its card does.
        """
        if id(shapes) not in self._seen or self.unfold:
            flat = Flattening(blocks=True)
            ports = flat.run(shapes, flat.entrances(shapes, path), path, again=again if self.unfold else "")
            chain = self.nested(flat.atoms, [port for port in ports if port is not None])
            unusual = stands_out(chain)
            self.unusual = self.unusual or unusual
            self._seen[id(shapes)] = shapes, path, fold(chain, DECOR if unusual else self.keep)
        _, first, known = self._seen[id(shapes)]
        return known if first == path else relocated(known, first, path)

    def nested(self, atoms: Sequence[Atom], exits: Sequence[int]) -> Chain:
        """The chain of all atoms that lead to `exits`."""
        return tuple(item for _, chain in self.segments(atoms, exits) for item in chain)

    def segments(self, atoms: Sequence[Atom], exits: Sequence[int]) -> Iterator[tuple[int, Chain]]:
        """The same, cut where all paths meet: the last atom of each segment and its steps."""
        needed = ancestors(atoms, exits)
        nesting = Nesting([atom.sources for atom in atoms], lambda index: self.items(atoms[index]))
        return nesting.segments([index for index in range(len(atoms)) if index in needed], SOURCE, exits)

    def items(self, atom: Atom) -> Chain:
        """What an atom draws: a step, a card, or the units of a repeat one by one."""
        target = atom.target
        if isinstance(target, Op):
            return (_again(step(target, atom.inputs, atom.output, atom.path), atom.again),)
        if isinstance(target, GraphInput):
            return (input_step(target, atom.output),)
        if isinstance(target, BodyShapes):
            chain = self.body(target, atom.path, atom.again)
            return self._units(Card(target.body.name, 1, chain, atom.path, atom.output, again=atom.again))
        items: list[Item] = []
        index = 0
        for unit in target:
            for path in self._paths(atom, index, unit.count):
                inner, first = unit.run.target, atom.again and atom.again + path.removeprefix(atom.path)
                if isinstance(inner, Op):
                    one = step(inner, unit.inputs, unit.outputs[0], path)
                    made: Chain = (_again(one, first) if self.unfold else one,)
                else:
                    made = self.body(unit.body, path, first) if unit.body is not None else ()
                count = 1 if self.unfold else unit.count
                items += self._units(Card(inner.name, count, made, path, unit.outputs[0], again=atom.again))
            index += unit.count
        return tuple(items) if self.unfold else densely_folded(items, target[0].inputs[0])

    def _paths(self, atom: Atom, index: int, count: int) -> list[str]:
        """Where the drawn units stand: all of them, or the first of a folded run."""
        return [atom.unit_path(index + offset) for offset in range(count if self.unfold else 1)]

    def _units(self, card: Card) -> Chain:
        """Equal units: a card, or the boxes themselves where a card would hold a single one."""
        if self.unfold or (visible(card.chain) < 2 and card.count <= _SINGLE and not card.again):
            return card.chain * card.count
        return (card,)


def input_step(given: GraphInput, shape: Shape) -> Step:
    """An input of the network as bare text: `image` where it looks like one, else its name."""
    image = shape.rank == 4 and shape.channels in (1, 3) and given.name == "x"
    return Step("input", "input", "image" if image else given.name, "", given.name, shape)


def step(op: Op, inputs: tuple[Shape, ...], output: Shape, path: str) -> Step:
    """One op as a step of the figure."""
    family = _FAMILY.get(op.name, "layer" if op.weighted else "op")
    stride = _stride(inputs[0], output)
    label = op.label(*inputs)
    label = f"{label}, {output.channels}" if op.name == "concat" and output.rank > 2 else label
    brief = _brief(op.name, label, stride)
    return Step(op.name, family, label, brief, path, output, stride > 1, op.weighted > 0)


def _again(one: Step, first: str) -> Step:
    """The step that runs the module of another once more, which its label says."""
    return replace(one, label=f"{one.label} = {first}") if first and one.weighted else one


def _brief(name: str, label: str, stride: int) -> str:
    """The label beside a shortcut: the kernel of a convolution, `pad`, or the label itself, and the stride."""
    words = {"subsample2d": "", "pad_channels": "pad", "pad2d": "pad", "identity": ""}.get(name)
    if words is None:
        head = label.split(",")[0]
        words = head.removesuffix(" conv")
    return f"{words} /{stride}".strip() if stride > 1 else words


def _stride(before: Shape, after: Shape) -> int:
    """By how much a step shrinks the map along its last axis; 1 where there is no map, or only one value is left."""
    old, new = extent(before), extent(after)
    return round(old / new) if 1 < new < old else 1


def ancestors(atoms: Sequence[Atom], exits: Sequence[int]) -> set[int]:
    """All atoms that lead to `exits`, these included."""
    found: set[int] = set()
    waiting = list(exits)
    while waiting:
        atom = waiting.pop()
        if atom != SOURCE and atom not in found:
            found.add(atom)
            waiting.extend(atoms[atom].sources)
    return found
