"""Layers that change numbers as a network says that sees others."""

from abc import abstractmethod

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Bijection, Shape, sum_over_event
from oodflow.bijections.layout import channels_last
from oodflow.errors import UsageError
from oodflow.transformers import Transformer


class Conditioned(Bijection):
    r"""A network sees some numbers, and a transformer changes others: couplings, and autoregressive layers.

    .. math:: \theta = \operatorname{net}(x), \qquad z = g(x; \theta), \qquad
              \log|\det| = \sum \log \frac{\partial g}{\partial x}

    What of :math:`x` the network sees is such that the matrix of derivatives is triangular.

    Args:
        shape: of the input, without batch.
        net: the network; it computes in the layer's dtype, whatever the input's is.
        transformer: :math:`g`.

    Reference:
        Papamakarios et al. (2021), "Normalizing flows for probabilistic modeling and inference", section 3.1,
        arXiv:1912.02762.
    """

    _like: Tensor

    def __init__(self, shape: Shape, net: nn.Module, transformer: Transformer) -> None:
        super().__init__()
        if not isinstance(transformer, Transformer):
            raise UsageError(
                f"transformer must be a Transformer, such as Affine({shape[0]}), but is a {type(transformer).__name__}."
            )
        self.shape = tuple(shape)
        self.transformer = transformer
        self.net = net
        self.register_buffer("_like", torch.empty(0), persistent=False)  # knows the dtype, parameters or not

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Change what there is to change."""
        z, log_derivative = self.transform(x, self.theta(x))
        return z, sum_over_event(log_derivative)

    @abstractmethod
    def theta(self, x: Tensor) -> Tensor:
        """Return what the network says to ``x [B, C, ...]``: the transformer's parameters."""

    @abstractmethod
    def transform(self, x: Tensor, theta: Tensor) -> tuple[Tensor, Tensor]:
        """Change ``x`` with given parameters: ``z`` and the log-derivative of each number, 0 where nothing changes."""

    @abstractmethod
    def prediction(self, theta: Tensor) -> Tensor:
        r"""Tell :math:`g^{-1}(0; \theta)`, what it expects of what it changes, of x's shape, 0 elsewhere."""

    def ask(self, shown: Tensor, channels: int) -> Tensor:
        """Ask the network about ``shown [B, ..., H, W]``: parameters ``[B, n * channels, H, W]`` in the same dtype.

        Raises:
            UsageError: when it gives another shape.
        """
        output = self.net(channels_last(shown.to(self._like.dtype))).contiguous()
        each = self.transformer.parameters_per_number
        expected = (shown.shape[0], each * channels, *self.shape[1:])
        if output.shape != expected:
            raise UsageError(
                f"the network of this layer must turn {list(shown.shape)} into {list(expected)}, {each} numbers for "
                f"each of the {channels} channels that change, but gives {list(output.shape)}: set its channels and "
                f"padding."
            )
        return self.transformer.started(output.to(shown.dtype))
