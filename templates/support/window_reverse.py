def window_reverse(
    tokens: Tensor, like: Tensor, window: tuple[int, int], grid: bool = False
) -> Tensor:
    """The windows of a map of the size of `like` back in their places on it."""
    down, across = like.size(2) // window[0], like.size(3) // window[1]
    x = tokens.view(tokens.size(0), down, across, *window, tokens.size(3))
    x = x.permute(0, 5, 3, 1, 4, 2) if grid else x.permute(0, 5, 1, 3, 2, 4)
    return x.flatten(4, 5).flatten(2, 3)
