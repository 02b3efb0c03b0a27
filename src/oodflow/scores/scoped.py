"""Whether the log-density is as steep at an image, for how curved it is there, as at others of its kind."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.errors import UsageError
from oodflow.scores.score import Learned, Score, Seen, Values
from oodflow.statistics import Curvature, Statistic


class Scoped(Score):
    r"""Negative log-density of a ratio of two derivatives of log p, by kernels at those of held-out images.

    .. math:: s(x) = -\log \frac{1}{N h} \sum_{n=1}^{N} \varphi\Bigl(\frac{T(x) - T(x_n)}{h}\Bigr), \qquad
              T(x) = \frac{\|\nabla_v \log p(v)\|^2}{-\operatorname{tr} \nabla_v^2 \log p(v)}

    in nats, with :math:`\varphi` the standard normal density, the trace as :class:`~oodflow.statistics.Curvature`
    estimates it, and v the dequantised image, or the vector. T has no unit: of a normal distribution its mean is 1,
    whatever the covariance. Too large a ratio is as suspicious as too small a one, and where a flow is convex T is
    negative, so that no side can be named beforehand: a density can be low on both, and between. Kernels
    assume no form of it, and one number needs no more. As T has heavy tails, the traces of some images being close to
    0, the bandwidth is Silverman's robust one,
    :math:`h = 0.9 \min(\text{deviation}, \text{interquartile range} / 1.349)\, N^{-1/5}`. With one probe an image takes
    about seven times as long as its likelihood.

    This is after the source, not a reproduction: there the gradient is what a diffusion model has learned of noisy
    images, and the larger of the values at two sizes of the noise is the score; here it is that of a flow, of the image
    alone.

    Attributes:
        probes: random signs by which the trace is estimated.

    Reference:
        SCOPED, 2026, ICLR, arXiv 2510.01456 (the ratio, and kernels); Silverman, *Density Estimation for Statistics and
        Data Analysis*, 1986, equation 3.31 (the bandwidth).

    Example:
        >>> from oodflow.testing.observations import example
        >>> Scoped().fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["scoped"] = "scoped"
    unit: ClassVar[str] = "nats"
    learns: ClassVar[bool] = True
    probes: int = Field(1, ge=1)

    @property
    def _statistic(self) -> Curvature:
        return Curvature(probes=self.probes)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return 2

    def reads(self) -> tuple[Statistic, ...]:
        """Read the gradient's norm and the trace."""
        return (self._statistic,)

    def learn(self, seen: Seen) -> Learned:
        """Keep the ratios of held-out images, [N], and choose the bandwidth.

        Raises:
            UsageError: all ratios are the same.
        """
        ratios = self._ratios(seen)
        ratios = ratios[np.isfinite(ratios)]
        quarter, three_quarters = np.percentile(ratios, [25, 75])
        spread = min(ratios.std(), (three_quarters - quarter) / 1.349) or ratios.std()
        if not spread > 0:
            raise UsageError(
                f"all {len(ratios)} images of the reference have the same ratio of gradient and curvature: fit on more."
            )
        return {"ratios": ratios, "bandwidth": np.array(0.9 * spread * len(ratios) ** -0.2)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative log-density, [N] in nats."""
        kernels, bandwidth = learned["ratios"], learned["bandwidth"]
        norm = np.log(len(kernels) * bandwidth * np.sqrt(2 * np.pi))
        exponents = (-(((ratio - kernels) / bandwidth) ** 2) / 2 for ratio in self._ratios(seen))
        return np.array([norm - np.logaddexp.reduce(one) for one in exponents])

    def _ratios(self, seen: Seen) -> Values:
        log_norm, trace = seen[self._statistic].T
        with np.errstate(divide="ignore"):  # without curvature the ratio is infinite
            return np.asarray(np.exp(log_norm) / -trace)
