"""Networks that are in no zoo, for figures: gates, dense connections, long skips, two inputs."""

from __future__ import annotations

SENET = """\
archspec: 1
name: senet

blocks:
  se:
    in: x[N, C, H, W]
    body:
      - conv: {op: conv2d, out: C, kernel: 3, padding: 1}
      - bn: {op: batch_norm}
      - pool: {op: adaptive_avg_pool2d, size: 1}
      - fc1: {op: conv2d, out: C//4, kernel: 1}
      - act: {op: relu}
      - fc2: {op: conv2d, out: C, kernel: 1}
      - gate: {op: sigmoid}
      - scale: {op: mul, from: [bn, gate]}
      - add: {op: add, from: [scale, x]}
      - relu: {op: relu}
input: x[N, 3, H=64, W=64]
stem: [{conv: {op: conv2d, out: 32, kernel: 3, stride: 2, padding: 1}}]
stages: [{layer1: {op: se, repeat: 4}}]
head: [{pool: {op: adaptive_avg_pool2d, size: 1}}, {flatten: {op: flatten}}, {fc: {op: linear, out: 10}}]
output: [N, 10]
"""

DENSE = """\
archspec: 1
name: dense

blocks:
  unit:
    in: x[N, C, H, W]
    body:
      - bn1: {op: batch_norm}
      - relu1: {op: relu}
      - conv1: {op: conv2d, out: 128, kernel: 1, bias: false}
      - bn2: {op: batch_norm}
      - relu2: {op: relu}
      - conv2: {op: conv2d, out: 32, kernel: 3, padding: 1, bias: false}
      - concat: {op: concat, from: [x, conv2]}
  transition:
    in: x[N, C, H, W]
    body:
      - bn: {op: batch_norm}
      - relu: {op: relu}
      - conv: {op: conv2d, out: C//2, kernel: 1}
      - pool: {op: avg_pool2d, kernel: 2, stride: 2}
input: x[N, 3, H=64, W=64]
stem: [{conv: {op: conv2d, out: 64, kernel: 7, stride: 2, padding: 3}}]
stages: [{block1: {op: unit, repeat: 6}}, {transition1: {op: transition}}, {block2: {op: unit, repeat: 3}}]
head:
  - bn: {op: batch_norm}
  - relu: {op: relu}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: 10}
output: [N, 10]
"""

UNET = """\
archspec: 1
name: unet

blocks:
  double:
    params: {out: int}
    in: x[N, C, H, W]
    body:
      - {op: conv2d, out: out, kernel: 3, padding: 1}
      - {op: relu}
      - {op: conv2d, out: out, kernel: 3, padding: 1}
      - {op: relu}
input: x[N, 3, H=64, W=64]
stages:
  - enc1: {op: double, out: 64}
  - pool1: {op: max_pool2d, kernel: 2, stride: 2}
  - enc2: {op: double, out: 128}
  - pool2: {op: max_pool2d, kernel: 2, stride: 2}
  - mid: {op: double, out: 256}
  - up2: {op: conv_transpose2d, out: 128, kernel: 2, stride: 2}
  - cat2: {op: concat, from: [up2, enc2]}
  - dec2: {op: double, out: 128}
  - up1: {op: conv_transpose2d, out: 64, kernel: 2, stride: 2}
  - cat1: {op: concat, from: [up1, enc1]}
  - dec1: {op: double, out: 64}
head: [{out: {op: conv2d, out: 2, kernel: 1}}]
output: [N, 2, H, W]
"""

SIAMESE = """\
archspec: 1
name: siamese

input: ["a[N, 3, H=64, W=64]", "b[N, 3, H=64, W=64]"]
net:
  - left: {op: conv2d, from: a, out: 16, kernel: 3, padding: 1}
  - right: {same: left, from: b}
  - join: {op: add, from: [left, right]}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - f: {op: flatten}
  - fc: {op: linear, out: 2}
output: [N, 2]
"""

CROSSED = """\
archspec: 1
name: crossed
input: x[N, 4, H=8, W=8]
net:
  - a: {op: conv2d, from: x, out: 4, kernel: 1}
  - b: {op: conv2d, from: x, out: 4, kernel: 3, padding: 1}
  - c: {op: mul, from: [a, b]}
  - d: {op: add, from: [b, a]}
  - e: {op: concat, from: [c, d]}
  - f: {op: conv2d, out: 8, kernel: 1}
output: [N, 8, H, W]
"""

EXITS = """\
archspec: 1
name: exits
input: x[N, 3, H=32, W=32]
net:
  - c1: {op: conv2d, out: 16, kernel: 3, padding: 1}
  - c2: {op: conv2d, out: 32, kernel: 3, padding: 1, stride: 2}
  - c3: {op: conv2d, out: 64, kernel: 3, padding: 1, stride: 2}
  - s1: {op: conv2d, from: c1, out: 8, kernel: 1}
  - s2: {op: resize_like, from: [c2, s1]}
  - s: {op: concat, from: [s1, s2]}
  - e: {op: conv2d, from: x, out: 4, kernel: 1}
outputs: {deep: {from: c3}, sides: {from: s}, edge: {from: e}, same: {from: c3}}
"""

APART = """\
archspec: 1
name: apart
input: ["a[N, 3, H=32, W=32]", "b[N, 3, H=32, W=32]"]
net:
  - l1: {op: conv2d, from: a, out: 16, kernel: 3, padding: 1}
  - l2: {op: conv2d, out: 16, kernel: 3, padding: 1}
  - r1: {op: conv2d, from: b, out: 8, kernel: 1}
outputs: {left: {from: l2}, right: {from: r1}}
"""

NETS = {
    "senet": SENET,
    "dense": DENSE,
    "unet": UNET,
    "siamese": SIAMESE,
    "crossed": CROSSED,
    "exits": EXITS,
    "apart": APART,
}
