"""How strongly an image pulls on the weights of the flow."""

from typing import ClassVar, Literal, cast

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.flows import Flow, LogProbOfOne
from oodflow.statistics.batch import Batch, numbers
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic

_FLOATS = 2**24  # of gradients that are held at once, 64 MB
_FLOOR = 1e-30  # of a squared norm: weights that have no influence


class GradientNorms(Statistic):
    r"""Logarithm of the squared norm of the gradient of each tensor of weights, ``[N, tensors]``.

    .. math:: f_l(x) = \log \bigl\| \nabla_{\theta_l} \log p(x) \bigr\|^2

    The gradients of several images are computed together, those of each by itself.

    Reference:
        Dauncey, Holmes, Williams, Falck (2024), "Approximations to the Fisher information metric of deep generative
        models for out-of-distribution detection", section 4, arXiv:2403.01485.
    """

    kind: Literal["gradient_norms"] = "gradient_norms"
    quantity: ClassVar[str] = "norm of a gradient"

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, tensors]."""
        single = LogProbOfOne(batch.model)
        weights: dict[str, Tensor] = {name: weight.detach() for name, weight in single.named_parameters()}

        def log_prob(weights: dict[str, Tensor], x: Tensor, noise: Tensor | None) -> Tensor:
            return cast(Tensor, functional_call(single, weights, (x, noise)))

        def log_norms(x: Tensor, noise: Tensor | None) -> Tensor:
            gradients = grad(log_prob)(weights, x, noise).values()
            return torch.stack([one.square().sum().clamp_min(_FLOOR).log() for one in gradients])

        together = max(1, _FLOATS // sum(weight.numel() for weight in weights.values()))
        axes = (0, None if batch.noise is None else 0)
        return numbers(vmap(log_norms, axes, chunk_size=together)(batch.x, batch.noise).detach())

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(tensors,)``."""
        return (len([*model.parameters()]),) if isinstance(model, Flow) else ()
