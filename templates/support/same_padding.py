def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> list[int]:
    """TensorFlow's SAME along one axis: rows before and after, the odd one after."""
    reach = dilation * (kernel - 1) + 1
    if reach == 1:
        return [0, 0]
    total = reach - 1 - (size - 1) % stride
    if reach < stride:
        total = max(total, 0)
    return [total // 2, total - total // 2]
