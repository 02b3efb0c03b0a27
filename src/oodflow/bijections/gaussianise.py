"""From a logistic to a normal distribution."""

import math

import torch
from torch import Tensor
from torch.special import erfcx, ndtri

from oodflow.bijections.bijection import Bijection, sum_over_event

_FAR = 50.0  # beyond it sigmoids run out of float32, and an approximation has four digits, which two steps double twice


class Gaussianise(Bijection):
    r"""Turn numbers of a standard logistic distribution into numbers of a standard normal one.

    .. math:: z = \Phi^{-1}(\sigma(x)), \qquad \log|\det| = \sum \log \frac{\sigma(x)\, \sigma(-x)}{\varphi(z)}

    with the distribution function :math:`\Phi` and the density :math:`\varphi` of the standard normal. It comes after a
    mixture of logistics, which makes logistic numbers, where the latents are to be normal.

    Far out, where :math:`\sigma(x)` is 1 to all digits, none are lost: what is solved there is
    :math:`\log \Phi(z) - \log \Phi(-z) = x`.

    Example:
        >>> Gaussianise()(torch.tensor([[-1.0, 1000.0]]))[0]
        tensor([[-0.6160, 44.6157]])
    """

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logistic to normal."""
        with torch.no_grad():
            z = _near(x)
        # Autograd follows both: a step from a constant has the first derivative of the root, the next its second.
        z = _newton(_newton(z, x), x)
        return z, -sum_over_event(_log_odds_and_slope(z)[1])

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Normal to logistic."""
        log_odds, log_slope = _log_odds_and_slope(z)
        return log_odds, sum_over_event(log_slope)


def _near(x: Tensor) -> Tensor:
    r"""Come near the root: by the quantile of the lower tail, and far out by how the tail falls off.

    .. math:: \log \Phi(-z) \approx -\tfrac12 z^2 - \log(z \sqrt{2 \pi}) \quad\Rightarrow\quad
              z^2 \approx 2 x - \log(4 \pi x)
    """
    size = x.abs()
    far = 2 * size.clamp(min=_FAR)
    tail = torch.where(size < _FAR, -ndtri(torch.sigmoid(-size)), (far - (2 * math.pi * far).log()).sqrt())
    return tail * x.sign()


def _newton(z: Tensor, x: Tensor) -> Tensor:
    """Make one step of Newton's method."""
    log_odds, log_slope = _log_odds_and_slope(z)
    return z - (log_odds - x) * (-log_slope).exp()


def _log_odds_and_slope(z: Tensor) -> tuple[Tensor, Tensor]:
    r"""Compute :math:`\log \Phi(z) - \log \Phi(-z)` and the logarithm of its derivative.

    .. math:: \log \varphi(z) - \log \Phi(z) - \log \Phi(-z), \qquad
              \Phi(-|z|) = \tfrac12 e^{-z^2/2} \operatorname{erfcx}(|z|/\sqrt2)
    """
    # PyTorch's own log_ndtr is the same, but torch.vmap can't take it.
    half_square, negative = z.square() / 2, z < 0
    size = torch.where(negative, -z, z)  # unlike an absolute value it has a derivative at 0
    tail = (erfcx(size * math.sqrt(0.5)) / 2).log() - half_square
    rest = torch.log1p(-tail.exp())
    return torch.where(negative, tail - rest, rest - tail), -half_square - math.log(2 * math.pi) / 2 - tail - rest
