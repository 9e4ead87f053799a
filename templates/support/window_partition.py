def window_partition(x: Tensor, window: tuple[int, int], grid: bool = False) -> Tensor:
    """(N, C, H, W) -> (N, windows, places, C); the places of a grid are spread out."""
    rows, columns = window
    down, across = x.size(2) // rows, x.size(3) // columns
    if grid:
        x = x.view(x.size(0), x.size(1), rows, down, columns, across)
        x = x.permute(0, 3, 5, 2, 4, 1)
    else:
        x = x.view(x.size(0), x.size(1), down, rows, across, columns)
        x = x.permute(0, 2, 4, 3, 5, 1)
    return x.flatten(3, 4).flatten(1, 2)
