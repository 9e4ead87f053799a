"""What ruff says of generated source."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path


def complaints(sources: Mapping[str, str]) -> str:
    """What ruff would change or find in generated sources, by name; all of them in one call each."""
    with tempfile.TemporaryDirectory() as folder:
        for name, source in sources.items():
            Path(folder, f"{name}.py").write_text(source, encoding="utf-8")
        said = ""
        for command in (
            ["format", "--check", "--diff"],
            ["check", "--select", "E,F,W,I,B,UP,SIM,C4", "--ignore", "E501,E741,F841"],
        ):
            made = subprocess.run(
                [sys.executable, "-m", "ruff", command[0], "--isolated", *command[1:], folder],
                capture_output=True,
                encoding="utf-8",
                check=False,
            )
            if made.returncode:
                said += made.stdout + made.stderr
    return said
