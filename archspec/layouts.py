"""`weights: {layout: torchvision}`: a promise that checkpoints fit, held against frozen fingerprints.

`layouts.json` has for each layout its networks' fingerprints: the sha256 of the state_dict's ordered keys and shapes.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from archspec.passes.layout import fingerprint, tensors
from archspec.passes.shapes import Shapes
from archspec.report import Report, suggestion
from archspec.spec.model import Spec


@cache
def layouts() -> dict[str, dict[str, str]]:
    """Layout name to network name to fingerprint."""
    found: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("layouts.json").read_text(encoding="utf-8"))
    return found


def check_layout(spec: Spec, shapes: Shapes, report: Report) -> None:
    """Hold the network's state_dict against the layout that its spec promises, for the spec as written."""
    layout = spec.file.layout
    if layout is None or spec.variant is not None or spec.settings:
        return
    networks = layouts().get(layout.text)
    if networks is None:
        report.error(
            "E0404",
            f"no weights are known as `{layout.text}`",
            layout.span,
            notes=[f"known: {', '.join(layouts())}"],
            help=suggestion(layout.text, layouts()),
        )
    elif fingerprint(tensors(shapes)) not in networks.values():
        report.error(
            "E0404",
            f"the state_dict is not laid out as `{layout.text}` has it",
            layout.span,
            label="checkpoints would not fit",
            notes=[_differences(spec.name, layout.text, networks)],
            help="keys, their order and their shapes make the layout; to promise nothing, leave out `weights:`",
        )


def _differences(name: str, layout: str, networks: dict[str, str]) -> str:
    if name in networks:
        return f"expected the keys and shapes of {layout}'s `{name}`, in its order, found others"
    return f"expected the keys and shapes of one of {layout}'s {len(networks)} networks, found others"
