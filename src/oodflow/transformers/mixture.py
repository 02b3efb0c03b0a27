"""The distribution function of a mixture of logistics."""

import math
from typing import Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import logsigmoid

from oodflow.transformers.affine import Affine
from oodflow.transformers.transformer import Transformer, TransformerConfig

_STEEPEST = 7.0  # bound of the logistics' log-scales, either way: exponentials stay finite in float32
_LEAST = 1e-3  # weight of a logistic that stays where it is: between steep ones far apart there is still a slope
_LOG_ODDS = math.log(_LEAST / (1 - _LEAST))
_ITERATIONS = 200  # of the root finder, far more than halving takes in float64


class MixtureConfig(TransformerConfig):
    """Settings of :class:`Mixture`.

    Attributes:
        components: :math:`K`.
        spread: how far apart the means begin, in logits: evenly from minus this to plus this.
        affine: whether an affine map follows.
    """

    kind: Literal["mixture"] = "mixture"
    components: int = Field(4, ge=1, le=256)
    spread: float = Field(1.0, ge=0)
    affine: bool = True

    def build(self, channels: int) -> "Mixture":
        """Build it."""
        return Mixture(channels, components=self.components, spread=self.spread, affine=self.affine)


class Mixture(Transformer):
    r"""The distribution function of a mixture of logistics, taken back to the real line, then an affine map.

    .. math:: u = \sum_k \pi_k\, \sigma(a_k), \qquad a_k = (x - \mu_k)\, e^{-s_k}, \qquad
              y = \log u - \log(1 - u), \qquad z = \operatorname{affine}(y)

    .. math:: \frac{\partial y}{\partial x}
              = \frac{\sum_k \pi_k\, e^{-s_k}\, \sigma(a_k)\, \sigma(-a_k)}{u\, (1 - u)}

    :math:`\theta` holds :math:`K` logits of the weights :math:`\pi`, :math:`K` means :math:`\mu` and :math:`K`
    log-scales :math:`s`, then what :class:`~oodflow.transformers.Affine` takes. Logistics that begin alike would stay
    alike, for each gets the same gradient: so a network begins with means that lie apart (:attr:`start`). Unlike
    the authors' there is one logistic more, :math:`\sigma(x)` with a fixed weight of 1/1000. The inverse is found by
    Newton's method between bounds, for there is no formula.

    Args:
        channels: how many channels change.
        components: :math:`K`.
        spread: where the outermost means begin.
        affine: whether the affine map follows.

    Reference:
        Ho, Chen, Srinivas, Duan, Abbeel (2019), "Flow++", section 3.2, arXiv:1902.00275.

    Example:
        >>> x = torch.tensor([[-5.0, 0.5, 2.0]])
        >>> mixture = Mixture(3, components=2, spread=1.0, affine=False)
        >>> torch.equal(mixture(x, torch.zeros(1, 18))[0], x)  # of zeros it is the identity
        True
        >>> mixture.start.reshape(6, 3)[:, 0]
        tensor([ 0.,  0., -1.,  1.,  0.,  0.])
    """

    _start: Tensor

    def __init__(self, channels: int, *, components: int, spread: float, affine: bool) -> None:
        super().__init__()
        self.components = components
        self.affine = Affine(channels) if affine else None
        self.parameters_per_number = 3 * components + (self.affine.parameters_per_number if self.affine else 0)
        begin = torch.zeros(self.parameters_per_number, channels)
        begin[components : 2 * components] = torch.linspace(-spread, spread, components)[:, None]
        self.register_buffer("_start", begin.flatten())

    @property
    def start(self) -> Tensor:
        """Means that lie apart."""
        return self._start

    def forward(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Mix, then shift and scale."""
        mixture, rest = self._parts(x, theta)
        y, log_derivative = mixture(x)
        if self.affine is None:
            return y, log_derivative
        z, log_scale = self.affine(y, rest)
        return z, log_derivative + log_scale

    def inverse(self, z: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Undo the affine map, then look for the number that is mixed to what is left."""
        mixture, rest = self._parts(z, theta)
        y, log_scale = (z, torch.zeros_like(z)) if self.affine is None else self.affine.inverse(z, rest)
        with torch.no_grad():
            found = mixture.root(y)
        # A last step of Newton's that autograd follows has the gradients of the exact inverse.
        again, log_derivative = mixture(found)
        x = found - (again - y) * (-log_derivative.detach()).exp()
        return x, log_scale - mixture(x)[1]

    def _parts(self, x: Tensor, theta: Tensor) -> tuple["_Mixture", Tensor]:
        own = 3 * self.components * x.shape[1]
        logits, means, log_scales = theta[:, :own].reshape(theta.shape[0], 3, self.components, *x.shape[1:]).unbind(1)
        return _Mixture(logits, means, log_scales.clamp(-_STEEPEST, _STEEPEST)), theta[:, own:]


class _Mixture(NamedTuple):
    r"""Logits of the weights, means and log-scales, each ``[B, K, C, ...]``.

    Everything is written by what differs from a single logistic at 0 of scale 1, of which the map is the identity:

    .. math:: d_k^\pm = \log \sigma(\pm a_k) - \log \sigma(\pm x), \qquad
              L(v) = \log \sum_k \pi_k e^{v_k}, \qquad y = x + L(d^+) - L(d^-)

    .. math:: \log \frac{\partial y}{\partial x} = L(d^+ + d^- - s) - L(d^+) - L(d^-)

    where one :math:`v_k` is 0: that of the logistic that stays where it is.
    """

    logits: Tensor
    means: Tensor
    log_scales: Tensor

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Tell :math:`y` and the log-derivative."""
        a = (x.unsqueeze(1) - self.means) * (-self.log_scales).exp()
        over, turned = logsigmoid(a) - logsigmoid(x).unsqueeze(1), x.unsqueeze(1) - a
        norm = _log_sum(self.logits)

        def log_mean(v: Tensor) -> Tensor:
            """Sum up, without the norm of the weights: what is asked here is a difference of two."""
            return torch.logaddexp(_log_sum(self.logits + v), norm + _LOG_ODDS)

        log_over, log_under = log_mean(over), log_mean(over + turned)
        log_density = log_mean(2 * over + turned - self.log_scales)
        log_all = torch.logaddexp(norm, norm + _LOG_ODDS)
        return x + (log_over - log_under), log_density - log_over - log_under + log_all

    def root(self, y: Tensor) -> Tensor:
        """Find the x of a y: it lies between those that the logistics one by one would have."""
        one_by_one = self.means + y.unsqueeze(1) * self.log_scales.exp()
        low, high = torch.minimum(one_by_one.amin(1), y), torch.maximum(one_by_one.amax(1), y)
        if y.is_meta:  # it has shapes, and no numbers to wait for
            return low
        flat = _Mixture(*(part.movedim(1, 0).flatten(1)[None] for part in self))  # [1, K, N]
        return flat.root_between(*(part.reshape(1, -1) for part in (y, low, high))).reshape(y.shape)

    def root_between(self, y: Tensor, low: Tensor, high: Tensor) -> Tensor:
        """Find it by Newton's method between bounds, ``[1, N]`` each, and go on with those not found yet alone."""
        mixture, x, off, eps = self, (low + high) / 2, torch.full_like(y, torch.inf), torch.finfo(y.dtype).eps
        found, sought = torch.empty_like(y), torch.arange(y.shape[1], device=y.device)
        for _ in range(_ITERATIONS):
            value, log_derivative = mixture(x)
            before, off = off, value - y
            low, high = torch.where(off < 0, x, low), torch.where(off > 0, x, high)
            newton = x - off * (-log_derivative).exp()
            # Halving takes over where Newton's method leaves the bounds, or comes no nearer fast enough.
            trusted = (newton >= low) & (newton <= high) & (off.abs() <= before.abs() / 2)
            following = torch.where(trusted, newton, (low + high) / 2)
            # What is left is rounding, of x too: it would send Newton's method astray, and halving far back.
            rounding = 4 * eps * (1 + y.abs() + x.abs())
            there = (off.abs() <= rounding) | ((newton - x).abs() <= eps * x.abs()) | (following == x)
            found[:, sought] = torch.where(there, x, following)
            going = (~there)[0].nonzero()[:, 0]
            if not len(going):
                break
            sought = sought[going]
            x, y, low, high, off = (part[:, going] for part in (following, y, low, high, off))
            mixture = _Mixture(*(part[..., going] for part in mixture))
        return found


def _log_sum(v: Tensor) -> Tensor:
    """Sum up exponentials ``[B, K, ...]`` over K; unlike ``torch.logsumexp`` it keeps them for the way back."""
    most = v.detach().amax(1, keepdim=True)
    return (v - most).exp().sum(1).log() + most.squeeze(1)
