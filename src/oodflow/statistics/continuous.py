"""The density of a flow over what its bijection takes, and derivatives of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from oodflow.flows import Flow
from oodflow.statistics.batch import Batch

AT_ONCE = 32
"""Images that derivatives are taken of together: what every layer has computed is held for the way back."""


def entered(batch: Batch, dtype: torch.dtype | None = None) -> Tensor:
    r"""Return what the bijection takes of a batch: dequantised pixels :math:`v = (x + u) / 256`, or the data itself.

    Args:
        batch: images or vectors under a flow.
        dtype: to compute in; the flow's own unless told otherwise.

    Returns:
        ``[n, *shape]`` on the flow's device.
    """
    flow: Flow = batch.model
    values, _ = flow.domain.enter(batch.x, batch.noise, batch.seed, flow.dtype if dtype is None else dtype)
    return values


def sum_of_log_densities(flow: Flow) -> Callable[[Tensor], Tensor]:
    r"""Make a function of ``v [n, *shape]``: the sum over the batch of

    .. math:: \log p(v) = \log p_Z(f(v)) + \log|\det \partial f / \partial v|

    in nats. It differs from the log-probability of an image by what does not depend on v, and in eval mode its gradient
    is that of each by itself.
    """

    def summed(values: Tensor) -> Tensor:
        z, log_det = flow.bijection(values)
        total: Tensor = (flow.prior.log_prob(z) + log_det).sum()
        return total

    return summed


@contextmanager
def derivatives() -> Iterator[None]:
    """Let ``torch.func`` take derivatives by the data, none by the weights, and on a GPU without shortcuts."""
    with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield


def log_squared_norm(gradients: Tensor) -> Tensor:
    """Take the logarithm of the squared norm of each of ``[n, ...]``, ``[n]`` in float64; of zeros it is finite."""
    return gradients.flatten(1).double().square().sum(1).clamp_min(torch.finfo(torch.float64).tiny).log()
