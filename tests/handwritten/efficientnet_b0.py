"""EfficientNet-B0 (Tan and Le 2019, Table 1)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["ConvNormAct", "DropPath", "EfficientNetB0", "MBConv", "SqueezeExcite"]


class DropPath(nn.Module):
    """Stochastic depth: in training a sample is zero with probability p."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        noise = x.new_empty(x.size(0), 1, 1, 1).bernoulli_(1 - self.p)
        return x * noise.div_(1 - self.p)


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
            layers.append(nn.SiLU(inplace=True))
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
        self.activation = nn.SiLU(inplace=True)
        self.scale_activation = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.fc1(self.avgpool(x)))  # (N, squeeze, 1, 1)
        y = self.scale_activation(self.fc2(y))  # (N, in_channels, 1, 1)
        x = y * x
        return x


class MBConv(nn.Module):
    """The inverted residual of EfficientNet (Tan and Le 2019).

    (N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)
    """

    def __init__(
        self,
        in_channels: int,
        out: int,
        expand: int,
        kernel: int,
        stride: int,
        drop: float,
    ) -> None:
        super().__init__()
        self.residual = stride == 1 and in_channels == out
        hidden = expand * in_channels
        layers: list[nn.Module] = []
        if expand != 1:
            layers.append(ConvNormAct(in_channels, hidden))
        layers += [
            ConvNormAct(hidden, hidden, kernel, stride, groups=hidden),
            SqueezeExcite(hidden, in_channels // 4),
            ConvNormAct(hidden, out, act=False),
        ]
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = DropPath(drop)

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)  # (N, out, H', W')
        if self.residual:
            y = self.stochastic_depth(y) + x
        x = y
        return x


class EfficientNetB0(nn.Module):
    """(N, 3, 224, 224) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNormAct(3, 32, kernel=3, stride=2)]
        channels, place = 32, 0
        for expand, kernel, stride, out, repeats in (
            (1, 3, 1, 16, 1),
            (6, 3, 2, 24, 2),
            (6, 5, 2, 40, 2),
            (6, 3, 2, 80, 3),
            (6, 5, 1, 112, 3),
            (6, 5, 2, 192, 4),
            (6, 3, 1, 320, 1),
        ):
            stage = []
            for _ in range(repeats):
                drop = 0.2 * place / 16
                stage.append(MBConv(channels, out, expand, kernel, stride, drop))
                channels, stride, place = out, 1, place + 1
            layers.append(nn.Sequential(*stage))
        layers.append(ConvNormAct(320, 1280))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(p=0.2), nn.Linear(1280, num_classes))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                bound = 1 / math.sqrt(m.out_features)
                nn.init.uniform_(m.weight, -bound, bound)
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)  # (N, 1280, 7, 7)
        x = torch.flatten(self.avgpool(x), 1)
        x = self.classifier(x)
        return x
