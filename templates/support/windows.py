def shift_on(
    x: Tensor, window: tuple[int, int], shift: tuple[int, int]
) -> tuple[int, int]:
    """The shift of a map's windows: none along a side that one window covers."""
    return shift[0] * (x.size(1) > window[0]), shift[1] * (x.size(2) > window[1])


def into_windows(x: Tensor, window: tuple[int, int], shift: tuple[int, int]) -> Tensor:
    """(N, H, W, C) -> (N * windows, places, C), filled up to whole windows."""
    rows, columns = window
    down, right = shift_on(x, window, shift)
    x = F.pad(x, (0, 0, 0, -x.size(2) % columns, 0, -x.size(1) % rows))
    if max(shift):
        x = x.roll((-down, -right), (1, 2))
    x = x.view(x.size(0), x.size(1) // rows, rows, -1, columns, x.size(3))
    return x.transpose(2, 3).flatten(0, 2).flatten(1, 2).contiguous()


def from_windows(
    tokens: Tensor, x: Tensor, window: tuple[int, int], shift: tuple[int, int]
) -> Tensor:
    """The places of windows back on the map that they were cut from, which is `x`."""
    height, width = x.size(1), x.size(2)
    across = -(-width // window[1])
    y = tokens.view(x.size(0), -1, across, *window, x.size(3))
    y = y.transpose(2, 3).flatten(3, 4).flatten(1, 2)
    if max(shift):
        y = y.roll(shift_on(x, window, shift), (1, 2))
    return y[:, :height, :width]


def seam_mask(x: Tensor, window: tuple[int, int], shift: tuple[int, int]) -> Tensor:
    """-100 between places of a window that a shift brings from opposite edges."""
    height = x.size(1) + -x.size(1) % window[0]
    width = x.size(2) + -x.size(2) % window[1]
    down, right = shift_on(x, window, shift)
    row = F.pad(x.new_ones(down), (0, height - down))
    column = F.pad(x.new_ones(right), (0, width - right))
    edge = (row[:, None] + 2 * column)[None, :, :, None]
    part = into_windows(edge, window, shift)
    return (part != part.transpose(1, 2)).unsqueeze(1).to(x.dtype) * -100
