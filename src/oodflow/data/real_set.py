"""Real tensors: rows of a table, embeddings, feature maps."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.image_set import CHUNK_BYTES, Rows, content_digest, described, places
from oodflow.errors import UsageError

Reals = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class RealSet:
    """Real tensors of one split, with a fingerprint of exactly these numbers: what :class:`ImageSet` is for images.

    Args:
        name: what to call them.
        split: what they serve for.
        array: float ``[M, *shape]``, such as ``[M, D]`` for vectors; it may lie on disk.
        note: what a reader of results must know; empty otherwise.
        columns: names of the numbers of a vector, in their order; none if they have no names.
        rows: int64 ``[N]``, those of ``array`` that belong to this split; none: all.

    Example:
        >>> vectors = RealSet.from_array(np.zeros((4, 3)))
        >>> len(vectors), vectors.shape, vectors.batch([0, 3]).shape, len(vectors.limit(2))
        (4, (3,), (2, 3), 2)
    """

    name: str
    split: str
    array: Reals
    note: str = ""
    columns: tuple[str, ...] = ()
    rows: Rows | None = None

    @classmethod
    def from_array(cls, values: Reals, name: str = "array", split: str = "test") -> "RealSet":
        """Take tensors that are in memory, float ``[N, *shape]`` and finite."""
        if not isinstance(values, np.ndarray) or values.dtype.kind != "f" or values.ndim < 2 or not values.size:
            came = f"{values.dtype} {list(values.shape)}" if isinstance(values, np.ndarray) else type(values).__name__
            raise UsageError(f"values must be a non-empty float array [N, ...], such as [N, D], but {came} came.")
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            raise UsageError(f"{len(bad):,} numbers of {name} are NaN or infinite, the first at {bad[0].tolist()}.")
        return cls(name, split, values)

    def __len__(self) -> int:
        return len(self.array if self.rows is None else self.rows)

    @property
    def unit(self) -> str:
        """What there are many of, for messages."""
        return "rows"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one tensor: ``(D,)`` of a vector."""
        return self.array.shape[1:]

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of a SHA-256 over all numbers, their type and shape."""
        content = content_digest(self.shape, map(self.batch, self._pieces()))
        return hashlib.sha256(f"{self.array.dtype.str} {content}".encode()).hexdigest()[:16]

    @property
    def varies(self) -> bool:
        """Whether any tensor differs from the first; what lies before that is all that is read."""
        return any((self.batch(some) != self.batch(slice(1))).any() for some in self._pieces())

    def _pieces(self) -> Iterator[slice]:
        step = max(1, CHUNK_BYTES // max(1, self.array[:1].nbytes))
        return (slice(start, start + step) for start in range(0, len(self), step))

    def batch(self, indices: npt.ArrayLike | slice) -> Reals:
        """Tensors number ``indices``: a contiguous ``[n, *shape]`` of their own memory."""
        at = indices if isinstance(indices, slice) else np.asarray(indices)
        return np.array(self.array[at if self.rows is None else self.rows[at]], order="C")

    def limit(self, n: int) -> "RealSet":
        """Keep ``n`` tensors spread evenly over all, or all if there are fewer."""
        if n < 1:
            raise UsageError(f"the limit of {self.name} must be at least 1 tensor, but {n} came.")
        kept = min(n, len(self))
        return self.take(np.arange(kept) * len(self) // kept)

    def take(self, rows: npt.NDArray[np.intp]) -> "RealSet":
        """Keep the tensors with these numbers, in this order."""
        kept = places(rows, self.name)
        return replace(self, rows=kept if self.rows is None else self.rows[kept])

    def __repr__(self) -> str:
        """Say what it holds, and not each number."""
        return described(self)
