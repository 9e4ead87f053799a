"""E04xx: expectations, requirements and weights."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "E0401",
        "a requirement is not met",
        "The file or block states with `require:` what must hold of its parameters; the message is its author's.",
    ),
    Code(
        "E0402",
        "an expectation of something that is not there",
        "`expect:` speaks of a node or variant that the network does not have.",
    ),
    Code(
        "E0403",
        "an expectation that does not hold",
        "`expect:` states parameters, MACs, layers or shapes; the network has others. Either the network changed "
        "without intent, or the expectation is to be brought up to date.",
    ),
    Code(
        "E0404",
        "weights that would not fit",
        "`weights: {layout: ...}` promises that checkpoints of another library load. The keys of the state_dict, their "
        "order or their shapes are not those of any network that the layout knows.",
    ),
)
