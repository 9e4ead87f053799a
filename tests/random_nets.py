"""Random networks as spec text, from one integer: blocks with params and lets, repeats, branches, conditions, taps."""

from __future__ import annotations

from random import Random

ACTIVATIONS = ("relu", "gelu", "silu", "sigmoid", "tanh", "hardswish", "relu6")


def random_net(seed: int) -> str:
    """The text of a spec; most are accepted by `check`."""
    rng = Random(seed)
    blocks = {f"block{k}": _block(rng) for k in range(rng.randint(1, 3))}
    lines = ["archspec: 1", f"name: random{seed}", "params: {num_classes: open int = 5, base: int = 4}"]
    side = rng.choice(("H=16, W=16", "17, 19", "H, W=24"))
    lines += [f"input: x[N, {rng.choice((1, 3, 4))}, {side}]", "blocks:"]
    for name, (params, body) in blocks.items():
        lines += [f"  {name}:", f"    params: {{{params}}}", "    in: x[N, C, H, W]"]
        if "mid" in body:
            lines += ['    let: {mid: "max(2, width // 2) * 2"}']
        lines += ["    body:", *(f"      - {line}" for line in body.splitlines())]
    lines += ["net:"]
    for place in range(rng.randint(2, 5)):
        lines += _listed(_item(rng, f"n{place}", list(blocks)), 2)
    lines += ["  - pool: {op: adaptive_avg_pool2d, size: 1}", "  - flat: {op: flatten}"]
    lines += ["  - fc: {op: linear, out: num_classes}"]
    if rng.random() < 0.4:
        lines += [
            "init: {conv2d: {weight: {kaiming_normal: fan_out}}, batch_norm: {weight: ones}, linear: {bias: zeros}}"
        ]
    return "\n".join(lines) + "\n"


def _item(rng: Random, name: str, blocks: list[str]) -> str:
    width = rng.choice(("base", "2*base", "8", "base + 4"))
    kind = rng.randrange(5)
    block = rng.choice(blocks)
    if kind == 0:
        return f"{name}: {{op: conv2d, out: {width}, kernel: {rng.choice((1, 3))}, padding: 1, bias: {_flag(rng)}}}"
    if kind == 1:
        return f"{name}: {{op: {block}, width: {width}, stride: {rng.choice((1, 1, 2))}}}"
    if kind == 2:
        first = ", first: {stride: 2}" * rng.randint(0, 1)
        names = ', names: "unit{i+1}"' * rng.randint(0, 1)
        return f"{name}: {{op: {block}, width: {width}, repeat: {rng.randint(1, 5)}{first}{names}}}"
    if kind == 3:
        inner = [_item(rng, f"{name}{letter}", blocks) for letter in "ab"[: rng.randint(1, 2)]]
        return "\n".join([f"{name}:", *(line for item in inner for line in _listed(item, 2))])
    branches = [f"  - {name}{k}: {{op: {rng.choice(blocks)}, width: 4}}" for k in range(rng.randint(2, 3))]
    return "\n".join(["parallel:", *branches, "join: {op: concat, axis: C}"])


def _listed(item: str, indent: int) -> list[str]:
    """An item as an entry of a list."""
    first, *rest = item.splitlines()
    return [f"{' ' * indent}- {first}", *(f"{' ' * indent}  {line}" for line in rest)]


def _block(rng: Random) -> tuple[str, str]:
    """A block's params and body: a chain with taps, perhaps a shortcut that adapts only where it must."""
    out = rng.choice(("width", "2*width", "mid"))
    lines, taps = [], ["x"]
    for place in range(rng.randint(1, 4)):
        lines += [
            f"c{place}: {{op: conv2d, out: {out}, kernel: 3, padding: 1, stride: {'stride' if place == 0 else 1}}}"
        ]
        if rng.random() < 0.6:
            lines += [f"b{place}: {{op: batch_norm}}"]
        if rng.random() < 0.3:
            lines += [f"d{place}: {{op: dropout, p: 0.2, when: stride == 1}}"]
        lines += [f"a{place}: {{op: {rng.choice(ACTIVATIONS)}}}"]
        if place and rng.random() < 0.4:
            lines += [f"j{place}: {{op: {rng.choice(('add', 'mul'))}, from: [a{place}, a{place - 1}]}}"]
        taps.append(f"a{place}")
    last = lines[-1].split(":")[0]
    if rng.random() < 0.6:
        condition = rng.choice((f"C != {out} or stride != 1", "true"))
        lines += [f'short: {{op: conv2d, from: x, out: {out}, kernel: 1, stride: stride, when: "{condition}"}}']
        lines += [f"add: {{op: add, from: [{last}, short]}}"]
        if rng.random() < 0.5:
            lines += ["act: {op: relu}"]
    elif rng.random() < 0.3:
        lines += [f"cat: {{op: concat, from: [{last}, {rng.choice(taps[1:])}], axis: C}}"]
    if rng.random() < 0.2:
        lines = ["pre: {op: relu}", *lines]
    return "width: int, stride: int = 1", "\n".join(lines)


def _flag(rng: Random) -> str:
    return rng.choice(("true", "false"))
