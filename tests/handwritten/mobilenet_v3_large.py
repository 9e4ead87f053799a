"""MobileNetV3-Large (Howard et al. 2019, Table 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["ConvNormAct", "InvertedResidual", "MobileNetV3Large", "SqueezeExcite"]


class ConvNormAct(nn.Sequential):
    """(N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)"""

    def __init__(
        self,
        in_channels: int,
        out: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        act: type[nn.Module] | None = nn.Hardswish,
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
            nn.BatchNorm2d(out, eps=0.001, momentum=0.01),
        ]
        if act is not None:
            layers.append(act(inplace=True))
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
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.fc1(self.avgpool(x)))  # (N, squeeze, 1, 1)
        y = self.scale_activation(self.fc2(y))  # (N, in_channels, 1, 1)
        x = y * x
        return x


class InvertedResidual(nn.Module):
    """1x1 expand, depthwise, squeeze-and-excitation, linear 1x1.

    (N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)
    """

    def __init__(
        self,
        in_channels: int,
        kernel: int,
        hidden: int,
        out: int,
        squeeze: int,
        act: type[nn.Module],
        stride: int,
    ) -> None:
        super().__init__()
        self.residual = stride == 1 and in_channels == out
        layers: list[nn.Module] = []
        if hidden != in_channels:
            layers.append(ConvNormAct(in_channels, hidden, act=act))
        layers.append(ConvNormAct(hidden, hidden, kernel, stride, hidden, act))
        if squeeze:
            layers.append(SqueezeExcite(hidden, squeeze))
        layers.append(ConvNormAct(hidden, out, act=None))
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)  # (N, out, H', W')
        x = y + x if self.residual else y
        return x


class MobileNetV3Large(nn.Module):
    """(N, 3, 224, 224) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNormAct(3, 16, kernel=3, stride=2)]
        channels = 16
        for kernel, hidden, out, squeeze, act, stride in (
            (3, 16, 16, 0, nn.ReLU, 1),
            (3, 64, 24, 0, nn.ReLU, 2),
            (3, 72, 24, 0, nn.ReLU, 1),
            (5, 72, 40, 24, nn.ReLU, 2),
            (5, 120, 40, 32, nn.ReLU, 1),
            (5, 120, 40, 32, nn.ReLU, 1),
            (3, 240, 80, 0, nn.Hardswish, 2),
            (3, 200, 80, 0, nn.Hardswish, 1),
            (3, 184, 80, 0, nn.Hardswish, 1),
            (3, 184, 80, 0, nn.Hardswish, 1),
            (3, 480, 112, 120, nn.Hardswish, 1),
            (3, 672, 112, 168, nn.Hardswish, 1),
            (5, 672, 160, 168, nn.Hardswish, 2),
            (5, 960, 160, 240, nn.Hardswish, 1),
            (5, 960, 160, 240, nn.Hardswish, 1),
        ):
            unit = InvertedResidual(channels, kernel, hidden, out, squeeze, act, stride)
            layers.append(unit)
            channels = out
        layers.append(ConvNormAct(160, 960))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(960, 1280),
            nn.Hardswish(inplace=True),
            nn.Dropout(p=0.2),
            nn.Linear(1280, num_classes),
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, std=0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 960, 7, 7)
        x = torch.flatten(self.avgpool(x), 1)
        x = self.classifier(x)
        return x
