"""St-networks made lean for inference."""

import copy
from typing import Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

M = TypeVar("M", bound=nn.Module)


@runtime_checkable
class Foldable(Protocol):
    """A module with batch norms that its convolutions can take over in eval mode."""

    def fold_norms(self) -> None:
        """Put them into the convolutions, whose weights are plain parameters by now."""


def folded(module: M) -> M:
    r"""Return a copy that computes the same function as the module in eval mode, with less: for inference alone.

    Weight norm is multiplied out, batch norms that follow a convolution become part of it,

    .. math:: \gamma\,\frac{w * x + b - \mu}{\sigma} + \beta
              = \frac{\gamma}{\sigma} w * x + \frac{\gamma}{\sigma}(b - \mu) + \beta,

    and the weights of convolutions lie channels-last, as what they are applied to. The copy knows nothing of what
    happens to the original afterwards.

    Args:
        module: a flow, an st-network or anything that holds some; it is left as it is.

    Example:
        >>> net = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 8, 1)))
        >>> sorted(name for name, _ in folded(net).named_parameters())
        ['0.bias', '0.weight']
    """
    module = copy.deepcopy(module).eval()
    with torch.no_grad():
        for part in [*module.modules()]:
            if isinstance(part, nn.Conv2d) and is_parametrized(part, "weight"):
                _multiply_out(part)
        for part in [*module.modules()]:
            if isinstance(part, Foldable):
                part.fold_norms()
        for part in module.modules():
            if isinstance(part, nn.Conv2d):
                part.weight.data = part.weight.contiguous(memory_format=torch.channels_last)
    return module.requires_grad_(False)


def scale_output(conv: nn.Conv2d, scale: Tensor, shift: Tensor) -> None:
    """Make a convolution give ``scale * conv(x) + shift``, one of each a channel."""
    conv.weight.mul_(scale[:, None, None, None])
    bias = torch.zeros_like(scale) if conv.bias is None else conv.bias
    conv.bias = nn.Parameter(scale * bias + shift, requires_grad=False)


def affine(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Tell what a batch norm does in eval mode: scale and shift of each channel."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    scale = norm.weight * (norm.running_var + norm.eps).rsqrt()
    return scale, norm.bias - scale * norm.running_mean


def _multiply_out(conv: nn.Conv2d) -> None:
    """Make the product of a weight norm a plain weight.

    ``remove_parametrizations`` would do it to the class, which a parametrised module shares with its copies.
    """
    weight = conv.weight.detach()
    conv.__class__ = type(conv).__bases__[0]
    del conv.parametrizations
    conv.weight = nn.Parameter(weight)
