"""A convolution whose weights are a length and a direction."""

import torch
from torch import Tensor, nn


class WeightNormConv(nn.Conv2d):
    r"""A convolution with a kernel a channel of a length of its own, :math:`w_c = g_c\, v_c / \lVert v_c \rVert`.

    PyTorch's own :func:`~torch.nn.utils.parametrizations.weight_norm` makes a new class for every convolution, which
    no pickle can name: neither ``torch.save`` nor another process takes such a module. This one is the same function
    with the same names in its state-dict, and pickles.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        size: of the kernel, odd; the image keeps its size.
        bias: whether something is added.

    Shapes: ``[B, in_channels, H, W] -> [B, out_channels, H, W]``.

    Reference:
        Salimans, Kingma (2016), "Weight normalization", equation 2, arXiv:1602.07868.

    Example:
        >>> [name for name, _ in WeightNormConv(3, 8, 1, bias=False).named_parameters()]
        ['parametrizations.weight.original0', 'parametrizations.weight.original1']
    """

    def __init__(self, in_channels: int, out_channels: int, size: int, *, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, size, padding=size // 2, bias=bias)
        begin = self._parameters.pop("weight")
        assert begin is not None
        self.parametrizations = nn.ModuleDict({"weight": _Factors(begin)})

    @property
    def weight(self) -> Tensor:  # type: ignore[override]
        """The product, ``[out_channels, in_channels, size, size]``."""
        product: Tensor = self.parametrizations["weight"]()
        return product


class _Factors(nn.Module):
    """Length and direction, by the names that PyTorch gives them.

    Args:
        weight: whose factors they are at first.
    """

    def __init__(self, weight: nn.Parameter) -> None:
        super().__init__()
        self.original0 = nn.Parameter(torch.norm_except_dim(weight.detach(), 2, 0))
        self.original1 = weight

    def forward(self) -> Tensor:
        """Multiply them."""
        return torch._weight_norm(self.original1, self.original0, 0)
