"""The table of seeded faults fits the code; the faults are run by `python -m tests.fuzz faults`."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzz.fault_table import FAULTS, Fault

HERE = Path(__file__).resolve().parent


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.file}: {fault.new[:40]}")
def test_each_fault_has_its_place(fault: Fault) -> None:
    text = (HERE.parent / "archspec" / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.old) == 1 and fault.new != fault.old
    compile(text.replace(fault.old, fault.new), fault.file, "exec")
    files = [word.partition("::")[0] for word in fault.tests.split() if word.endswith(".py") or "::" in word]
    assert files and all((HERE / name).exists() for name in files)


def test_there_are_enough_of_every_kind() -> None:
    assert len(FAULTS) >= 70
    for area, least in (("checker", 25), ("codegen", 12), ("loader", 12), ("cost", 8)):
        assert sum(fault.area == area for fault in FAULTS) >= least
