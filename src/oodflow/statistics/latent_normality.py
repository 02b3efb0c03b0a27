"""Whether the latents of an image look like independent draws of a normal distribution."""

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic


class LatentNormality(Statistic):
    r"""Two tests of the D latents of one image: for normality, and for a flat power spectrum, ``[N, 2]``.

    .. math:: A^2 = -D - \frac1D \sum_{i=1}^{D} (2i - 1)
              \bigl[\log \Phi(y_{(i)}) + \log(1 - \Phi(y_{(D+1-i)}))\bigr], \qquad
              V = \frac{\operatorname{std} P}{\operatorname{mean} P},\ P = |\operatorname{rfft} z|^2

    with y the latents standardised by their own mean and standard deviation, and the constant term left out of P. V is
    about 1 for white noise.

    Reference:
        Bomatter, Geary, Gouk, 2026, arXiv 2605.22496; Anderson and Darling, 1954, JASA 49 (:math:`A^2`).
    """

    kind: Literal["latent_normality"] = "latent_normality"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "test of its latents"

    def compute(self, batch: Batch) -> Array:
        """Compute A² and V, [n, 2]."""
        z = numbers(batch.terms.z.flatten(1))
        return np.stack([anderson_darling(z), spectrum_variation(z)], 1)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(2,)``."""
        return (2,)


def anderson_darling(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute Anderson and Darling's statistic of each row of ``z [N, D]`` against a normal fitted to it."""
    from scipy.special import log_ndtr

    dims = z.shape[1]
    deviation = np.maximum(z.std(1, ddof=1, keepdims=True), np.finfo(float).tiny)
    y = np.sort((z - z.mean(1, keepdims=True)) / deviation, axis=1)
    weights = 2 * np.arange(1, dims + 1) - 1
    return np.asarray(-dims - (weights * (log_ndtr(y) + log_ndtr(-y[:, ::-1]))).sum(1) / dims)


def spectrum_variation(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the coefficient of variation of the power spectrum of each row of ``z [N, D]``."""
    power = np.abs(np.fft.rfft(z, axis=1)[:, 1:]) ** 2
    return np.asarray(power.std(1) / np.maximum(power.mean(1), np.finfo(float).tiny))
