"""E03xx: shapes and ops."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "E0301",
        "inputs of different shapes",
        "A sum takes equal shapes, a concatenation equal shapes but for its axis. torch would broadcast sizes of 1 "
        "in silence, which in a network is nearly always a missing stride or projection.",
        "input: x[N, 3, 8, 8]\nnet:\n  - a: {op: conv2d, out: 4, kernel: 1}\n"
        "  - b: {op: conv2d, from: x, out: 4, kernel: 1, stride: 2}\n  - add: {op: add, from: [a, b]}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - a: {op: conv2d, out: 4, kernel: 1, stride: 2}\n"
        "  - b: {op: conv2d, from: x, out: 4, kernel: 1, stride: 2}\n  - add: {op: add, from: [a, b]}\n",
    ),
    Code(
        "E0302",
        "an input with the wrong number of axes",
        "The op or block takes another rank; a `flatten` or a pooling is often missing before it.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: flatten}\n  - {op: max_pool2d, kernel: 2}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: max_pool2d, kernel: 2}\n  - {op: flatten}\n",
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
        "input: x[N, 3, 8, 8]\nnet:\n  - a: {op: relu}\n  - b: {op: relu, from: [x, a]}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - a: {op: relu}\n  - b: {op: relu, from: a}\n",
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
        "input: x[N, 3, H, W=8]\nnet:\n  - pool: {op: max_pool2d, kernel: [2, 1]}\n  - add: {op: add, "
        "from: [x, pool]}\n",
        "input: x[N, 3, H, W=8]\nnet:\n  - pool: {op: max_pool2d, kernel: [3, 1], stride: 1, padding: [1, 0]}\n"
        "  - add: {op: add, from: [x, pool]}\n",
    ),
    Code(
        "E0310",
        "an axis that does not fit",
        "Axes are named by their labels (N, C, H, W; N, T, D; N, D); the op names one that its input lacks, has "
        "already, or may not touch.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: softmax, axis: T}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: softmax, axis: C}\n",
    ),
    Code(
        "E0311",
        "nothing is left of the map",
        "After this op a side of the map has size 0. Use fewer strides, more padding, or a larger input.",
        "input: x[N, 3, 1, 1]\nnet:\n  - {op: conv_transpose2d, out: 4, kernel: 2, padding: 1}\n",
        "input: x[N, 3, 1, 1]\nnet:\n  - {op: conv_transpose2d, out: 4, kernel: 2}\n",
    ),
    Code(
        "E0312",
        "a window larger than its input",
        "The padded input is smaller than the kernel, dilation included, so the window fits nowhere.",
        "input: x[N, 3, 4, 4]\nnet:\n  - {op: conv2d, out: 8, kernel: 7}\n",
        "input: x[N, 3, 4, 4]\nnet:\n  - {op: conv2d, out: 8, kernel: 7, padding: 3}\n",
    ),
    Code(
        "E0313",
        "groups or factors that do not divide",
        "The number of channels must be a multiple of it.",
        "input: x[N, 64, 8, 8]\nnet:\n  - {op: conv2d, out: 64, kernel: 1, groups: 3}\n",
        "input: x[N, 64, 8, 8]\nnet:\n  - {op: conv2d, out: 64, kernel: 1, groups: 4}\n",
    ),
    Code(
        "E0314",
        "a linear layer without a fixed number of features",
        "A linear layer after a feature map needs `flatten` or a pooling first, and a flattened map has a fixed "
        "size only where the input has. torch would run it over the last axis.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: conv2d, out: 8, kernel: 3}\n  - {op: linear, out: 10}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: conv2d, out: 8, kernel: 3}\n"
        "  - {op: adaptive_avg_pool2d, size: 1}\n  - {op: flatten}\n  - {op: linear, out: 10}\n",
    ),
    Code(
        "E0315",
        "`output_padding` is too large",
        "It must be smaller than the stride or the dilation; it only chooses among the sizes that a stride folds "
        "together.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: conv_transpose2d, out: 4, kernel: 3, stride: 2, output_padding: 2}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: conv_transpose2d, out: 4, kernel: 3, stride: 2, output_padding: 1}\n",
    ),
    Code(
        "E0316",
        "the padding is over half the kernel",
        "A pooling window would lie in the padding alone.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: max_pool2d, kernel: 2, padding: 2}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: max_pool2d, kernel: 2, padding: 1}\n",
    ),
    Code(
        "E0317",
        "heads that do not divide the features",
        "Attention cuts its features into `heads` equal parts.",
        "input: x[N, T=9, 64]\nnet:\n  - {op: attention, heads: 3}\n",
        "input: x[N, T=9, 64]\nnet:\n  - {op: attention, heads: 4}\n",
    ),
    Code(
        "E0318",
        "channels in the wrong place",
        "The op needs its channels in axis 1: [N, C, H, W].",
        "input: x[N, 8, 8, 8]\nnet:\n  - {op: permute, order: NHWC}\n  - {op: conv2d, out: 8, kernel: 1}\n",
        "input: x[N, 8, 8, 8]\nnet:\n  - {op: conv2d, out: 8, kernel: 1}\n",
    ),
    Code(
        "E0319",
        "`padding: same` with a stride",
        "torch defines `same` for a stride of 1 only; `tf_same` is the rule of TensorFlow.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: conv2d, out: 8, kernel: 3, stride: 2, padding: same}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: conv2d, out: 8, kernel: 3, stride: 2, padding: tf_same}\n",
    ),
    Code(
        "E0320",
        "an index or place that is out of range",
        "The axis has fewer entries than that.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: select, axis: H, index: 8}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: select, axis: H, index: 7}\n",
    ),
    Code(
        "E0321",
        "a split that does not add up",
        "`parts` must divide the axis, `sizes` must add up to it, and exactly one of them is given.",
        "input: x[N, 8, 8, 8]\nnet:\n  - cut: {op: split, parts: 3}\n",
        "input: x[N, 8, 8, 8]\nnet:\n  - cut: {op: split, parts: 2}\n  - {op: relu, from: cut.0}\n",
    ),
    Code(
        "E0322",
        "a reshape that changes the number of values",
        "The sizes must multiply to the same number; one of them may be worked out.",
        "input: x[N, 8, 8, 8]\nnet:\n  - {op: reshape, to: [N, 8, 60]}\n",
        "input: x[N, 8, 8, 8]\nnet:\n  - {op: reshape, to: [N, 8, 64]}\n",
    ),
    Code(
        "E0323",
        "`pad_channels` cannot take channels away",
        "It adds channels of zeros up to `to`.",
        "input: x[N, 8, 8, 8]\nnet:\n  - {op: pad_channels, to: 4}\n",
        "input: x[N, 8, 8, 8]\nnet:\n  - {op: pad_channels, to: 16}\n",
    ),
    Code(
        "E0324",
        "a padding larger than the map",
        "A reflecting padding copies from inside the map, and cannot copy more than there is.",
        "input: x[N, 3, 2, 2]\nnet:\n  - {op: pad2d, padding: 2, mode: reflect}\n",
        "input: x[N, 3, 2, 2]\nnet:\n  - {op: pad2d, padding: 2, mode: replicate}\n",
    ),
    Code(
        "E0325",
        "`crop_like` cannot make a map larger",
        "The map to be cropped must be at least as large as its model.",
        "input: x[N, 3, 8, 8]\nnet:\n  - small: {op: max_pool2d, kernel: 2}\n  - {op: crop_like, from: [small, x]}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - small: {op: max_pool2d, kernel: 2}\n  - {op: crop_like, from: [x, small]}\n",
    ),
    Code(
        "E0326",
        "options of `resize` that exclude each other",
        "`align_corners` belongs to the interpolating modes.",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: upsample2d, scale: 2, align_corners: true}\n",
        "input: x[N, 3, 8, 8]\nnet:\n  - {op: upsample2d, scale: 2, mode: bilinear, align_corners: true}\n",
    ),
    Code(
        "E0327",
        "one value to normalise",
        "A norm over a single value gives a constant: in training torch refuses it.",
        "input: x[N, 4, 1, 1]\nnet:\n  - {op: group_norm, groups: 4}\n",
        "input: x[N, 4, 1, 1]\nnet:\n  - {op: group_norm, groups: 1}\n",
    ),
)
