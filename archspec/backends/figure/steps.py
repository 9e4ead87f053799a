"""From atoms to chains: what each op is in a figure, which blocks become cards, what is folded away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archspec.backends.figure.flatten import Atom, Flattening, ShapesOf
from archspec.backends.figure.nest import SOURCE, Nesting
from archspec.backends.figure.order import fold, visible
from archspec.backends.figure.outline import Card, Chain, Family, Step
from archspec.ir.graph import Body, Repeat, Run
from archspec.ops.base import Op
from archspec.shapes import Shape, nominal

_FAMILIES: Mapping[Family, frozenset[str]] = {
    "pool": frozenset({"max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"}),
    "norm": frozenset({"batch_norm", "layer_norm", "group_norm"}),
    "act": frozenset({"relu", "relu6", "leaky_relu", "gelu", "silu", "sigmoid", "tanh", "softmax", "hardswish", "hardsigmoid"}),
    "quiet": frozenset({"dropout", "drop_path", "flatten", "identity", "permute", "reshape"}),
    "join": frozenset({"add", "mul", "concat", "stack"}),
}
_FAMILY = {name: family for family, names in _FAMILIES.items() for name in names}
_SHORT = {
    "batch_norm": "BN", "layer_norm": "LN", "group_norm": "GN", "relu": "ReLU", "relu6": "ReLU6", "gelu": "GELU",
    "leaky_relu": "leaky ReLU", "silu": "SiLU", "hardswish": "h-swish", "hardsigmoid": "h-sigmoid",
    "subsample2d": "", "pad_channels": "pad", "identity": "",
}  # fmt: skip
_WIDE_UNIT = 4
"""Up to this many units of a single box each are drawn one by one: a card would take no less room."""


@dataclass(slots=True)
class Reader:
    """Reads bodies into chains, each distinct (body, input shapes) once. With `unfold` every unit is drawn."""

    shapes_of: ShapesOf
    unfold: bool = False
    _seen: dict[tuple[int, tuple[Shape, ...]], Chain] = field(default_factory=dict)
    _kept: list[Body] = field(default_factory=list)

    def body(self, body: Body, inputs: tuple[Shape, ...], path: str) -> Chain:
        """The chain of a block, norms and activations folded away where their order is the usual one."""
        key = (id(body), inputs)
        if key not in self._seen or self.unfold:
            self._kept.append(body)  # an id is only good while its object lives
            flat = Flattening(self.shapes_of, lambda *_: True)
            ports = flat.run(body, tuple((SOURCE, shape) for shape in inputs), path)
            exits = [port[0] for port in ports.values() if port is not None]
            self._seen[key] = fold(self.nested(flat.atoms, exits))
        return self._seen[key]

    def nested(self, atoms: list[Atom], exits: list[int]) -> Chain:
        """The chain of all atoms that lead to `exits`."""
        needed = _ancestors(atoms, exits)
        nesting = Nesting([atom.sources for atom in atoms], lambda index: self.items(atoms[index]))
        return nesting.chain([index for index in range(len(atoms)) if index in needed], SOURCE, exits)

    def items(self, atom: Atom) -> Chain:
        """What an atom draws: a step, a card, or the units of a repeat one by one."""
        if isinstance(atom.target, Op):
            return (step(atom.target, atom.inputs, atom.output, atom.path),)
        if isinstance(atom.target, Body):
            return self.unit(atom.target, atom.inputs, atom.path, 1, atom.output)
        return self._repeat(atom.target, atom)

    def _repeat(self, repeat: Repeat, atom: Atom) -> Chain:
        chain: Chain = ()
        inputs, index = atom.inputs, 0
        for run in repeat.runs:
            # Equal units may still differ in the shape they get: the first then stands alone.
            for count in self._folds(run, inputs):
                path = f"{atom.path}.{index}"
                outputs = self._outputs(run.target, inputs)
                chain += self.unit(run.target, inputs, path, count, outputs[0])
                inputs, index = outputs, index + count
        return chain

    def _folds(self, run: Run, inputs: tuple[Shape, ...]) -> list[int]:
        if self.unfold:
            return [1] * run.count
        counts: list[int] = []
        left = run.count
        while left:
            outputs = self._outputs(run.target, inputs)
            same = outputs == inputs
            counts.append(left if same else 1)
            left, inputs = left - counts[-1], outputs
        return counts

    def _outputs(self, target: Op | Body, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
        if isinstance(target, Op):
            output = target.shape(*inputs)
            return (output,) if isinstance(output, Shape) else tuple(output)
        shapes = self.shapes_of(target, inputs)
        named = dict(zip(target.inputs, inputs, strict=True))
        return tuple(named[ref.node] if ref.node in named else shapes[ref.node][ref.output] for _, ref in target.outputs)

    def unit(self, target: Op | Body, inputs: tuple[Shape, ...], path: str, count: int, output: Shape) -> Chain:
        """`count` equal units: a card, or the boxes themselves where a card would hold a single one."""
        chain = (step(target, inputs, output, path),) if isinstance(target, Op) else self.body(target, inputs, path)
        boxes = visible(chain)
        if self.unfold or (boxes < 2 and count <= _WIDE_UNIT):
            return chain * count
        return (Card(target.name, count, chain, path, output),)


def step(op: Op, inputs: tuple[Shape, ...], output: Shape, path: str) -> Step:
    """One op as a step of the figure."""
    family = _FAMILY.get(op.name, "layer" if op.weighted else "op")
    label = _SHORT.get(op.name, "") if family in ("norm", "act") else op.label(*inputs)
    stride = _stride(inputs[0], output)
    kernel = label.split(" ")[0] if family in ("layer", "pool") and "×" in label else _SHORT.get(op.name, label)
    brief = " ".join([kernel, f"/{stride}"] if stride > 1 else [kernel]).strip()
    return Step(op.name, family, label or op.label(*inputs), brief, path, output, stride > 1, op.weighted)


def _stride(before: Shape, after: Shape) -> int:
    """By how much a step shrinks the map along its last axis; 1 where that is no whole factor or no map."""
    if before.rank != 4 or after.rank != 4:
        return 1
    old, new = nominal(before.dims[-1]), nominal(after.dims[-1])
    return -(-old // new) if new > 1 and old > new and (old + new - 1) // new == -(-old // new) else 1


def _ancestors(atoms: list[Atom], exits: list[int]) -> set[int]:
    found: set[int] = set()
    waiting = list(exits)
    while waiting:
        atom = waiting.pop()
        if atom != SOURCE and atom not in found:
            found.add(atom)
            waiting.extend(atoms[atom].sources)
    return found
