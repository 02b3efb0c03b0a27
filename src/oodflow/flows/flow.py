"""A normalizing flow over 8-bit images: dequantisation, bijection and prior in one."""

import math
from math import prod

import torch
from torch import Tensor, nn

from oodflow.bijections import Bijection, Shape
from oodflow.errors import UsageError
from oodflow.flows.dequantise import dequantise, quantise
from oodflow.flows.prior import StandardNormal


class Flow(nn.Module):
    r"""The probability of 8-bit images under a bijection to standard normal latents.

    .. math:: \log P(x) = \log p_Z(f(v)) + \log|\det \partial f / \partial v| - D \log 256,
              \qquad v = (x + u) / 256,\ u \sim U[0, 1)^D

    in nats. It is exact for the density of the dequantised image and, on average over :math:`u`, a lower bound on the
    probability of the integer image. Divide by :math:`-D \log 2` for bits/dim.

    The noise :math:`u` is always the caller's: either ``noise`` itself or a ``generator`` to draw it from.

    Args:
        shape: ``(C, H, W)`` of the images.
        bijection: maps ``[B, C, H, W]`` in [0, 1] to flat latents ``[B, D]``, :math:`D = CHW`.

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
        self.shape = tuple(shape)
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
        """Log-probability of images in nats.

        Args:
            x: images, uint8 ``[B, C, H, W]``.
            noise: dequantisation noise in [0, 1), ``[B, C, H, W]``.
            generator: where to draw the noise from when it is not given; it may live on another device.

        Returns:
            ``[B]``.

        Raises:
            UsageError: for images of another shape, dtype or device, and when neither noise nor generator is given.
        """
        z, log_det = self.encode(x, noise=noise, generator=generator)
        return self.prior.log_prob(z) + log_det - self.dims * math.log(256)

    def encode(
        self, x: Tensor, *, noise: Tensor | None = None, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Map images to latents; arguments and errors as :meth:`log_prob`.

        Returns:
            ``z [B, D]``, parts that were factored out first, and the log-determinant ``[B]`` of the map from the
            dequantised image in [0, 1] to ``z``.
        """
        self._check(x)
        latents: tuple[Tensor, Tensor] = self.bijection(dequantise(x, self._noise(x, noise, generator)))
        return latents

    @torch.no_grad()
    def decode(self, z: Tensor) -> Tensor:
        """Map latents ``[B, D]`` to uint8 images ``[B, C, H, W]``."""
        return quantise(self.bijection.inverse(z)[0])

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, temperature: float = 1.0) -> Tensor:
        """Draw ``n`` uint8 images ``[n, C, H, W]``, with latents of standard deviation ``temperature``."""
        z = self.prior.sample(n, generator=generator, temperature=temperature)
        return self.decode(z.to(self._like))

    def initialise(self, x: Tensor, *, noise: Tensor) -> None:
        """Set data-dependent parameters from one batch of images; layers that have been set keep what they have."""
        self._check(x)
        with torch.no_grad():
            self.bijection.initialise(dequantise(x, self._noise(x, noise, None)))

    def _check(self, x: Tensor) -> None:
        if tuple(x.shape[1:]) != self.shape or x.dtype != torch.uint8:
            expected = ", ".join(str(n) for n in self.shape)
            raise UsageError(
                f"x must be uint8 images [B, {expected}] with values 0 to 255 but is {x.dtype} {list(x.shape)}."
            )
        if x.device != self.device:
            raise UsageError(f"x is on {x.device} but the flow on {self.device}: move one of them with .to(device).")

    def _noise(self, x: Tensor, noise: Tensor | None, generator: torch.Generator | None) -> Tensor:
        if generator is not None and noise is None:
            noise = torch.rand(x.shape, generator=generator, device=generator.device, dtype=self.dtype)
        if noise is None:
            raise UsageError(
                "log_prob and encode need dequantisation noise: pass noise=<tensor in [0, 1) of x's shape> or "
                "generator=torch.Generator().manual_seed(0)."
            )
        if noise.shape != x.shape:
            raise UsageError(f"noise must have x's shape {list(x.shape)} but has {list(noise.shape)}.")
        return noise.to(self._like)
