"""Which columns make a row unlikely."""

from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import cauchy

Values = NDArray[np.float64]

USUAL = 96
"""Values of a column that a row is asked about with: those that are usual there."""
NEAR = 32
"""And those near the row's own."""
_GOLDEN = (5**0.5 - 1) / 2
_AT_ONCE = 1 << 22  # numbers in the rows that the density is asked about together


class Columns(NamedTuple):
    """What is usual in each column.

    Attributes:
        quantiles: float64 ``[USUAL, D]``, evenly spread over the values of each.
        deviations: float64 ``[D]``; 1 where nothing varies.
    """

    quantiles: Values
    deviations: Values

    @classmethod
    def of(cls, rows: NDArray[np.floating[Any]]) -> Self:
        """Tell it of ``[N, D]``."""
        with np.errstate(over="ignore"):  # of numbers whose squares are none
            deviations = rows.std(0, dtype=np.float64)
        shares = (np.arange(USUAL) + 0.5) / USUAL
        quantiles = np.quantile(rows.astype(np.float64), shares, axis=0, method="inverted_cdf")
        return cls(quantiles, np.where(deviations > 0, deviations, 1.0))


def conditional_contributions(
    log_prob: Callable[[Values], Values], rows: NDArray[np.floating[Any]], columns: Columns
) -> Values:
    r"""Tell by how much each column makes a row less likely than it would be with another value there.

    .. math:: c_d(x) = \mathbb{E}_{t \sim p(\cdot \mid x_{-d})}\bigl[\log p(t, x_{-d})\bigr] - \log p(x)

    in nats: by how much likelier the row would be on average if column d were drawn anew, given what stands in the
    others. As :math:`p(x_{-d})` cancels it is the surprise :math:`-\log p(x_d \mid x_{-d})` less what it is on average,
    so it has no unit, and of rows drawn from the density itself its mean is 0 in every column. Of a normal distribution
    it is :math:`(z^2 - 1) / 2`, with z the standardised residual of the regression of column d on all others. It does
    not add up to the log-density. Two columns that only disagree with each other both have it.

    The conditional is reached by self-normalised importance sampling,
    :math:`w_k \propto p(t_k, x_{-d}) / q_d(t_k)`, with the same :math:`t_k` each time: 96 from the usual values of the
    column, smoothed by kernels, and 32 about :math:`x_d` within a quarter of the deviation. Both are Cauchy, so that a
    few lie far out, where the other columns may be, too; q is the density of all together. So a row takes 128 D times
    as long as its likelihood. Far outside of all usual values c is right to about a tenth of itself.

    Args:
        log_prob: of ``[n, D]``, ``[n]`` in nats.
        rows: ``[N, D]``.
        columns: what is usual.

    Returns:
        float64 ``[N, D]``; where no value at all is possible 0.

    Reference:
        Owen and Zhou (2000), "Safe and effective importance sampling", Journal of the American Statistical Association
        95, section 3 (a mixture of proposals); Silverman (1986), *Density Estimation for Statistics and Data Analysis*,
        equation 3.31 (the kernels' width).

    Example:
        >>> from scipy.stats import norm
        >>> usual = Columns.of(np.random.default_rng(0).normal(size=(1000, 2)))
        >>> found = conditional_contributions(lambda x: norm.logpdf(x).sum(1), np.array([[0.0, 3.0]]), usual)
        >>> found.round(1)
        array([[-0.5,  4. ]])
    """
    x: Values = np.asarray(rows, dtype=np.float64)
    own, result = log_prob(x), np.empty(x.shape)
    step = max(1, _AT_ONCE // ((USUAL + NEAR) * x.shape[1]))
    for column in range(x.shape[1]):
        proposal = _Proposal.of(columns.quantiles[:, column], columns.deviations[column])
        for start in range(0, len(x), step):
            part = x[start : start + step]
            values = proposal.draw(part[:, column])
            changed = np.repeat(part[:, None], values.shape[1], axis=1)
            changed[:, :, column] = values
            found = log_prob(changed.reshape(-1, x.shape[1])).reshape(values.shape)
            log_weights = found - proposal.log_density(values, part[:, column])
            with np.errstate(invalid="ignore"):  # of impossible values
                result[start : start + step, column] = _mean(found, log_weights) - own[start : start + step]
    return np.nan_to_num(result, nan=0.0, posinf=np.inf, neginf=-np.inf)


class _Proposal(NamedTuple):
    """Where values of a column are drawn from: about usual ones, and about a row's own."""

    usual: Values
    bandwidth: float
    near: float

    @classmethod
    def of(cls, usual: Values, deviation: float) -> Self:
        quarter, three_quarters = np.quantile(usual, [0.25, 0.75])
        spread = min(deviation, (three_quarters - quarter) / 1.349)
        return cls(usual, max(0.9 * spread * len(usual) ** -0.2, 0.05 * deviation), deviation / 4)

    def draw(self, own: Values) -> Values:
        """Draw ``[n, USUAL + NEAR]`` for n rows."""
        usual = self.usual + self.bandwidth * _spread(len(self.usual))
        near = own[:, None] + self.near * _spread(NEAR)
        return np.concatenate([np.broadcast_to(usual, (len(own), len(usual))), near], axis=1)

    def log_density(self, values: Values, own: Values) -> Values:
        """Log-density of ``[n, k]`` for n rows."""
        kernels = cauchy.pdf(values[:, :, None], self.usual, self.bandwidth).mean(2)
        near = cauchy.pdf(values, own[:, None], self.near)
        return np.asarray(np.log((USUAL * kernels + NEAR * near) / (USUAL + NEAR)))


def _spread(n: int) -> Values:
    """Spread ``n`` numbers as a Cauchy distribution is, in an order that goes with no other."""
    return np.asarray(cauchy.ppf(np.arange(1, n + 1) * _GOLDEN % 1))


def _mean(values: Values, log_weights: Values) -> Values:
    weights = np.exp(log_weights - log_weights.max(1, keepdims=True))
    terms = np.where(weights > 0, weights * values, 0.0)
    return np.asarray(terms.sum(1) / weights.sum(1))
