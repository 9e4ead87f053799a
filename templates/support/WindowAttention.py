class WindowAttention(nn.Module):
    """Attention within windows of a map, with a bias by offset (Liu et al. 2021)."""

    relative_position_index: Tensor

    def __init__(
        self,
        dim: int,
        heads: int,
        window: tuple[int, int],
        shift: tuple[int, int] = (0, 0),
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.window, self.shift = window, shift
        self.qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.proj = nn.Linear(dim, dim, bias=bias)
        rows, columns = window
        table = torch.empty((2 * rows - 1) * (2 * columns - 1), heads)
        self.relative_position_bias_table = nn.Parameter(table)
        nn.init.trunc_normal_(table, std=0.02)
        self.register_buffer("relative_position_index", offset_index(window))

    def forward(self, x: Tensor) -> Tensor:
        tokens = into_windows(x, self.window, self.shift)
        count, places = tokens.size(0), tokens.size(1)
        qkv = self.qkv(tokens).view(count, places, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        bias = self.relative_position_bias_table[self.relative_position_index]
        scores = q * q.size(-1) ** -0.5 @ k.transpose(-2, -1)
        scores = scores + bias.view(places, places, -1).permute(2, 0, 1)
        if max(self.shift):
            mask = seam_mask(x, self.window, self.shift)
            scores = scores + mask.repeat(x.size(0), 1, 1, 1)
        weights = F.dropout(F.softmax(scores, -1), self.dropout, self.training)
        tokens = self.proj((weights @ v).transpose(1, 2).flatten(2))
        return from_windows(tokens, x, self.window, self.shift)
