class ConvTranspose2dSame(nn.ConvTranspose2d):
    """A transposed convolution with TensorFlow's SAME padding: H' = H * stride."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        height, width = x.size(2) * self.stride[0], x.size(3) * self.stride[1]
        return super().forward(x, output_size)[:, :, :height, :width]
