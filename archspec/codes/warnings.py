"""W06xx: warnings."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code("W0601", "an input without a nominal size",
         "A bare name in `input:` is any size, and MACs, memory and figures need one. The usual 224 is taken, or the "
         "nearest size for which the network holds. Write `H=224` to state your own.",
         "input: x[N, 3, H, W]\nnet:\n  - {op: conv2d, out: 8, kernel: 3}\n",
         "input: x[N, 3, H=224, W=224]\nnet:\n  - {op: conv2d, out: 8, kernel: 3}\n"),
)
