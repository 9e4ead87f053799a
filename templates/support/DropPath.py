class DropPath(nn.Module):
    """Stochastic depth: in training a sample is zero with probability p."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        # As channels of a batch of one, samples are dropped as a whole.
        return torch.feature_dropout(x.unsqueeze(0), self.p, self.training).squeeze(0)
