class RelativeAttention(nn.Module):
    """Attention among the places of a window, with a bias by offset (Tu et al. 2022)."""

    relative_position_index: Tensor

    def __init__(
        self,
        dim: int,
        heads: int,
        window: tuple[int, int],
        scale: float | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.scale = (dim // heads) ** -0.5 if scale is None else scale
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=bias)
        self.merge = nn.Linear(dim, dim, bias=bias)
        rows, columns = window
        table = torch.empty((2 * rows - 1) * (2 * columns - 1), heads)
        self.relative_position_bias_table = nn.Parameter(table)
        nn.init.trunc_normal_(table, std=0.02)
        index = offset_index(window).view(rows * columns, -1)
        self.register_buffer("relative_position_index", index)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(0, -3)
        count, places = tokens.size(0), tokens.size(1)
        qkv = self.to_qkv(tokens).view(count, places, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        biases = self.relative_position_bias_table[self.relative_position_index]
        scores = q @ (k * self.scale).transpose(-2, -1) + biases.permute(2, 0, 1)
        weights = F.dropout(F.softmax(scores, -1), self.dropout, self.training)
        seen: Tensor = self.merge((weights @ v).transpose(1, 2).flatten(2))
        return seen.view_as(x)
