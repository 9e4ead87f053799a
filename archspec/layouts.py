"""`weights: {layout: torchvision}`: a promise that checkpoints fit, held against frozen fingerprints.

A line of `layouts.txt` has a layout, a network of it, and its fingerprint: the sha256 of the state_dict's ordered keys
and shapes.
"""

from __future__ import annotations

import os.path
from functools import cache

from archspec.passes.layout import fingerprint, tensors
from archspec.passes.shapes import Shapes
from archspec.report import Report, suggestion
from archspec.spec.model import Spec


@cache
def layouts() -> dict[str, dict[str, str]]:
    """Layout name to network name to fingerprint."""
    found: dict[str, dict[str, str]] = {}
    with open(os.path.join(os.path.dirname(__file__), "layouts.txt"), encoding="utf-8") as stream:
        for layout, network, known in map(str.split, stream):
            found.setdefault(layout, {})[network] = known
    return found


def check_layout(spec: Spec, shapes: Shapes, report: Report) -> None:
    """Hold the network's state_dict against the layout that its spec promises.

    A network that the layout knows by name must be that one; another spec, as written, must be one of the layout's.
    Of a variant that the layout does not know, and under settings, nothing is promised.
    """
    layout = spec.file.layout
    if layout is None or spec.settings or spec.features:
        return
    networks = layouts().get(layout.text)
    if spec.variant is not None and spec.name not in (networks or ()):
        return
    if networks is None:
        report.error(
            "E0404",
            f"no weights are known as `{layout.text}`",
            layout.span,
            notes=[f"known: {', '.join(layouts())}"],
            help=suggestion(layout.text, layouts()),
        )
    elif fingerprint(tensors(shapes)) not in ([networks[spec.name]] if spec.name in networks else networks.values()):
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
