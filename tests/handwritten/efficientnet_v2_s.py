"""EfficientNetV2-S (Tan and Le 2021, Table 4)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["ConvNormAct", "DropPath", "EfficientNetV2S", "MBConv", "SqueezeExcite"]


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
            nn.BatchNorm2d(out, eps=0.001),
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
    """The inverted residual (Tan and Le 2021, Fig. 2); `fused`: its first two are one.

    (N, in_channels, H, W) -> (N, out, H', W') with H' = ceil(H/stride)
    """

    def __init__(
        self,
        fused: bool,
        in_channels: int,
        out: int,
        expand: int,
        stride: int,
        drop: float,
    ) -> None:
        super().__init__()
        self.residual = stride == 1 and in_channels == out
        hidden = expand * in_channels
        if fused and expand == 1:
            self.block = nn.Sequential(ConvNormAct(in_channels, out, 3, stride))
        elif fused:
            self.block = nn.Sequential(
                ConvNormAct(in_channels, hidden, 3, stride),
                ConvNormAct(hidden, out, act=False),
            )
        else:
            self.block = nn.Sequential(
                ConvNormAct(in_channels, hidden),
                ConvNormAct(hidden, hidden, 3, stride, groups=hidden),
                SqueezeExcite(hidden, in_channels // 4),
                ConvNormAct(hidden, out, act=False),
            )
        self.stochastic_depth = DropPath(drop)

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)  # (N, out, H', W')
        if self.residual:
            y = self.stochastic_depth(y) + x
        x = y
        return x


class EfficientNetV2S(nn.Module):
    """(N, 3, 384, 384) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNormAct(3, 24, kernel=3, stride=2)]
        channels, place = 24, 0
        for fused, expand, stride, out, repeats in (
            (True, 1, 1, 24, 2),
            (True, 4, 2, 48, 4),
            (True, 4, 2, 64, 4),
            (False, 4, 2, 128, 6),
            (False, 6, 1, 160, 9),
            (False, 6, 2, 256, 15),
        ):
            stage = []
            for _ in range(repeats):
                drop = 0.2 * place / 40
                stage.append(MBConv(fused, channels, out, expand, stride, drop))
                channels, stride, place = out, 1, place + 1
            layers.append(nn.Sequential(*stage))
        layers.append(ConvNormAct(256, 1280))
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
        x = self.features(x)  # (N, 1280, 12, 12)
        x = torch.flatten(self.avgpool(x), 1)
        x = self.classifier(x)
        return x
