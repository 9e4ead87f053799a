def space_to_depth(x: Tensor, size: int) -> Tensor:
    """(N, H, W, C): the places of a patch become channels, column after column."""
    x = F.pad(x, (0, 0, 0, -x.size(2) % size, 0, -x.size(1) % size))
    x = x.view(x.size(0), x.size(1) // size, size, -1, size, x.size(3))
    return x.permute(0, 1, 3, 4, 2, 5).flatten(3)
