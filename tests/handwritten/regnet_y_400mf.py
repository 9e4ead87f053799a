"""RegNetY-400MF (Radosavovic et al. 2020, section 3.3)."""

from __future__ import annotations

import math
from collections import OrderedDict

import torch
from torch import Tensor, nn

__all__ = ["Bottleneck", "ConvNormAct", "RegNetY400MF", "SqueezeExcite"]


class ConvNormAct(nn.Sequential):
    """(N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)"""

    def __init__(
        self,
        in_channels: int,
        out: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        act: bool = True,
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(
                in_channels,
                out,
                kernel_size=kernel,
                stride=stride,
                padding=kernel // 2,
                groups=groups,
                bias=False,
            ),
            nn.BatchNorm2d(out),
        ]
        if act:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)


class SqueezeExcite(nn.Module):
    """Each channel times a gate that sees the whole map (Hu et al. 2018, Fig. 2).

    (N, in_channels, H, W) -> (N, in_channels, H, W)
    """

    def __init__(self, in_channels: int, squeeze: int) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(in_channels, squeeze, kernel_size=1)
        self.fc2 = nn.Conv2d(squeeze, in_channels, kernel_size=1)
        self.activation = nn.ReLU()
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.fc1(self.avgpool(x)))  # (N, squeeze, 1, 1)
        y = self.scale_activation(self.fc2(y))  # (N, in_channels, 1, 1)
        x = y * x
        return x


class Bottleneck(nn.Module):
    """1x1, 3x3 in groups, a gate, and 1x1 (Radosavovic et al. 2020, Fig. 4).

    (N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)
    """

    def __init__(self, in_channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        self.proj: nn.Module = nn.Identity()
        if in_channels != out or stride != 1:
            self.proj = ConvNormAct(in_channels, out, stride=stride, act=False)
        self.f = nn.Sequential(
            OrderedDict(
                a=ConvNormAct(in_channels, out),
                b=ConvNormAct(out, out, kernel=3, stride=stride, groups=out // 8),
                se=SqueezeExcite(out, round(in_channels / 4)),
                c=ConvNormAct(out, out, act=False),
            )
        )
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.proj(x) + self.f(x))  # (N, out, H', W')
        return x


class RegNetY400MF(nn.Module):
    """(N, 3, 224, 224) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.stem = ConvNormAct(3, 32, kernel=3, stride=2)
        self.trunk_output = nn.Sequential()
        channels = 32
        for k, (width, depth) in enumerate(((48, 1), (104, 3), (208, 6), (440, 6)), 1):
            stage = nn.Sequential()
            for i in range(depth):
                unit = Bottleneck(channels, width, stride=2 if i == 0 else 1)
                stage.add_module(f"block{k}-{i}", unit)
                channels = width
            self.trunk_output.add_module(f"block{k}", stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(440, num_classes)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                fan_out = m.weight[:, 0].numel()
                nn.init.normal_(m.weight, std=math.sqrt(2 / fan_out))
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (N, 32, 112, 112)
        x = self.trunk_output(x)  # (N, 440, 7, 7)
        x = torch.flatten(self.avgpool(x), 1)
        x = self.fc(x)
        return x
