"""Torch as the judge of a spec's verdict: what is accepted runs as predicted, what is refused fails there."""

# ruff: noqa: T201
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from ops_performer import Performer
from test_ops_contract import STRICTER
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archspec.backends import interpreter
from archspec.backends.module import example, instantiate, verify
from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.elaborate.calls import Calls
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes
from archspec.pipeline import build, check
from archspec.records import fields_of, replace
from archspec.shapes import Demand, Shape, Size

LANGUAGE = {
    "E0205": "names: given once, not those of inputs",
    "E0206": "signatures",
    "E0210": "conditions of a joint run",
    "E0216": "types of arguments",
    "E0218": "expressions that have no value",
    "E0219": "values out of range",
    "E0220": "names in expressions",
    "E0221": "expressions",
    "E0222": "options",
    "E0223": "names after from:",
    "E0224": "values of options",
    "E0225": "same: names a node beside it",
    "E0227": "absent nodes are read by joins only, and units of a repeat are all there",
    "E0228": "register: names the children",
    "E0229": "init: names tensors",
    "E0230": "inputs look as declared",
    "E0302": "ranks, in STRICTER as `rank`",
    "E0303": "sizes of signatures",
    "E0305": "same: runs one module, made for one kind of input",
    "E0306": "out: and output: are promises",
}
"""What a spec is refused for that no op of torch can judge."""


@dataclass
class Verdict:
    """What came of a spec: its source, or the codes of its errors."""

    source: str = ""
    codes: tuple[str, ...] = ()
    ops: frozenset[str] = frozenset()


@dataclass
class Refusals:
    """What the checker asked of torch's rules, and where it said no."""

    ops: set[str] = field(default_factory=set)
    refused: list[tuple[Op, tuple[Shape, ...], Demand]] = field(default_factory=list)


def judge(text: str) -> Verdict:
    """The checker's verdict on a spec; AssertionError where torch disagrees."""
    with watched_checker() as seen:
        try:
            checked = check(text)
        except SpecError as error:
            codes = tuple(d.code for d in error.diagnostics)
            for refusal in seen.refused:
                torch_refuses(*refusal)
            unknown = set(codes) - set(LANGUAGE) - {demand.code for _, _, demand in seen.refused} - {"E0304"}
            assert not unknown, f"refused for {unknown}: {error}"
            return Verdict("", codes, frozenset(op.name for op, _, _ in seen.refused))
    source = build(checked)
    runs_as_predicted(checked)
    costs_as_predicted(checked, source)
    verify(checked.graph, source)
    return Verdict(source, (), frozenset(seen.ops))


@contextmanager
def watched_checker() -> Iterator[Refusals]:
    """Notes each op that the checker looks at, and each demand of one that does not hold."""
    seen = Refusals()
    accepts, refuse = Calls._accepts, Calls._refuse

    def watch(self: Calls, op: Op, given: Any, inputs: Any, span: Any) -> bool:
        seen.ops.add(op.name)
        self.last = (op, tuple(operand.shape for operand in inputs))  # type: ignore[attr-defined]
        return accepts(self, op, given, inputs, span)

    def note(self: Calls, demand: Demand, given: Any, inputs: Any, span: Any) -> None:
        seen.refused.append((*self.last, demand))  # type: ignore[attr-defined]
        refuse(self, demand, given, inputs, span)

    Calls._accepts, Calls._refuse = watch, note  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Calls._accepts, Calls._refuse = accepts, refuse  # type: ignore[method-assign]


def torch_refuses(op: Op, inputs: tuple[Shape, ...], demand: Demand) -> None:
    """Torch raises at this op, or the refusal is on the closed list of stricter rules."""
    if demand.code in STRICTER:
        return
    shapes = tuple(Shape(tuple(8 if d is None else d for d in x.at({"N": 2})), x.axes) for x in inputs)
    if "to" in fields_of(type(op)) and isinstance(op.to, tuple):  # S3: written with N, it would take any batch
        op = replace(op, to=tuple(d if isinstance(d, int) else d.at({"N": 2}) for d in op.to))  # type: ignore[attr-defined]
    try:
        Performer(op, shapes).train()(*(torch.randn(x.dims) for x in shapes))  # type: ignore[arg-type]
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError):
        return
    raise AssertionError(f"{demand.code} {demand.title}: torch runs {op!r} on {shapes}")


