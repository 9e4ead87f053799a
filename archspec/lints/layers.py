"""Lints about neighbouring layers."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.lints.surroundings import Finding, Surroundings

CONVOLUTIONS = frozenset({"conv2d", "conv_transpose2d"})
LINEAR = CONVOLUTIONS | {"linear"}
UNBOUNDED = frozenset({"relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "mish", "hardswish"})
"""Activations that cut or bend one side: of no use on logits."""
ACTIVATIONS = UNBOUNDED | {"sigmoid", "tanh", "hardsigmoid", "softmax"}
JOINS = frozenset({"add", "mul", "concat", "stack"})
NORMS = frozenset({"batch_norm", "layer_norm", "layer_norm2d", "group_norm"})


def bias_before_norm(here: Surroundings) -> Iterator[Finding]:
    """A bias that the batch norm behind it subtracts again (Ioffe & Szegedy 2015, sec. 3.2)."""
    for node in here.of(LINEAR):
        if getattr(node.target, "bias", False) and here.name(here.sole_reader(node.key)) == "batch_norm":
            yield Finding(
                "W0604",
                "a bias in front of batch norm has no effect",
                node.span,
                "batch norm subtracts the mean, and with it any constant",
                "write `bias: false`",
            )


def linear_pair(here: Surroundings) -> Iterator[Finding]:
    """Two linear maps with nothing between are one linear map; a depthwise and a pointwise one are a factorisation.

    The latter was better without an activation between them (Chollet 2017, sec. 4.7).
    """
    for node in here.of(LINEAR):
        key = here.sole_reader(node.key)
        reader = here.name(key)
        if key is not None and reader in LINEAR:
            if any(getattr(each.target, "groups", 1) > 1 for each in (node, here.node(key))):
                continue
            yield Finding(
                "W0605",
                f"nothing between this `{here.name(node.key)}` and the `{reader}` that reads it",
                node.span,
                "two linear maps in a row are one linear map, with more weights",
                "put a norm or an activation between them",
            )


def dropout_before_norm(here: Surroundings) -> Iterator[Finding]:
    """Dropout changes the variance that batch norm learns in training (Li et al. 2019)."""
    for node in here.of({"dropout"}):
        if here.name(here.sole_reader(node.key)) == "batch_norm":
            yield Finding(
                "W0606",
                "dropout in front of batch norm",
                node.span,
                "the variance that batch norm keeps from training is not that of inference, where nothing is dropped",
                "put dropout after the last batch norm",
            )


def two_in_a_row(here: Surroundings) -> Iterator[Finding]:
    """An activation of an activation, or a norm of a norm (Goodfellow et al. 2016, sec. 6.1)."""
    for node in here.of(ACTIVATIONS | NORMS):
        first, reader = here.name(node.key), here.sole_reader(node.key)
        second = here.name(reader)
        for kind, family in (("activations", ACTIVATIONS), ("norms", NORMS)):
            if reader is not None and first in family and second in family:
                yield Finding(
                    "W0611",
                    f"two {kind} in a row: `{first}`, then `{second}`",
                    here.node(reader).span,
                    "with no weights between them the two are one, and the first is seldom meant"
                    if kind == "activations"
                    else "the second undoes the scale and shift that the first has learned",
                    "leave one of them out",
                )


def lone_join(here: Surroundings) -> Iterator[Finding]:
    """A join written with one operand; one that is left with one, by a false `when`, is no op any more."""
    for node in here.of(JOINS):
        if len(here.inputs[node.key]) == 1:
            yield Finding(
                "W0616",
                f"`{here.name(node.key)}` of one operand",
                node.span,
                "a join of one operand is that operand",
                "name all of its operands: `from: [a, b]`",
            )


def rectified_branch(here: Surroundings) -> Iterator[Finding]:
    """A residual branch that ends in ReLU can only add (He et al. 2016, sec. 4.1, Fig. 4c)."""
    for node in here.of({"add"}):
        ends = here.inputs[node.key]
        rectified = [key for key in ends if here.name(key) in ("relu", "relu6")]
        if len(ends) < 2 or len(rectified) != 1:
            continue  # where all operands are rectified it is a sum of features, not a residual
        if _branches_off(here, rectified[0], [key for key in ends if key != rectified[0]]):
            yield Finding(
                "W0607",
                "the residual branch ends in ReLU",
                here.node(rectified[0]).span,
                "what it adds is never negative, so the signal can only grow from unit to unit",
                "put the ReLU after the addition, or in front of the branch's first layer",
            )


def _branches_off(here: Surroundings, end: str, others: list[str]) -> bool:
    """Whether the way back from `end` leads to another operand, or to what it is made from."""
    sources = {*others, *(key for other in others for key in here.inputs.get(other, ()))}
    seen: set[str] = set()
    waiting = list(here.inputs[end])
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += here.inputs.get(key, ())
    return bool(seen & sources)


ON_LOGITS = {
    **dict.fromkeys(
        UNBOUNDED, ("W0608", "logits have both signs; a loss such as cross entropy cannot push a cut one back")
    ),
    "softmax": ("W0612", "`nn.CrossEntropyLoss` takes logits: of their softmax it takes the softmax again"),
    "dropout": ("W0613", "in training it sets some logits to 0: the loss is then that of another answer"),
}
"""What does not belong behind the last linear layer: the code and why."""


def after_the_logits(here: Surroundings) -> Iterator[Finding]:
    """An activation that cuts one side, a softmax or dropout, after the last linear layer."""
    for node in here.of(ON_LOGITS) if here.whole else ():
        name = here.name(node.key)
        if node.key in here.given and here.name(here.inputs[node.key][0]) == "linear":
            code, why = ON_LOGITS[name]
            yield Finding(code, f"`{name}` on the output of the last linear layer", node.span, why, "leave it out")
