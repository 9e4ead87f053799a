"""Which shortcut costs what? The options A, B and C of He et al. 2015 side by side, without torch.

python examples/compare_shortcuts.py
"""

from __future__ import annotations

import archspec

for name in ("resnet34@plain34", "resnet34@resnet34_A", "resnet34", "resnet34@resnet34_C"):
    cost = archspec.check(name).cost
    print(f"{name:<22} {cost.parameters:>12,} parameters  {cost.macs:>14,} MACs")
