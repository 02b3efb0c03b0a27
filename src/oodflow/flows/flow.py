"""A normalizing flow: the way in, a bijection and a prior in one."""

import math
import operator
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from oodflow.bijections import Bijection
from oodflow.errors import UsageError
from oodflow.files import path_of
from oodflow.flows.arrays import Array, following, like, tensor_of
from oodflow.flows.domains import Domain
from oodflow.flows.noise import Seed, require_uniform
from oodflow.flows.precision import require_full_precision
from oodflow.flows.prior import Prior, StandardNormal

if TYPE_CHECKING:
    from oodflow.flows.config import FlowConfig


class Terms(NamedTuple):
    """What a log-probability is the sum of, in nats, with the latents that it comes from.

    Attributes:
        z: latents, ``[B, D]``, in the flow's dtype.
        log_prob_z: log-density of the latents, ``[B]``.
        log_det: of the bijection, ``[B]``.
        constant: what the way from the data into the bijection adds, a number or ``[B]``.
    """

    z: Tensor
    log_prob_z: Tensor
    log_det: Tensor
    constant: Tensor | float

    @property
    def log_prob(self) -> Tensor:
        """Their sum, ``[B]``."""
        return self.log_prob_z + self.log_det + self.constant


class Flow(nn.Module):
    r"""The probability of data under a bijection to latents of a simple distribution.

    Of 8-bit images it is

    .. math:: \log P(x) = \log p_Z(f(v)) + \log|\det \partial f / \partial v| - D \log 256 - \log q(u \mid x),
              \qquad v = (x + u) / 256,\ u \sim q

    in nats, where the last term is 0 for uniform dequantisation. On average over :math:`u` it is a lower bound on the
    log-probability of the integer image. Divide by :math:`-D \log 2` for bits/dim.

    Of real tensors, vectors among them, it is the density
    :math:`\log p(x) = \log p_Z(f(x)) + \log|\det \partial f / \partial x|`; there is no noise then, and what is given
    is not used.

    Wherever data goes in, ``noise`` is the dequantisation noise, uniform in [0, 1) and of the data's shape; where it is
    not given it is drawn from ``seed``. A number gives each image the noise of evaluation, which is a function of
    (seed, the image): the same call gives the same result, whatever else is in the batch. Data and latents may be
    tensors or NumPy arrays; what comes out is of the same kind, on the same device, and without gradients if it is an
    array.

    A flow computes in float32 or float64. In half precision log-probabilities are off by whole nats, so a flow that was
    converted to it is refused, and so is autocast, but in train mode, where it is the price of faster training.

    Args:
        domain: what the data are: ``Images((1, 28, 28))``, ``Reals((16, 7, 7))``, ``Reals((12,))``.
        bijection: maps images ``[B, C, H, W]`` in [0, 1], or real tensors, to flat latents ``[B, D]``.
        prior: of the latents; standard normal unless told otherwise.

    Attributes:
        config: the configuration that built the flow; none for one that was put together by hand.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), equations 2 and 3, arXiv:1605.08803; Theis, van den Oord, Bethge (2016),
        section 3.1, arXiv:1511.01844.

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8)).eval()
        >>> images = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)
        >>> flow.log_prob(images).shape, flow.log_prob(images.numpy()).dtype
        (torch.Size([5]), dtype('float32'))
        >>> torch.equal(flow(images), flow.log_prob(images))  # as a module it is its log-probability
        True
        >>> torch.equal(flow.sample(3), flow.sample(3, seed=0)), flow.sample(3).dtype
        (True, torch.uint8)
    """

    _like: Tensor

    def __init__(self, domain: Domain, bijection: Bijection, *, prior: Prior | None = None) -> None:
        super().__init__()
        if not isinstance(domain, Domain):
            raise UsageError(
                f"domain is {domain!r}: say what the data are, such as Images((1, 28, 28)) for 8-bit images or "
                f"Reals((12,)) for real tensors."
            )
        if not isinstance(bijection, Bijection):
            raise UsageError(
                f"bijection must be a Bijection, such as Chain([...]), but is a {type(bijection).__name__}."
            )
        if prior is not None and not isinstance(prior, Prior):
            raise UsageError(f"prior must be a Prior, such as StandardNormal(12), but is a {type(prior).__name__}.")
        self.domain = domain
        self.shape = domain.shape
        self.dims = prod(self.shape)
        self.bijection = bijection
        self.prior = StandardNormal(self.dims) if prior is None else prior
        self.config: FlowConfig | None = None
        self.register_buffer("_like", torch.empty(0), persistent=False)  # knows dtype and device, parameters or not
        latent_shape = bijection.output_shape(self.shape)
        if latent_shape != (self.dims,):
            raise UsageError(
                f"the bijection of a flow must end in flat latents [{self.dims}] but ends in {list(latent_shape)}: "
                f"close it with MultiScale(shape, [stage]), which flattens what its last stage gives."
            )
        if self.prior.dims != self.dims:
            raise UsageError(f"the prior is for latents [{self.prior.dims}] but the flow's are [{self.dims}].")

    @property
    def device(self) -> torch.device:
        """Where the flow lives."""
        return self._like.device

    @property
    def dtype(self) -> torch.dtype:
        """The floating type it computes in."""
        return self._like.dtype

    def forward(self, x: Array, *, noise: Array | None = None, seed: Seed = 0) -> Array:
        """Return :meth:`log_prob`, with all that PyTorch does when a module is called: hooks, ``functional_call``."""
        return self.log_prob(x, noise=noise, seed=seed)

    def log_prob(self, x: Array, *, noise: Array | None = None, seed: Seed = 0) -> Array:
        """Log-probability of images, or log-density of real tensors, in nats, computed in the flow's own dtype.

        Args:
            x: images, uint8 ``[B, C, H, W]``, or real tensors, float ``[B, ...]``.
            noise: dequantisation noise in [0, 1), of x's shape.
            seed: where the noise comes from when it is not given: a number, or a generator on any device.

        Returns:
            ``[B]``.

        Raises:
            UsageError: for data of another shape, dtype or device, noise outside of [0, 1), and half precision.
        """
        with following(x):
            return like(x, self._terms(x, noise, seed).log_prob)

    def terms(self, x: Tensor, *, noise: Tensor | None = None, seed: Seed = 0) -> Terms:
        """Tell what the log-probability is the sum of; arguments and errors as :meth:`log_prob`, tensors only."""
        return self._terms(x, noise, seed)

    def encode(self, x: Array, *, noise: Array | None = None, seed: Seed = 0) -> tuple[Array, Array]:
        """Map data to latents that :meth:`decode` maps back exactly; arguments and errors as :meth:`log_prob`.

        The flow's own arithmetic is float64 here, its st-networks compute in their own dtype: in float32 the rounding
        alone would carry some pixels over the edge of their 8-bit cell. The batch must stay together until it is
        decoded, for float32 convolutions round differently in batches of another size; a flow in ``.double()`` gives
        images back from any batch. Noise must be float32, or at least 2⁻²⁴ below 1.

        Returns:
            float64 ``z [B, D]``, parts that were factored out first, and the log-determinant ``[B]`` of the map from
            the dequantised image in [0, 1], or the real tensor, to ``z``.

        Raises:
            UsageError: as :meth:`log_prob`, and on devices without float64.
        """
        if self.device.type == "mps":
            raise UsageError("encode computes in float64, which Apple's GPUs lack: move the flow with .cpu() first.")
        with following(x):
            z, log_det = self.bijection(self._enter(x, noise, seed, torch.float64)[0])
            return like(x, z), like(x, log_det)

    @torch.no_grad()
    def decode(self, z: Array) -> Array:
        """Map latents ``[B, D]`` to uint8 images ``[B, C, H, W]``, or to real tensors.

        Raises:
            UsageError: for latents of another shape or type, and half precision.
        """
        latents = tensor_of(z, self.device, "z")
        require_full_precision(self, latents.dtype)
        if tuple(latents.shape[1:]) != (self.dims,):
            raise UsageError(f"z must be latents [B, {self.dims}] but is {list(latents.shape)}.")
        if not latents.is_floating_point():
            raise UsageError(f"z must be latents in float32 or float64 but is {latents.dtype}.")
        return like(z, self.domain.leave(self.bijection.inverse(latents)[0]))

    @torch.no_grad()
    def sample(self, n: int, *, seed: Seed = 0, temperature: float = 1.0) -> Tensor:
        """Draw ``n`` images or real tensors.

        The latents of the first ones do not depend on ``n``, so another ``n`` changes them by rounding only.

        Args:
            n: how many.
            seed: a number, or a generator on any device.
            temperature: factor of the latents' standard deviation.

        Returns:
            What :meth:`decode` gives, on the flow's device.

        Raises:
            UsageError: ``n`` is not a whole number from 0, ``temperature`` none from 0, or ``seed`` is no seed.
        """
        n, temperature = _count(n), _temperature(temperature)
        return self.decode(self.prior.sample(n, seed=seed, temperature=temperature).to(self._like))

    def initialise(self, x: Tensor, *, noise: Tensor | None = None, seed: Seed = 0) -> None:
        """Set data-dependent parameters from one batch of data; layers that have been set keep what they have."""
        if not len(tensor_of(x, self.device)):
            raise UsageError("x is a batch of 0, which tells nothing: initialise with a batch of training data.")
        with torch.no_grad():
            self.bijection.initialise(self._enter(x, noise, seed, self.dtype)[0])

    def save(self, path: str | Path, *, builder: Callable[[], "Flow"] | str | None = None) -> None:
        """Write the flow to a file for :func:`oodflow.load`; see :func:`~oodflow.flows.save_flow`."""
        from oodflow.flows.saving import save_flow  # which knows of configurations, and these of flows

        save_flow(path_of(path), self, builder=builder)

    def _terms(self, x: Array, noise: Array | None, seed: Seed) -> Terms:
        values, added = self._enter(x, noise, seed, self.dtype)
        z, log_det = self.bijection(values)
        return Terms(z, self.prior.log_prob(z), log_det, added)

    def _enter(self, x: Array, noise: Array | None, seed: Seed, dtype: torch.dtype) -> tuple[Tensor, Tensor | float]:
        data = tensor_of(x, self.device)
        require_full_precision(self)
        given = noise if noise is None or isinstance(noise, Tensor) else tensor_of(noise, self.device, "noise")
        # On a GPU a look at numbers is a wait, which a step of training shall not have.
        if given is not None and not (self.training and given.device.type != "cpu"):
            require_uniform(given)
        return self.domain.enter(data, given, seed, dtype)


def _count(n: object) -> int:
    try:
        count = operator.index(n)  # type: ignore[arg-type]
    except TypeError:
        count = -1
    if count < 0:
        raise UsageError(f"n is {n!r}: expected a whole number from 0, how many to draw.")
    return count


def _temperature(temperature: object) -> float:
    try:
        value = float(temperature)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f"temperature is {temperature!r}: expected a number from 0; 1 is that of the data.")
    return value


class LogProbOfOne(nn.Module):
    """The log-probability of a single datum as a forward pass, for ``torch.func.functional_call`` with other weights.

    Args:
        flow: whose parameters it has, under ``flow.``.
    """

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, x: Tensor, noise: Tensor | None) -> Tensor:
        """Compute it, a scalar, of ``x`` and its dequantisation noise, both without a batch."""
        return self.flow.log_prob(x[None], noise=None if noise is None else noise[None])[0]
