"""W06xx: warnings."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "W0601",
        "an input without a nominal size",
        "A bare name in `input:` is any size, and MACs, memory and figures need one. The usual 224 is taken, or the "
        "nearest size for which the network holds. Write `H=224` to state your own.",
    ),
    Code(
        "W0602",
        "a layer that nothing reads",
        "Its output goes into no other layer and is no output of the network, so it has parameters and no effect. "
        "Often a `from:` is missing behind it.",
    ),
    Code(
        "W0603",
        "a param or `let` that nothing reads",
        "It can be set, and changes nothing. Delete it, or use it where it was meant.",
    ),
    Code(
        "W0604",
        "a bias in front of batch norm",
        "Batch norm subtracts the mean of each channel, and with it any constant that the layer before adds: the bias "
        "is learned and stored, and has no effect (Ioffe & Szegedy 2015, sec. 3.2).",
    ),
    Code(
        "W0605",
        "two linear layers with nothing between",
        "Two linear maps in a row are one linear map, with more weights. Usually a norm or an activation is missing; "
        "who means a factorisation says so with a comment.",
    ),
    Code(
        "W0606",
        "dropout in front of batch norm",
        "In training dropout adds variance, which batch norm learns to divide by; at inference nothing is dropped and "
        "it is another (Li et al. 2019, Understanding the Disharmony between Dropout and Batch Normalization).",
    ),
    Code(
        "W0607",
        "a residual branch that ends in ReLU",
        "What such a branch adds is never negative, so the signal can only grow from unit to unit; its error is higher "
        "(He et al. 2016, sec. 4.1 and Fig. 4c).",
    ),
    Code(
        "W0608",
        "an activation after the last linear layer",
        "Logits have both signs. An activation that cuts or bends one side leaves the loss without a gradient where it "
        "is needed most: cross entropy cannot push a cut logit back.",
    ),
    Code(
        "W0609",
        "rows or columns that no window reads",
        "The size of a map is rounded down, so at the nominal size the last rows or columns of a layer's input have no "
        "influence on anything, and their gradient is zero. Padding that is left out is no loss and is not counted.",
    ),
)
