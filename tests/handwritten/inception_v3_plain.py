"""Inception-v3 (Szegedy et al. 2016, Table 1), without its auxiliary classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = [
    "ConvBNReLU",
    "InceptionA",
    "InceptionB",
    "InceptionC",
    "InceptionD",
    "InceptionE",
    "InceptionV3",
]


class ConvBNReLU(nn.Module):
    """Keeps the size of the map, unless `valid` leaves out the padding."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: tuple[int, int] = (1, 1),
        stride: int = 1,
        valid: bool = False,
    ) -> None:
        super().__init__()
        padding = (0, 0) if valid else (kernel[0] // 2, kernel[1] // 2)
        self.conv = nn.Conv2d(
            in_channels, out_channels, kernel, stride, padding, bias=False
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.bn(self.conv(x)))


class InceptionA(nn.Module):
    """(N, in_channels, H, W) -> (N, 224 + pool, H, W), Fig. 5"""

    def __init__(self, in_channels: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBNReLU(in_channels, 64)
        self.branch5x5_1 = ConvBNReLU(in_channels, 48)
        self.branch5x5_2 = ConvBNReLU(48, 64, (5, 5))
        self.branch3x3dbl_1 = ConvBNReLU(in_channels, 64)
        self.branch3x3dbl_2 = ConvBNReLU(64, 96, (3, 3))
        self.branch3x3dbl_3 = ConvBNReLU(96, 96, (3, 3))
        self.pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = ConvBNReLU(in_channels, pool)

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch1x1(x)
        five = self.branch5x5_2(self.branch5x5_1(x))
        three = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        three = self.branch3x3dbl_3(three)
        pooled = self.branch_pool(self.pool(x))
        return torch.cat((one, five, three, pooled), dim=1)


class InceptionB(nn.Module):
    """(N, 288, H, W) -> (N, 768, H/2, W/2), Fig. 10"""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3 = ConvBNReLU(288, 384, (3, 3), stride=2, valid=True)
        self.branch3x3dbl_1 = ConvBNReLU(288, 64)
        self.branch3x3dbl_2 = ConvBNReLU(64, 96, (3, 3))
        self.branch3x3dbl_3 = ConvBNReLU(96, 96, (3, 3), stride=2, valid=True)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        three = self.branch3x3dbl_3(three)
        return torch.cat((self.branch3x3(x), three, self.pool(x)), dim=1)


class InceptionC(nn.Module):
    """(N, 768, H, W) -> (N, 768, H, W), Fig. 6"""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBNReLU(768, 192)
        self.branch7x7_1 = ConvBNReLU(768, width)
        self.branch7x7_2 = ConvBNReLU(width, width, (1, 7))
        self.branch7x7_3 = ConvBNReLU(width, 192, (7, 1))
        self.branch7x7dbl_1 = ConvBNReLU(768, width)
        self.branch7x7dbl_2 = ConvBNReLU(width, width, (7, 1))
        self.branch7x7dbl_3 = ConvBNReLU(width, width, (1, 7))
        self.branch7x7dbl_4 = ConvBNReLU(width, width, (7, 1))
        self.branch7x7dbl_5 = ConvBNReLU(width, 192, (1, 7))
        self.pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = ConvBNReLU(768, 192)

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch1x1(x)
        seven = self.branch7x7_2(self.branch7x7_1(x))
        seven = self.branch7x7_3(seven)
        double = self.branch7x7dbl_2(self.branch7x7dbl_1(x))
        double = self.branch7x7dbl_4(self.branch7x7dbl_3(double))
        double = self.branch7x7dbl_5(double)
        pooled = self.branch_pool(self.pool(x))
        return torch.cat((one, seven, double, pooled), dim=1)


class InceptionD(nn.Module):
    """(N, 768, H, W) -> (N, 1280, H/2, W/2)"""

    def __init__(self) -> None:
        super().__init__()
        self.branch3x3_1 = ConvBNReLU(768, 192)
        self.branch3x3_2 = ConvBNReLU(192, 320, (3, 3), stride=2, valid=True)
        self.branch7x7x3_1 = ConvBNReLU(768, 192)
        self.branch7x7x3_2 = ConvBNReLU(192, 192, (1, 7))
        self.branch7x7x3_3 = ConvBNReLU(192, 192, (7, 1))
        self.branch7x7x3_4 = ConvBNReLU(192, 192, (3, 3), stride=2, valid=True)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        three = self.branch3x3_2(self.branch3x3_1(x))
        seven = self.branch7x7x3_2(self.branch7x7x3_1(x))
        seven = self.branch7x7x3_4(self.branch7x7x3_3(seven))
        return torch.cat((three, seven, self.pool(x)), dim=1)


class InceptionE(nn.Module):
    """(N, in_channels, H, W) -> (N, 2048, H, W), Fig. 7"""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = ConvBNReLU(in_channels, 320)
        self.branch3x3_1 = ConvBNReLU(in_channels, 384)
        self.branch3x3_2a = ConvBNReLU(384, 384, (1, 3))
        self.branch3x3_2b = ConvBNReLU(384, 384, (3, 1))
        self.branch3x3dbl_1 = ConvBNReLU(in_channels, 448)
        self.branch3x3dbl_2 = ConvBNReLU(448, 384, (3, 3))
        self.branch3x3dbl_3a = ConvBNReLU(384, 384, (1, 3))
        self.branch3x3dbl_3b = ConvBNReLU(384, 384, (3, 1))
        self.pool = nn.AvgPool2d(kernel_size=3, stride=1, padding=1)
        self.branch_pool = ConvBNReLU(in_channels, 192)

    def forward(self, x: Tensor) -> Tensor:
        one = self.branch1x1(x)
        y = self.branch3x3_1(x)
        three = torch.cat((self.branch3x3_2a(y), self.branch3x3_2b(y)), dim=1)
        y = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        double = torch.cat((self.branch3x3dbl_3a(y), self.branch3x3dbl_3b(y)), dim=1)
        pooled = self.branch_pool(self.pool(x))
        return torch.cat((one, three, double, pooled), dim=1)


class InceptionV3(nn.Module):
    """(N, 3, 299, 299) -> (N, num_classes)"""

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvBNReLU(3, 32, (3, 3), stride=2, valid=True)
        self.Conv2d_2a_3x3 = ConvBNReLU(32, 32, (3, 3), valid=True)
        self.Conv2d_2b_3x3 = ConvBNReLU(32, 64, (3, 3))
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Conv2d_3b_1x1 = ConvBNReLU(64, 80)
        self.Conv2d_4a_3x3 = ConvBNReLU(80, 192, (3, 3), valid=True)
        self.Mixed_5b = InceptionA(192, pool=32)
        self.Mixed_5c = InceptionA(256, pool=64)
        self.Mixed_5d = InceptionA(288, pool=64)
        self.Mixed_6a = InceptionB()
        self.Mixed_6b = InceptionC(128)
        self.Mixed_6c = InceptionC(160)
        self.Mixed_6d = InceptionC(160)
        self.Mixed_6e = InceptionC(192)
        self.Mixed_7a = InceptionD()
        self.Mixed_7b = InceptionE(1280)
        self.Mixed_7c = InceptionE(2048)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout()
        self.fc = nn.Linear(2048, num_classes)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(m.weight, std=0.1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))  # (N, 32, 147, 147)
        x = self.maxpool(self.Conv2d_2b_3x3(x))  # (N, 64, 73, 73)
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))  # (N, 192, 71, 71)
        x = self.maxpool(x)  # (N, 192, 35, 35)
        x = self.Mixed_5b(x)  # (N, 256, 35, 35)
        x = self.Mixed_5c(x)  # (N, 288, 35, 35)
        x = self.Mixed_5d(x)
        x = self.Mixed_6a(x)  # (N, 768, 17, 17)
        x = self.Mixed_6b(x)
        x = self.Mixed_6c(x)
        x = self.Mixed_6d(x)
        x = self.Mixed_6e(x)
        x = self.Mixed_7a(x)  # (N, 1280, 8, 8)
        x = self.Mixed_7b(x)  # (N, 2048, 8, 8)
        x = self.Mixed_7c(x)
        x = torch.flatten(self.avgpool(x), 1)  # (N, 2048)
        return self.fc(self.dropout(x))
