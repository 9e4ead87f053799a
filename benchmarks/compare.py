"""Measuring several ways of doing one thing in alternation, so that only their ratio is ever believed."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

from benchmarks.load import Moment

MAX_FOREIGN_LOAD = 0.15  # cores
SHORTEST_WINDOW = 0.12  # seconds: /proc/stat counts in steps of 10 ms
PATIENCE = 6  # a round is tried this often before it is kept and counted as disturbed

Contenders = Mapping[str, Callable[[], object]]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value of each contender (seconds per call, or what it returned), round by round."""

    values: Mapping[str, tuple[float, ...]]
    repeated: int
    disturbed: int

    def ratio(self, one: str, other: str) -> tuple[float, float, float]:
        """`one` / `other`, taken round by round: median, lower and upper quartile."""
        ratios = [a / b for a, b in zip(self.values[one], self.values[other], strict=True)]
        low, middle, high = quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
        return middle, low, high

    def middle(self, name: str) -> float:
        """The median of a contender."""
        return median(self.values[name])


def compare_times(contenders: Contenders, rounds: int, clock: Clock = time.perf_counter) -> Comparison:
    """Seconds per call, each contender repeated to fill a window that the load counters can resolve.

    `time.process_time` as the `clock` suits what runs in one thread and waits for nothing: it leaves out the time for
    which others have the core.
    """
    calls = {name: _calls_per_window(run) for name, run in contenders.items()}
    return _compare({name: _timed(run, calls[name], clock) for name, run in contenders.items()}, rounds)


def compare_values(contenders: Mapping[str, Callable[[], float]], rounds: int) -> Comparison:
    """What the contenders return, such as bytes of memory."""
    return _compare(contenders, rounds)


def _compare(contenders: Mapping[str, Callable[[], float]], rounds: int) -> Comparison:
    names = list(contenders)
    values: dict[str, list[float]] = {name: [] for name in names}
    repeated = disturbed = 0
    for number in range(rounds):
        order = names[number % len(names) :] + names[: number % len(names)]
        for tries_left in reversed(range(PATIENCE)):
            gc.collect()
            before = Moment.now()
            found = {name: contenders[name]() for name in order}
            load = Moment.now().foreign_load(before)
            if load is None or load <= MAX_FOREIGN_LOAD:
                break
            if tries_left:
                repeated += 1
            else:
                disturbed += 1
        for name in names:
            values[name].append(found[name])
    return Comparison({name: tuple(each) for name, each in values.items()}, repeated, disturbed)


def _timed(run: Callable[[], object], calls: int, clock: Clock) -> Callable[[], float]:
    def window() -> float:
        start = clock()
        for _ in range(calls):
            run()
        return (clock() - start) / calls

    return window


def _calls_per_window(run: Callable[[], object]) -> int:
    run()  # warm
    start = time.perf_counter()
    run()
    return max(1, round(SHORTEST_WINDOW / max(time.perf_counter() - start, 1e-7)))
