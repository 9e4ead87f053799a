"""Kinds of shortcuts, and the nesting of graphs into forks, on small hand-made graphs."""

from __future__ import annotations

import pytest

from archspec.backends.figure.nest import SOURCE, Nesting
from archspec.backends.figure.outline import Branch, Chain, Fork, Step, Tangle
from archspec.backends.figure.shortcut import classify, kind, labels
from archspec.shapes import Shape

SHAPE = Shape.of(1, 4, 8, 8)


def step(op: str, brief: str | None = None) -> Step:
    family = {"batch_norm": "norm", "relu": "act", "sigmoid": "act", "add": "join", "mul": "join", "concat": "join"}
    return Step(
        op, family.get(op, "layer" if op == "conv2d" else "op"), op, op if brief is None else brief, op, SHAPE,  # type: ignore[arg-type]
        weighted=op == "conv2d",
    )  # fmt: skip


CONV, BN, RELU, ADD, MUL = step("conv2d", "3×3"), step("batch_norm"), step("relu"), step("add"), step("mul")
PROJECT = step("conv2d", "1×1 /2")
GATED = Fork((Branch((step("conv2d", "1×1"), step("sigmoid"))), Branch((), "flow")), MUL)


@pytest.mark.parametrize(
    ("chain", "expected"),
    [
        ((), "identity"),
        ((step("identity"),), "identity"),
        ((PROJECT,), "projection"),
        ((PROJECT, BN), "projection"),
        ((step("avg_pool2d"), PROJECT, BN), "projection"),
        ((step("pad_channels"),), "pad"),
        ((step("subsample2d"), step("pad_channels")), "pad"),
        ((step("avg_pool2d"), step("pad_channels")), "pad"),
        ((step("scale"),), "gated"),
        ((step("dropout"),), "gated"),
        ((RELU,), "gated"),
        ((GATED,), "gated"),
        ((step("subsample2d"), step("pad_channels"), step("scale")), "gated"),
    ],
)
def test_kinds(chain: Chain, expected: str) -> None:
    assert kind(chain) == expected


def test_the_lighter_branch_is_the_shortcut_whatever_the_order_of_operands() -> None:
    main: Chain = (CONV, BN, RELU, CONV, BN)
    for pair in ((main, (PROJECT, BN)), ((PROJECT, BN), main)):
        first, second = classify(pair, ADD)
        assert first == Branch(main)
        assert (second.kind, second.labels) == ("projection", ("1×1 /2",))


def test_a_single_wide_layer_outweighs_a_single_1x1() -> None:
    branches = classify(((step("conv2d", "1×1"),), (CONV,)), ADD)
    assert [branch.kind for branch in branches] == [None, "projection"]


def test_equal_branches_are_no_shortcut() -> None:
    assert [branch.kind for branch in classify(((CONV, CONV), (CONV, CONV)), ADD)] == [None, None]


def test_what_passes_unchanged_stands_last() -> None:
    branches = classify(((), (CONV,), (CONV, CONV)), step("concat"))
    assert [branch.kind for branch in branches] == [None, None, "identity"]


@pytest.mark.parametrize("op", ["resize_like", "window_reverse"])
def test_what_lends_its_size_alone_is_no_shortcut(op: str) -> None:
    resize = step(op)
    assert [branch.kind for branch in classify(((CONV,), ()), resize)] == [None, "flow"]
    assert [branch.kind for branch in classify(((), (CONV,)), resize)] == [None, "flow"]


def test_a_square_is_no_shortcut_and_a_doubling_is() -> None:
    assert [branch.kind for branch in classify(((), ()), MUL)] == [None, "flow"]
    assert [branch.kind for branch in classify(((), ()), ADD)] == [None, "identity"]


def test_labels_put_strides_where_they_belong() -> None:
    assert labels((step("subsample2d", "/2"), step("pad_channels", "pad"), step("scale", "×0.5"))) == ("pad /2", "×0.5")
    assert labels((step("pad_channels", "pad"), step("subsample2d", "/2"))) == ("pad /2",)
    assert labels((step("subsample2d", "/2"),)) == ("/2",)
    assert labels((GATED,)) == ("gate",)
    assert labels(()) == ()


def nest(ops: list[tuple[Step, tuple[int, ...]]], exits: tuple[int, ...]) -> Chain:
    nesting = Nesting([sources for _, sources in ops], lambda index: (ops[index][0],))
    return nesting.chain(range(len(ops)), SOURCE, exits)


def test_a_chain_is_a_chain() -> None:
    assert nest([(CONV, (SOURCE,)), (BN, (0,)), (RELU, (1,))], (2,)) == (CONV, BN, RELU)


def test_a_residual_unit_is_a_fork() -> None:
    ops = [(CONV, (SOURCE,)), (BN, (0,)), (ADD, (1, SOURCE)), (RELU, (2,))]
    assert nest(ops, (3,)) == (Fork((Branch((CONV, BN)), Branch((), "identity")), ADD), RELU)


def test_forks_nest() -> None:
    """x -> conv -> [conv -> + ] -> + with both shortcuts."""
    ops = [(CONV, (SOURCE,)), (CONV, (0,)), (ADD, (1, 0)), (ADD, (2, SOURCE))]
    inner = Fork((Branch((CONV,)), Branch((), "identity")), ADD)
    assert nest(ops, (3,)) == (Fork((Branch((CONV, inner)), Branch((), "identity")), ADD),)


def test_adding_a_value_to_itself_keeps_both_wires() -> None:
    (fork,) = nest([(ADD, (SOURCE, SOURCE))], (0,))
    assert isinstance(fork, Fork) and len(fork.branches) == 2


def test_crossing_wires_are_a_tangle_that_loses_none() -> None:
    """a and b from x; c reads a and b; d reads b and a; + reads both."""
    ops = [(CONV, (SOURCE,)), (CONV, (SOURCE,)), (MUL, (0, 1)), (MUL, (1, 0)), (ADD, (2, 3))]
    (tangle,) = nest(ops, (4,))
    assert isinstance(tangle, Tangle)
    assert sorted(tangle.wires) == [(-1, 0), (-1, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 4), (3, 4)]


def test_two_exits_of_one_body() -> None:
    assert nest([(CONV, (SOURCE,)), (BN, (0,)), (RELU, (0,))], (1, 2))[0] == CONV
