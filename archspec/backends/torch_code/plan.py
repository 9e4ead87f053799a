"""Every decision about the generated source of a network; `render` only prints what is decided here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from archspec.backends.torch_code.classes import ClassPlan, ClassWriter, Needs
from archspec.backends.torch_code.family import Families, Family, free_names
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.initial import reset_parameters
from archspec.backends.torch_code.inline import is_inline
from archspec.backends.torch_code.naming import class_name, unused
from archspec.backends.torch_code.resolve import Unwritable, argument_name
from archspec.backends.torch_code.spelling import text_of
from archspec.backends.torch_code.trace import Instance, Step, trace, written_as
from archspec.ir.graph import Graph, Node
from archspec.records import Record, replace

Rows = tuple[tuple[str, str, str], ...]


class ModulePlan(Record):
    """A generated module: its classes in reading order (the network last), and what stands above them."""

    classes: tuple[ClassPlan, ...]
    fields: tuple[tuple[str, str], ...]
    output_class: str
    reset: tuple[Statement, ...]
    support: tuple[str, ...]
    imports: frozenset[str]
    stages: Rows

    @property
    def net(self) -> ClassPlan:
        return self.classes[-1]


def plan(graph: Graph) -> ModulePlan:
    """Decide everything there is to decide. Instances that no one class can say are a class each."""
    root = trace(graph)
    apart: set[str] = set()
    while True:
        families = Families(root, apart)
        try:
            return _plan(graph, families)
        except Unwritable as error:
            if apart >= families.by_definition.keys():
                raise
            apart |= {str(error)} - apart or set(families.by_definition)


def _plan(graph: Graph, families: Families) -> ModulePlan:
    _count_sites(families)
    _open(families, graph)
    _name(families, graph)
    needs = Needs()
    training = training_only(graph)
    written = []
    for family in families.order:
        if not is_inline(family, families):
            writer = ClassWriter(family, families, needs, training if family is families.root else frozenset())
            try:
                written.append(writer.plan())
            except Unwritable as error:
                raise Unwritable(family.definition) from error
    net = _with_open_params(written[-1], graph)
    reset = tuple(reset_parameters(graph, families, written[:-1], net))
    if reset:
        net = replace(net, init=(*net.init, Statement("self.reset_parameters()")))
    fields = _fields(graph)
    output_class = f"{net.name}Output" if fields else ""
    net = _with_outputs(net, graph, output_class)
    _check_names([p.name for p in written] + ([output_class] if fields else []))
    instance = families.root.instances[0]
    return ModulePlan(
        (*written[:-1], net),
        fields,
        output_class,
        reset,
        tuple(sorted(needs.support)),
        frozenset(needs.imports),
        tuple(_stages(instance, families)),
    )


def training_only(graph: Graph) -> frozenset[str]:
    """The nodes that only outputs of training need."""
    body = graph.body
    always = {output.ref.node for output in graph.outputs if output.mode == "always"}
    for node in reversed(body.nodes):
        if node.key in always:
            always |= {ref.node for ref in node.inputs}
    if not always:
        return frozenset()
    return frozenset(node.key for node in body.nodes if node.key not in always)


def _count_sites(families: Families) -> None:
    places: dict[int, set[tuple[int, str]]] = {}
    for family in families.order:
        for instance in family.instances:
            for key, step in instance.steps.items():
                for one in (step, *(unit for _, unit in step.units or ())):
                    if one.callee is not None:
                        places.setdefault(id(families.of[id(one.callee)]), set()).add((id(family), key))
    families.sites = {family: len(found) for family, found in places.items()}


def _open(families: Families, graph: Graph) -> None:
    """Mark what depends on the network's open params: it must be written as an expression, even if it never varies."""
    families.root.open_names = {name for name, _, _ in graph.open_params}
    for family in reversed(families.order):
        for instance in family.instances if family.open_names else ():
            family.open_names |= {
                name for name, tree in instance.names.lets.items() if free_names([tree]) & family.open_names
            }
            for step in instance.steps.values():
                for one in (step, *(unit for _, unit in step.units or ())):
                    if one.callee is not None:
                        families.of[id(one.callee)].open_names |= set(_opened(one, family, instance))


def _opened(step: Step, family: Family, instance: Instance) -> Iterator[str]:
    for name, value in step.arguments.items():
        expr = written_as(value)
        if expr is not None and free_names([instance.names.written_out(expr)]) & family.open_names:
            yield name


