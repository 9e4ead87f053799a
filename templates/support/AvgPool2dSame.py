class AvgPool2dSame(nn.Module):
    """Average pooling with TensorFlow's SAME padding, over real values only."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        k, s = kernel_size, kernel_size if stride is None else stride
        self.kernel = (k, k) if isinstance(k, int) else k
        self.stride = (s, s) if isinstance(s, int) else s

    def forward(self, x: Tensor) -> Tensor:
        k, s = self.kernel, self.stride
        rows = same_padding(x.size(2), k[0], s[0])
        columns = same_padding(x.size(3), k[1], s[1])
        sides = [*columns, *rows]
        # How much of each window lies on real values.
        share = F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), sides), k, s)
        return F.avg_pool2d(F.pad(x, sides), k, s) / share
