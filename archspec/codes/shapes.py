"""E03xx: shapes and ops."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "E0301",
        "inputs of different shapes",
        "A sum takes equal shapes, a concatenation equal shapes but for its axis. torch would broadcast sizes of 1 "
        "in silence, which in a network is nearly always a missing stride or projection.",
    ),
    Code(
        "E0302",
        "an input with the wrong number of axes",
        "The op or block takes another rank; a `flatten` or a pooling is often missing before it.",
    ),
    Code(
        "E0303",
        "a size that the signature does not allow",
        "The block states this axis as a number, and the input has another.",
    ),
    Code(
        "E0304",
        "the wrong number of inputs",
        "The op or block takes another number of inputs: see `from:`.",
    ),
    Code(
        "E0305",
        "a module that cannot be shared with this input",
        "`same:` runs one module again, so its input must have the channels that its weights were made for.",
    ),
    Code(
        "E0306",
        "a promise that is not kept",
        "`out:` of a block and `output:` of a network are checked against the shapes that the layers give.",
    ),
    Code(
        "E0307",
        "no size for which the network holds",
        "What the layers demand of a free size of the input contradicts itself: no size meets all of it. The errors "
        "beside this one say what fails at the size that was tried.",
    ),
    Code(
        "E0310",
        "an axis that does not fit",
        "Axes are named by their labels (N, C, H, W; N, T, D; N, D); the op names one that its input lacks, has "
        "already, or may not touch.",
    ),
    Code(
        "E0311",
        "nothing is left of the map",
        "After this op a side of the map has size 0. Use fewer strides, more padding, or a larger input.",
    ),
    Code(
        "E0312",
        "a window larger than its input",
        "The padded input is smaller than the kernel, dilation included, so the window fits nowhere.",
    ),
    Code(
        "E0313",
        "groups or factors that do not divide",
        "The number of channels must be a multiple of it; of windows, that tile a map, its height and width.",
    ),
    Code(
        "E0314",
        "a linear layer without a fixed number of features",
        "A linear layer after a feature map needs `flatten` or a pooling first, and a flattened map has a fixed "
        "size only where the input has. torch would run it over the last axis.",
    ),
    Code(
        "E0315",
        "`output_padding` is too large",
        "It must be smaller than the stride or the dilation; it only chooses among the sizes that a stride folds "
        "together. Beside `padding: tf_same` there is none to choose.",
    ),
    Code(
        "E0316",
        "the padding is over half the kernel",
        "A pooling window would lie in the padding alone.",
    ),
    Code(
        "E0317",
        "heads that do not divide the features",
        "Attention cuts its features into `heads` equal parts.",
    ),
    Code(
        "E0318",
        "channels in the wrong place",
        "Most ops on maps need their channels in axis 1, [N, C, H, W]; those of transformers last, [N, H, W, C].",
    ),
    Code(
        "E0319",
        "`padding: same` with a stride",
        "torch defines `same` for a stride of 1 only; `tf_same` is the rule of TensorFlow.",
    ),
    Code(
        "E0320",
        "an index or place that is out of range",
        "The axis has fewer entries than that, or the window.",
    ),
    Code(
        "E0321",
        "a split that does not add up",
        "`parts` must divide the axis, `sizes` must add up to it, and exactly one of them is given.",
    ),
    Code(
        "E0322",
        "a reshape that changes the number of values",
        "The sizes must multiply to the same number; one of them may be worked out.",
    ),
    Code(
        "E0323",
        "`pad_channels` cannot take channels away",
        "It adds channels of zeros up to `to`.",
    ),
    Code(
        "E0324",
        "a padding larger than the map",
        "A reflecting padding copies from inside the map, and cannot copy more than there is.",
    ),
    Code(
        "E0325",
        "`crop_like` cannot make a map larger",
        "The map to be cropped must be at least as large as its model.",
    ),
    Code(
        "E0326",
        "an option that has no meaning for this mode",
        "`align_corners` belongs to the interpolating modes of a resize, `value` to the constant mode of a padding.",
    ),
    Code(
        "E0327",
        "one value to normalise",
        "A norm over a single value gives a constant: in training torch refuses it.",
    ),
    Code(
        "E0328",
        "token ids where numbers are expected, or numbers where ids are",
        "An input of two axes that are called N and T, such as `ids[N, T=128]`, holds whole numbers: which entry of a "
        "vocabulary each token is. `embedding` looks them up; to any other op they mean nothing.",
    ),
)
