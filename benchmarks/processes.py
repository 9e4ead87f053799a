"""(a) and (e): whole processes, from the shell's point of view."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.compare import compare_times
from benchmarks.result import Result, result

SPEC = "specs/resnet152.yaml"


def process(*arguments: str) -> Callable[[], object]:
    """Run this Python with these arguments, compiled modules cached as in an installation; its failure is ours."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return lambda: subprocess.run(
        command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def checking(rounds: int) -> Iterator[Result]:
    """(a) `archspec check` against importing the two libraries that it cannot do without, and against torch."""
    libraries, torch = 'python -c "import pydantic, yaml"', 'python -c "import torch"'
    found = compare_times({
        "archspec check": process("-m", "archspec", "check", SPEC),
        "archspec check, one network": process("-m", "archspec", "check", f"{SPEC}@plain152"),
        libraries: process("-c", "import pydantic, yaml"),
        torch: process("-c", "import torch"),
    }, rounds)  # fmt: skip
    yield result("a", found, "archspec check", libraries, ("<=", 2))
    yield result("a", found, "archspec check, one network", libraries, ("<=", 2))
    yield result("a", found, torch, libraries)


def building(rounds: int) -> Iterator[Result]:
    """(e) From YAML to a written `resnet152.py`, the file gone before each run."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "resnet152.py"
        run = process("-m", "archspec", "build", SPEC, "-o", str(target))

        def build() -> None:
            target.unlink(missing_ok=True)
            run()

        libraries = 'python -c "import pydantic, yaml"'
        torchvision = 'python -c "import torch"'
        found = compare_times({
            "archspec build": build,
            libraries: process("-c", "import pydantic, yaml"),
            torchvision: process("-c", "import torch"),
        }, rounds)  # fmt: skip
    yield result("e", found, "archspec build", libraries)
    yield result("e", found, "archspec build", torchvision)
