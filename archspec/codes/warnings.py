"""W06xx: warnings."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "W0601",
        "an input without a nominal size",
        "A bare name in `input:` is any size, and MACs, memory and figures need one. The usual 224 is taken, or the "
        "nearest size for which the network holds. Write `H=224` to state your own.",
        "input: x[N, 3, H, W]\nnet:\n  - {op: conv2d, out: 8, kernel: 3}\n",
        "input: x[N, 3, H=224, W=224]\nnet:\n  - {op: conv2d, out: 8, kernel: 3}\n",
    ),
    Code(
        "W0602",
        "a layer that nothing reads",
        "Its output goes into no other layer and is no output of the network, so it has parameters and no effect. "
        "Often a `from:` is missing behind it.",
        "input: x[N, 3, 8, 8]\nnet:\n  - a: {op: conv2d, out: 4, kernel: 3}\n"
        "  - b: {op: conv2d, out: 4, kernel: 3, from: x}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - a: {op: conv2d, out: 4, kernel: 3}\n"
        "  - b: {op: conv2d, out: 4, kernel: 3, from: x}\n  - {op: add, from: [a, b]}\n",
    ),
    Code(
        "W0603",
        "a param or `let` that nothing reads",
        "It can be set, and changes nothing. Delete it, or use it where it was meant.",
        "params: {width: int = 4}\ninput: x[N, 3, 8, 8]\nnet:\n  - {op: conv2d, out: 4, kernel: 3}\n",
        "params: {width: int = 4}\ninput: x[N, 3, 8, 8]\nnet:\n  - {op: conv2d, out: width, kernel: 3}\n",
    ),
)
