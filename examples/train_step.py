"""One training step of a CIFAR ResNet that was compiled from its spec in memory.

python examples/train_step.py
"""

from __future__ import annotations

import torch
from torch import nn

import archspec

torch.manual_seed(0)
net = archspec.module("resnet20", num_classes=10)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)  # He et al. 2015, section 4.2
images, labels = torch.randn(16, 3, 32, 32), torch.randint(0, 10, (16,))
for step in range(3):
    loss = nn.functional.cross_entropy(net(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step}: loss {loss.item():.3f}")
