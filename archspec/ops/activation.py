"""Element-wise non-linearities, and softmax.

`inplace: true` asks to overwrite the input, as torchvision's nets do, and means: where nothing else reads it and no
gradient needs it. The code backend decides that; the reference interpreter runs nothing in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from archspec.ops.base import Call, Op
from archspec.ops.fields import Axis, Limits
from archspec.ops.named_axes import axis_exists, channels_or
from archspec.ops.spatial import said
from archspec.shapes import Demand, Shape


class Relu(Op):
    """(N, *) -> the same: max(x, 0).

    `- relu: {op: relu}`

    torch.nn.ReLU.
    """

    name: ClassVar[str] = "relu"
    summary: ClassVar[str] = "max(x, 0)"

    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.ReLU", (), said(inplace=(self.inplace, False)))

    def label(self, *inputs: Shape) -> str:
        return "ReLU"


class Relu6(Op):
    """(N, *) -> the same: min(max(x, 0), 6).

    `- relu: {op: relu6}`

    torch.nn.ReLU6; Howard et al. 2017 (MobileNet).
    """

    name: ClassVar[str] = "relu6"
    summary: ClassVar[str] = "min(max(x, 0), 6)"

    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.ReLU6", (), said(inplace=(self.inplace, False)))

    def label(self, *inputs: Shape) -> str:
        return "ReLU6"


class LeakyRelu(Op):
    """(N, *) -> the same: x where x > 0, else slope * x.

    `- act: {op: leaky_relu, slope: 0.1}`

    torch.nn.LeakyReLU.
    """

    name: ClassVar[str] = "leaky_relu"
    summary: ClassVar[str] = "x where positive, else slope * x"
    aliases: ClassVar[dict[str, str]] = {"negative_slope": "slope", "alpha": "slope"}

    slope: Annotated[float, Limits(ge=0, le=1)] = 0.01
    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.LeakyReLU", (), said(negative_slope=(self.slope, 0.01), inplace=(self.inplace, False)))

    def label(self, *inputs: Shape) -> str:
        return "LeakyReLU"


class Elu(Op):
    """(N, *) -> the same: x where x > 0, else alpha * (exp(x) - 1).

    `- act: {op: elu}`

    torch.nn.ELU; Clevert et al. 2016.
    """

    name: ClassVar[str] = "elu"
    summary: ClassVar[str] = "x where positive, else alpha * (exp(x) - 1)"

    alpha: Annotated[float, Limits(gt=0)] = 1.0
    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.ELU", (), said(alpha=(self.alpha, 1.0), inplace=(self.inplace, False)))

    def label(self, *inputs: Shape) -> str:
        return "ELU"


class Gelu(Op):
    """(N, *) -> the same: x * Phi(x), exact or by tanh.

    `- {op: gelu}`

    torch.nn.GELU; Hendrycks and Gimpel 2016.
    """

    name: ClassVar[str] = "gelu"
    summary: ClassVar[str] = "x * Phi(x)"

    approximate: Literal["none", "tanh"] = "none"

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.GELU", (), said(approximate=(self.approximate, "none")))

    def label(self, *inputs: Shape) -> str:
        return "GELU"


class Silu(Op):
    """(N, *) -> the same: x * sigmoid(x), also called swish.

    `- act: {op: silu}`

    torch.nn.SiLU; Ramachandran et al. 2017.
    """

    name: ClassVar[str] = "silu"
    summary: ClassVar[str] = "x * sigmoid(x) (swish)"

    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.SiLU", (), said(inplace=(self.inplace, False)))

    def label(self, *inputs: Shape) -> str:
        return "SiLU"


class Mish(Op):
    """(N, *) -> the same: x * tanh(softplus(x)).

    `- act: {op: mish}`

    torch.nn.Mish; Misra 2019.
    """

    name: ClassVar[str] = "mish"
    summary: ClassVar[str] = "x * tanh(softplus(x))"

    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Mish", (), said(inplace=(self.inplace, False)))

    def label(self, *inputs: Shape) -> str:
        return "Mish"


class Sigmoid(Op):
    """(N, *) -> the same: 1 / (1 + exp(-x)).

    `- gate: {op: sigmoid}`

    torch.nn.Sigmoid.
    """

    name: ClassVar[str] = "sigmoid"
    summary: ClassVar[str] = "1 / (1 + exp(-x))"

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Sigmoid")


class Tanh(Op):
    """(N, *) -> the same: tanh(x).

    `- act: {op: tanh}`

    torch.nn.Tanh.
    """

    name: ClassVar[str] = "tanh"
    summary: ClassVar[str] = "hyperbolic tangent"

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Tanh")


class Hardswish(Op):
    """(N, *) -> the same: x * relu6(x + 3) / 6.

    `- act: {op: hardswish}`

    torch.nn.Hardswish; Howard et al. 2019 (MobileNetV3).
    """

    name: ClassVar[str] = "hardswish"
    summary: ClassVar[str] = "x * relu6(x + 3) / 6"

    inplace: bool = True

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Hardswish", (), said(inplace=(self.inplace, False)))


class Hardsigmoid(Op):
    """(N, *) -> the same: relu6(x + 3) / 6.

    `- gate: {op: hardsigmoid}`

    torch.nn.Hardsigmoid; Howard et al. 2019 (MobileNetV3).
    """

    name: ClassVar[str] = "hardsigmoid"
    summary: ClassVar[str] = "relu6(x + 3) / 6"

    inplace: bool = False

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Hardsigmoid", (), said(inplace=(self.inplace, False)))


class Softmax(Op):
    """(N, *) -> the same, adding up to 1 along one axis.

    `- probabilities: {op: softmax}`

    Along the channels, or features, if no `axis` is named. torch.nn.Softmax.
    """

    name: ClassVar[str] = "softmax"
    summary: ClassVar[str] = "softmax along an axis"
    aliases: ClassVar[dict[str, str]] = {"dim": "axis"}

    axis: Axis | None = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from axis_exists(self.name, inputs[0], channels_or(self.axis, inputs[0]))

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Softmax", (), (("dim", inputs[0].axis(channels_or(self.axis, inputs[0]))),))


OPS: tuple[type[Op], ...] = (
    Relu,
    Relu6,
    LeakyRelu,
    Elu,
    Gelu,
    Silu,
    Mish,
    Sigmoid,
    Tanh,
    Hardswish,
    Hardsigmoid,
    Softmax,
)
