"""torchvision's own models, and its state_dicts as frozen facts.

Its wheel brings operators compiled for another torch; the models do without them once the names exist.
"""

from __future__ import annotations

import gzip
import importlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import torch

FACTS: dict[str, Any] = json.loads(gzip.decompress(Path(__file__).with_name("torchvision.json.gz").read_bytes()))
"""Of torchvision 0.29, by builder: parameters, macs (with every auxiliary head idle) at the published crop, and the
ordered [key, shape] pairs of the state_dict. `vit_h_14` is the one that its builder makes, for images of 224."""

ADDRESSES = {"googlenet": "googlenet@googlenet_torchvision_aux"}
"""Builders whose network has another name in the zoo, whose `googlenet` is the paper's."""


@cache
def _models() -> Any:
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    library.define("qnms(Tensor boxes, Tensor scores, float threshold) -> Tensor")
    models = importlib.import_module("torchvision.models")
    return models, library


def version() -> str:
    """The version of the installed torchvision."""
    _models()
    return str(importlib.import_module("torchvision").__version__)


def build(name: str, **options: Any) -> torch.nn.Module:
    """A model of torchvision with random weights."""
    net: torch.nn.Module = getattr(_models()[0], name)(weights=None, **options)
    return net


def feature_pyramid(backbone: str) -> torch.nn.Module:
    """torchvision's ResNet with a feature pyramid, its norms those of training."""
    _models()
    made = importlib.import_module("torchvision.models.detection.backbone_utils").resnet_fpn_backbone
    net: torch.nn.Module = made(
        backbone_name=backbone, weights=None, norm_layer=torch.nn.BatchNorm2d, trainable_layers=5
    )
    return net


def transformer(**options: Any) -> torch.nn.Module:
    """A vision transformer of torchvision of any size, with random weights."""
    net: torch.nn.Module = _models()[0].VisionTransformer(**options)
    return net


def window_attention(version: str, **options: Any) -> torch.nn.Module:
    """torchvision's attention within shifted windows, of Swin ("") or of its second version ("V2")."""
    _models()
    swin = importlib.import_module("torchvision.models.swin_transformer")
    net: torch.nn.Module = getattr(swin, f"ShiftedWindowAttention{version}")(**options)
    return net


def partition_attention(**options: Any) -> torch.nn.Module:
    """torchvision's layer of attention within the windows or grids of a map, of MaxViT."""
    _models()
    net: torch.nn.Module = importlib.import_module("torchvision.models.maxvit").PartitionAttentionLayer(**options)
    return net


def maxvit(**options: Any) -> torch.nn.Module:
    """A MaxViT of torchvision of any size, with random weights."""
    net: torch.nn.Module = _models()[0].MaxVit(**options)
    return net
