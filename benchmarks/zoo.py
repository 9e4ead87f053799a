"""(z) Compile time of the zoo: check and build of every network and variant, each alone and all together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import archspec
from archspec.spec import zoo
from benchmarks.compare import Comparison, compare_times
from benchmarks.result import Result, result

YARDSTICK = "resnet50"


def addresses() -> list[str]:
    """Every network of the zoo and every variant, as `archspec check` takes it."""
    found = []
    for entry in zoo.entries():
        found += [entry.name, *(f"{entry.name}@{variant}" for variant in entry.variants)]
    return found


def compiling(rounds: int) -> Iterator[Result]:
    """(z) From YAML to source in memory, against ResNet-50's; then the whole zoo against it."""
    found = compare_times({address: _compile(address) for address in addresses()}, rounds)
    for address in addresses():
        if address != YARDSTICK:
            yield result("z", found, address, YARDSTICK)
    rounds_in_order = zip(*found.values.values(), strict=True)
    whole = {**found.values, "whole zoo": tuple(map(sum, rounds_in_order))}
    yield result("z", Comparison(whole, found.repeated, found.disturbed), "whole zoo", YARDSTICK)


def _compile(address: str) -> Callable[[], object]:
    return lambda: archspec.build(address)
