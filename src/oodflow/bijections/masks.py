"""The masks of coupling layers.

A mask function takes the shape and the layer's ``turn`` in its row of couplings, so that in the course of the turns all
parts change: ``[checkerboard(shape, turn) for turn in range(4)]``.
"""

import torch
from torch import Tensor

from oodflow.bijections.bijection import Shape
from oodflow.bijections.mask import Mask
from oodflow.errors import UsageError


def checkerboard(shape: Shape, turn: int = 0) -> Mask:
    """See the pixels with odd row + column and change the even ones, in every channel; at odd turns the other way.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.4, arXiv:1605.08803.

    Example:
        >>> checkerboard((1, 2, 2)).transform.int().tolist()
        [[[1, 0], [0, 1]]]
    """
    rows, columns = _coordinates(shape, "checkerboard")
    return _in_turn((rows + columns) % 2 == 1, shape, turn, interleaved=True)


def channelwise(shape: Shape, turn: int = 0) -> Mask:
    """See the second half of the channels and change the first; at odd turns the other way.

    The entries of a vector ``(D,)`` are its channels.

    Reference:
        Dinh, Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.4, arXiv:1605.08803.

    Example:
        >>> channelwise((2, 1, 1)).transform.int().tolist()
        [[[1]], [[0]]]
    """
    channels = shape[0]
    if channels < 2:
        remedy = "squeeze first, or choose a mask of pixels" if len(shape) == 3 else "there is nothing to part"
        raise UsageError(f"a channel-wise mask needs at least 2 channels but got {list(shape)}: {remedy}.")
    second_half = torch.arange(channels) >= channels // 2
    return _in_turn(second_half.reshape(-1, *[1] * (len(shape) - 1)), shape, turn)


def horizontal(shape: Shape, turn: int = 0) -> Mask:
    """See the upper half of the image and change the lower; at odd turns the other way.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), section 4.2 and appendix I, arXiv:2006.08545.

    Example:
        >>> horizontal((1, 2, 2)).transform.int().tolist()
        [[[0, 0], [1, 1]]]
    """
    rows, _ = _coordinates(shape, "horizontal")
    return _in_turn(rows < shape[1] // 2, shape, turn)


def vertical(shape: Shape, turn: int = 0) -> Mask:
    """See the left half of the image and change the right; at odd turns the other way.

    Example:
        >>> vertical((1, 2, 2)).transform.int().tolist()
        [[[0, 1], [0, 1]]]
    """
    _, columns = _coordinates(shape, "vertical")
    return _in_turn(columns < shape[2] // 2, shape, turn)


def centre(shape: Shape, turn: int = 0) -> Mask:
    """See the surround and change the middle half of the rows and columns; at odd turns the other way.

    Example:
        >>> centre((1, 4, 4)).transform.int().tolist()
        [[[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]]
    """
    rows, columns = _coordinates(shape, "centre")
    _, height, width = shape
    inside = _between(rows, height // 4, height - height // 4) & _between(columns, width // 4, width - width // 4)
    return _in_turn(~inside, shape, turn)


def cycle(shape: Shape, turn: int = 0) -> Mask:
    """See one quadrant and change the next one round the clock; the turns go round, starting at top left.

    What a quadrant holds has to travel through four couplings before it can come back to it.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix L.1 and Figure 12, arXiv:2006.08545.

    Example:
        >>> (2 * cycle((1, 2, 2)).transform + cycle((1, 2, 2)).condition).tolist()  # 1: seen, 2: changed
        [[[1, 2], [0, 0]]]
    """
    return quadrant(shape, turn % 4, (turn + 1) % 4)


def quadrant(shape: Shape, seen: int, changed: int) -> Mask:
    """See one quadrant and change another: 0 is top left, 1 top right, 2 bottom right, 3 bottom left.

    Reference:
        Kirichenko, Izmailov, Wilson (2020), appendix L.1 and Figure 12, arXiv:2006.08545.

    Raises:
        UsageError: for a quadrant that is not 0 to 3, or the same one twice.
    """
    for name, number in (("seen", seen), ("changed", changed)):
        if number not in range(4):
            raise UsageError(f"{name} is {number}: the quadrants are 0 to 3, round the clock from the top left.")
    rows, columns = _coordinates(shape, "quadrant")
    top, left = (rows < shape[1] // 2), (columns < shape[2] // 2)
    quadrants = [top & left, top & ~left, ~top & ~left, ~top & left]
    condition, transform = (quadrants[i].expand(shape).clone() for i in (seen, changed))
    return Mask(condition, transform)


def _in_turn(condition: Tensor, shape: Shape, turn: int, *, interleaved: bool = False) -> Mask:
    """Make the mask that sees ``condition`` and changes the rest, or at odd turns its opposite."""
    condition = (condition if turn % 2 == 0 else ~condition).expand(shape).clone()
    return Mask(condition, ~condition, interleaved=interleaved)


def _coordinates(shape: Shape, mask: str) -> tuple[Tensor, Tensor]:
    """Row ``[H, 1]`` and column ``[1, W]`` of each pixel."""
    if len(shape) != 3:
        raise UsageError(f"a {mask} mask is for images [C, H, W] but got {list(shape)}: vectors take channelwise.")
    return torch.arange(shape[1])[:, None], torch.arange(shape[2])[None]


def _between(values: Tensor, first: int, end: int) -> Tensor:
    return (values >= first) & (values < end)
