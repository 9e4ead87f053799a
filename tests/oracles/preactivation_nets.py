"""The networks of He et al. 2016, "Identity Mappings in Deep Residual Networks", in plain torch, from the paper.

Each unit is written as the paper draws it: a list of layers for the residual, and one function of x and f for the sum.
Tensors are registered in order of execution with the shortcut's last, so that weights can be copied by position.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from oracles.residual_nets import PaddedShortcut, conv

PREACTIVATED = ("relu_only_preactivation", "full_preactivation")


def residual(c: int, width: int, stride: int, order: str, opening: bool) -> nn.Sequential:
    """f of Fig. 4: what stands before the addition. An opening unit finds its pre-activation in the stem."""
    first, second = conv(c, width, 3, stride), conv(width, width, 3)
    if order == "original":
        return nn.Sequential(first, nn.BatchNorm2d(width), nn.ReLU(), second, nn.BatchNorm2d(width))
    if order == "bn_after_addition":
        return nn.Sequential(first, nn.BatchNorm2d(width), nn.ReLU(), second)
    if order == "relu_before_addition":
        return nn.Sequential(first, nn.BatchNorm2d(width), nn.ReLU(), second, nn.BatchNorm2d(width), nn.ReLU())
    if order == "relu_only_preactivation":
        before: list[nn.Module] = [] if opening else [nn.ReLU()]
        return nn.Sequential(*before, first, nn.BatchNorm2d(width), nn.ReLU(), second, nn.BatchNorm2d(width))
    assert order == "full_preactivation"
    before = [] if opening else [nn.BatchNorm2d(c), nn.ReLU()]
    return nn.Sequential(*before, first, nn.BatchNorm2d(width), nn.ReLU(), second)


def after(width: int, order: str) -> nn.Sequential:
    """What stands after the addition."""
    if order == "original":
        return nn.Sequential(nn.ReLU())
    return nn.Sequential(nn.BatchNorm2d(width), nn.ReLU()) if order == "bn_after_addition" else nn.Sequential()


class Merge(nn.Module):
    """The panels of Fig. 2, with option A wherever the shape changes."""

    def __init__(self, kind: str, c: int, width: int, stride: int) -> None:
        super().__init__()
        self.kind = kind
        self.carry = PaddedShortcut(width, stride)
        if "gating" in kind:
            self.gate = nn.Conv2d(c, width, 1, stride)
        if kind == "convolution_shortcut":
            self.project = nn.Sequential(conv(c, width, 1, stride), nn.BatchNorm2d(width))

    def forward(self, x: Tensor, f: Tensor) -> Tensor:
        if self.kind == "convolution_shortcut":
            return f + self.project(x)
        h = self.carry(x)
        if self.kind == "constant_scaling":
            return 0.5 * f + 0.5 * h
        if self.kind == "dropout_shortcut":
            return f + torch.dropout(h, 0.5, self.training)
        if self.kind == "identity_shortcut":
            return f + h
        g = torch.sigmoid(self.gate(x))
        return g * f + (1 - g) * h if self.kind == "exclusive_gating" else f + (1 - g) * h


class Unit(nn.Module):
    def __init__(self, c: int, width: int, stride: int, order: str, merge: str, opening: bool) -> None:
        super().__init__()
        self.residual = residual(c, width, stride, order, opening)
        self.merge = Merge(merge, c, width, stride)
        self.after = after(width, order)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.merge(x, self.residual(x)))


class BottleneckUnit(nn.Module):
    """Full pre-activation, shared with the projection where the shape changes."""

    def __init__(self, c: int, width: int, strides: tuple[int, int], opening: bool) -> None:
        super().__init__()
        out = 4 * width
        self.before = nn.Sequential() if opening else nn.Sequential(nn.BatchNorm2d(c), nn.ReLU())
        self.residual = nn.Sequential(
            conv(c, width, 1, strides[0]),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv(width, width, 3, strides[1]),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            conv(width, out, 1),
        )
        self.project = conv(c, out, 1, max(strides)) if c != out or max(strides) > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.before(x)
        return self.residual(y) + (x if self.project is None else self.project(y))


def cifar(depth: int, order: str = "full_preactivation", merge: str = "identity_shortcut") -> nn.Module:
    """6n+2 layers for 10 classes."""
    units: list[nn.Module] = []
    c = 16
    for width in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            units.append(Unit(c, width, 1 if width == c else 2, order, merge, opening=not units))
            c = width
    tail: list[nn.Module] = [nn.BatchNorm2d(64)] if order == "full_preactivation" else []
    tail += [nn.ReLU()] if order in PREACTIVATED else []
    return nn.Sequential(
        conv(3, 16, 3),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        *units,
        *tail,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, 10),
    )


def bottlenecks(c: int, counts: list[int], widths: list[int], first_strides: bool) -> list[nn.Module]:
    units: list[nn.Module] = []
    for count, width in zip(counts, widths, strict=True):
        for unit in range(count):
            stride = 2 if units and not unit else 1
            strides = (stride, 1) if first_strides else (1, stride)
            units.append(BottleneckUnit(c, width, strides, opening=not units))
            c = 4 * width
    return [*units, nn.BatchNorm2d(c), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]


def cifar_bottleneck(depth: int) -> nn.Module:
    """9n+2 layers for 10 classes, stride in the first 1x1."""
    units = bottlenecks(16, [(depth - 2) // 9] * 3, [16, 32, 64], first_strides=True)
    return nn.Sequential(conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), *units, nn.Linear(256, 10))


def imagenet(counts: list[int]) -> nn.Module:
    """Bottleneck nets for 1000 classes, stride in the 3x3."""
    units = bottlenecks(64, counts, [64, 128, 256, 512], first_strides=False)
    return nn.Sequential(
        conv(3, 64, 7, 2), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *units, nn.Linear(2048, 1000)
    )