def _name(families: Families, graph: Graph) -> None:
    taken = {families.root.class_name} | {f"{families.root.class_name}Output"}
    families.root.class_name = graph.class_name or class_name(graph.name)
    taken |= {families.root.class_name, f"{families.root.class_name}Output"}
    for family in families.order[:-1]:
        base = class_name(family.instances[0].body.name)
        name = unused(base, taken)
        family.class_name = name
        if not is_inline(family, families):
            taken.add(name)


def _check_names(names: list[str]) -> None:
    double = [name for name, count in Counter(names).items() if count > 1]
    assert not double, f"two classes are called {double}"


def _with_open_params(net: ClassPlan, graph: Graph) -> ClassPlan:
    declared = [f"{argument_name(name)}: {kind} = {text_of(default)}" for name, kind, default in graph.open_params]
    return replace(net, arguments=tuple(declared))


def _fields(graph: Graph) -> tuple[tuple[str, str], ...]:
    """The outputs as a named tuple has them. Of what evaluation returns in it, those of training are none there."""
    if len(graph.outputs) < 2:
        return ()
    ordered = sorted(graph.outputs, key=lambda output: output.mode != "always")
    alone = sum(output.mode == "always" for output in ordered) == 1
    return tuple((o.name, "Tensor" if alone or o.mode == "always" else "Tensor | None = None") for o in ordered)


def _with_outputs(net: ClassPlan, graph: Graph, output_class: str) -> ClassPlan:
    """Several outputs come as a named tuple; where only one of them exists outside of training, that one alone."""
    if not output_class:
        return net
    values = net.result.text.split(", ")
    pairs: Mapping[str, str] = {output.name: value for output, value in zip(graph.outputs, values, strict=True)}
    always = [output.name for output in graph.outputs if output.mode == "always"]
    everything = f"{output_class}({', '.join(f'{name}={pairs[name]}' for name, _ in _fields(graph))})"
    if len(always) == len(graph.outputs):
        return replace(net, returns=output_class, result=Statement(everything))
    lines = [*net.forward, Statement("if self.training:"), Statement(f"return {everything}", indent=1)]
    if len(always) == 1:
        return replace(
            net, returns=f"Tensor | {output_class}", forward=tuple(lines), result=Statement(pairs[always[0]])
        )
    rest = f"{output_class}({', '.join(f'{name}={pairs[name]}' for name in always)})"
    return replace(net, returns=output_class, forward=tuple(lines), result=Statement(rest))


def _stages(instance: Instance, families: Families) -> Iterator[tuple[str, str, str]]:
    """(stage, output, blocks): one row for each stage, one for the stem and one for the head."""
    groups: list[tuple[str, list[Node]]] = []
    for node in instance.body.nodes:
        section = node.section or ""
        whole = section not in ("", "stages") and instance.steps[node.key].units is None
        if whole and groups and groups[-1][0] == section:
            groups[-1][1].append(node)
        else:
            groups.append((section if whole else node.place, [node]))
    for name, nodes in groups:
        steps = [instance.steps[node.key] for node in nodes]
        words = [word for step in steps if (word := _words(step, families))]
        if words:
            yield name, _sizes(instance, nodes[-1].key), "; ".join(words)


def _words(step: Step, families: Families) -> str:
    return "; ".join(f"{name} x {count}" if count > 1 else name for name, count in _counted(_blocks(step, families)))


def _blocks(step: Step, families: Families) -> Iterator[tuple[str, int]]:
    """What a step consists of, with how often it comes; a class that comes once counts too."""
    if step.units is not None:
        for count, unit in step.units:
            inner = list(_blocks(unit, families))
            yield from ((inner[0][0], inner[0][1] * count),) if len(inner) == 1 and inner[0][1] else inner * count
    elif step.callee is not None:
        family = families.of[id(step.callee)]
        if not is_inline(family, families):
            yield family.class_name, 1
        else:
            for inside in step.callee.steps.values():
                yield from _blocks(inside, families)
    elif step.op is not None and (step.op.weighted or "pool" in step.op.name or step.op.name in ("softmax", "concat")):
        yield step.op.label(*step.inputs).replace("×", "x"), 0


def _counted(blocks: Iterable[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Neighbours of one class together; layers are named one by one."""
    for (name, counted), group in groupby(blocks, key=lambda block: (block[0], block[1] > 0)):
        counts = [count for _, count in group]
        yield from [(name, sum(counts))] if counted else [(name, 1)] * len(counts)


def _sizes(instance: Instance, key: str) -> str:
    dims = instance.locals[key][0].at({})
    return f"({', '.join('N' if place == 0 else str(dim or '?') for place, dim in enumerate(dims))})"
