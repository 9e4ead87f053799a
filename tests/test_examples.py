"""Every example runs as its docstring says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.mark.parametrize(("name", "said"), [("compare_shortcuts.py", "21,623,848"), ("train_step.py", "step 2: loss")])
def test_example(name: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_each_example_is_run() -> None:
    """`classify.py` in test_real_weights.py."""
    assert {p.name for p in EXAMPLES.glob("*.py")} == {"classify.py", "compare_shortcuts.py", "train_step.py"}
