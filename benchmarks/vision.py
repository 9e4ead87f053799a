"""torchvision's models on a CPU build of torch, which lacks the operators that its C++ part would bring."""

from __future__ import annotations

import torch

_OPERATORS = torch.library.Library("torchvision", "DEF")
for _name in ("nms", "qnms"):
    _OPERATORS.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from torchvision import models  # noqa: E402  (after the operators are declared)

__all__ = ["models"]
