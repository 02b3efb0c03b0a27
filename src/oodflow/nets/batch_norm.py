"""Batch norms that may take statistics from the first rows of a batch alone, or from all processes' parts of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow import ranks
from oodflow.errors import UsageError


class BatchNorm(nn.BatchNorm2d):
    r"""A batch norm whose statistics, in train mode, may be those of the first n rows of a batch.

    .. math:: y = \gamma\,\frac{x - \mu_n}{\sqrt{\sigma_n^2 + \epsilon}} + \beta

    for all rows, where mean and biased variance, :math:`\mu_n` and :math:`\sigma_n^2`, are taken over the first n. The
    running statistics are those of these rows too, and gradients go through both.

    Attributes:
        first: n; none: all rows.
        across: whether the batch is what all processes have, each its part of it, of the same size.

    Shapes: ``[B, C, H, W] -> [B, C, H, W]``.

    Reference:
        Ioffe, Szegedy (2015), "Batch normalization", algorithm 1, arXiv:1502.03167.
    """

    first: int | None = None
    across: bool = False

    def forward(self, x: Tensor) -> Tensor:
        """Normalise."""
        if not self.training or not (self.first is not None or self.across):
            return super().forward(x)
        seen, others = x[: self.first], x[self.first :] if self.first is not None else x[:0]
        exact = torch.promote_types(x.dtype, torch.float32)  # what PyTorch takes statistics in, whatever autocast says
        var, mean = torch.var_mean(seen.to(exact), (0, 2, 3), correction=0, keepdim=True)
        if self.across:
            means, variances = ranks.gathered(mean), ranks.gathered(var)
            mean = means.mean(0, keepdim=True)
            var = variances.mean(0, keepdim=True) + (means - mean).square().mean(0, keepdim=True)
            self._count(mean, var, seen.numel() // seen.shape[1] * ranks.count())
            return self._normalised(x, mean, var)
        return torch.cat([super().forward(seen), self._normalised(others, mean, var)])

    def _normalised(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        normed = (x - mean) * (var + self.eps).rsqrt()
        if self.affine:
            normed = normed * self.weight[:, None, None] + self.bias[:, None, None]
        return normed.to(x.dtype)

    @torch.no_grad()
    def _count(self, mean: Tensor, var: Tensor, n: int) -> None:
        """Take statistics over n numbers a channel into the running ones, as PyTorch does."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        momentum = 1 / float(self.num_batches_tracked or 1) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.flatten().to(self.running_mean), momentum)
        self.running_var.lerp_((var * n / max(n - 1, 1)).flatten().to(self.running_var), momentum)


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
    norms = _norms(module)
    try:
        for norm in norms:
            norm.first = rows
        yield
    finally:
        for norm in norms:
            norm.first = None


@contextmanager
def statistics_across_ranks(module: nn.Module) -> Iterator[None]:
    """Let the batch norms of a module take the statistics of what all processes have, in the block; alone, nothing.

    Args:
        module: as in :func:`statistics_of_first`, and so are the errors.
    """
    norms = _norms(module) if ranks.count() > 1 else []
    try:
        for norm in norms:
            norm.across = True
        yield
    finally:
        for norm in norms:
            norm.across = False


def _norms(module: nn.Module) -> list[BatchNorm]:
    """List the batch norms of a module.

    Raises:
        UsageError: for one of another kind.
    """
    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    for norm in norms:
        if not isinstance(norm, BatchNorm):
            raise UsageError(
                f"a network of this flow has a {type(norm).__name__}, which takes its statistics from all of a batch "
                "that this process has: build it with oodflow.nets.BatchNorm."
            )
    return cast(list[BatchNorm], norms)
