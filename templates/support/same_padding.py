def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> list[int]:
    """TensorFlow's SAME along one axis: rows before and after, the odd one after."""
    reach = dilation * (kernel - 1) + 1
    # sym_max and not max: it also takes the sizes that torch.export and fx trace with.
    total = torch.sym_max((-(-size // stride) - 1) * stride + reach - size, 0)
    return [total // 2, total - total // 2]
