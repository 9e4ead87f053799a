class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: H' = ceil(H / stride)."""

    def forward(self, x: Tensor) -> Tensor:
        k, s, d = self.kernel_size, self.stride, self.dilation
        rows = same_padding(x.size(2), k[0], s[0], d[0])
        columns = same_padding(x.size(3), k[1], s[1], d[1])
        return super().forward(F.pad(x, [*columns, *rows]))
