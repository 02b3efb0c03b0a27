"""In how many directions the decoder moves an image, and how far."""

from collections.abc import Callable
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from torch.func import vjp, vmap

from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.flows import Flow
from oodflow.statistics.batch import Batch
from oodflow.statistics.continuous import derivatives, entered
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Statistic

_NUMBERS = 2**16  # of gradients that are taken together


class DecoderSpectrum(Statistic):
    r"""Logarithms of the singular values of the decoder's Jacobian, largest first, float32 ``[N, D]``.

    .. math:: \log \sigma_i\Bigl(\frac{\partial v}{\partial z}\Bigr)
              = -\log \sigma_{D + 1 - i}\Bigl(\frac{\partial f}{\partial v}\Bigr), \qquad
              -\sum_i \log \sigma_i = \log\Bigl|\det \frac{\partial f}{\partial v}\Bigr|

    between the latents z and what the bijection takes, dequantised pixels v in [0, 1] or the numbers of a vector; of
    several draws their mean. Nothing is inverted but the singular values. The flow's own arithmetic is float64 here,
    its st-networks compute in their own dtype: rounding would add to the small ones what is beside the large ones
    nothing. An image takes D gradients, one of each latent, and a singular value decomposition of :math:`D \times D`.

    Reference:
        Kamkari, Ross, Hosseinzadeh, Cresswell, Loaiza-Ganem (2024), "A geometric explanation of the likelihood OOD
        detection paradox", arXiv:2403.18910 (of the decoder's side).

    Example:
        >>> from oodflow.testing.observations import example
        >>> example("test", "vectors")[DecoderSpectrum()].shape
        (32, 6)
    """

    kind: Literal["decoder_spectrum"] = "decoder_spectrum"
    quantity: ClassVar[str] = "logarithm of a singular value"

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, D]."""
        flow: Flow = batch.model

        def latents(values: Tensor) -> Tensor:
            z: Tensor = flow.bijection(values)[0]
            return z

        with derivatives():
            images = torch.split(entered(batch, torch.float64), max(1, _NUMBERS // flow.dims**2))
            spectra = [-torch.linalg.svdvals(_jacobians(latents, some)).log().flip(1) for some in images]
            return torch.cat(spectra).cpu().numpy().astype(np.float32)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(D,)``."""
        return (model.dims,) if isinstance(model, Flow) else ()


def _jacobians(function: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
    """Take the derivatives of the D numbers of each row by those of ``values [n, ...]``: ``[n, D, D]``."""
    outputs, pull_back = vjp(function, values)[:2]
    latents = torch.eye(outputs.shape[1], dtype=values.dtype, device=values.device)

    def gradient(latent: Tensor) -> Tensor:
        gradients: Tensor = pull_back(latent.expand_as(outputs))[0]
        return gradients.flatten(1)

    return vmap(gradient, out_dims=1, chunk_size=max(1, _NUMBERS // values.numel()))(latents)
