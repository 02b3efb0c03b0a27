"""Vectors of real numbers: rows of a table, embeddings."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.data.image_set import content_digest, in_chunks
from oodflow.errors import UsageError

Vectors = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class VectorSet:
    """Vectors of one split, with a fingerprint of exactly these numbers: what :class:`ImageSet` is for images.

    Args:
        name: what to call them.
        split: what they serve for.
        array: float ``[N, D]``.
        note: what a reader of results must know; empty otherwise.

    Example:
        >>> vectors = VectorSet.from_array(np.zeros((4, 3)))
        >>> len(vectors), vectors.shape, vectors.batch([0, 3]).shape, len(vectors.limit(2))
        (4, (3,), (2, 3), 2)
    """

    name: str
    split: str
    array: Vectors
    note: str = ""

    @classmethod
    def from_array(cls, vectors: Vectors, name: str = "array", split: str = "test") -> "VectorSet":
        """Take vectors that are in memory, float ``[N, D]`` and finite."""
        if not isinstance(vectors, np.ndarray) or vectors.dtype.kind != "f" or vectors.ndim != 2 or not vectors.size:
            came = f"{vectors.dtype} {list(vectors.shape)}" if isinstance(vectors, np.ndarray) else type(vectors)
            raise UsageError(f"vectors must be a non-empty float array [N, D], but {came} came.")
        bad = np.argwhere(~np.isfinite(vectors))
        if len(bad):
            raise UsageError(f"{len(bad):,} numbers of {name} are NaN or infinite, the first at {bad[0].tolist()}.")
        return cls(name, split, vectors)

    def __len__(self) -> int:
        return len(self.array)

    @property
    def shape(self) -> tuple[int]:
        """Shape ``(D,)`` of one vector."""
        return (self.array.shape[1],)

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits of a SHA-256 over all numbers, their type and shape."""
        content = content_digest(self.shape, in_chunks(self.array))
        return hashlib.sha256(f"{self.array.dtype.str} {content}".encode()).hexdigest()[:16]

    def batch(self, indices: npt.ArrayLike | slice) -> Vectors:
        """Vectors number ``indices``: a contiguous ``[n, D]`` of their own memory."""
        at = indices if isinstance(indices, slice) else np.asarray(indices)
        return np.array(self.array[at], order="C")

    def limit(self, n: int) -> "VectorSet":
        """Keep ``n`` vectors spread evenly over all, or all if there are fewer."""
        if n < 1:
            raise UsageError(f"the limit of {self.name} must be at least 1 vector, but {n} came.")
        kept = min(n, len(self))
        return replace(self, array=self.array[np.arange(kept) * len(self) // kept])
