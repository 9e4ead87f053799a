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
        "who means a factorisation says so with a comment. A depthwise convolution beside a pointwise one is known "
        "as one (Chollet 2017, Xception, sec. 4.7).",
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
    Code(
        "W0610",
        "a block, library or input that nothing uses",
        "It is read and checked for nothing, or a call of it was forgotten. A block counts as used where a variant "
        "names it, and where a block does that is used itself.",
    ),
    Code(
        "W0611",
        "two activations or two norms in a row",
        "A layer is an affine map and one activation (Goodfellow et al. 2016, Deep Learning, sec. 6.1). Two "
        "activations with no weights between them are one, often the second alone (ReLU of a ReLU); of two norms the "
        "second undoes the scale and shift of the first. Usually a line was copied once too often.",
    ),
    Code(
        "W0612",
        "a softmax after the last linear layer",
        "`nn.CrossEntropyLoss` takes logits and works out the softmax itself, in a form that does not overflow. Given "
        "probabilities it takes their softmax, which is nearly uniform, and training hardly moves. Who wants a network "
        "that gives probabilities says so with a comment.",
    ),
    Code(
        "W0613",
        "dropout after the last linear layer",
        "Dropout is for the inputs of a layer (Srivastava et al. 2014, sec. 4). On the logits it changes in training "
        "what is compared with the labels, and at inference nothing.",
    ),
    Code(
        "W0614",
        "gaps between the windows",
        "The stride is larger than the window, so whole rows and columns of the map are never read and what made them "
        "worked for nothing (He et al. 2019, Bag of Tricks, sec. 4.2, of a 1x1 window at stride 2). A window of one is "
        "the usual way to subsample and is not warned of.",
    ),
    Code(
        "W0615",
        "windows of a transposed convolution that overlap unevenly",
        "Where the kernel is no multiple of the stride, some rows of the output are the sum of more windows than "
        "others: the checkerboard of Odena et al. 2016, Deconvolution and Checkerboard Artifacts.",
    ),
    Code(
        "W0616",
        "a sum or concatenation of one operand",
        "A join of one operand is that operand. Operands may be left out by their `when`, and that is fine; but where "
        "a single name is written, or no `from:`, it joins nothing: a residual shortcut was forgotten, say.",
    ),
    Code(
        "W0617",
        "weights that meet padding alone",
        "At the nominal size the kernel reaches so far beyond the map that some of its weights never stand on it: they "
        "are stored, multiply zeros, and have no gradient. A dilated 3x3 kernel becomes a 1x1 one where its dilation "
        "is as large as the map (Chen et al. 2017, Rethinking Atrous Convolution, sec. 3.3), a padded one on a map of "
        "one place too.",
    ),
    Code(
        "W0618",
        "an open parameter that fits at its default alone",
        "An `open` parameter becomes an argument of the generated network's constructor. This one sizes something that "
        "must agree with a size which stays as it is, such as the other operand of a sum, so the network fails with "
        "any other value. Twice and three times the default are tried.",
    ),
)
