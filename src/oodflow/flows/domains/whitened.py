"""Real tensors along the principal axes of the training data: embeddings."""

import math
from collections.abc import Iterable, Iterator
from math import prod
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.flows.domains.domain import DomainConfig
from oodflow.flows.domains.standardised import Standardised
from oodflow.flows.noise import Seed


class Whitened(Standardised):
    r"""Real tensors as :class:`Standardised`, and then turned to principal axes and brought to the same spread.

    .. math:: w = (\Lambda + j^2 I)^{-1/2} V^\top v, \qquad C = V \Lambda V^\top

    with the correlations C of the training data, and the jitter j: what training sees, v with noise of deviation j upon
    it, then has no correlations left and the variance 1 along each axis, the largest first. Axes along which the data
    hardly vary are not blown up beyond 1/j. That adds :math:`-\tfrac12 \sum_d \log(\lambda_d + j^2)` to the
    log-probability. A flow that begins as the identity begins as the normal distribution that is fitted to the data,
    and has but to learn what that does not say: embeddings have a thousand numbers that go together.

    Args:
        shape: of one tensor, without batch.
        jitter: :math:`j`, above 0.
        tail: as :class:`Standardised` has it.

    Reference:
        Kessy, Lewin, Strimmer (2018), "Optimal whitening and decorrelation", The American Statistician 72 (PCA-cor).

    Example:
        >>> normals = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
        >>> x = normals @ torch.tensor([[1.0, 0.9], [0.0, 0.3]])
        >>> domain = Whitened((2,), jitter=0.01)
        >>> domain.fit([x])
        >>> values, _ = domain.enter(x, None, 0, torch.float64)
        >>> torch.allclose(values.T.cov(correction=0), torch.eye(2, dtype=torch.float64), atol=0.01)
        True
    """

    kind = "whitened"
    axes: Tensor
    spread: Tensor

    def __init__(self, shape: Shape, *, jitter: float, tail: float = math.inf) -> None:
        super().__init__(shape, jitter=jitter, tail=tail)
        self.register_buffer("axes", torch.eye(prod(self.shape), dtype=torch.float64))
        self.register_buffer("spread", torch.ones(prod(self.shape), dtype=torch.float64))

    def fit(self, chunks: Iterable[Tensor]) -> None:
        """Take means, deviations and correlations from all training data, in one pass of float64."""
        seen, products = 0, torch.zeros_like(self.axes)
        shift: Tensor | None = None  # near the mean, so that no digits are lost

        def watched() -> Iterator[Tensor]:
            nonlocal seen, shift
            for chunk in chunks:
                data = chunk.flatten(1).to(self.axes)
                shift = data.mean(0) if shift is None else shift
                products.addmm_((data - shift).T, data - shift)
                seen += len(data)
                yield chunk

        super().fit(watched())
        if shift is None:
            return
        apart, deviation = self.mean.flatten() - shift, self.deviation.flatten()
        correlations = (products / seen - torch.outer(apart, apart)) / torch.outer(deviation, deviation)
        variances, axes = torch.linalg.eigh(correlations)
        axes, variances = axes.flip(1), variances.flip(0).clamp(min=0)
        # An axis has no sign of its own: its largest part is positive.
        largest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
        self.axes.copy_(axes * largest.sign())
        self.spread.copy_((variances + self.jitter**2).sqrt())

    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Standardise, spread by the jitter where noise is given, and whiten."""
        values, added = super().enter(x, noise, seed, dtype)
        turned = values.flatten(1) @ (self.axes / self.spread).to(dtype)
        return turned.reshape(values.shape), added - self.spread.log().sum().to(added)

    def leave(self, values: Tensor) -> Tensor:
        """Bring them back to their own axes and units."""
        turned = values.flatten(1) @ (self.axes * self.spread).T.to(values.dtype)
        return super().leave(turned.reshape(values.shape))


class WhitenedConfig(DomainConfig):
    """Real tensors along the principal axes of the training data.

    Attributes:
        jitter: deviation of the normal noise that training adds, in units of each number's own, before the axes are
            turned: the floor of the density, and of the variance along an axis.
        tail: beyond how many deviations a number counts by its logarithm.
    """

    kind: Literal["whitened"] = "whitened"
    jitter: float = Field(0.1, gt=0)
    tail: float = Field(5.0, gt=0)

    @property
    def description(self) -> str:
        """That it is along principal axes."""
        return "whitened numbers"

    def build(self, shape: Shape) -> Whitened:
        """Build it, not fitted yet."""
        return Whitened(shape, jitter=self.jitter, tail=self.tail)
