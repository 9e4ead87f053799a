def crop_like(x: Tensor, like: Tensor) -> Tensor:
    """The centre of `x`, as large as `like`; an odd row is cut at the bottom."""
    height, width = like.size(2), like.size(3)
    top, left = (x.size(2) - height) // 2, (x.size(3) - width) // 2
    return x[:, :, top : top + height, left : left + width]
