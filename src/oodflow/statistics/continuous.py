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
    r"""Return what the bijection takes of a batch: dequantised pixels :math:`v = (x + u) / 256`, or the numbers of a
    vector as its domain has them: as they are, standardised, whitened.

    Args:
        batch: images or vectors under a flow.
        dtype: to compute in; the flow's own unless told otherwise.

    Returns:
        ``[n, *shape]`` on the flow's device.
    """
    flow: Flow = batch.model
    values, _ = flow.domain.enter(batch.x, batch.noise, batch.seed, flow.dtype if dtype is None else dtype)
    return values


def log_densities(flow: Flow, values: Tensor) -> Tensor:
    r"""Compute the log-density of each of ``v [n, *shape]``, ``[n]`` in nats:

    .. math:: \log p(v) = \log p_Z(f(v)) + \log|\det \partial f / \partial v|

    It differs from the log-probability of an image by what does not depend on v.
    """
    z, log_det = flow.bijection(values)
    total: Tensor = flow.prior.log_prob(z) + log_det
    return total


def sum_of_log_densities(flow: Flow) -> Callable[[Tensor], Tensor]:
    """Make a function of ``v [n, *shape]``: the sum of :func:`log_densities` over the batch.

    In eval mode its gradient is that of each by itself.
    """
    return lambda values: log_densities(flow, values).sum()


@contextmanager
def derivatives() -> Iterator[None]:
    """Let ``torch.func`` take derivatives by the data, none by the weights, and on a GPU without shortcuts."""
    with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
        yield


def log_squared_norm(gradients: Tensor) -> Tensor:
    """Take the logarithm of the squared norm of each of ``[n, ...]``, ``[n]`` in float64; of zeros it is finite."""
    return gradients.flatten(1).double().square().sum(1).clamp_min(torch.finfo(torch.float64).tiny).log()
