"""Random specs, and those that once failed, judged by torch. More: `make fuzz SEED=0 N=50000`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from fuzz.campaign import small
from fuzz.case import MAIN, Case
from fuzz.coverage import Coverage, features
from fuzz.grow import grow
from fuzz.judge import judge
from fuzz.mutate import MUTATIONS, OF_LANGUAGE, calls, made
from fuzz.ruff import complaints
from fuzz.shrink import shrunk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archspec.ops import OPS
from archspec.ops.conv import Conv2d
from archspec.shapes import Demand, Shape
from archspec.text.source import ListValue, MapValue, Value, parse

REGRESSIONS = sorted((Path(__file__).parent / "regressions").glob("*.yaml"))
SEEDS, PARTS, EVERY = 2000, 4, 8

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")


@pytest.mark.parametrize("part", range(PARTS))
def test_random_specs(part: int) -> None:
    """The checker's verdict is torch's; the generated source is the reference to the bit, formatted and clean."""
    coverage, sources, failed = Coverage(), {}, []
    for seed in range(part, SEEDS, PARTS):
        case, full = made(Random(seed)), seed // PARTS % EVERY == 0
        try:
            verdict = judge(case, full)
        except Exception as error:
            failed.append(f"{type(error).__name__}: {error}\n{small(seed, full) if len(failed) < 2 else seed}")
            continue
        coverage.see(case, verdict)
        if verdict.source:
            sources[f"seed{seed}"] = verdict.source
    assert not failed, "\n".join(failed)
    assert 0.3 < coverage.share_refused() < 0.6
    assert len(sources) > SEEDS // PARTS // EVERY // 3
    assert not complaints(sources)


@given(st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_specs_of_hypothesis(rng: Random) -> None:
    """The same generator, its choices made by hypothesis, which shrinks them where one fails."""
    judge(made(rng))


def test_the_generator_knows_the_language() -> None:
    """Every op and nearly every feature is in what it grows, and every mutation finds something to break."""
    cases = [grow(Random(seed)) for seed in range(1500)]
    met: set[str] = set().union(*map(features, cases))
    ops = {call["op"] for case in cases for tree in case.files.values() for call in calls(tree)}
    assert set(OPS) <= ops
    assert {"tie", "same", "variants", "extends", "use", "each", "when", "$param", "block: several outputs"} <= met
    assert {"several inputs", "free sizes", "fixed sizes", "mode", "register", "from: a if c else b"} <= met
    unused = set(MUTATIONS)
    for case, seed in zip(cases, range(1500), strict=True):
        for name in sorted(unused):
            if MUTATIONS[name](Random(seed), case.copy()):
                unused.discard(name)
    assert not unused
    assert len(OF_LANGUAGE) >= 40


def test_one_seed_is_one_spec() -> None:
    assert [str(made(Random(seed))) for seed in range(30)] == [str(made(Random(seed))) for seed in range(30)]


def plain(value: Value | None) -> Any:
    if isinstance(value, MapValue):
        return {entry.key.value: plain(entry.value) for entry in value.entries}
    return [plain(item) for item in value.items] if isinstance(value, ListValue) else value and value.value


def test_a_spec_is_written_as_it_is_meant() -> None:
    for seed in range(60):
        case = grow(Random(seed))
        for name, text in case.texts().items():
            value, diagnostics = parse(text, name)
            assert not diagnostics and plain(value) == json.loads(json.dumps(case.files[name]))


LIE = "archspec: 1\nname: lie\ninput: x[N, 2, 6, 6]\nnet:\n  - {op: relu}\n  - c: {op: conv2d, out: 3, kernel: 3}\n"


@pytest.fixture
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of ops are remembered from one check to the next; a wrong rule must be asked, and be forgotten again."""
    monkeypatch.setattr("archspec.elaborate.calls._performed", {})


def lying(text: str) -> Case:
    return Case({MAIN: text})


@pytest.mark.usefixtures("nothing_remembered")
def test_the_judge_sees_a_wrong_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    def rule(self: Conv2d, x: Shape) -> Shape:
        return Shape((x.dims[0], self.out, *x.dims[2:]), x.axes)

    judge(lying(LIE))
    monkeypatch.setattr(Conv2d, "shape", rule)
    with pytest.raises(AssertionError, match="predicted"):
        judge(lying(LIE), full=False)


@pytest.mark.usefixtures("nothing_remembered")
def test_the_judge_sees_a_refusal_without_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def demands(self: Conv2d, x: Shape) -> Iterator[Demand]:
        yield Demand(x.dims[2], ">=", 7, code="E0312", title="too small", note="")

    monkeypatch.setattr(Conv2d, "demands", demands)
    with pytest.raises(AssertionError, match="torch runs"):
        judge(lying(LIE), full=False)


@pytest.mark.usefixtures("nothing_remembered")
def test_the_judge_sees_wrong_macs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conv2d, "macs", lambda self, x: 7)
    with pytest.raises(AssertionError, match="FLOPs"):
        judge(lying(LIE), full=False)


def test_the_judge_sees_what_should_have_been_refused() -> None:
    case = lying(LIE)
    case.expected = "E0217"
    with pytest.raises(AssertionError, match="accepted, though broken"):
        judge(case, full=False)


def test_a_failing_spec_is_made_small() -> None:
    case = next(c for seed in range(500) if "tanh" in str(c := grow(Random(seed))) and len(str(c)) > 800)
    least = shrunk(case, lambda other: "tanh" in str(other))
    assert len(str(least)) < 200 and "tanh" in str(least)


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_what_once_failed(path: Path) -> None:
    verdict = judge(Case({MAIN: path.read_text(encoding="utf-8")}, mutations=("once failed",)))
    assert not complaints({path.stem: verdict.source} if verdict.source else {})
