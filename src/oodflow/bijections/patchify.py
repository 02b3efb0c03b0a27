"""One bijection for all patches of an image."""

from collections.abc import Callable

import torch
from torch import Tensor

from oodflow.bijections.bijection import Bijection, Shape
from oodflow.errors import UsageError
from oodflow.gradients import Gradients


class Patchify(Bijection):
    r"""Cut the image into a grid of patches and run a bijection on each, as if it were an image of its own.

    .. math:: z_{(i,j)} = f(x_{(i,j)}), \qquad \log|\det| = \sum_{i,j} \log|\det \partial f(x_{(i,j)})|

    Around a coupling with the cycle mask it is the patch-wise cycle: the mask goes round in every patch, and no
    st-network sees over a patch's edge.

    Args:
        bijection: :math:`f`, shared by all patches; it maps images ``[C, H, W]`` to images.
        rows: patches from top to bottom.
        columns: patches from left to right.

    Example:
        >>> import torch
        >>> from oodflow.bijections import Squeeze
        >>> Patchify(Squeeze(), rows=2, columns=1)(torch.arange(8.0).reshape(1, 1, 4, 2))[0].squeeze(-1).tolist()
        [[[0.0, 4.0], [1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]]
    """

    def __init__(self, bijection: Bijection, *, rows: int, columns: int) -> None:
        super().__init__()
        self.bijection = bijection
        self.rows, self.columns = rows, columns

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map each patch."""
        z, log_det = self.bijection(self._cut(x))
        return self._join(z), log_det.reshape(x.shape[0], self.rows * self.columns).sum(1)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Map each patch back."""
        x, log_det = self.bijection.inverse(self._cut(z))
        return self._join(x), log_det.reshape(z.shape[0], self.rows * self.columns).sum(1)

    @torch.no_grad()
    def pull_back(self, z: Tensor, grad_z: Tensor, grad_log_det: Tensor) -> tuple[Tensor, Tensor, Gradients]:
        """Patch by patch; each has its share in the image's log-determinant, and so the same gradient of it."""
        grad_log_dets = grad_log_det.repeat_interleave(self.rows * self.columns)
        x, grad_x, gradients = self.bijection.pull_back(self._cut(z), self._cut(grad_z), grad_log_dets)
        return self._join(x), self._join(grad_x), gradients

    def output_shape(self, shape: Shape) -> Shape:
        """Push a patch through; the grid of patches stays."""
        return self._push(shape, self.bijection.output_shape)

    def input_shape(self, shape: Shape) -> Shape:
        """Push a patch back."""
        return self._push(shape, self.bijection.input_shape)

    def _push(self, shape: Shape, through: Callable[[Shape], Shape]) -> Shape:
        if len(shape) != 3 or shape[1] % self.rows or shape[2] % self.columns:
            raise UsageError(
                f"Patchify can't cut {list(shape)} into {self.rows} x {self.columns} equal patches: choose rows and "
                f"columns that divide height and width."
            )
        channels, height, width = shape
        inner = through((channels, height // self.rows, width // self.columns))
        if len(inner) != 3:
            raise UsageError(f"a patch must stay an image [C, H, W] but becomes {list(inner)}.")
        return inner[0], inner[1] * self.rows, inner[2] * self.columns

    def initialise(self, x: Tensor) -> Tensor:
        """Initialise the bijection on all patches."""
        return self._join(self.bijection.initialise(self._cut(x)))

    def extra_repr(self) -> str:
        """Show the grid."""
        return f"{self.rows} x {self.columns}"

    def _cut(self, x: Tensor) -> Tensor:
        """Turn ``[B, C, r h, c w]`` into ``[B r c, C, h, w]``."""
        batch, channels, height, width = x.shape
        h, w = height // self.rows, width // self.columns
        grid = x.reshape(batch, channels, self.rows, h, self.columns, w)
        return grid.permute(0, 2, 4, 1, 3, 5).reshape(batch * self.rows * self.columns, channels, h, w)

    def _join(self, patches: Tensor) -> Tensor:
        """Undo :meth:`_cut`."""
        pieces, channels, h, w = patches.shape
        batch = pieces // (self.rows * self.columns)
        grid = patches.reshape(batch, self.rows, self.columns, channels, h, w)
        return grid.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels, self.rows * h, self.columns * w)
