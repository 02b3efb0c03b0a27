"""St-networks made lean for inference."""

from typing import Protocol, TypeVar, cast, runtime_checkable

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
    with torch.no_grad():
        copy = copied(module)
        for part in [*copy.modules()]:
            if isinstance(part, Foldable):
                part.fold_norms()
        return lean(copy)


def copied(module: M) -> M:
    """Copy a module, with the product of a weight norm in place of its factors; it is left as it is."""
    return _copied(module, {})


def lean(copy: M) -> M:
    """Make a copy fit for inference alone: in eval mode, without gradients, its convolutions channels-last."""
    for part in copy.modules():
        if isinstance(part, nn.Conv2d):
            part.weight.data = part.weight.contiguous(memory_format=torch.channels_last)
    return copy.eval().requires_grad_(False)


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


def _copied(module: M, copies: dict[nn.Module, nn.Module]) -> M:
    """Copy a module and its parts, with the product of a weight norm in place of its factors.

    ``copy.deepcopy`` copies the factors first, and walks through all the empty dictionaries of hooks so slowly that
    for a flow of the paper it takes half as long as scoring 32 images.

    Args:
        module: what to copy.
        copies: what has been copied already: a part that is used twice stays one.
    """
    if module in copies:
        return cast(M, copies[module])
    kind, parts = type(module), dict(module._modules)
    products: dict[str, nn.Parameter | None] = {}
    if is_parametrized(module):  # its class was made for it alone, from that which it had before
        kind = cast(type[M], kind.__bases__[0])
        products = {
            name: nn.Parameter(getattr(module, name)) for name in cast(nn.ModuleDict, parts["parametrizations"])
        }
        del parts["parametrizations"]
    twin = copies[module] = kind.__new__(kind)
    own = {name: value.copy() if isinstance(value, dict) else value for name, value in vars(module).items()}
    own.pop("_compiled_call_impl", None)
    vars(twin).update(own)
    twin._parameters = {
        name: None if p is None else nn.Parameter(p.clone()) for name, p in module._parameters.items()
    } | products
    twin._buffers = {name: None if b is None else b.clone() for name, b in module._buffers.items()}
    twin._modules = {name: None if part is None else _copied(part, copies) for name, part in parts.items()}
    return twin
