"""Vectors brought to one length: their directions alone."""

from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from oodflow.data.real_set import Reals, RealSet


@dataclass(frozen=True, eq=False, repr=False)
class ScaledSet(RealSet):
    r"""A set of vectors that are brought to one length as they are taken out of it; one that is all zeros stays so.

    .. math:: x \mapsto L \, \frac{x}{\|x\|}

    How long an encoder's vector is tells how much it finds in an image rather than what: those of plain images are
    short, and what is short lies near the mean of others, whatever it shows. For a density that is a reason to find it
    likely.

    Args:
        length: L.

    Reference:
        Mueller and Hein, 2025, arXiv 2505.18032 (embeddings of unit length).

    Example:
        >>> vectors = ScaledSet.of(RealSet.from_array(np.array([[3.0, 4.0], [0.0, 0.0]])), 10.0)
        >>> vectors.batch([0, 1]).tolist()
        [[6.0, 8.0], [0.0, 0.0]]
    """

    length: float = field(kw_only=True)

    @classmethod
    def of(cls, vectors: RealSet, length: float) -> "ScaledSet":
        """Scale a set."""
        return cls(**{one.name: getattr(vectors, one.name) for one in fields(RealSet)}, length=length)

    def batch(self, indices: npt.ArrayLike | slice) -> Reals:
        """Vectors number ``indices``, scaled: as :meth:`RealSet.batch`."""
        return scaled(super().batch(indices), self.length)


def scaled(vectors: Reals, length: float) -> Reals:
    """Bring vectors ``[..., D]`` to a length, in their dtype; one that is all zeros stays so.

    Example:
        >>> scaled(np.array([3.0, 4.0]), 10.0).tolist()
        [6.0, 8.0]
    """
    norms = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    return np.asarray(vectors * (length / np.where(norms == 0, 1, norms)), dtype=vectors.dtype)
