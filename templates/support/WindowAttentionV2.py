class WindowAttentionV2(nn.Module):
    """Cosine attention within windows, its bias a function of offsets (Liu et al. 2022)."""

    relative_coords_table: Tensor
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
        self.logit_scale = nn.Parameter(torch.full((heads, 1, 1), 10.0).log())
        self.cpb_mlp = nn.Sequential(
            nn.Linear(2, 512),
            nn.ReLU(inplace=True),
            nn.Linear(512, heads, bias=False),
        )
        rows, columns = window
        down = torch.arange(1 - rows, rows) / max(rows - 1, 1)
        right = torch.arange(1 - columns, columns) / max(columns - 1, 1)
        offsets = 8 * torch.cartesian_prod(down, right)
        offsets = offsets.sign() * (offsets.abs() + 1).log2() / 3
        offsets = offsets.view(1, 2 * rows - 1, 2 * columns - 1, 2)
        self.register_buffer("relative_coords_table", offsets)
        self.register_buffer("relative_position_index", offset_index(window))

    def forward(self, x: Tensor) -> Tensor:
        tokens = into_windows(x, self.window, self.shift)
        count, places = tokens.size(0), tokens.size(1)
        bias: Tensor | None = self.qkv.bias
        if bias is not None:
            for_q, for_k, for_v = bias.chunk(3)
            bias = torch.cat([for_q, torch.zeros_like(for_k), for_v])
        qkv = F.linear(tokens, self.qkv.weight, bias)
        qkv = qkv.view(count, places, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        table = self.cpb_mlp(self.relative_coords_table).view(-1, self.heads)
        biases = table[self.relative_position_index].view(places, places, -1)
        scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
        scores = scores * self.logit_scale.clamp(max=math.log(100.0)).exp()
        scores = scores + 16 * biases.permute(2, 0, 1).sigmoid()
        if max(self.shift):
            mask = seam_mask(x, self.window, self.shift)
            scores = scores + mask.repeat(x.size(0), 1, 1, 1)
        weights = F.dropout(F.softmax(scores, -1), self.dropout, self.training)
        tokens = self.proj((weights @ v).transpose(1, 2).flatten(2))
        return from_windows(tokens, x, self.window, self.shift)
