"""A normalizing flow: the way in, a bijection and a prior in one."""

from math import prod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from oodflow.bijections import Bijection, Shape
from oodflow.errors import UsageError
from oodflow.flows.domain import domain_of
from oodflow.flows.prior import StandardNormal


class Terms(NamedTuple):
    """What a log-probability is the sum of, in nats, with the latents that it comes from.

    Attributes:
        z: latents, ``[B, D]``, in the flow's dtype.
        log_prob_z: log-density of the latents, ``[B]``.
        log_det: of the bijection, ``[B]``.
        constant: what the way from the data into the bijection adds.
    """

    z: Tensor
    log_prob_z: Tensor
    log_det: Tensor
    constant: float

    @property
    def log_prob(self) -> Tensor:
        """Their sum, ``[B]``."""
        return self.log_prob_z + self.log_det + self.constant


class Flow(nn.Module):
    r"""The probability of data under a bijection to standard normal latents.

    Of 8-bit images it is

    .. math:: \log P(x) = \log p_Z(f(v)) + \log|\det \partial f / \partial v| - D \log 256,
              \qquad v = (x + u) / 256,\ u \sim U[0, 1)^D

    in nats. It is exact for the density of the dequantised image and, on average over :math:`u`, a lower bound on the
    probability of the integer image. Divide by :math:`-D \log 2` for bits/dim. The noise :math:`u` is always the
    caller's: either ``noise`` itself or a ``generator`` to draw it from.

    Of vectors of real numbers it is the density
    :math:`\log p(x) = \log p_Z(f(x)) + \log|\det \partial f / \partial x|`; there is no noise then, and what is given
    is not used.

    Args:
        shape: ``(C, H, W)`` of images, or ``(D,)`` of vectors.
        bijection: maps images ``[B, C, H, W]`` in [0, 1], or vectors, to flat latents ``[B, D]``, :math:`D = CHW`.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), equations 2 and 3, arXiv:1605.08803; Theis, van den Oord, Bethge (2016),
        section 3.1, arXiv:1511.01844.

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8)).eval()
        >>> images = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)
        >>> flow.log_prob(images, generator=torch.Generator().manual_seed(0)).shape
        torch.Size([5])
        >>> flow.sample(3, generator=torch.Generator().manual_seed(0)).dtype
        torch.uint8
    """

    _like: Tensor

    def __init__(self, shape: Shape, bijection: Bijection) -> None:
        super().__init__()
        if not isinstance(bijection, Bijection):
            raise UsageError(
                f"bijection must be a Bijection, such as Chain([...]), but is a {type(bijection).__name__}."
            )
        self.domain = domain_of(shape)
        self.shape = self.domain.shape
        self.dims = prod(shape)
        self.bijection = bijection
        self.prior = StandardNormal(self.dims)
        self.register_buffer("_like", torch.empty(0), persistent=False)  # knows dtype and device, parameters or not
        latent_shape = bijection.output_shape(self.shape)
        if latent_shape != (self.dims,):
            raise UsageError(
                f"the bijection of a flow must end in flat latents [{self.dims}] but ends in {list(latent_shape)}: "
                f"close it with MultiScale(shape, [stage]), which flattens what its last stage gives."
            )

    @property
    def device(self) -> torch.device:
        """Where the flow lives."""
        return self._like.device

    @property
    def dtype(self) -> torch.dtype:
        """The floating type it computes in."""
        return self._like.dtype

    def log_prob(self, x: Tensor, *, noise: Tensor | None = None, generator: torch.Generator | None = None) -> Tensor:
        """Log-probability of images, or log-density of vectors, in nats, computed in the flow's own dtype.

        Args:
            x: images, uint8 ``[B, C, H, W]``, or vectors, float ``[B, D]``.
            noise: dequantisation noise in [0, 1), ``[B, C, H, W]``.
            generator: where to draw the noise from when it is not given; it may live on another device.

        Returns:
            ``[B]``.

        Raises:
            UsageError: for data of another shape, dtype or device, and for images without noise or generator.
        """
        return self.terms(x, noise=noise, generator=generator).log_prob

    def terms(self, x: Tensor, *, noise: Tensor | None = None, generator: torch.Generator | None = None) -> "Terms":
        """Tell what the log-probability is the sum of; arguments and errors as :meth:`log_prob`."""
        z, log_det = self.bijection(self._enter(x, noise, generator, self.dtype))
        return Terms(z, self.prior.log_prob(z), log_det, self.domain.constant)

    def encode(
        self, x: Tensor, *, noise: Tensor | None = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Map data to latents that :meth:`decode` maps back exactly; arguments and errors as :meth:`log_prob`.

        The flow's own arithmetic is float64 here, its st-networks compute in their own dtype: in float32 the rounding
        alone would carry some pixels over the edge of their 8-bit cell. The batch must stay together until it is
        decoded, for float32 convolutions round differently in batches of another size; a flow in ``.double()`` gives
        images back from any batch. Noise must be float32, or at least 2⁻²⁴ below 1.

        Returns:
            float64 ``z [B, D]``, parts that were factored out first, and the log-determinant ``[B]`` of the map from
            the dequantised image in [0, 1], or the vector, to ``z``.
        """
        latents: tuple[Tensor, Tensor] = self.bijection(self._enter(x, noise, generator, torch.float64))
        return latents

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """Map latents ``[B, D]`` to uint8 images ``[B, C, H, W]``, or to vectors ``[B, D]``.

        Raises:
            UsageError: for latents of another shape.
        """
        if tuple(z.shape[1:]) != (self.dims,):
            raise UsageError(f"z must be latents [B, {self.dims}] but is {list(z.shape)}.")
        return self.domain.leave(self.bijection.inverse(z)[0])

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draw ``n`` images or vectors, as :meth:`decode` gives them, with latents of deviation ``temperature``."""
        z = self.prior.sample(n, generator=generator, temperature=temperature)
        return self.decode(z.to(self._like))

    def initialise(self, x: Tensor, *, noise: Tensor | None = None) -> None:
        """Set data-dependent parameters from one batch of data; layers that have been set keep what they have."""
        with torch.no_grad():
            self.bijection.initialise(self._enter(x, noise, None, self.dtype))

    def _enter(self, x: Tensor, noise: Tensor | None, generator: torch.Generator | None, dtype: torch.dtype) -> Tensor:
        if x.device != self.device:
            raise UsageError(f"x is on {x.device} but the flow on {self.device}: move one of them with .to(device).")
        return self.domain.enter(x, noise, generator, dtype)
