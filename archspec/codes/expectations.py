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
    Code(
        "E0405",
        "a key map that cannot be followed",
        "`archspec weights --map` reads a YAML map from the checkpoint's keys to the network's. A hole `{i}` takes one "
        "name between two dots, `{rest}` takes several; on the right side a hole is an expression, so `{i+1}` counts "
        "on. No two keys may come to have one name.",
    ),
)
