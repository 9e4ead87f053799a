"""The body of `forward`: one statement for each thing worth a name, the rest nested as one would write it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from archspec.backends.torch_code.calls import Member, Writer, member_of
from archspec.backends.torch_code.family import Families, Family
from archspec.backends.torch_code.fresh import is_spare
from archspec.backends.torch_code.notes import shape_note
from archspec.backends.torch_code.resolve import TAKEN, Resolver
from archspec.backends.torch_code.support import PIECES
from archspec.ir.graph import Body, Node, Ref
from archspec.ops.base import Call, Operand, Parameter
from archspec.records import Record, replace

CALLED = TAKEN - {"x", "init", "weights"}
"""What `forward` may call or read, so that no variable may have its name."""
LONGEST = 64
GENERIC = ("x", "y")
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
    """How a node's module is reached: `self.conv1`, and under what condition it is run (None: always).

    `waits`: the module is run together with that of its only reader, the next node.
    """

    text: str
    condition: str | None = None
    units: str | None = None
    waits: bool = False


class Forward:
    """Writes the statements of one class's `forward`."""

    def __init__(
        self,
        family: Family,
        families: Families,
        resolver: Resolver,
        slots: Mapping[str, Slot],
        support: set[str],
        training: frozenset[str],
    ) -> None:
        self.family, self.families, self.resolver, self.slots = family, families, resolver, slots
        self.training = training
        taken = resolver.layers | {resolver.attribute(name) for name in resolver.spelling}
        self.writer = Writer(resolver, "self.", support, taken=frozenset(taken))
        body = family.instances[0].body
        self.body = body
        self.nominal = body.kind == "net"
        self.active = [(node, active) for node, active in family.nodes() if active]
        self.total = family.links().counts
        self.left = Counter(self.total)
        self.called = {*PIECES, *CALLED, f"{family.class_name}Output"}
        self.arguments = [f"{name}_" if name in self.called else name for name in body.inputs]
        if body.kind == "container" and len(self.arguments) == 1:
            self.arguments = [GENERIC[0]]  # what it is called outside is nothing to its class
        self.entries = [Ref(name) for name in body.inputs]
        self.holders: dict[str, Ref] = dict(zip(self.arguments, self.entries, strict=True))
        self.texts: dict[Ref, str] = {ref: name for name, ref in self.holders.items()}
        self.base: dict[Ref, str] = dict(self.texts)
        self.notes: dict[str, str] = {name: self.note(ref) for name, ref in self.holders.items()}
        self.statements: list[Statement] = []

    def write(self) -> tuple[list[Statement], Statement]:
        """All statements, and what comes behind the final `return`."""
        for place in range(len(self.active)):
            self.node(place)
        result = ", ".join(self.texts[self.family.real(ref)] for _, ref in self.body.outputs)
        if len(self.body.outputs) > 1 or not self.statements:
            return self.statements, Statement(result)
        *before, last = self.statements
        target, _, text = last.text.partition(" = ")
        typed = text.startswith(("torch.", "F."))  # to a type checker the output of a module is no tensor
        if last.indent or last.training or target != result or not typed:
            return [*self.typed(result)], Statement(result)
        return before, Statement(text, last.note)

    def typed(self, result: str) -> Iterator[Statement]:
        """The statements; a result that is no argument is declared a tensor, which a type checker cannot see."""
        pending = result not in self.arguments
        for statement in self.statements:
            declares = pending and statement.text.startswith(f"{result} = ")
            pending = pending and not declares
            text = statement.text.replace(" = ", ": Tensor = ", 1) if declares else statement.text
            yield replace(statement, text=text)

    def node(self, place: int) -> None:
        node, active = self.active[place]
        refs = [self.family.real(ref) for ref in node.inputs]
        operands = [self.texts[ref] for ref in refs]
        passing = self.family.real(self.family.passing(node)) if node.inputs else None
        for ref in [*refs, *([passing] if passing is not None and passing not in refs else [])]:
            self.left[ref] -= 1
        members = [Member(i, self.family.instances[i].steps[node.key]) for i in active]
        outputs = len(members[0].step.outputs)
        slot = self.slots.get(node.key)
        source = self.base.get(refs[0], self.arguments[0]) if refs else ""
        if slot is not None and slot.waits:
            self.texts[Ref(node.key)], self.base[Ref(node.key)] = operands[0], source
            return
        if isinstance(members[0].step.value, Parameter):
            self.texts[Ref(node.key)], self.base[Ref(node.key)] = (slot.text if slot is not None else ""), ""
            return
        if slot is not None and slot.units is not None:
            return self.loop(place, slot, operands, refs, outputs)
        text = self.text(node, members, slot, operands)
        training = node.key in self.training
        if outputs > 1:
            names = []
            for k, word in enumerate(self.words(node, outputs)):
                ref = Ref(node.key, k)
                names.append(self.fresh(word) if self.total[ref] else "_")
                self.hold(ref, names[k])
            self.statements.append(Statement(f"{', '.join(names)} = {text}", "", training))
            return
        ref = Ref(node.key)
        condition = slot.condition if slot is not None else None
        held = self.holds_sum(node, active)
        if condition is None and held is None and self.pends(place, ref, text):
            self.texts[ref], self.base[ref] = text, source
            return
        if held is not None:
            name = self.texts[held]
            self.hold(ref, name)
            other = operands[1 - refs.index(held)]
            self.state(f"{name} += {other}", "", training, condition)
            return
        otherwise = self.texts[passing] if passing is not None and condition is not None else ""
        name = self.name(place, ref, refs, source, otherwise)
        note = self.note(ref)
        said = "" if note == self.notes.get(otherwise or source) else note
        self.hold(ref, name)
        self.notes[name] = note
        if condition is not None and name != otherwise:
            self.state(f"{name} = {text} if {condition} else {otherwise}", said, training)
        else:
            self.state(f"{name} = {text}", said, training, condition)

    def state(self, text: str, note: str, training: bool, condition: str | None = None) -> None:
        """Add a line, under its condition."""
        if condition is not None:
            self.statements.append(Statement(f"if {condition}:", "", training))
        self.statements.append(Statement(text, note, training, int(condition is not None)))

    def holds_sum(self, node: Node, active: Sequence[int]) -> Ref | None:
        """The first operand of a sum of two, if the other may be added to it in place.

        Only the first: a sum has the memory format of its first operand, and what is computed from it rounds by that.
        """
        value = self.family.instances[active[0]].steps[node.key].value
        if not isinstance(value, Call) or (value.path, value.args) != ("operator.add", (Operand(0), Operand(1))):
            return None
        if Ref(node.key) in [self.family.real(ref) for _, ref in self.body.outputs]:
            return None  # it goes by another name
        first = self.family.real(node.inputs[0])
        if len(active) < len(self.family.instances) and first != self.family.real(self.family.passing(node)):
            return None
        return first if is_spare(first, self.family, self.families) else None

    def text(self, node: Node, members: Sequence[Member], slot: Slot | None, operands: list[str]) -> str:
        step = members[0].step
        module = slot.text if slot is not None else ""
        self.writer.key = node.place
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
        names: list[str] = []
        for k in range(outputs):
            source = self.base.get(refs[k], "") if k < len(refs) else ""
            mine = k < len(refs) and self.left[refs[k]] <= 0 and operands[k] == source and source not in names
            names.append(source if mine else self.fresh(f"{self.word(node)}{k}", operands))
        setup = [f"{n} = {o}" for n, o in zip(names, operands, strict=False) if n != o]
        training = node.key in self.training
        self.statements += [Statement(text, "", training) for text in setup]
        inputs = [*names[: len(operands)], *operands[outputs:]]
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
        inputs = [self.family.real(r) for r in node.inputs]
        if ref not in inputs or (node.key in self.training) != (self.active[place][0].key in self.training):
            return False
        step = self.family.instances[active[0]].steps[node.key]
        slot = self.slots.get(node.key)
        if step.op is None or (slot is not None and slot.condition is not None):
            return False
        if len(inputs) > 2 and step.op.name in ("add", "mul"):
            return False  # Python would add the first two before it evaluates the last, and gradients add up in order
        if len(inputs) > 1:
            nestable = text.count("(") <= 1 and " " not in text and inputs[-1] == ref
            return nestable and self.holds_sum(node, active) != ref
        return not (step.op.weighted or step.op.name in POOLS) and " if " not in text and _once(step.value)

    def name(self, place: int, ref: Ref, refs: Sequence[Ref], source: str, otherwise: str) -> str:
        """The variable that takes a value: one of `GENERIC`, which come and go, or one of the value's own."""
        node, _ = self.active[place]
        ends = [self.family.real(r) for _, r in self.body.outputs]
        live = self.live()
        free = [name for name in GENERIC if name not in live]
        first = self.arguments[0]
        last = place == len(self.active) - 1 and ref in ends and first not in live
        if last and (ends == [ref] or self.training):
            return first if first in GENERIC or GENERIC[0] in live else GENERIC[0]
        if otherwise in free:
            return otherwise
        if (len(ends) > 1 and ref in ends) or (self.is_named(node) and self.readers(ref) > 1):
            return self.fresh(self.branch(node) or self.word(node))
        if source not in free and (branch := self.branch(node)) is not None:
            return branch if branch not in live else self.fresh(self.word(node))
        readers = self.family.links().readers.get(ref, ())
        held = any(self.holds_sum(n, active) == ref for n, active in readers)
        # A value that only an input joins needs no name of its own: `y + x` says it.
        others = [r for n, _ in readers for r in map(self.family.real, n.inputs) if r not in (ref, *self.entries)]
        joins = bool(others) and not held
        if source in free and self.holders.get(source) in self.entries and joins and not self.nominal:
            return self.fresh(self.word(node))
        if len(refs) > 1 and free and (not joins or source in GENERIC):
            return free[0]
        if source in free:
            return source
        if not free or (joins and (self.is_named(node) or len(refs) > 1)):
            return self.fresh(self.word(node))
        return free[0]

    def readers(self, ref: Ref) -> int:
        """How many nodes read a value, without those that only give an output of the network."""
        ends = {self.family.real(r).node for _, r in self.body.outputs} if len(self.body.outputs) > 1 else set()
        return sum(node.key not in ends for node, _ in self.family.links().readers.get(ref, ()))

    def is_named(self, node: Node) -> bool:
        return not node.key.startswith("#") and self.family.instances[0].steps[node.key].op is None

    def live(self) -> set[str]:
        return {name for name, ref in self.holders.items() if self.left[ref] > 0}

    def words(self, node: Node, outputs: int) -> list[str]:
        """Variable names for several outputs: those that the body gives them on, a block's own if not too long."""
        given = {ref: name for name, ref in self.body.outputs}
        own = [
            given.get(Ref(node.key, k), name)
            for k, (name, _) in enumerate(node.target.outputs if isinstance(node.target, Body) else ())
        ]
        return own if own and len(", ".join(own)) <= LONGEST else [f"{self.word(node)}{k}" for k in range(outputs)]

    def word(self, node: Node) -> str:
        """A variable name for what a node gives."""
        word = _short(node.key)
        present = self.family.present(node.key)
        assert present is not None
        step = self.family.instances[present[1][0]].steps[node.key]
        if not word.isidentifier() or node.key.startswith("#"):
            word = step.op.name if step.op is not None else "part"
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()

    def branch(self, node: Node) -> str | None:
        """What numbered layers, each of which reads the one before, have in common: `branch5x5` of branch5x5_1.

        A join of such branches within one goes on by that name.
        """
        here = self.family.present(node.key)
        assert here is not None
        found = [self.family.present(ref.node) for ref in map(self.family.real, node.inputs)]
        read = {_stem(self.word(one[0])) if one is not None else None for one in found}
        if self.family.instances[here[1][0]].steps[node.key].op is not None:
            return read.pop() if len(found) > 1 and len(read) == 1 else None
        readers = self.family.links().readers.get(Ref(node.key), ())
        stem = _stem(self.word(node))
        return stem if stem in read or any(stem == _stem(self.word(n)) for n, _ in readers) else None

    def fresh(self, word: str, kept: Sequence[str] = ()) -> str:
        """A name that holds nothing that is still needed, and none of those kept."""
        taken = {*self.live(), *kept, *self.called, *(name for name in TAKEN if name != "x")}
        names = (word if k == 0 else f"{word}_{k}" for k in range(len(self.holders) + len(kept) + 2))
        return next(name for name in names if name not in taken)

    def note(self, ref: Ref) -> str:
        """The shape of a value as a comment."""
        ref = self.family.real(ref)
        found = self.family.present(ref.node)
        places = list(range(len(self.family.instances)))
        if found is not None and found[1] and found[0].inputs and self.slots.get(ref.node) is None:
            places = found[1]
        instances = [self.family.instances[i] for i in places]
        shapes = [one.local_shape(ref) for one in instances]
        members = [member_of(i, one) for i, one in zip(places, instances, strict=True)]
        return shape_note(shapes, members, self.resolver, self.nominal)


def _short(key: str) -> str:
    """The end of a dotted name in one word, with the place where it is numbered: `blocks.2.0` as blocks_2."""
    parts = key.split("#")[0].split(".")
    last = max((k for k, part in enumerate(parts) if not part.isdecimal()), default=len(parts) - 1)
    ends = parts[last : last + 2] if last + 1 < len(parts) else parts[last:]
    return "".join(c if c.isalnum() else "_" for c in "_".join(ends))


def _stem(word: str) -> str | None:
    """`branch3x3` of branch3x3_2a; None where no number ends the word."""
    match = re.fullmatch(r"(\w+)_\d+[a-z]?", word)
    return match[1] if match else None


def _once(value: object) -> bool:
    """Whether a call reads its operand once, so that an expression may stand for it."""
    return not isinstance(value, Call) or str(value).count("Operand(") <= 1


__all__ = ["Forward", "Slot", "Statement"]
