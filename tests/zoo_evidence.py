"""The zoo held against torchvision's own models: `python tests/zoo_evidence.py [NAME...]`.

For each network: the same seed gives the same initial weights, torchvision's state_dict loads with strict=True, and the
outputs in evaluation and in training (under one seed, for dropout and stochastic depth) are equal to the bit, as are
the batch statistics afterwards. What was found is kept in `docs/evidence/zoo.json`, from which `docs/zoo.md` is made;
named networks refresh their own entries. All of them take a quarter of an hour on one core and 8 GiB of memory.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from oracles import torchvision_nets
from oracles.torchvision_nets import ADDRESSES, FACTS
from torch import Tensor, nn

from archspec.pipeline import check, module
from archspec.spec import zoo

RECORD = Path(__file__).resolve().parent.parent / "docs" / "evidence" / "zoo.json"
SIDES = {"alexnet": 127, "inception_v3": 299}
"""Images are 64x64 where the network takes them; these need more."""
CHECKS = ("keys", "parameters", "macs", "initial", "strict", "eval", "train")


def known() -> list[str]:
    """torchvision's builders that the zoo has."""
    own = {name for entry in zoo.entries() for name in (entry.name, *entry.variants)}
    return [name for name in FACTS if name in own]


def side(name: str) -> int:
    """The side of the images on which a network is tried."""
    return FACTS[name]["crop"] if name.startswith(("vit", "swin", "maxvit")) else SIDES.get(name, 64)


def liven(net: nn.Module) -> nn.Module:
    """Give what starts as a constant (norms, biases, layer scales, tokens) values of its own, so that a swap shows."""
    generator = torch.Generator().manual_seed(7)
    for key, tensor in net.state_dict().items():
        if key.endswith(("running_mean", "bias")):
            tensor.uniform_(-0.5, 0.5, generator=generator)
        elif tensor.is_floating_point() and tensor.dim() and bool((tensor == tensor.flatten()[0]).all()):
            tensor.uniform_(0.5, 1.5, generator=generator)
    return net


def tensors(output: Any) -> list[Tensor]:
    """A network's outputs as a list."""
    return [output] if isinstance(output, Tensor) else list(output)


@torch.no_grad()
def _outputs(net: nn.Module, size: int, train: bool) -> list[Tensor]:
    """Outputs and, after training, buffers."""
    net.train(train)
    torch.manual_seed(3)
    found = tensors(net(torch.randn(2, 3, size, size)))
    assert all(bool(output.isfinite().all()) for output in found)
    return [*found, *net.buffers()] if train else found


def _same(ours: list[Tensor], theirs: list[Tensor]) -> str:
    """`equal`, or how they differ."""
    if len(ours) != len(theirs):
        return f"{len(ours)} tensors for {len(theirs)}"
    if all(map(torch.equal, ours, theirs)):
        return "equal"
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if not torch.equal(a, b)]
    if any(a.shape != b.shape for a, b in pairs):
        return "other shapes"
    return f"{len(pairs)} of {len(ours)} tensors differ, by up to {max((a - b).abs().max() for a, b in pairs):.1e}"


def evidence(name: str) -> dict[str, Any]:
    """What each check finds for one of torchvision's builders: "equal", or the difference in words."""
    torch.set_num_threads(1)
    address, size = ADDRESSES.get(name, name), side(name)
    cost = check(address).cost
    torch.manual_seed(1)
    theirs = torchvision_nets.build(name, **({"init_weights": True} if name in ("googlenet", "inception_v3") else {}))
    torch.manual_seed(1)
    ours = module(address)
    mine, other = ours.state_dict(), theirs.state_dict()
    found = {
        "keys": "equal"
        if [(k, v.shape) for k, v in mine.items()] == [(k, v.shape) for k, v in other.items()]
        else "no",
        "initial": _same(list(mine.values()), list(other.values())),
    }
    for figure in ("parameters", "macs"):
        fact = FACTS[name][figure]
        found[figure] = "equal" if getattr(cost, figure) == fact else f"{getattr(cost, figure)} for {fact}"
    missing, unexpected = ours.load_state_dict(liven(theirs).state_dict(), strict=True)
    found["strict"] = "equal" if not missing and not unexpected else "no"
    found["eval"] = _same(_outputs(ours, size, False), _outputs(theirs, size, False))
    found["train"] = _same(_outputs(ours, size, True), _outputs(theirs, size, True))
    checks = {kind: found[kind] for kind in CHECKS}
    return {
        "spec": address,
        "images": [2, 3, size, size],
        "parameters": cost.parameters,
        "macs": cost.macs,
        "checks": checks,
    }


def main(names: list[str]) -> int:
    """Run the checks, keep what they find, and say what is not equal."""
    held = json.loads(RECORD.read_text(encoding="utf-8"))["networks"] if RECORD.exists() else {}
    failed = 0
    for name in names or known():
        start = time.perf_counter()
        held[name] = evidence(name)
        gc.collect()
        different = {kind: said for kind, said in held[name]["checks"].items() if said != "equal"}
        failed += bool(different)
        print(f"{name}: {different or 'equal'} ({time.perf_counter() - start:.0f} s)", flush=True)
        record = {
            "command": "python tests/zoo_evidence.py",
            "torch": torch.__version__.partition("+")[0],
            "torchvision": torchvision_nets.version().partition("+")[0],
            "networks": dict(sorted(held.items())),
        }
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
