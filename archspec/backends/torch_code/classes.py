"""One family as one class: its constructor, its modules as attributes, its forward."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from archspec.backends.torch_code.arguments import arguments_of, declared
from archspec.backends.torch_code.build import Builder
from archspec.backends.torch_code.calls import Member, member_of
from archspec.backends.torch_code.chains import is_module, one_way
from archspec.backends.torch_code.family import Families, Family
from archspec.backends.torch_code.forward import Forward, Slot, Statement
from archspec.backends.torch_code.fresh import is_spare
from archspec.backends.torch_code.inline import is_chain
from archspec.backends.torch_code.naming import unused
from archspec.backends.torch_code.notes import primed, shape_note
from archspec.backends.torch_code.numbered import Lists, places
from archspec.backends.torch_code.resolve import Resolver, Seen, Unwritable, argument_name
from archspec.backends.torch_code.special import Special, specials
from archspec.backends.torch_code.spelling import text_of
from archspec.ir.graph import Node, Ref
from archspec.ops.base import Op
from archspec.records import Record, field, replace


class ClassPlan(Record):
    """Everything there is to print of a class. Lines of code are logical: they are wrapped when printed."""

    name: str
    base: str
    doc: str
    shapes: str
    arguments: tuple[str, ...]
    init: tuple[Statement, ...]
    inputs: tuple[str, ...]
    returns: str
    forward: tuple[Statement, ...]
    result: Statement
    inits: tuple[Special, ...] = ()


class Needs(Record, frozen=False):
    """What the module needs at its top: names to import, and pieces of the support library."""

    imports: set[str] = field(default_factory=set)
    support: set[str] = field(default_factory=set)


class ClassWriter:
    """Writes the plan of one family. Callees are written first: they decide what they want to be given."""

    def __init__(
        self, family: Family, families: Families, needs: Needs, training: frozenset[str] = frozenset()
    ) -> None:
        self.family, self.families, self.needs = family, families, needs
        self.resolver = Resolver(family, support=needs.support)
        self.builder = Builder(family, families, self.resolver, needs.support, needs.imports)
        self.body = family.instances[0].body
        self.training = training
        self.slots: dict[str, Slot] = {}
        self.init: list[Statement] = []
        self.inits: list[Special] = []
        self.groups: set[str] = set()
        self.tests: dict[str, tuple[str, str]] = {}

    def plan(self) -> ClassPlan:
        if self._numbered():
            return self._sequential()
        self._modules()
        forward = Forward(self.family, self.families, self.resolver, self.slots, self.needs.support, self.training)
        forward.writer.taken |= self.tests.keys()
        before = set(self.resolver.used)
        lines, result = forward.write()
        self.init[:0] = [Statement(f"self.{name} = {text}") for name, text in forward.writer.hoisted.items()]
        self.init[:0] = [Statement(f"self.{name} = {self._test_text(*found)}") for name, found in self.tests.items()]
        self._store(set(self.resolver.used) - before, [*lines, result])
        self._close()
        inputs = tuple(f"{name}: Tensor" for name in forward.arguments)
        count = len(self.body.outputs)
        returns = "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
        return self._made("nn.Module", [Statement("super().__init__()"), *self.init], inputs, returns, lines, result)

    def _made(
        self,
        base: str,
        init: Sequence[Statement],
        inputs: tuple[str, ...],
        returns: str,
        lines: Sequence[Statement],
        result: Statement,
    ) -> ClassPlan:
        shapes, notes = primed(self._shapes(), [result.note, *(line.note for line in lines)])
        result = replace(result, note=notes[0])
        lines = [replace(line, note=note) for line, note in zip(lines, notes[1:], strict=True)]
        return ClassPlan(
            self.family.class_name,
            base,
            self.body.doc,
            shapes,
            tuple(declared(a) for a in self.family.arguments),
            tuple(init),
            inputs,
            returns,
            tuple(lines),
            result,
            tuple(self.inits),
        )

    def _numbered(self) -> bool:
        """Whether the class is itself an `nn.Sequential`: a chain of children without names."""
        paths = [node.path or "" for node, active in self.family.nodes() if active]
        return is_chain(self.family) and not all(path.isidentifier() for path in paths)

    def _sequential(self) -> ClassPlan:
        entered = [(member_of(i, one), one) for i, one in enumerate(self.family.instances)]
        text = f"super().__init__({self.builder.chain(entered, self.family)})"
        self.init = [*self.builder.taken_lines(), Statement(text)]
        self._close()
        return self._made("nn.Sequential", self.init, (), "", [], Statement(""))

    def _modules(self) -> None:
        nodes = [(node, active) for node, active in self.family.nodes() if active]
        register = self.family.structure.register
        order = {key: place for place, key in enumerate(register)}
        nodes.sort(key=lambda item: order.get(item[0].key, len(order)))
        merged = self._merged(nodes)
        lists = Lists(places(self.family, self.families, nodes))
        made: dict[str, str] = {}
        for node, active in nodes:
            if node.shares is not None:
                continue
            members = self._members(node, active)
            if not _has_module(members[0]):
                self._conditional(node, active, None)
                continue
            partly = len(active) < len(self.family.instances)
            in_line = partly or node.key in lists
            text = self.builder.module(node, members, self._overwrites(node, active), in_line)
            self.init += self.builder.taken_lines()
            if node.key in lists:
                self.slots[node.key] = lists.add(node.key, text, self.init)
                continue
            attribute = merged.get((node.key, text), None)
            if attribute is not None and made.get(attribute) == text:
                self.slots[node.key] = Slot(f"self.{attribute}")
                continue
            attribute = attribute or self._path(node)
            made[attribute] = text
            self._attribute(node, active, attribute, text)
        lists.finish(self.init)
        for node, _ in nodes:
            if node.shares in self.slots:
                self.slots[node.key] = self.slots[node.shares]
            for mine, other in node.ties:
                self._tie(active, node, Statement(f"{self._tensor(node.key, mine)} = {self._tied(other)}"))

    def _tie(self, active: Sequence[int], node: Node, tied: Statement) -> None:
        if len(active) == len(self.family.instances):
            self.init.append(tied)
        else:
            self._under(self._condition(node, active), (), replace(tied, indent=1))

    def _members(self, node: Node, active: Sequence[int]) -> list[Member]:
        return [Member(i, self.family.instances[i].steps[node.key]) for i in active]

    def _path(self, node: Node) -> str:
        step = self.family.instances[0].steps[node.key]
        stateless = (
            isinstance(node.target, Op)
            and not node.target.tensors(*step.inputs)
            and not node.target.buffers(*step.inputs)
        )
        if node.path is not None and not (stateless and not node.path.isidentifier()):
            return node.path
        name = node.target.name if isinstance(node.target, Op) else re.sub(r"\W", "_", f"part_{node.key}")
        taken = {n.path for n, _ in self.family.nodes()} | {
            slot.text.removeprefix("self.") for slot in self.slots.values()
        }
        return unused(name, taken, "_")

    def _merged(self, nodes: Sequence[tuple[Node, list[int]]]) -> dict[tuple[str, str], str]:
        """Activations that are the same everywhere share one attribute, as torchvision's `self.relu`."""
        groups: dict[tuple[str, str], list[str]] = {}
        for node, active in nodes:
            step = self.family.instances[active[0]].steps[node.key]
            if node.path is None or not node.path.isidentifier() or len(active) < len(self.family.instances):
                continue
            if (
                step.op is None
                or step.module is None
                or step.value is not None
                or step.module.path.startswith("nn.Dropout")
            ):
                continue
            if any(
                m.step.op is None or m.step.op.tensors(*m.step.inputs) or m.step.op.buffers(*m.step.inputs)
                for m in self._members(node, active)
            ):
                continue
            text = self.builder.module(node, self._members(node, active), self._overwrites(node, active))
            stem = node.path.rstrip("0123456789_") or node.path
            groups.setdefault((stem, text), []).append(node.key)
        paths = {n.path: n.key for n, _ in nodes}
        found: dict[tuple[str, str], str] = {}
        for (stem, text), keys in groups.items():
            free = paths.get(stem) in (None, *keys) and stem not in found.values()
            name = stem if free and len(keys) > 1 else (self.body.node(keys[0]).path or stem)
            found |= {(key, text): name for key in keys if len(keys) > 1}
        return found

    def _overwrites(self, node: Node, active: Sequence[int]) -> bool:
        """Whether an activation may overwrite its input: a new tensor of this body that nothing else reads."""
        if len(node.inputs) != 1 or len(active) < len(self.family.instances):
            return False
        runs = [node, *self.family.links().runs.get(node.key, ())]
        return all(is_spare(other.inputs[0], self.family, self.families) for other in runs)

    def _attribute(self, node: Node, active: Sequence[int], path: str, text: str) -> None:
        parts = path.split(".")
        if len(parts) == 1 and path.isidentifier():
            self._assign(node, active, f"self.{path}", text)
        elif len(parts) == 2 and parts[0].isidentifier() and not text.startswith("nn.Parameter("):
            if parts[0] not in self.groups:
                self.groups.add(parts[0])
                self.init.append(Statement(f"self.{parts[0]} = nn.ModuleDict()"))
            self._assign(node, active, f"self.{parts[0]}[{text_of(parts[1])}]", text)
        else:
            self._add(node, active, parts, text)
        step = self.family.instances[active[0]].steps[node.key]
        if step.units is not None and not one_way(step):
            slot = self.slots[node.key]
            self.slots[node.key] = Slot(slot.text, slot.condition, slot.text)

    def _add(self, node: Node, active: Sequence[int], parts: list[str], text: str) -> None:
        holder = "self"
        for depth in range(1, len(parts)):
            group = ".".join(parts[:depth])
            if group not in self.groups:
                self.groups.add(group)
                self.init.append(Statement(f"{holder}.add_module({text_of(parts[depth - 1])}, nn.Module())"))
            holder = f"self.get_submodule({text_of(group)})"
        kind = "parameter" if text.startswith("nn.Parameter(") else "module"
        add = "register_parameter" if kind == "parameter" else "add_module"
        get = "get_parameter" if kind == "parameter" else "get_submodule"
        path = ".".join(parts)
        self.slots[node.key] = self._conditional(node, active, f"self.{get}({text_of(path)})")
        partly = len(active) < len(self.family.instances)
        if partly:
            self.init.append(Statement(f"if {self._condition(node, active)}:"))
        self.init.append(Statement(f"{holder}.{add}({text_of(parts[-1])}, {text})", indent=int(partly)))
        self._specials(node, active, f"{get}({text_of(path)})")

    def _assign(self, node: Node, active: Sequence[int], target: str, text: str) -> None:
        made = Statement(f"{target} = {text}")
        if len(active) == len(self.family.instances):
            self.init.append(made)
            self.slots[node.key] = Slot(target)
        else:
            simple = all(is_module(self.family.instances[i].steps[node.key]) for i in active)
            always, slot = self._optional(target, simple and self.family.passing(node) == node.inputs[0])
            self._under(self._condition(node, active), always, replace(made, indent=1))
            self.slots[node.key] = slot
        self._specials(node, active, target.removeprefix("self."))

    def _specials(self, node: Node, active: Sequence[int], path: str) -> None:
        """What layers at a path want for themselves; Unwritable where not all instances have them at one path."""
        steps = [self.family.instances[i].steps[node.key] for i in active]
        first, *others = ([*specials(node, step, path, self.families)] for step in steps)
        optional = len(active) < len(self.family.instances)
        if any(found != first for found in others) or (optional and any(one.many or one.path != path for one in first)):
            raise Unwritable
        self.inits += [replace(one, optional=optional) for one in first]

    def _optional(self, target: str, as_identity: bool) -> tuple[list[Statement], Slot]:
        """What stands for a module where it is absent: the identity if that says it, else nothing."""
        place, bracket, key = target.rstrip("]").partition("[")
        if as_identity:
            typed = target if bracket else f"{target}: nn.Module"
            return [Statement(f"{typed} = nn.Identity()")], Slot(target)
        if bracket:
            return [], Slot(target, f"{key} in {place}")
        return [Statement(f"{target}: nn.Module | None = None")], Slot(target, f"{target} is not None")

    def _under(self, condition: str, always: Sequence[Statement], then: Statement) -> None:
        """Add what is done under a condition; neighbours under the same condition go together."""
        test = Statement(f"if {condition}:")
        place = len(self.init) - next((k for k, s in enumerate(reversed(self.init), 1) if s.indent == 0), 0)
        if self.init and self.init[place] == test:
            self.init[place:place] = always
            self.init.append(then)
        else:
            self.init += [*always, test, then]

    def _conditional(self, node: Node, active: Sequence[int], target: str | None) -> Slot:
        if len(active) == len(self.family.instances):
            return Slot(target or "")
        slot = Slot(target or "", self._test(node, active))
        self.slots[node.key] = slot
        return slot

    def _condition(self, node: Node, active: Sequence[int], prefix: str = "", written_out: bool = False) -> str:
        return self.resolver.write(self._present(node, active), f"with_{_word(node)}", prefix, written_out)

    def _present(self, node: Node, active: Sequence[int]) -> list[Seen]:
        whens = [one.body.node(node.key).when for one in self.family.instances]
        return [Seen(i, i in active, when.expr if when is not None else None) for i, when in enumerate(whens)]

    def _test(self, node: Node, active: Sequence[int]) -> str:
        """A condition as `forward` asks for it; if it is of several arguments, an attribute, named as in the spec."""
        text = self._condition(node, active, "self.")
        if text.count("self.") < 2:
            return text
        expr = next(seen.expr for seen in self._present(node, active) if seen.expr is not None)
        let = expr.id if isinstance(expr, ast.Name) and expr.id in self.resolver.lets else ""
        name = argument_name(let or f"with_{_word(node)}")
        while name in self.resolver.layers or name in self.resolver.values.keys() - {let}:
            name += "_"
        self.tests[name] = let, self._condition(node, active, written_out=True)
        return f"self.{name}"

    def _test_text(self, let: str, text: str) -> str:
        return self.resolver.spelling[let] if let in self.resolver.named else text

    def _tensor(self, key: str, tensor: str) -> str:
        return f"{self.slots[key].text}.{tensor}" if tensor else self.slots[key].text

    def _tied(self, path: str) -> str:
        holder, _, tensor = path.rpartition(".")
        if holder in self.slots:
            return f"{self.slots[holder].text}.{tensor}"
        return f"self.{path}" if all(map(str.isidentifier, path.split("."))) else f"self.get_parameter({text_of(path)})"

    def _store(self, names: set[str], lines: Sequence[Statement]) -> None:
        """Arguments that `forward` reads become attributes."""
        texts = " ".join(line.text for line in lines)
        read = [
            name
            for name in self.resolver.spelling
            if name in self.resolver.used | names
            and name not in {let for let, _ in self.tests.values()}
            and re.search(rf"\bself\.{re.escape(self.resolver.attribute(name))}\b", texts)
        ]
        read.sort(key=lambda name: name not in self.family.instances[0].names.symbols)
        spelling = self.resolver.spelling
        self.init[:0] = [Statement(f"self.{self.resolver.attribute(name)} = {spelling[name]}") for name in read]

    def _close(self) -> None:
        """The constructor's arguments, behind which stand the local variables that expressions read."""
        self.init = _kept_at_once([Statement(line) for line in self.resolver.assignments()], self.init)
        self.family.arguments = arguments_of(self.family, self.resolver)

    def _shapes(self) -> str:
        """`(N, in_channels, H, W) -> (N, 4 * width, H, W)`, as far as it can be said."""
        sides = [[Ref(name) for name in self.body.inputs], [ref for _, ref in self.body.outputs]]
        notes = [[self._shape(ref) for ref in refs] for refs in sides]
        if not all(note for side in notes for note in side):
            return ""
        return " -> ".join(", ".join(side) for side in notes)

    def _shape(self, ref: Ref) -> str:
        members = [member_of(i, one) for i, one in enumerate(self.family.instances)]
        shapes = [one.local_shape(ref) for one in self.family.instances]
        return shape_note(shapes, members, self.resolver, self.body.kind == "net")


def _kept_at_once(variables: Sequence[Statement], init: Sequence[Statement]) -> list[Statement]:
    """The constructor behind its local variables; one that an attribute only keeps is that attribute."""
    lines = [*init]
    left = []
    for variable in variables:
        name, _, text = variable.text.partition(" = ")
        kept = Statement(f"self.{name} = {name}")
        word = re.compile(rf"(?<![\w.\"']){re.escape(name)}(?![\w\"'])(?! ?= ?[^=])(?!=[^=])")
        others = [v.text for v in variables if v is not variable]
        if kept not in lines or any(word.search(other) for other in others):
            left.append(variable)
            continue
        place = lines.index(kept)
        lines = [replace(line, text=word.sub(f"self.{name}", line.text)) for line in lines]
        lines[place] = Statement(f"self.{name} = {text}")
    return [*left, *lines]


def _word(node: Node) -> str:
    return re.sub(r"\W", "_", node.place)


def _has_module(member: Member) -> bool:
    return member.step.op is None or member.step.module is not None


__all__ = ["ClassPlan", "ClassWriter", "Needs"]
