"""The contract of every dequantisation: where in its cell a pixel goes."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from oodflow.config import Component


class Dequantisation(nn.Module, ABC):
    r"""A distribution :math:`q(u \mid x)` of the place :math:`u \in [0, 1)^D` that pixels take in their cells.

    With :math:`v = (x + u) / 256` the density of a flow bounds the probability of the integer image:

    .. math:: \log P(x) = \log \mathbb{E}_{u \sim q} \frac{p(v)}{256^D\, q(u \mid x)}
              \ge \mathbb{E}_{u \sim q} \bigl[\log p(v) - D \log 256 - \log q(u \mid x)\bigr]

    All randomness comes from the caller's noise, uniform in [0, 1), which the dequantisation turns into :math:`u`; so
    one that is no longer uniform is still a function of (seed, draw, the image) in evaluation. It is a module, for it
    may have parameters; they are trained and saved with the flow. ``oodflow.testing.check_dequantisation`` is the
    contract.

    Reference:
        Theis, van den Oord, Bethge (2016), "A note on the evaluation of generative models", section 3.1,
        arXiv:1511.01844; Ho et al. (2019), "Flow++", section 3.1, arXiv:1902.00275.
    """

    @abstractmethod
    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, Tensor | float]:
        r"""Turn noise into places.

        Args:
            images: uint8 ``[B, C, H, W]``.
            noise: in [0, 1), of the same shape, in the dtype to compute in.

        Returns:
            :math:`u` of the same shape, and :math:`\log q(u \mid x)` in nats: ``[B]``, or a number for all.
        """


class DequantisationConfig(Component):
    """Settings of a dequantisation, and how to build it."""

    @property
    def description(self) -> str:
        """Name it in a table."""
        return f"{self.kind} dequantisation"

    @abstractmethod
    def build(self, shape: tuple[int, ...]) -> Dequantisation:
        """Build it for images ``(C, H, W)``, or raise ``UsageError`` if it is not for such images."""
