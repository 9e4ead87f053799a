"""Torch as the judge of a spec's verdict: what is accepted runs as predicted, what is refused fails there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archspec.backends import interpreter
from archspec.backends.module import example, instantiate, uninitialised, verify
from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError
from archspec.elaborate.callee import Resolved
from archspec.elaborate.calls import Calls
from archspec.fit import at_sizes
from archspec.formulas import formulas
from archspec.ops.base import Op
from archspec.passes.cost import idle_nodes
from archspec.passes.shapes import BodyShapes
from archspec.pipeline import build, check
from archspec.rendering import render_text
from archspec.shapes import Demand, Shape, Size
from fuzz.case import Case
from fuzz.refusals import torch_agrees

MOST = 64
"""The largest size at which a network is run again."""
OF_SHAPES = {
    "E0301": "sums of branches that are known before they are joined",
    "E0302": "ranks of ops and signatures",
    "E0303": "sizes of signatures",
    "E0304": "numbers of inputs",
    "E0305": "modules that are shared with another input",
    "E0306": "promises",
    "E0307": "no size of the input will do",
    "E0220": "conditions on channels where a permutation has put a free size",
}
"""What a spec without a mutation of its language may be refused for, besides what an op demands."""


@dataclass
class Verdict:
    """What came of a spec: its source where one was asked for, or the codes of its errors."""

    accepted: bool
    source: str = ""
    codes: tuple[str, ...] = ()
    ops: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()


@dataclass
class Watched:
    """What the checker looked at, and where it said no."""

    ops: set[str] = field(default_factory=set)
    options: set[str] = field(default_factory=set)
    refused: list[tuple[Op, tuple[Shape, ...], Demand]] = field(default_factory=list)
    last: tuple[Op, tuple[Shape, ...]] | None = None

    def met(self) -> tuple[frozenset[str], frozenset[str]]:
        """The ops, and their options that were said."""
        return frozenset(self.ops), frozenset(self.options)


def judge(case: Case, full: bool = True) -> Verdict:
    """The checker's verdict on a spec; AssertionError where torch disagrees.

    Not `full`: the reference alone is run, and no source is made of the spec.
    """
    with watched_checker() as seen:
        try:
            checked = case.check()
        except SpecError as error:
            refused_rightly(case, error, seen)
            return Verdict(False, "", tuple(d.code for d in error.diagnostics), *seen.met())
    assert not case.expected, f"accepted, though broken on purpose: {case.mutations}, {case.expected} expected"
    runs_as_predicted(checked)
    source = ""
    if full:
        runs_at_other_sizes(checked)
        source = build(checked)
        verify(checked.graph, source)
        if len(case.files) == 1:  # the folder of several is gone
            runs_with_other_arguments(checked, source)
    return Verdict(True, source, (), *seen.met())


def refused_rightly(case: Case, error: SpecError, seen: Watched) -> None:
    """The errors have places and words, and those of shapes are torch's too."""
    assert error.diagnostics
    for diagnostic in error.diagnostics:
        in_its_file(diagnostic, error)
    assert render_text(error.diagnostics, error.texts)
    for op, inputs, demand in seen.refused:
        torch_agrees(op, inputs, demand)
    codes = {d.code for d in error.diagnostics}
    if case.expected and case.expected not in codes:
        assert case.base is not None
        if _is_accepted(case.base):
            raise AssertionError(f"{case.mutations}: {case.expected} expected, {sorted(codes)} found")
    if not case.mutations:
        demanded = {demand.code for _, _, demand in seen.refused}
        assert codes <= {*demanded, *OF_SHAPES}, f"nothing was broken, and it is refused: {error}"


def _is_accepted(case: Case) -> bool:
    try:
        case.check()
    except SpecError:
        return False
    return True


def in_its_file(diagnostic: Diagnostic, error: SpecError) -> None:
    """Every place of a diagnostic is in the text that it names."""
    assert diagnostic.title and diagnostic.code and diagnostic.span is not None, diagnostic
    spans = [diagnostic.span, *(label.span for label in diagnostic.labels), *(f.span for f in diagnostic.chain)]
    for span in spans:
        lines = error.texts[span.file].splitlines() or [""]
        assert 1 <= span.line <= span.end_line <= len(lines) + 1, diagnostic
        assert 1 <= span.column <= len(lines[min(span.line, len(lines)) - 1]) + 1, diagnostic


@contextmanager
def watched_checker() -> Iterator[Watched]:
    """Notes each op that the checker looks at, and each demand of one that does not hold."""
    seen = Watched()
    call, accepts, refuse = Calls.call_op, Calls._accepts, Calls._refuse

    def hear(self: Calls, resolved: Resolved, inputs: Any, caller: Any) -> Any:
        assert resolved.op is not None
        seen.ops.add(resolved.op.name)
        seen.options.update(f"{resolved.op.name}.{option}" for option in resolved.given)
        return call(self, resolved, inputs, caller)

    def watch(self: Calls, op: Op, given: Any, inputs: Any, span: Any) -> Any:
        seen.last = (op, tuple(operand.shape for operand in inputs))
        return accepts(self, op, given, inputs, span)

    def note(self: Calls, demand: Demand, given: Any, inputs: Any, span: Any) -> None:
        assert seen.last is not None
        seen.refused.append((*seen.last, demand))
        refuse(self, demand, given, inputs, span)

    Calls.call_op, Calls._accepts, Calls._refuse = hear, watch, note  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Calls.call_op, Calls._accepts, Calls._refuse = call, accepts, refuse  # type: ignore[method-assign]


