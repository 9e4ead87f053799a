"""A checked network: the only thing that backends accept."""

from __future__ import annotations

from archspec.diagnostics import Diagnostic
from archspec.ir.graph import Graph
from archspec.lazy import lazy
from archspec.passes.cost import Cost
from archspec.passes.shapes import Shapes
from archspec.passes.sizes import Sizes, solve
from archspec.records import Record, replace
from archspec.shapes import Demand
from archspec.spec.model import Spec
from archspec.text.span import Span

digests = lazy("archspec.spec.digest")


class Checked(Record):
    """A graph whose shapes fit, with its shapes and cost, the spec it came from, and warnings.

    `demands` is what the free sizes of the input must satisfy, each with the place in the spec that makes it.
    """

    spec: Spec
    graph: Graph
    shapes: Shapes
    cost: Cost
    warnings: tuple[Diagnostic, ...]
    demands: tuple[tuple[Demand, Span], ...]

    @property
    def sizes(self) -> tuple[Sizes, ...]:
        """For which sizes of each free axis of the input the network holds."""
        return solve(self.graph, self.demands)

    @property
    def digest(self) -> str:
        """The sha256 of the resolved spec."""
        made: str = digests.digest(self.spec)
        return made

    @property
    def name(self) -> str:
        return self.graph.name

    def called(self, name: str) -> Checked:
        """The same network under another name, for a figure or a table."""
        return replace(self, graph=replace(self.graph, name=name))

    def __repr__(self) -> str:
        return f"<Checked {self.name}: {self.cost.parameters:,} parameters, {self.cost.macs:,} MACs>"
