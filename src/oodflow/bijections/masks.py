"""Which part of an image a coupling layer sees, and which part it changes."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from oodflow.bijections.bijection import Shape
from oodflow.errors import UsageError


class Mask(nn.Module):
    r"""A pair of disjoint boolean maps: what the st-network is shown and what the layer changes.

    The network only gets the channels in which it is shown something, and only speaks of the channels in which
    something changes: for a channel-wise mask those are half of the channels, at full density; for a checkerboard all
    of them, with zeros at the hidden pixels.

    Args:
        condition: boolean ``[C, H, W]``, true where the network sees the input.
        transform: boolean ``[C, H, W]``, true where the layer changes it.

    Attributes:
        in_channels: how many channels the network is shown.
        out_channels: how many channels the network speaks of (for each of scale and shift).
        hides_pixels: whether the shown channels hold zeros in place of hidden pixels.
    """

    condition: Tensor
    transform: Tensor

    def __init__(self, condition: Tensor, transform: Tensor) -> None:
        super().__init__()
        if condition.shape != transform.shape or condition.dim() != 3:
            raise UsageError(
                f"condition and transform must be two masks [C, H, W] of one shape "
                f"but are {list(condition.shape)} and {list(transform.shape)}."
            )
        if (condition & transform).any():
            raise UsageError("condition and transform overlap: a coupling layer can't change what it conditions on.")
        if not condition.any() or not transform.any():
            raise UsageError(f"a mask of shape {list(condition.shape)} shows or changes nothing: it needs both parts.")
        self.register_buffer("condition", condition, persistent=False)
        self.register_buffer("transform", transform, persistent=False)
        self._shown = _channel_range(condition)
        self._changed = _channel_range(transform)
        self.in_channels = self._shown[1] - self._shown[0]
        self.out_channels = self._changed[1] - self._changed[0]
        self.hides_pixels = not bool(condition[slice(*self._shown)].all())
        self._spares_pixels = not bool(transform[slice(*self._changed)].all())

    def show(self, x: Tensor) -> Tensor:
        """Return what the network may see of ``x [B, C, H, W]``: ``[B, in_channels, H, W]``, zeros where hidden."""
        shown = slice(*self._shown)
        return x[:, shown] * self.condition[shown] if self.hides_pixels else x[:, shown]

    def place(self, y: Tensor) -> Tensor:
        """Put ``y [B, out_channels, H, W]`` where the layer changes things: ``[B, C, H, W]``, zeros elsewhere."""
        first, end = self._changed
        if self._spares_pixels:
            y = y * self.transform[first:end]
        return pad(y, (0, 0, 0, 0, first, self.transform.shape[0] - end))

    def extra_repr(self) -> str:
        """Show shape and shares."""
        shown, changed = self.condition.double().mean().item(), self.transform.double().mean().item()
        return f"{list(self.condition.shape)}, sees {shown:.0%}, changes {changed:.0%}"


def _channel_range(mask: Tensor) -> tuple[int, int]:
    """First and one past the last channel in which ``mask [C, H, W]`` is true anywhere."""
    channels = mask.flatten(1).any(1).nonzero().flatten()
    return int(channels[0]), int(channels[-1]) + 1


def checkerboard(shape: Shape, reverse: bool = False) -> Mask:
    """See the pixels with odd row + column and change the even ones, in every channel; ``reverse`` swaps the two.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.4, arXiv:1605.08803.

    Example:
        >>> checkerboard((1, 2, 2)).transform.int().tolist()
        [[[1, 0], [0, 1]]]
    """
    channels, height, width = shape
    odd = (torch.arange(height)[:, None] + torch.arange(width)) % 2 == 1
    condition = odd.logical_xor(torch.tensor(reverse)).expand(channels, height, width).clone()
    return Mask(condition, ~condition)


def channelwise(shape: Shape, reverse: bool = False) -> Mask:
    """See the second half of the channels and change the first; ``reverse`` swaps the two.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.4, arXiv:1605.08803.

    Example:
        >>> channelwise((2, 1, 1)).transform.int().tolist()
        [[[1]], [[0]]]
    """
    channels = shape[0]
    if channels < 2:
        raise UsageError(f"a channel-wise mask needs at least 2 channels but got {list(shape)}: squeeze first.")
    second_half = torch.arange(channels)[:, None, None] >= channels // 2
    condition = second_half.logical_xor(torch.tensor(reverse)).expand(shape).clone()
    return Mask(condition, ~condition)
