"""The table of seeded faults fits the code; the faults are run by `python -m tests.fuzz faults`."""

from __future__ import annotations

from pathlib import Path

from fuzz.fault_table import FAULTS

HERE = Path(__file__).resolve().parent


LEAST = 70
"""Of the faults so many must fit the code as it is: a line that is rewritten takes its fault out of date."""


def test_the_faults_have_their_places() -> None:
    fitting = 0
    for fault in FAULTS:
        text = (HERE.parent / "archspec" / fault.file).read_text(encoding="utf-8")
        if text.count(fault.old) == 1:
            compile(text.replace(fault.old, fault.new), fault.file, "exec")
            fitting += 1
        files = [word.partition("::")[0] for word in fault.tests.split() if word.endswith(".py") or "::" in word]
        assert fault.new != fault.old and files and all((HERE / name).exists() for name in files)
    assert fitting >= LEAST


def test_there_are_enough_of_every_kind() -> None:
    for area, least in (("checker", 25), ("codegen", 12), ("loader", 12), ("cost", 8)):
        assert sum(fault.area == area for fault in FAULTS) >= least
