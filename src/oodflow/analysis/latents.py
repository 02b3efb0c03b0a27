"""Latents as images: section 3 of the paper."""

import copy
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.analysis.walk import Walk, encode, in_batches
from oodflow.errors import UsageError
from oodflow.flows import Flow
from oodflow.nets import has_batch_norm


def latents(
    flow: Flow,
    images: NDArray[np.uint8],
    *,
    draws: int = 1,
    seed: int = 0,
    batch_norm: Literal["eval", "train"] = "eval",
) -> NDArray[np.float64]:
    r"""Bring the latents of images to image space, averaged over dequantisations.

    .. math:: \frac1K \sum_{k=1}^{K} \operatorname{unsqueeze} f(v_k), \qquad v_k = (x + u_k)/256

    with all squeezes and splits undone: each latent is where the number was in the image that it came from.

    Args:
        flow: a flow over images; it is left as it was.
        images: uint8 ``[N, C, H, W]``.
        draws: :math:`K`; the paper's mean latents have 40.
        seed: of the dequantisation noise.
        batch_norm: ``eval``, with the statistics of the training, or ``train``, with those of these images, all
            in one batch; the flow's own statistics stay as they are.

    Returns:
        ``[N, C, H, W]``.

    Raises:
        UsageError: for a flow over anything but 8-bit images, images of another shape, and ``train`` where there is no
            batch norm.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), section 3, Figures 2 and 8, appendix G, arXiv:2006.08545.

    Example:
        >>> from oodflow.flows import RealNVPConfig
        >>> flow = RealNVPConfig(scales=2, width=4).build((1, 8, 8)).eval()
        >>> latents(flow, np.zeros((3, 1, 8, 8), np.uint8), draws=40).shape
        (3, 1, 8, 8)
    """
    if draws < 1:
        raise UsageError(f"draws is {draws}: expected a positive number, 40 for the paper's mean latents.")
    walk = Walk(flow)
    if batch_norm == "train":
        flow, batches = in_train_mode(flow), [images]
    else:
        flow, batches = walk.flow, in_batches(images)
    return np.concatenate([walk.in_image_space(_mean(flow, batch, draws, seed)).cpu().numpy() for batch in batches])


def _mean(flow: Flow, images: NDArray[np.uint8], draws: int, seed: int) -> Tensor:
    total = sum(encode(flow, images, seed=seed, draw=draw)[0] for draw in range(draws))
    return torch.as_tensor(total) / draws


def in_train_mode(flow: Flow) -> Flow:
    """Return a copy whose batch norms normalise with the batch that comes; to be used once.

    Raises:
        UsageError: where there is no batch norm.
    """
    require_batch_norm(flow)
    flow = copy.deepcopy(flow).eval()
    for part in flow.modules():
        if isinstance(part, _BatchNorm):
            part.train()
    return flow


def require_batch_norm(flow: Flow) -> None:
    """Refuse a flow without batch norm with a ``UsageError``."""
    if not has_batch_norm(flow):
        raise UsageError(
            "this flow has no batch norm, so there is no train mode to show: it takes st-networks with one, such as "
            "flow.net=resnet."
        )
