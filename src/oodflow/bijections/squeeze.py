"""Space to depth."""

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from oodflow.bijections.bijection import Bijection, Shape
from oodflow.errors import UsageError


class Squeeze(Bijection):
    r"""Turn each :math:`2 \times 2` block of pixels into four channels: :math:`[C, H, W] \to [4C, H/2, W/2]`.

    Output channel :math:`4c + 2\,dy + dx` holds pixel :math:`(2i + dy, 2j + dx)` of channel :math:`c`. A permutation,
    so the log-determinant is 0.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.6, arXiv:1605.08803.

    Example:
        >>> import torch
        >>> Squeeze()(torch.arange(4.0).reshape(1, 1, 2, 2))[0].flatten()
        tensor([0., 1., 2., 3.])
    """

    rearranges: ClassVar[bool] = True

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Move space into channels."""
        # PyTorch leaves a batch of none as it is.
        z = pixel_unshuffle(x, 2) if x.shape[0] else x.reshape(0, *self.output_shape(tuple(x.shape[1:])))
        return z, x.new_zeros(x.shape[0])

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Move channels back into space."""
        x = pixel_shuffle(z, 2) if z.shape[0] else z.reshape(0, *self.input_shape(tuple(z.shape[1:])))
        return x, z.new_zeros(z.shape[0])

    def output_shape(self, shape: Shape) -> Shape:
        """Four times the channels, half the height and width."""
        if len(shape) != 3 or shape[1] % 2 or shape[2] % 2:
            raise UsageError(
                f"Squeeze needs [C, H, W] with even H and W but got {list(shape)}: use fewer scales or another size."
            )
        channels, height, width = shape
        return 4 * channels, height // 2, width // 2

    def input_shape(self, shape: Shape) -> Shape:
        """A quarter of the channels, twice the height and width."""
        if len(shape) != 3 or shape[0] % 4:
            raise UsageError(f"its output is [C, H, W] with C divisible by 4 but the input is {list(shape)}.")
        channels, height, width = shape
        return channels // 4, 2 * height, 2 * width
