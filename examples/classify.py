"""Classify photos with a network compiled from its spec and a checkpoint that somebody else trained.

python examples/classify.py mobilenet_v2 mobilenet_v2-b0353104.pth cat.png
python examples/classify.py efficientnet_lite0 lite0.pth cat.png --map examples/efficientnet_lite0_keys.yaml
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import archspec

CLASSES = Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8").splitlines()
"""The names of ImageNet's 1,000 classes (Russakovsky et al. 2015), in the order of every classifier's outputs."""

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's pixels, red, green and blue: what the checkpoints were trained with."""


def crop(path: str) -> Tensor:
    """The middle 224x224 pixels of a photo whose shorter side is brought to 256, as (1, 3, 224, 224)."""
    image = Image.open(path).convert("RGB")
    factor = 256 / min(image.size)
    width, height = (round(side * factor) for side in image.size)
    left, top = (width - 224) // 2, (height - 224) // 2
    image = image.resize((width, height), Image.Resampling.BILINEAR).crop((left, top, left + 224, top + 224))
    pixels = torch.from_numpy(np.asarray(image, dtype=np.float32) / 255)
    return ((pixels - torch.tensor(MEAN)) / torch.tensor(DEVIATION)).permute(2, 0, 1).unsqueeze(0)


def main() -> None:
    """Load, classify, print the likeliest class of each photo and its probability."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", help="a spec, or a network of the zoo")
    parser.add_argument("checkpoint", help="its weights")
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--map", help="a key map, where the checkpoint's names are others")
    args = parser.parse_args()

    net = archspec.module(args.spec, init=False).eval()
    net.load_state_dict(archspec.weights(args.checkpoint, args.spec, key_map=args.map).state_dict())
    for photo in args.photos:
        with torch.inference_mode():
            probabilities = net(crop(photo)).softmax(dim=1)[0]
        best = int(probabilities.argmax())
        print(f"{Path(photo).name}: {CLASSES[best]} ({float(probabilities[best]):.3f})")


if __name__ == "__main__":
    main()
