"""Batch norms that may take the statistics of a batch from its first rows alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.errors import UsageError


class BatchNorm(nn.BatchNorm2d):
    r"""A batch norm whose statistics, in train mode, may be those of the first n rows of a batch.

    .. math:: y = \gamma\,\frac{x - \mu_n}{\sqrt{\sigma_n^2 + \epsilon}} + \beta

    for all rows, where mean and biased variance, :math:`\mu_n` and :math:`\sigma_n^2`, are taken over the first n. The
    running statistics are those of these rows too, and gradients go through both.

    Attributes:
        first: n; none: all rows.

    Shapes: ``[B, C, H, W] -> [B, C, H, W]``.

    Reference:
        Ioffe, Szegedy (2015), "Batch normalization", algorithm 1, arXiv:1502.03167.
    """

    first: int | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        if self.first is None or not self.training:
            return super().forward(x)
        seen, others = x[: self.first], x[self.first :]
        exact = torch.promote_types(x.dtype, torch.float32)  # what PyTorch takes statistics in, whatever autocast says
        var, mean = torch.var_mean(seen.to(exact), (0, 2, 3), correction=0, keepdim=True)
        normed = (others - mean) * (var + self.eps).rsqrt()
        if self.affine:
            normed = normed * self.weight[:, None, None] + self.bias[:, None, None]
        return torch.cat([super().forward(seen), normed.to(x.dtype)])


@contextmanager
def statistics_of_first(module: nn.Module, rows: int) -> Iterator[None]:
    """Let the batch norms of a module take the statistics of a batch from its first rows, in the block.

    Args:
        module: a flow, an st-network or anything that holds some; in eval mode it makes no difference.
        rows: how many.

    Raises:
        UsageError: for a batch norm of another kind, which can't do so.

    Example:
        >>> norm, x = BatchNorm(3), torch.randn(6, 3, 4, 4)
        >>> with statistics_of_first(norm, 4):
        ...     y = norm(x)
        >>> bool(torch.allclose(y[:4], BatchNorm(3)(x[:4]))), bool(torch.allclose(y, BatchNorm(3)(x)))
        (True, False)
    """
    norms = [part for part in module.modules() if isinstance(part, BatchNorm)]
    others = (part for part in module.modules() if isinstance(part, _BatchNorm) and not isinstance(part, BatchNorm))
    for other in others:
        raise UsageError(
            f"a network of this flow has a {type(other).__name__}, which takes its statistics from all of a batch: "
            f"build it with oodflow.nets.BatchNorm."
        )
    try:
        for norm in norms:
            norm.first = rows
        yield
    finally:
        for norm in norms:
            norm.first = None
