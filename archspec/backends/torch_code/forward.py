"""The body of `forward`: one statement for each thing worth a name, the rest nested as one would write it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from archspec.backends.torch_code.calls import Member, Writer
from archspec.backends.torch_code.family import Family
from archspec.backends.torch_code.notes import shape_note
from archspec.backends.torch_code.resolve import TAKEN, Resolver
from archspec.ir.graph import Node, Ref
from archspec.ops.base import Call, Parameter
from archspec.records import Record

LONGEST = 64
POOLS = frozenset(
    {"max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d", "upsample2d", "resize_like"}
)


class Statement(Record):
    """A line of `forward` with a comment; `training`: it runs in training only."""

    text: str
    note: str = ""
    training: bool = False
    indent: int = 0


class Slot(Record):
    """How a node's module is reached: `self.conv1`, and under what condition it is run (None: always)."""

    text: str
    condition: str | None = None
    units: str | None = None


class Forward:
    """Writes the statements of one class's `forward`."""

    def __init__(
        self, family: Family, resolver: Resolver, slots: Mapping[str, Slot], support: set[str], training: frozenset[str]
    ) -> None:
        self.family, self.resolver, self.slots, self.training = family, resolver, slots, training
        taken = resolver.layers | {resolver.attribute(name) for name in resolver.spelling}
        self.writer = Writer(resolver, "self.", support, taken=frozenset(taken))
        body = family.instances[0].body
        self.body = body
        self.nominal = body.kind == "net"
        self.nodes = [(node, active) for node, active in family.nodes()]
        self.aliases: dict[str, Ref] = {n.key: n.inputs[0] for n, active in self.nodes if not active and n.inputs}
        self.active = [(node, active) for node, active in self.nodes if active]
        self.left = Counter(self.real(ref) for node, _ in self.active for ref in node.inputs)
        self.left.update(self.real(ref) for _, ref in body.outputs)
        self.total = Counter(self.left)
        self.texts: dict[Ref, str] = {Ref(name): name for name in body.inputs}
        self.holders: dict[str, Ref] = {name: Ref(name) for name in body.inputs}
        self.base: dict[Ref, str] = {Ref(name): name for name in body.inputs}
        self.notes: dict[str, str] = {name: self.note(Ref(name)) for name in body.inputs}
        self.statements: list[Statement] = []

    def real(self, ref: Ref) -> Ref:
        """The value itself, behind nodes that only pass it through."""
        while ref.node in self.aliases:
            ref = self.real(self.aliases[ref.node])
        return ref

    def write(self) -> list[Statement]:
        """All statements, without the final `return`."""
        for place in range(len(self.active)):
            self.node(place)
        return self.statements

    def value(self, ref: Ref) -> str:
        """The text of a value that the body gives to its caller."""
        return self.texts[self.real(ref)]

    def node(self, place: int) -> None:
        node, active = self.active[place]
        refs = [self.real(ref) for ref in node.inputs]
        operands = [self.texts[ref] for ref in refs]
        for ref in refs:
            self.left[ref] -= 1
        members = [Member(i, self.family.instances[i].steps[node.key]) for i in active]
        outputs = len(members[0].step.outputs)
        slot = self.slots.get(node.key)
        source = self.base.get(refs[0], self.body.inputs[0]) if refs else ""
        if isinstance(members[0].step.value, Parameter):
            self.texts[Ref(node.key)], self.base[Ref(node.key)] = (slot.text if slot is not None else ""), ""
            return
        if slot is not None and slot.units is not None:
            return self.loop(place, slot, operands, refs, outputs)
        text = self.text(node, members, slot, operands)
        condition = slot.condition if slot is not None else None
        if outputs > 1:
            names = [self.fresh(f"{self.word(node)}{k}") for k in range(outputs)]
            for k, name in enumerate(names):
                self.hold(Ref(node.key, k), name)
            self.statements.append(Statement(f"{', '.join(names)} = {text}", "", node.key in self.training))
            return
        ref = Ref(node.key)
        if text in operands and condition is None:  # a join of one
            self.texts[ref], self.base[ref] = text, source
            return
        if condition is None and self.pends(place, ref, text):
            self.texts[ref], self.base[ref] = text, source
            return
        name = self.name(place, ref, refs, source)
        note = self.note(ref)
        said = "" if note == self.notes.get(source) else note
        self.hold(ref, name)
        self.notes[name] = note
        training = node.key in self.training
        if condition is None:
            self.statements.append(Statement(f"{name} = {text}", said, training))
        elif name == operands[0]:
            self.statements.append(Statement(f"if {condition}:", "", training))
            self.statements.append(Statement(f"{name} = {text}", said, training, 1))
        else:
            self.statements.append(Statement(f"{name} = {text} if {condition} else {operands[0]}", said, training))

    def text(self, node: Node, members: Sequence[Member], slot: Slot | None, operands: list[str]) -> str:
        step = members[0].step
        module = slot.text if slot is not None else ""
        self.writer.key = node.path or node.key
        value = step.value
        if step.op is None or value is None:
            return f"{module}({', '.join(operands)})"
        if isinstance(value, Call):
            values = [m.step.value for m in members]
            return self.writer.call(members, [v for v in values if isinstance(v, Call)], operands, module)
        return self.writer.value(members, [m.step.value for m in members], "", operands, module)

    def loop(self, place: int, slot: Slot, operands: list[str], refs: Sequence[Ref], outputs: int) -> None:
        """A repeat whose units have several inputs or outputs, or no module."""
        node, _ = self.active[place]
        names = []
        for k in range(outputs):
            source = self.base.get(refs[k], "")
            names.append(
                source if self.left[refs[k]] <= 0 and operands[k] == source else self.fresh(f"{self.word(node)}{k}")
            )
        setup = [f"{n} = {o}" for n, o in zip(names, operands, strict=False) if n != o]
        training = node.key in self.training
        self.statements += [Statement(text, "", training) for text in setup]
        inputs = [*names, *operands[outputs:]]
        self.statements.append(Statement(f"for unit in {slot.text}:", "", training))
        self.statements.append(Statement(f"{', '.join(names)} = unit({', '.join(inputs)})", "", training, 1))
        for k, name in enumerate(names):
            self.hold(Ref(node.key, k), name)

    def hold(self, ref: Ref, name: str) -> None:
        self.holders[name] = ref
        self.texts[ref], self.base[ref] = name, name

    def pends(self, place: int, ref: Ref, text: str) -> bool:
        """Whether a value is nested into the expression of the next node instead of getting a name."""
        if self.total[ref] != 1 or place + 1 >= len(self.active) or len(text) > LONGEST:
            return False
        node, active = self.active[place + 1]
        inputs = [self.real(r) for r in node.inputs]
        if ref not in inputs or (node.key in self.training) != (self.active[place][0].key in self.training):
            return False
        step = self.family.instances[active[0]].steps[node.key]
        slot = self.slots.get(node.key)
        if step.op is None or (slot is not None and slot.condition is not None):
            return False
        if len(inputs) > 1:
            return text.count("(") <= 1 and " " not in text and inputs[-1] == ref
        return not (step.op.weighted or step.op.name in POOLS) and " if " not in text and _once(step.value)

    def name(self, place: int, ref: Ref, refs: Sequence[Ref], source: str) -> str:
        node, _ = self.active[place]
        ends = [self.real(r) for _, r in self.body.outputs]
        first = self.body.inputs[0]
        last = place == len(self.active) - 1 and ref in ends and first not in self.live()
        if last and (ends == [ref] or self.training):
            return first
        dead = bool(source) and self.left[self.holders[source]] <= 0
        if (len(ends) > 1 and ref in ends) or (self.is_named(node) and self.readers(ref) > 1):
            return self.fresh(self.word(node))
        if dead and self.holders[source] == Ref(source) and self.joins(ref) and not self.nominal:
            return self.fresh(self.word(node))
        if dead:
            return source
        if self.joins(ref) and self.is_named(node):
            return self.fresh(self.word(node))
        return next((name for name in (first, "y") if name not in self.live()), None) or self.fresh(self.word(node))

    def readers(self, ref: Ref) -> int:
        """How many nodes read a value, without those that only give an output of the network."""
        ends = {self.real(r).node for _, r in self.body.outputs} if len(self.body.outputs) > 1 else set()
        return sum(ref in map(self.real, node.inputs) and node.key not in ends for node, _ in self.active)

    def is_named(self, node: Node) -> bool:
        return not node.key.startswith("#") and self.family.instances[0].steps[node.key].op is None

    def joins(self, ref: Ref) -> bool:
        """Whether a value goes straight into something with several inputs."""
        users = [n for n, _ in self.active if ref in [self.real(r) for r in n.inputs]]
        return any(len(n.inputs) > 1 for n in users)

    def live(self) -> set[str]:
        return {name for name, ref in self.holders.items() if self.left[ref] > 0}

    def word(self, node: Node) -> str:
        """A variable name for what a node gives."""
        word = "".join(c if c.isalnum() else "_" for c in node.key.rsplit(".", 1)[-1])
        step = self.family.instances[self.active_of(node)].steps[node.key]
        if not word.isidentifier() or node.key.startswith("#"):
            word = step.op.name if step.op is not None else "part"
        return word

    def active_of(self, node: Node) -> int:
        return next(active[0] for n, active in self.active if n.key == node.key)

    def fresh(self, word: str) -> str:
        """A name that holds nothing that is still needed."""
        taken = self.live() | {name for name in TAKEN if name != "x"}
        names = (word if k == 0 else f"{word}_{k}" for k in range(len(self.holders) + 2))
        return next(name for name in names if name not in taken)

    def note(self, ref: Ref) -> str:
        """The shape of a value as a comment."""
        ref = self.real(ref)
        node = next(((n, active) for n, active in self.active if n.key == ref.node), None)
        places = list(range(len(self.family.instances))) if node is None or len(node[0].inputs) == 0 else node[1]
        if node is not None and self.slots.get(ref.node) is not None:
            places = list(range(len(self.family.instances)))
        instances = [self.family.instances[i] for i in places]
        shapes = [one.local_shape(ref) for one in instances]
        members = [Member(i, next(iter(one.steps.values()))) for i, one in zip(places, instances, strict=True)]
        return shape_note(shapes, members, self.resolver, self.nominal)


def _once(value: object) -> bool:
    """Whether a call reads its operand once, so that an expression may stand for it."""
    return not isinstance(value, Call) or str(value).count("Operand(") <= 1


__all__ = ["Forward", "Slot", "Statement"]
