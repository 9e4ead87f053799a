class MaxPool2dSame(nn.Module):
    """Max pooling with TensorFlow's SAME padding: H' = ceil(H / stride)."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        dilation: int | tuple[int, int] = 1,
    ) -> None:
        super().__init__()
        k, s = kernel_size, kernel_size if stride is None else stride
        self.kernel = (k, k) if isinstance(k, int) else k
        self.stride = (s, s) if isinstance(s, int) else s
        d = dilation
        self.dilation = (d, d) if isinstance(d, int) else d

    def forward(self, x: Tensor) -> Tensor:
        k, s, d = self.kernel, self.stride, self.dilation
        rows = same_padding(x.size(2), k[0], s[0], d[0])
        columns = same_padding(x.size(3), k[1], s[1], d[1])
        x = F.pad(x, [*columns, *rows], value=float("-inf"))
        return F.max_pool2d(x, k, s, dilation=d)
