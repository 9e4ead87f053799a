"""Relations that hold whatever the network: between two ways of writing it, and between what they cost."""

from __future__ import annotations

from random import Random

import torch
from fuzz.case import MAIN, Case, Item, written
from fuzz.grow import grow
from spec_lab import accept, keys, spec

from archspec.backends.interpreter import Interpreter
from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.pipeline import build, check

torch.set_num_threads(1)


def accepted(count: int) -> list[tuple[Case, Checked]]:
    """Some random specs of one file that are right."""
    found: list[tuple[Case, Checked]] = []
    for seed in range(10_000, 11_000):
        case = grow(Random(seed))
        if len(case.files) == 1 and not case.variant:
            try:
                found.append((case, case.check()))
            except SpecError:
                continue
        if len(found) == count:
            break
    return found


def body_of(source: str) -> str:
    """The source without the two lines of its seal."""
    return source.split("\n", 2)[2]


def reflowed(tree: Item) -> str:
    """The same spec on other lines: maps of the top in another order, blocks in flow."""
    top = {key: tree[key] for key in sorted(tree, reverse=True)}
    head = {"archspec": top.pop("archspec")}
    return "# a comment\n" + written(head) + "\n\n".join(written({key: value}) for key, value in top.items())


def test_keys_in_another_order_and_other_lines_change_nothing() -> None:
    for case, checked in accepted(60):
        again = check(reflowed(case.files[MAIN]))
        assert again.digest == checked.digest
        assert build(again) == build(checked), str(case)


def test_a_repeat_is_its_units_written_out() -> None:
    seen = 0
    for case, checked in accepted(400):
        tree = case.copy().files[MAIN]
        several = {name for name, block in tree.get("blocks", {}).items() if "outputs" in block}
        for item in [item for key in ("net", "stages") for item in tree.get(key, ())]:
            call = next(iter(item.values())) if len(item) == 1 else {}
            unfit = not isinstance(call, dict) or {"first", "names", "when", "from", "init"} & set(call)
            if unfit or not isinstance(call.get("repeat"), int) or call["op"] in several or "i" in str(call.get("out")):
                continue
            count = call.pop("repeat")
            item[next(iter(item))] = [{str(unit): dict(call)} for unit in range(count)]
            seen += 1
        other = check(written(tree))
        assert (other.cost.parameters, other.cost.macs) == (checked.cost.parameters, checked.cost.macs), str(case)
        assert keys(other) == keys(checked), str(case)
    assert seen >= 10


def test_groups_divide_the_weights_of_a_convolution() -> None:
    def weights(groups: int) -> int:
        text = spec(f"- c: {{op: conv2d, out: 24, kernel: 3, groups: {groups}, bias: false}}", "x[N, 12, 8, 8]")
        return accept(text).cost.parameters

    assert [weights(1) / weights(groups) for groups in (1, 2, 3, 4, 6, 12)] == [1, 2, 3, 4, 6, 12]


def test_a_residual_block_with_a_zeroed_branch_is_the_identity() -> None:
    block = """
        unit:
          in: x[N, C, H, W]
          body:
            - conv1: {op: conv2d, out: C, kernel: 3, padding: 1, bias: false}
            - bn1: {op: batch_norm}
            - relu1: {op: relu}
            - conv2: {op: conv2d, out: C, kernel: 3, padding: 1, bias: false}
            - bn2: {op: batch_norm, init: {weight: zeros}}
            - add: {op: add, from: [bn2, x]}
    """
    network = Interpreter(check(spec("- u: {op: unit, repeat: 3}", "x[N, 4, 8, 8]", blocks=block)).graph).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bn2.weight"):
                parameter.zero_()
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(network(x)[0], x)