def runs_as_predicted(checked: Checked) -> None:
    """The reference runs in train mode at batch 2 and eval mode at 1 and 2; every node has the predicted shape."""
    with watched_nodes() as sizes:
        network = interpreter.Interpreter(checked.graph)
        sizes.update(nominal_sizes(checked))
        for train, batch in ((True, 2), (False, 1), (False, 2)):
            sizes["N"] = batch
            with torch.no_grad():
                network.train(train)(*example(checked.graph, batch, sizes))
    parameters = sum(p.numel() for p in network.parameters())
    assert parameters == checked.cost.parameters, (
        f"{checked.cost.parameters} parameters are predicted, {parameters} found"
    )


def nominal_sizes(checked: Checked) -> dict[str, int]:
    symbols = [s for g in checked.graph.inputs for d in g.shape.dims[1:] if isinstance(d, Size) for s in d.symbols()]
    return {s.name: s.nominal or 8 for s in symbols}


@contextmanager
def watched_nodes() -> Iterator[dict[str, int]]:
    """Interpreters made inside compare each node's outputs with its shapes, at the sizes in the mapping."""
    sizes: dict[str, int] = {}
    made, quiet = interpreter._node, [0]

    def watch(node: Any, shapes: BodyShapes, home: Any) -> Any:
        run = made(node, shapes, home)
        sharers = [other.key for other in shapes.body.nodes if other.shares == node.key]
        said = [shapes.nodes[key] for key in (node.key, *sharers)]

        def watched(*values: Any) -> Any:
            # Inside what is shared, the shapes are those of the first run.
            quiet[0] += bool(sharers)
            found = run(*values)
            quiet[0] -= bool(sharers)
            if not quiet[0]:
                real = tuple(tuple(value.shape) for value in found)
                predicted = [tuple(shape.at(sizes) for shape in outputs) for outputs in said]
                assert real in predicted, f"`{node.key}` of {shapes.body.name}: {predicted} predicted, {real} found"
            return found

        return watched

    interpreter._node = watch
    try:
        yield sizes
    finally:
        interpreter._node = made


def costs_as_predicted(checked: Checked, source: str) -> None:
    """MACs are half of torch's FLOPs, for one sample in eval mode."""
    network = instantiate(checked.graph, source).eval()
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
            network(*example(checked.graph, 1, nominal_sizes(checked)))
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
    flops = counter.get_total_flops()
    assert flops == 2 * checked.cost.macs, f"{checked.cost.macs} MACs are predicted, torch counts {flops} FLOPs"


def ruff_complaints(sources: Mapping[str, str]) -> str:
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


def main() -> None:
    """Judge many seeds, and print which ops were met, by verdict."""
    from random_specs import make

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="a folder for the specs that fail")
    given = parser.parse_args()
    torch.set_num_threads(1)
    accepted: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    sources: dict[str, str] = {}
    failures = 0
    for seed in range(given.seed, given.seed + given.count):
        text = make(seed)
        try:
            verdict = judge(text)
        except Exception as error:
            failures += 1
            last = traceback.extract_tb(error.__traceback__)[-1]
            print(
                f"seed {seed}: {type(error).__name__} {str(error)[:300]} ({Path(last.filename).name}:{last.lineno})",
                flush=True,
            )
            if given.keep is not None:
                given.keep.mkdir(exist_ok=True)
                (given.keep / f"{seed}.yaml").write_text(text, encoding="utf-8")
            continue
        (accepted if verdict.source else refused).update(verdict.ops)
        codes.update(set(verdict.codes) or {"accepted"})
        if verdict.source:
            sources[f"s{seed}"] = verdict.source
    print(ruff_complaints(sources)[:6000])
    for name in sorted({*accepted, *refused}):
        print(f"{name:22}{accepted[name]:6} accepted {refused[name]:6} refused at it")
    print(", ".join(f"{code} {number}" for code, number in codes.most_common()))
    print(f"{failures} disagreements in {given.count} specs")
