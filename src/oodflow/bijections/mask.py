"""Which part of its input a coupling layer sees, and which part it changes."""

import torch
from torch import Tensor, nn

from oodflow.bijections.bijection import Shape
from oodflow.errors import UsageError


class Mask(nn.Module):
    r"""A pair of disjoint boolean maps: what the st-network is shown and what the layer changes.

    The network only gets the channels in which it is shown something, and only speaks of the channels in which
    something changes: for a channel-wise mask those are half of the channels, at full density; for a checkerboard all
    of them, with zeros at the hidden pixels. The entries of a vector are channels without pixels.

    Args:
        condition: boolean ``[C, H, W]`` or ``[D]``, true where the network sees the input.
        transform: boolean, of the same shape, true where the layer changes it.
        interleaved: whether hidden pixels lie between the shown ones everywhere, as in a checkerboard; a network may
            make up for so many zeros.

    Attributes:
        shape: ``(C, H, W)`` or ``(D,)``.
        in_shape: shape of what the network is shown.
        out_channels: in how many channels something changes.
        hides_pixels: whether the shown channels hold zeros in place of hidden pixels.
    """

    condition: Tensor
    transform: Tensor

    def __init__(self, condition: Tensor, transform: Tensor, *, interleaved: bool = False) -> None:
        super().__init__()
        if condition.shape != transform.shape or condition.dim() not in (1, 3):
            raise UsageError(
                f"condition and transform must be two masks [C, H, W] or [D] of one shape "
                f"but are {list(condition.shape)} and {list(transform.shape)}."
            )
        if (condition & transform).any():
            raise UsageError("condition and transform overlap: a coupling layer can't change what it conditions on.")
        if not condition.any() or not transform.any():
            raise UsageError(
                f"a mask of shape {list(condition.shape)} shows or changes nothing: it needs both parts, so choose "
                f"another mask or larger images."
            )
        self.shape: Shape = tuple(condition.shape)
        self.register_buffer("condition", condition, persistent=False)
        self.register_buffer("transform", transform, persistent=False)
        self._shown = _channel_range(condition)
        self._changed = _channel_range(transform)
        self.in_shape: Shape = (self._shown[1] - self._shown[0], *condition.shape[1:])
        self.out_channels = self._changed[1] - self._changed[0]
        self._channels = [self._changed[0], self.out_channels, self.shape[0] - self._changed[1]]
        self.hides_pixels = not bool(condition[slice(*self._shown)].all())
        self.interleaved = interleaved
        self._spares_pixels = not bool(transform[slice(*self._changed)].all())

    def show(self, x: Tensor) -> Tensor:
        """Return what the network may see of ``x [B, C, H, W]``: ``[B, *in_shape]``, zeros where hidden."""
        shown = slice(*self._shown)
        return x[:, shown] * self.condition[shown] if self.hides_pixels else x[:, shown]

    def split(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Cut out the channels of ``x [B, C, H, W]`` in which something changes: those before, they, those after."""
        before, changed, after = torch.split(x, self._channels, 1)
        return before, changed, after

    def join(self, before: Tensor, changed: Tensor, after: Tensor) -> Tensor:
        """Undo :meth:`split`."""
        return changed if self.out_channels == self.shape[0] else torch.cat([before, changed, after], 1)

    def place(self, y: Tensor) -> Tensor:
        """Put ``y [B, out_channels, H, W]`` among zeros: ``[B, C, H, W]``."""
        if self.out_channels == self.shape[0]:
            return y
        first, _, rest = self._channels
        before, after = (y.new_zeros(y.shape[0], channels, *self.shape[1:]) for channels in (first, rest))
        # Joined, not padded: going back, the gradient of a sum over all of it stays a number an image.
        return self.join(before, y, after)

    def only_changed(self, y: Tensor) -> Tensor:
        """Return ``y [B, n * out_channels, H, W]`` with zeros at the pixels that the layer does not change."""
        if not self._spares_pixels:
            return y
        parts = y.reshape(y.shape[0], y.shape[1] // self.out_channels, self.out_channels, *y.shape[2:])
        return (parts * self.transform[slice(*self._changed)]).reshape(y.shape)

    def extra_repr(self) -> str:
        """Show shape and shares."""
        shown, changed = self.condition.double().mean().item(), self.transform.double().mean().item()
        return f"{list(self.condition.shape)}, sees {shown:.0%}, changes {changed:.0%}"


def _channel_range(mask: Tensor) -> tuple[int, int]:
    """First and one past the last channel in which ``mask [C, ...]`` is true anywhere."""
    channels = mask.flatten(1).any(1).nonzero() if mask.dim() > 1 else mask.nonzero()
    return int(channels.min()), int(channels.max()) + 1
