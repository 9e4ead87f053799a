"""Formulas that are shown: derived in symbols, and held against numbers before anybody reads them."""

from __future__ import annotations

from archspec import pipeline
from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.fit import at_sizes
from archspec.passes.formulas import Formulas, NoFormula, derive
from archspec.passes.sizes import free_sizes


def formulas(checked: Checked) -> Formulas | None:
    """Parameters and MACs in the free sizes and the open params; None where they have no formula.

    The formulas are those of the nominal size and of every other at which the network is tried: each free axis at the
    next sizes that fit, each open param at other values that the spec admits.
    """
    try:
        found = derive(checked.graph)
    except NoFormula:
        return None
    holds = all(found.at(values) == (other.cost.parameters, other.cost.macs) for values, other in _elsewhere(checked))
    return found if holds else None


def _elsewhere(checked: Checked) -> list[tuple[dict[str, int], Checked]]:
    tried: list[tuple[dict[str, int], Checked]] = [({}, checked)]
    nominal = free_sizes(checked.graph)
    for sizes in checked.sizes:
        for size in sizes.nearest(nominal[sizes.symbol] or 1):
            try:
                tried.append(({sizes.symbol: size}, at_sizes(checked, {sizes.symbol: size})))
            except SpecError:  # undecided axes may turn out not to fit
                continue
    for name, kind, value in checked.graph.open_params:
        for other in (value + 1, 2 * value, 3 * value) if kind == "int" else ():
            try:
                tried.append(({name: other}, pipeline.check(checked.spec, **{name: other})))
            except SpecError:
                continue
    return tried
