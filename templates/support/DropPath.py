class DropPath(nn.Module):
    """Stochastic depth: in training a sample is zero with probability p."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(1)
        mask = F.dropout(torch.ones_like(rows[:, :1]), self.p, self.training)
        return (rows * mask).view_as(x)
