"""The residual networks of He et al. 2015 in plain torch, from the paper and not from the specs.

Tensors are registered in order of execution with the shortcut's last, as the specs do, so that two nets with the same
weights by position must compute the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv(c: int, out: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(c, out, kernel, stride, kernel // 2, bias=False)


class PaddedShortcut(nn.Module):
    """Option A: strided, with zero channels on both sides."""

    def __init__(self, out: int, stride: int) -> None:
        super().__init__()
        self.out, self.stride = out, stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        missing = self.out - x.shape[1]
        return F.pad(x, (0, 0, 0, 0, missing // 2, missing - missing // 2))


def shortcut_of(option: str, c: int, out: int, stride: int) -> nn.Module | None:
    changes = c != out or stride != 1
    if option == "none":
        return None
    if option == "A":
        return PaddedShortcut(out, stride) if changes else nn.Identity()
    if option == "C" or changes:
        return nn.Sequential(conv(c, out, 1, stride), nn.BatchNorm2d(out))
    return nn.Identity()


class ResidualUnit(nn.Module):
    """relu(f(x) + shortcut(x)); `widths`, `kernels` and `strides` say what f's convolutions are."""

    def __init__(self, c: int, widths: list[int], kernels: list[int], strides: list[int], option: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = c
        for width, kernel, stride in zip(widths, kernels, strides, strict=True):
            layers += [conv(before, width, kernel, stride), nn.BatchNorm2d(width), nn.ReLU()]
            before = width
        self.residual = nn.Sequential(*layers[:-1])
        self.shortcut = shortcut_of(option, c, before, max(strides))

    def forward(self, x: Tensor) -> Tensor:
        f = self.residual(x)
        return torch.relu(f if self.shortcut is None else f + self.shortcut(x))


def basic(c: int, width: int, stride: int, option: str) -> ResidualUnit:
    return ResidualUnit(c, [width, width], [3, 3], [stride, 1], option)


def bottleneck(c: int, width: int, stride: int, option: str, first_strides: bool) -> ResidualUnit:
    strides = [stride, 1, 1] if first_strides else [1, stride, 1]
    return ResidualUnit(c, [width, width, 4 * width], [1, 3, 1], strides, option)


DEPTHS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}


def imagenet_stages(depth: int, option: str, first_strides: bool) -> list[nn.Module]:
    units: list[nn.Module] = []
    c = 64
    for stage, count in enumerate(DEPTHS[depth]):
        width = 64 * 2**stage
        for unit in range(count):
            stride = 2 if stage and not unit else 1
            units.append(
                basic(c, width, stride, option) if depth < 50 else bottleneck(c, width, stride, option, first_strides)
            )
            c = width if depth < 50 else 4 * width
    return units


def imagenet(depth: int, option: str = "B", first_strides: bool = False) -> nn.Module:
    """ResNet-18 to -152 for 1000 classes; `first_strides` puts a bottleneck's stride in the first 1x1, as the paper."""
    stages = imagenet_stages(depth, option, first_strides)
    return nn.Sequential(
        conv(3, 64, 7, 2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        *stages,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(512 if depth < 50 else 2048, 1000),
    )


def cifar(depth: int, option: str = "A") -> nn.Module:
    """The 6n+2 layers of section 4.2 for 10 classes."""
    units: list[nn.Module] = []
    c = 16
    for width in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            units.append(basic(c, width, 1 if width == c else 2, option))
            c = width
    return nn.Sequential(
        conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), *units, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
    )


class Same(nn.Module):
    """TensorFlow's SAME for one op: as much padding as ceil(size/stride) windows need, the odd one at the end."""

    def __init__(self, op: nn.Module, kernel: int, stride: int, fill: float) -> None:
        super().__init__()
        self.op, self.kernel, self.stride, self.fill = op, kernel, stride, fill

    def forward(self, x: Tensor) -> Tensor:
        sides: list[int] = []
        for size in (x.shape[3], x.shape[2]):
            needed = max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)
            sides += [needed // 2, needed - needed // 2]
        return self.op(F.pad(x, sides, value=self.fill))


class TensorFlowResNet50(nn.Module):
    """SAME padding, stride on the first 1x1, logits and softmax predictions."""

    def __init__(self) -> None:
        super().__init__()
        conv1 = Same(nn.Conv2d(3, 64, 7, 2, bias=False), 7, 2, 0.0)
        pool = Same(nn.MaxPool2d(3, 2), 3, 2, float("-inf"))
        self.features = nn.Sequential(conv1, nn.BatchNorm2d(64), nn.ReLU(), pool, *imagenet_stages(50, "B", True))
        self.logits = nn.Linear(2048, 1000)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.logits(self.features(x).mean((2, 3)))
        return logits, torch.softmax(logits, 1)


class BookUnit(nn.Module):
    """The unit of "Dive into Deep Learning": biases everywhere, a bare 1x1 convolution where channels change."""

    def __init__(self, c: int, out: int, project: bool, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c, out, 3, stride, 1)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1)
        if project:
            self.conv3 = nn.Conv2d(c, out, 1, stride)
        self.bn1 = nn.BatchNorm2d(out)
        self.bn2 = nn.BatchNorm2d(out)
        self.project = project

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (self.conv3(x) if self.project else x))


def book_resnet18() -> nn.Module:
    """The book's ResNet-18, in the book's containers."""
    stem = nn.Sequential(nn.Conv2d(1, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
    stages = [nn.Sequential(BookUnit(64, 64, False, 1), BookUnit(64, 64, False, 1))]
    for c in (64, 128, 256):
        stages.append(nn.Sequential(BookUnit(c, 2 * c, True, 2), BookUnit(2 * c, 2 * c, False, 1)))
    return nn.Sequential(stem, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))
