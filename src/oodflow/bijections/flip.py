"""Pixels in the opposite order."""

from typing import ClassVar

from torch import Tensor

from oodflow.bijections.bijection import Bijection, Shape
from oodflow.errors import UsageError


class Flip(Bijection):
    r"""Turn images by 180 degrees: the last pixel in raster order comes first; channels stay in their order.

    Between two autoregressive layers it lets the second go the other way. A permutation, so the log-determinant is 0.

    Example:
        >>> import torch
        >>> Flip()(torch.arange(4.0).reshape(1, 1, 2, 2))[0].flatten()
        tensor([3., 2., 1., 0.])
    """

    rearranges: ClassVar[bool] = True

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Turn."""
        return x.flip(2, 3), x.new_zeros(x.shape[0])

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Turn again."""
        return self.forward(z)

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must be an image's."""
        if len(shape) != 3:
            raise UsageError(f"Flip needs [C, H, W] but got {list(shape)}: vectors have no pixels.")
        return shape
