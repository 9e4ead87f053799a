"""DenseNet-121 (Huang et al. 2017, Table 1)."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

__all__ = ["DenseLayer", "DenseNet121", "Transition"]


class DenseLayer(nn.Module):
    """1x1 and 3x3 convolutions; what they find is put beside what was there.

    (N, in_channels, H, W) -> (N, in_channels + 32, H, W)
    """

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(in_channels, 128, kernel_size=1, bias=False)
        self.norm2 = nn.BatchNorm2d(128)
        self.conv2 = nn.Conv2d(128, 32, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(self.relu(self.norm1(x)))  # (N, 128, H, W)
        y = self.conv2(self.relu(self.norm2(y)))  # (N, 32, H, W)
        return torch.cat((x, y), dim=1)


class Transition(nn.Sequential):
    """(N, in_channels, H, W) -> (N, in_channels // 2, H // 2, W // 2)"""

    def __init__(self, in_channels: int) -> None:
        super().__init__(
            OrderedDict(
                norm=nn.BatchNorm2d(in_channels),
                relu=nn.ReLU(inplace=True),
                conv=nn.Conv2d(
                    in_channels, in_channels // 2, kernel_size=1, bias=False
                ),
                pool=nn.AvgPool2d(kernel_size=2),
            )
        )


class DenseNet121(nn.Module):
    """(N, 3, 224, 224) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False),
                norm0=nn.BatchNorm2d(64),
                relu0=nn.ReLU(inplace=True),
                pool0=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            )
        )
        channels = 64
        for k, depth in enumerate((6, 12, 24, 16), 1):
            block = nn.Sequential()
            for i in range(depth):
                block.add_module(f"denselayer{i + 1}", DenseLayer(channels + 32 * i))
            self.features.add_module(f"denseblock{k}", block)
            channels += 32 * depth
            if k < 4:
                self.features.add_module(f"transition{k}", Transition(channels))
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight)
            elif isinstance(m, nn.Linear):
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.features(x))  # (N, 1024, 7, 7)
        x = torch.flatten(self.avgpool(x), 1)
        x = self.classifier(x)
        return x
