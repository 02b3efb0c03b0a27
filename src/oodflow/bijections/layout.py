"""How the numbers of an image lie in memory."""

from torch import Tensor


def channels_last(x: Tensor) -> Tensor:
    """Lay the channels of each pixel side by side, as convolutions like it best, on CPUs and GPUs; vectors stay.

    Example:
        >>> import torch
        >>> channels_last(torch.zeros(2, 1, 4, 6)).stride()
        (24, 1, 6, 1)
    """
    if x.dim() != 4:
        return x
    batch, channels, height, width = x.shape
    if channels == 1:  # it is in both layouts as it is, and PyTorch would take it for the other one
        return x.reshape(batch, height, width, 1).permute(0, 3, 1, 2)
    if batch * height * width == 1:  # a pixel alone is in both, too; vmap over many fails with the strides of the other
        return x.flatten(1)[:, :, None, None]
    # What contiguous(memory_format=torch.channels_last) does, which torch.vmap can't.
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)
