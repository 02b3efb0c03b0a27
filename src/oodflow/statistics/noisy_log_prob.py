"""How likely an image is as it is, and with noise of several sizes upon it."""

from typing import ClassVar, Literal

import torch

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.gradients import inference
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.continuous import log_densities
from oodflow.statistics.model import Density
from oodflow.statistics.perturbation import WithNoise, perturbed
from oodflow.statistics.statistic import Array


class NoisyLogProb(WithNoise):
    r"""Log-probability of an image as it is, and with noise of each of K sizes, ``[N, 1 + K]`` in nats.

    .. math:: \log p(v + \sigma_k \varepsilon) + c, \qquad k = 0, \dots, K, \qquad \sigma_0 = 0, \quad
              \sigma_k = \frac{\sigma_1}{256} \Bigl(\frac{\sigma_K}{\sigma_1}\Bigr)^{\frac{k - 1}{K - 1}}

    at what the bijection takes, dequantised pixels v in [0, 1] or the numbers of a vector, with one normal
    :math:`\varepsilon` an image for all sizes, a function of (seed, draw, the image). Flows know nothing of what lies
    outside of [0, 1]: pixels that the noise carries out are reflected at 0 and 1.

    The constant c is what the image's own way in adds, :math:`-D \log 256 - \log q(u \mid x)`, whatever the noise: so
    column 0 is the log-probability of a draw, and the others stand in its unit. Of vectors as they are it is 0;
    of standardised ones what :class:`~oodflow.flows.Standardised` adds at x itself, for its units and its tail; of
    whitened ones less the logarithms of the deviations along the axes. Of several draws a column is the mean of the
    logarithms. It takes a pass for each size; column 0 shares that of the other statistics.

    Attributes:
        levels: K.
        smallest: :math:`\sigma_1`, in grey levels, which are 1/256 of v's unit: of a vector's own, of standardised ones
            a deviation of the training data, of whitened ones a deviation along an axis.
        largest: :math:`\sigma_K`, in the same unit; of a single level the smallest is taken.

    Reference:
        Kim, Yoon (2026), "Mitigating the Likelihood Paradox in Flow-based OOD Detection via Entropy Manipulation"
        (images are perturbed before a flow scores them; the kind of noise and its sizes are ours).

    Example:
        >>> from oodflow.testing.observations import example
        >>> example("test")[NoisyLogProb(levels=3)].shape
        (32, 4)
    """

    kind: Literal["noisy_log_prob"] = "noisy_log_prob"
    quantity: ClassVar[str] = "log-probability of a noisy image"

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, 1 + K] in nats."""
        flow = batch.lean
        with inference():
            values, constant = flow.domain.enter(batch.x, batch.noise, batch.seed, flow.dtype)
            normals = torch.from_numpy(self.normals(batch, "perturbation"))
            noises = ((sigma * normals).to(values) for sigma in self.sigmas)
            noisy = [log_densities(flow, perturbed(flow, values, noise)) + constant for noise in noises]
            return numbers(torch.stack([batch.log_prob, *noisy], 1))

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(1 + K,)``."""
        return (1 + self.levels,)
