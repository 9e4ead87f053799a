"""Names of classes, and names that are not taken yet."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import chain, count

from archspec.backends.torch_code.support import PIECES

SPELLINGS = {
    "resnet": "ResNet",
    "vgg": "VGG",
    "googlenet": "GoogLeNet",
    "lenet": "LeNet",
    "alexnet": "AlexNet",
    "densenet": "DenseNet",
    "mobilenet": "MobileNet",
    "efficientnet": "EfficientNet",
    "convnext": "ConvNeXt",
    "vit": "ViT",
    "cifar": "CIFAR",
    "preact": "PreAct",
    "imagenet": "ImageNet",
    "tf": "TF",
    "d2l": "D2L",
    "bn": "BN",
    "resnext": "ResNeXt",
    "unet": "UNet",
    "squeezenet": "SqueezeNet",
    "shufflenet": "ShuffleNet",
    "regnet": "RegNet",
    "mbconv": "MBConv",
    "mnasnet": "MNASNet",
    "relu": "ReLU",
    "se": "SE",
    "gru": "GRU",
    "fpn": "FPN",
}
RESERVED = frozenset({"Tensor", "NamedTuple", "OrderedDict", "None", "True", "False", "Module", "F", *PIECES})


def unused(name: str, taken: Container[object], joint: str = "") -> str:
    """A name, with the first number behind it that makes it new if it is taken."""
    return next(each for each in chain((name,), (f"{name}{joint}{k}" for k in count(2))) if each not in taken)


def class_name(name: str) -> str:
    """`resnet152` as ResNet152, `conv_bn_relu` as ConvBNReLU."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    text = "".join(_word(word) for word in words)
    text = text if text[:1].isalpha() else f"Net{text}"
    return f"{text}_" if text in RESERVED else text


def _word(word: str) -> str:
    if word.lower() in SPELLINGS:
        return SPELLINGS[word.lower()]
    match = re.fullmatch(r"([A-Za-z]+)(\d.*)", word)
    if match and match[1].lower() in SPELLINGS:
        return SPELLINGS[match[1].lower()] + match[2].upper()
    return word[:1].upper() + word[1:]
