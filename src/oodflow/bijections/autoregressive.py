"""The autoregressive layer."""

from math import prod

import torch
from torch import Tensor

from oodflow.bijections.bijection import Shape, sum_over_event
from oodflow.bijections.conditioned import Conditioned
from oodflow.errors import UsageError

_FARTHEST = 1e4  # from 0 that the network is shown a number at


class Autoregressive(Conditioned):
    r"""Change every number as a network says that sees the numbers before it, in an order of its own.

    .. math:: z_i = g(x_i; \theta_i(x_1, \dots, x_{i-1})), \qquad
              \log|\det| = \sum_i \log \frac{\partial g}{\partial x}(x_i; \theta_i)

    Forward is one pass of the network. The inverse repeats :math:`x \leftarrow g^{-1}(z; \theta(x))` until nothing
    changes any more: after :math:`k` rounds the first :math:`k` numbers are right, whatever the others are, so it takes
    :math:`D` passes at most where the order is by rows, and :math:`2 D + 1` in any other. Where autograd follows,
    it takes just :math:`D`, for derivatives arrive later than values.

    The network is shown numbers farther from 0 than 10,000 as if they were there, and NaN as 0, in both directions: on
    the way of the inverse what has not been reached yet may be anything, and zero times infinity would spoil what comes
    before.

    Args:
        shape: ``(C, ...)`` of the input.
        net: any causal module ``[B, C, ...] -> [B, n C, ...]``, with :math:`n` = ``transformer.parameters_per_number``,
            such as :class:`oodflow.nets.CausalConvNet`: in some order of the numbers, best one that goes by rows, each
            one's parameters may depend on those before it alone. ``oodflow.testing.check_bijection`` shows whether it
            is one. It computes in the layer's dtype, whatever the input's is.
        transformer: :math:`g`, for C channels.

    Reference:
        Papamakarios, Pavlakou, Murray (2017), "Masked autoregressive flow", equation 3, arXiv:1705.07057; Song, Meng,
        Liao, Ermon (2021), "Accelerating feedforward computation via parallel nonlinear equation solving",
        algorithm 1, arXiv:2002.03629.

    Example:
        >>> from oodflow.nets import CausalConvNet
        >>> from oodflow.transformers import Affine
        >>> layer = Autoregressive((1, 4, 4), CausalConvNet(1, 2, width=8, blocks=1), Affine(1))
        >>> layer(torch.zeros(5, 1, 4, 4))[0].shape
        torch.Size([5, 1, 4, 4])
    """

    def transform(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Change ``x`` with given parameters: ``z`` and the log-derivative of each number."""
        z, log_derivative = self.transformer(x, theta)
        return z, log_derivative

    def prediction(self, theta: Tensor) -> Tensor:
        r"""Tell :math:`g^{-1}(0; \theta)`, what it expects of each number, of x's shape."""
        return self.transformer.prediction(theta)

    def inverse(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Change them back, over and over, until each has been told by the right ones."""
        if not torch.is_grad_enabled():
            return self._settled(z)
        x = torch.zeros_like(z)
        for _ in range(prod(self.shape)):
            x, log_derivative = self.transformer.inverse(z, self.theta(x))
        return x, sum_over_event(log_derivative)

    def _settled(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Do anew the first pixels whose parameters are others than those they were told by, until none's are.

        What comes later by rows will move again, so it waits. How many wait was chosen by trial: convolutions on large
        images cost least with a 16th of the pixels at a time, on small ones all choices cost about the same, and
        transformers, whose every pixel moves until the one before it is right, would do with fewer. In another order
        this may end nowhere near, so after D rounds nothing waits any more.
        """
        told, dims, at_once = self.theta(torch.zeros_like(z)), prod(self.shape), max(8, prod(self.shape[1:]) // 16)
        x, log_derivative = self.transformer.inverse(z, told)
        for done in range(2 * dims):
            theta = self.theta(x)
            moved = ((theta != told) & ~(theta.isnan() & told.isnan())).any(1)
            if not moved.any():
                break
            if done < dims:
                moved &= (moved.reshape(len(z), -1).cumsum(1) <= at_once).reshape(moved.shape)
            told = torch.where(moved[:, None], theta, told)
            # The pixels that moved, side by side as of one image: [B, C, ...] to [1, C, number of them] and back.
            again = self.transformer.inverse(z.movedim(1, 0)[None, :, moved], theta.movedim(1, 0)[None, :, moved])
            for whole, part in zip((x, log_derivative), again, strict=True):
                whole.movedim(1, 0)[:, moved] = part[0]
        return x, sum_over_event(log_derivative)

    def theta(self, x: Tensor) -> Tensor:
        """Return the transformer's parameters for every number of ``x [B, C, ...]``, ``[B, n C, ...]``."""
        return self.ask(x.nan_to_num(0.0).clamp(-_FARTHEST, _FARTHEST), self.shape[0])

    def output_shape(self, shape: Shape) -> Shape:
        """Keep the shape, which must be the layer's."""
        if tuple(shape) != self.shape:
            raise UsageError(f"it is for {list(self.shape)} but the input is {list(shape)}.")
        return shape
