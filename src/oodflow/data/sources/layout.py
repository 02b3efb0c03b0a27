"""Which axes of an array are images, channels, rows and columns: told by their lengths, or said by ``?axes=``."""

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.errors import OodflowError

Numbers = npt.NDArray[Any]

USUAL = (1, 3)  # channels, of which nothing has to be said
ORDERS = ("NCHW", "NHWC")
ORDERS_BY_COLUMN = (*ORDERS, "HWCN")  # how MATLAB's users keep images


@dataclass(frozen=True)
class Layout:
    """What the axes of an array are.

    Attributes:
        axes: a letter for each: N of images, C of channels, H and W; without C images are grey, without N there is one.
        guessed: what to say of how that was found; empty: nothing else could be meant.
    """

    axes: str
    guessed: str = ""

    def images(self, array: Numbers) -> Numbers:
        """Bring the array, or a part of it, to ``[N,C,H,W]``, without copying.

        Example:
            >>> Layout("HWN").images(np.zeros((8, 9, 5))).shape
            (5, 1, 8, 9)
        """
        there = array.transpose([self.axes.index(letter) for letter in "NCHW" if letter in self.axes])
        return np.expand_dims(there, [place for place, letter in enumerate("NCHW") if letter not in self.axes])


def layout_said(axes: str, shape: tuple[int, ...], name: str) -> Layout:
    """Take axes that were said.

    Raises:
        OodflowError: there are fewer or more of them.
    """
    if len(axes) != len(shape):
        raise OodflowError(
            f"{name}: ?axes={axes} names {len(axes)} axes, but the shape is {list(shape)}: write a letter for each."
        )
    return Layout(axes)


def layout_of(shape: tuple[int, ...], name: str, remedy: str, *, by_column: bool = False) -> Layout:
    """Tell what axes are by their lengths: 1 or 3 are channels or, failing that, what is less than height and width.

    Args:
        shape: of the array.
        name: what the error calls it.
        remedy: what to do where they don't tell.
        by_column: whether the images may be along the last axis, too.

    Raises:
        OodflowError: they could be one thing or another, or nothing of these.

    Example:
        >>> layout_of((5, 8, 9, 3), "x", "say it").axes, layout_of((50, 6, 8, 8), "x", "say it").axes
        ('NHWC', 'NCHW')
    """
    if len(shape) == 3:
        return _grey(shape, name, remedy, by_column)
    orders = ORDERS_BY_COLUMN if by_column else ORDERS
    written = ", ".join(f"[{','.join(order)}]" for order in (*orders, "NHW"))
    if len(shape) != 4:
        raise OodflowError(f"{name}: shape {list(shape)} should be {written}: reshape it.")
    lengths = {order: dict(zip(order, shape, strict=True)) for order in orders}
    usual = [order for order, of in lengths.items() if of["C"] in USUAL]
    small = [order for order, of in lengths.items() if of["C"] < min(of["H"], of["W"])]
    found = usual or small
    if len(found) == 1:
        channels = lengths[found[0]]["C"]
        said = "" if usual else f"taken for [{','.join(found[0])}], images of {channels} channels"
        return Layout(found[0], said)
    why = "it could be either" if found else "it is none of these"
    raise OodflowError(f"{name}: shape {list(shape)} should be one of {written}, but {why}: {remedy}.")


def _grey(shape: tuple[int, ...], name: str, remedy: str, by_column: bool) -> Layout:
    """Tell grey images from one picture in colour."""
    if shape[-1] in (*USUAL, 4) or shape[0] == 3:
        picture = "[H,W,C]" if shape[-1] in (*USUAL, 4) else "[C,H,W]"
        count = shape[0]
        raise OodflowError(
            f"{name}: shape {list(shape)} could be one picture {picture} or {count} grey ones [N,H,W]: {remedy}."
        )
    if not by_column:
        return Layout("NHW")
    found = [order for order in ("NHW", "HWN") if len({shape[order.index("H")], shape[order.index("W")]}) == 1]
    if len(found) != 1:
        raise OodflowError(f"{name}: shape {list(shape)} could be grey images [H,W,N] or [N,H,W]: {remedy}.")
    return Layout(found[0])


def all_axes() -> frozenset[str]:
    """List what axes may be."""
    letters = ("NCHW", "NHW", "CHW", "HW")
    return frozenset("".join(order) for some in letters for order in permutations(some))
