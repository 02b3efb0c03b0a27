"""What comes in: one image or row after another, or why it can't be read."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from numpy.typing import NDArray


class Datum(NamedTuple):
    """An image or a row, and where it comes from.

    Attributes:
        file: its file; ``-`` for standard input.
        row: its number in the file, from 0; none of a file that is one picture, or can't be read as a whole.
        values: uint8 ``[C, H, W]`` or float ``[D]``; none where it can't be read.
        error: why not, without a full stop.
    """

    file: str
    row: int | None
    values: NDArray[Any] | None
    error: str = ""


Stream = Iterator[Datum | None]
"""Data as they come; None: no more have come for now, so that nobody waits for a batch to fill."""


def batched(stream: Iterable[Datum | None], size: int) -> Iterator[list[Datum]]:
    """Put data together, ``size`` at a time or as many as there are for now.

    Example:
        >>> one, two = Datum("a.npy", 0, None), Datum("a.npy", 1, None)
        >>> [len(batch) for batch in batched([one, None, None, two, one, two], 2)]
        [1, 2, 1]
    """
    batch: list[Datum] = []
    for datum in stream:
        if datum is not None:
            batch.append(datum)
        if batch and (datum is None or len(batch) == size):
            yield batch
            batch = []
    if batch:
        yield batch
