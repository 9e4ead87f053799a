"""ShuffleNetV2 x1.0 (Ma et al. 2018, Table 5)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ShuffleNetV2", "Unit"]


def depthwise(channels: int, stride: int) -> nn.Conv2d:
    """3x3, each channel by itself."""
    return nn.Conv2d(
        channels,
        channels,
        kernel_size=3,
        stride=stride,
        padding=1,
        groups=channels,
        bias=False,
    )


class Unit(nn.Module):
    """Half of the channels pass, the rest is convolved; with a stride, all are, twice.

    (N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)
    """

    def __init__(self, in_channels: int, out: int, stride: int = 1) -> None:
        super().__init__()
        width = out // 2
        self.branch1: nn.Sequential | None = None
        if stride > 1:
            self.branch1 = nn.Sequential(
                depthwise(in_channels, stride),
                nn.BatchNorm2d(in_channels),
                nn.Conv2d(in_channels, width, kernel_size=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            )
        self.branch2 = nn.Sequential(
            nn.Conv2d(in_channels if stride > 1 else width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            depthwise(width, stride),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, width, kernel_size=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.shuffle = nn.ChannelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        if self.branch1 is None:
            kept, x = x.chunk(2, dim=1)
        else:
            kept = self.branch1(x)  # (N, out // 2, H', W')
        x = self.shuffle(torch.cat((kept, self.branch2(x)), dim=1))
        return x


class ShuffleNetV2(nn.Module):
    """(N, 3, 224, 224) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            nn.Conv2d(3, 24, kernel_size=3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(24),
            nn.ReLU(inplace=True),
        )
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.stage2 = self._stage(24, 116, 4)
        self.stage3 = self._stage(116, 232, 8)
        self.stage4 = self._stage(232, 464, 4)
        self.conv5 = nn.Sequential(
            nn.Conv2d(464, 1024, kernel_size=1, bias=False),
            nn.BatchNorm2d(1024),
            nn.ReLU(inplace=True),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(1024, num_classes)

    def _stage(self, in_channels: int, out: int, units: int) -> nn.Sequential:
        return nn.Sequential(
            Unit(in_channels, out, stride=2),
            *(Unit(out, out) for _ in range(units - 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)  # (N, 24, 112, 112)
        x = self.maxpool(x)  # (N, 24, 56, 56)
        x = self.stage2(x)  # (N, 116, 28, 28)
        x = self.stage3(x)  # (N, 232, 14, 14)
        x = self.stage4(x)  # (N, 464, 7, 7)
        x = self.conv5(x)  # (N, 1024, 7, 7)
        x = torch.flatten(self.avgpool(x), 1)
        x = self.fc(x)
        return x
