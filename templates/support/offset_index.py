def offset_index(window: tuple[int, int]) -> Tensor:
    """The number of the offset between each two places of a window."""
    rows, columns = window
    places = torch.cartesian_prod(torch.arange(rows), torch.arange(columns))
    down, right = (places[:, None] - places).unbind(-1)
    index = (down + rows - 1) * (2 * columns - 1) + right + columns - 1
    return index.flatten()
