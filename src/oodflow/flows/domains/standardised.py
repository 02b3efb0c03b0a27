"""Real tensors in units that are fitted to the training data: rows of tables, embeddings."""

import math
from collections.abc import Iterable
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from oodflow.bijections import Shape
from oodflow.errors import UsageError
from oodflow.flows.domains.domain import DomainConfig
from oodflow.flows.domains.reals import Reals
from oodflow.flows.noise import Seed

_LEAST_NOISE = 2.0**-25  # half of the smallest float32 noise above 0: what is drawn as 0 has a finite quantile


class Standardised(Reals):
    r"""Real tensors of any shape, each number less its mean and in units of its deviation over the training data.

    .. math:: u_d = \frac{x_d - \mu_d}{\sigma_d}, \qquad
              v_d = \begin{cases} u_d & |u_d| \le t \\
                    \operatorname{sgn}(u_d)\,(t + \log(1 + |u_d| - t)) & \text{else} \end{cases}

    What that adds to the log-probability is :math:`-\sum_d \log \sigma_d - \sum_d \log(1 + \max(0, |u_d| - t))`, so
    ``log_prob`` is the density of x in its own units. Beyond :math:`t` deviations numbers grow by their logarithm
    alone: what lies absurdly far out has a finite density, and a heavy tail does not lead the flow.

    **A floor for the density.** Columns that are constant, take few values, or are copies of others have no density:
    likelihood grows without bound as a flow learns where they lie. So training sees :math:`v + j\varepsilon` with a
    standard normal :math:`\varepsilon` made of the noise that is passed, and what is learned is the density of the
    data spread by :math:`j` deviations. It is asked about x itself: without noise there is no jitter, and the answer
    is the same each time. A number that never varies keeps its own unit, :math:`\sigma_d = 1`.

    Args:
        shape: of one tensor, without batch.
        jitter: :math:`j`, in units of the deviation.
        tail: :math:`t`, in the same unit.

    Reference:
        Vincent and Bengio (2002), "Manifold Parzen windows"; Rothfuss et al. (2019), "Noise regularization for
        conditional density estimation", arXiv:1907.08982 (that noise makes a density smooth).

    Example:
        >>> domain = Standardised((2,), jitter=0.1)
        >>> domain.fit([torch.tensor([[0.0, 5.0], [4.0, 5.0]])])
        >>> values, added = domain.enter(torch.tensor([[4.0, 5.0]]), None, 0, torch.float32)
        >>> values.tolist(), round(added.item(), 4)  # -log 2
        ([[1.0, 0.0]], -0.6931)
    """

    kind = "standardised"
    mean: Tensor
    deviation: Tensor

    def __init__(self, shape: Shape, *, jitter: float = 0.0, tail: float = math.inf) -> None:
        super().__init__(shape)
        self.jitter, self.tail = jitter, tail
        # In float64 whatever the flow is in: of 1,700,000,000 seconds float32 forgets the last minute.
        self.register_buffer("mean", torch.zeros(self.shape, dtype=torch.float64))
        self.register_buffer("deviation", torch.ones(self.shape, dtype=torch.float64))

    def fit(self, chunks: Iterable[Tensor]) -> None:
        """Take means and deviations from all training data, in one pass of float64.

        Raises:
            UsageError: squares of numbers are too large for that.

        Reference:
            Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance", The American Statistician 37.
        """
        seen, mean, squares = 0, torch.zeros_like(self.mean), torch.zeros_like(self.mean)
        for chunk in chunks:
            data = chunk.to(self.mean)
            n, of_chunk = len(data), data.mean(0)
            apart = of_chunk - mean
            squares += (data - of_chunk).square().sum(0) + apart.square() * (seen * n / (seen + n))
            mean += apart * (n / (seen + n))
            seen += n
        deviation = (squares / seen).sqrt()
        if seen and not deviation.isfinite().all():
            number = int((~deviation.isfinite()).flatten().nonzero()[0]) + 1
            raise UsageError(f"number {number} of a row is as large as 1e150 or larger in some rows: divide it first.")
        # Equal numbers differ by the rounding of their own mean.
        varies = deviation > 1e-12 * mean.abs()
        self.mean.copy_(mean)
        self.deviation.copy_(torch.where(varies, deviation, 1.0))

    def enter(self, x: Tensor, noise: Tensor | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Standardise, and spread by the jitter where noise is given."""
        self.require(x)
        units = (x.to(self.mean.dtype) - self.mean) / self.deviation
        beyond = (units.abs() - self.tail).clamp(min=0)
        # Within t it is u, to the last digit.
        values = units - units.sign() * (beyond - beyond.log1p())
        added = -(self.deviation.log() + beyond.log1p()).flatten(1).sum(1)
        if noise is not None and self.jitter:
            normals = torch.special.ndtri(noise.to(x.device, values.dtype).clamp(min=_LEAST_NOISE))
            values = values + self.jitter * normals
        return values.to(dtype), added.to(dtype)

    def leave(self, values: Tensor) -> Tensor:
        """Bring them back to their own units."""
        beyond = (values.abs().to(self.mean.dtype) - self.tail).clamp(min=0)
        units = values + values.sign() * (beyond.expm1() - beyond)
        return (units * self.deviation + self.mean).to(values.dtype)


class StandardisedConfig(DomainConfig):
    """Real tensors of any shape, in units that are fitted to the training data.

    Attributes:
        jitter: deviation of the normal noise that training adds, in units of each number's own: the floor of the
            density. What varies by less is not told apart.
        tail: beyond how many deviations a number counts by its logarithm.
    """

    kind: Literal["standardised"] = "standardised"
    jitter: float = Field(0.05, ge=0)
    tail: float = Field(5.0, gt=0)

    def build(self, shape: Shape) -> Standardised:
        """Build it, not fitted yet."""
        return Standardised(shape, jitter=self.jitter, tail=self.tail)
