"""Random specs, and those that once failed, judged by torch. More: `python -m tests.random_specs --count N`."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from random_specs import make
from spec_judge import judge, ruff_complaints

SEEDS = 150
REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.yaml"))

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")


def test_random_specs() -> None:
    """The checker's verdict is torch's, and the generated source is the reference to the bit, formatted and clean."""
    sources, refused, failed = {}, 0, []
    for seed in range(SEEDS):
        try:
            verdict = judge(make(seed))
        except Exception as error:
            failed.append(f"seed {seed}: {type(error).__name__}: {error}")
            continue
        refused += not verdict.source
        if verdict.source:
            sources[f"seed{seed}"] = verdict.source
    assert not failed, "\n".join(failed)
    assert SEEDS // 10 <= refused <= SEEDS * 6 // 10
    assert not ruff_complaints(sources)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_once_failed(path: Path) -> None:
    verdict = judge(path.read_text(encoding="utf-8"))
    assert not ruff_complaints({path.stem: verdict.source} if verdict.source else {})