def runs_as_predicted(checked: Checked) -> None:
    """The reference runs in train mode at batch 2 and eval mode at 1 and 2; every node has the predicted shape.

    Parameters are those predicted, and torch counts two FLOPs per MAC for one sample in eval mode.
    """
    with watched_nodes() as sizes:
        network = interpreter.Interpreter(checked.graph)
        sizes.update(nominal_sizes(checked))
        for train, batch in ((True, 2), (False, 2)):
            sizes["N"] = batch
            with torch.no_grad():
                network.train(train)(*example(checked.graph, batch, sizes))
        sizes["N"] = 1
        flops = counted(network, example(checked.graph, 1, sizes))
    if idle_nodes(checked.graph):  # the reference runs what serves training alone, and the generated source does not
        flops = counted(instantiate(checked.graph, build(checked)).eval(), example(checked.graph, 1, sizes))
    parameters = sum(p.numel() for p in network.parameters())
    assert parameters == checked.cost.parameters, (
        f"{checked.cost.parameters} parameters are predicted, {parameters} found"
    )
    assert flops == 2 * checked.cost.macs == checked.cost.flops, (
        f"{checked.cost.macs} MACs are predicted, torch counts {flops} FLOPs"
    )


def runs_at_other_sizes(checked: Checked) -> None:
    """At the smallest legal size of each free axis and at the next above the nominal one, torch finds what is said.

    That is every node's shape, and FLOPs as the formula has them; a size between two legal ones is refused.
    """
    formula = formulas(checked)
    for axis in checked.sizes:
        if axis.at_nominal_only:
            continue
        nominal = nominal_sizes(checked)
        legal = {size for size in (axis.smallest, *axis.nearest(nominal[axis.symbol])) if size is not None}
        for size in sorted(legal | {s + 1 for s in legal} | {s - 1 for s in legal if s > 1}):
            if not axis.allows(size):
                with suppress(SpecError):
                    raise AssertionError(
                        f"{axis.symbol} = {size} is accepted: {at_sizes(checked, {axis.symbol: size}).name}"
                    )
            elif size in legal and size <= MOST:
                macs, parameters = run_at(checked, {**nominal, axis.symbol: size})
                assert formula is None or formula.at({axis.symbol: size}) == (parameters, macs), (axis.symbol, size)


def run_at(checked: Checked, at: dict[str, int]) -> tuple[int, int]:
    """MACs and parameters at these sizes; every node of the reference has its predicted shape, FLOPs are torch's."""
    there = at_sizes(checked, at).cost
    with watched_nodes() as sizes:
        network = interpreter.Interpreter(checked.graph).eval()
        sizes.update(at, N=1)
        flops = counted(network, example(checked.graph, 1, sizes))
    if not idle_nodes(checked.graph):
        assert flops == 2 * there.macs, f"at {at}: {there.macs} MACs are predicted, torch counts {flops} FLOPs"
    return there.macs, there.parameters


def runs_with_other_arguments(checked: Checked, source: str) -> None:
    """The source with an open param at another value is the reference of the network that has that value."""
    for name, kind, default in checked.graph.open_params:
        if kind != "int":
            continue
        for value in (default + 4, 2 * default):
            try:
                other = check(checked.spec, **{name: value})
            except SpecError:
                continue  # it does not fit with this value
            with uninitialised():
                generated = instantiate(checked.graph, source, **{name: value}).eval()
                reference = interpreter.Interpreter(other.graph).eval()
            ours, theirs = ({k: v.shape for k, v in net.state_dict().items()} for net in (generated, reference))
            assert list(ours.items()) == list(theirs.items()), f"with {name} = {value}: {ours}, {theirs} expected"


def nominal_sizes(checked: Checked) -> dict[str, int]:
    symbols = [s for g in checked.graph.inputs for d in g.shape.dims[1:] if isinstance(d, Size) for s in d.symbols()]
    return {s.name: s.nominal or 8 for s in symbols}


def counted(network: torch.nn.Module, inputs: list[torch.Tensor]) -> int:
    """The FLOPs of a network, by torch's own counter."""
    network.requires_grad_(False)  # a parameter that is an output has no gradient for the counter to hook
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
            network(*inputs)
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    return int(counter.get_total_flops())


@contextmanager
def watched_nodes() -> Iterator[dict[str, int]]:
    """Interpreters made inside compare each node's outputs with its shapes, at the sizes in the mapping."""
    sizes: dict[str, int] = {}
    made, quiet = interpreter._node, [0]

    def watch(node: Any, shapes: BodyShapes, home: Any) -> Any:
        run = made(node, shapes, home)
        sharers = [other.key for other in shapes.body.nodes if other.shares == node.key]
        said = [shapes.nodes[key] for key in (node.key, *sharers)]

        def watched(*values: Any) -> Any:
            # Inside what is shared, the shapes are those of the first run.
            quiet[0] += bool(sharers)
            found = run(*values)
            quiet[0] -= bool(sharers)
            if not quiet[0]:
                real = tuple(tuple(value.shape) for value in found)
                predicted = [tuple(shape.at(sizes) for shape in outputs) for outputs in said]
                assert real in predicted, f"`{node.key}` of {shapes.body.name}: {predicted} predicted, {real} found"
            return found

        return watched

    interpreter._node = watch
    try:
        yield sizes
    finally:
        interpreter._node = made
