"""What images and vectors have in common for whoever asks about them."""

from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt


class DataSet(Protocol):
    """A split of a data set: an :class:`~oodflow.data.ImageSet` or a :class:`~oodflow.data.RealSet`."""

    @property
    def name(self) -> str:
        """What it was asked for by."""

    @property
    def split(self) -> str:
        """What it serves for."""

    @property
    def note(self) -> str:
        """What a reader of results must know; empty otherwise."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image or vector."""

    @property
    def unit(self) -> str:
        """What there are many of, ``images`` or ``rows``, for messages."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers of a vector; none if they have no names."""

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell exactly this data."""

    def __len__(self) -> int: ...

    def batch(self, indices: npt.ArrayLike | slice) -> npt.NDArray[Any]:
        """Some of them, ``[n, *shape]``."""

    def limit(self, n: int) -> Self:
        """Keep at most ``n``, spread evenly."""

    def take(self, rows: npt.NDArray[np.intp]) -> Self:
        """Keep those with these numbers, in this order."""
