"""How much of the machine other processes used: a time measured under foreign load says nothing."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

_STAT = Path("/proc/stat")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Moment:
    """Seconds: wall time, CPU time of this process and its children, CPU time of the whole machine (None: unknown)."""

    wall: float
    own: float
    machine: float | None

    @classmethod
    def now(cls) -> Moment:
        """The counters as they stand."""
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = time.process_time() + children.ru_utime + children.ru_stime
        return cls(time.perf_counter(), own, _machine_seconds())

    def foreign_load(self, since: Moment) -> float | None:
        """Cores that others kept busy between `since` and this moment, on average; None where it cannot be known."""
        if self.machine is None or since.machine is None or self.wall <= since.wall:
            return None
        return max(0.0, (self.machine - since.machine) - (self.own - since.own)) / (self.wall - since.wall)


def _machine_seconds() -> float | None:
    if not _STAT.exists():
        return None
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(
        int, _STAT.read_text("ascii").split("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / _TICK
