"""The likelihood of an image with the more noise upon it, the less an outside model finds it like held-out images."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from oodflow.errors import UsageError
from oodflow.scores.neighbours import neighbour_cosines
from oodflow.scores.of_embedding import OfEmbedding
from oodflow.scores.score import Learned, Seen, Values
from oodflow.scores.unit_length import unit_length
from oodflow.statistics import Array, NoisyLogProb, Statistic

_LEAST = 1e-9  # spread of cosines that are all the same but for rounding


class PerturbedLikelihood(OfEmbedding):
    r"""Negative log-probability of an image with noise of the size that its dissimilarity to held-out images asks for.

    .. math:: s(x) = -\bigl[(1 - w) L_j(x) + w L_{j+1}(x)\bigr], \qquad j + w = t(x), \qquad
              t(x) = K \min\Bigl(1, \max\Bigl(0, \frac{d(x) - \operatorname{med}}{r \delta}\Bigr)\Bigr), \qquad
              d(x) = 1 - \frac{e \cdot e_{(k)}}{\|e\| \|e_{(k)}\|}

    in nats. :math:`L_0` is the log-probability of the image as it is, :math:`L_1` to :math:`L_K` are those with noise
    of sizes that are spread geometrically (:class:`~oodflow.statistics.NoisyLogProb`), so that what lies between two
    of them is interpolated linearly in the logarithm of the size; between the image as it is and the smallest, in the
    size. d is one less the cosine between the embedding e that an outside model gives and the k-th nearest of a bank
    of those of held-out images; its median and standard deviation :math:`\delta` over these are learned, none of them
    taken for a neighbour of its own. So half of the images in distribution stay as they are, and what is r standard
    deviations beyond the median, or more, gets the largest noise. Noise makes an image less likely, a plain one most
    of all. It takes K passes more than the likelihood.

    This is after the source, not a reproduction. What is known to us of that is that images which an encoder finds less
    similar to a memory bank of in-distribution data are perturbed more before the flow scores them. The noise and its
    sizes, the similarity, how the one follows from the other, and the interpolation are ours; none of it is chosen by
    data that is out of distribution.

    The model has seen other images than a flow has, so a score of pixels alone is nothing to compare it with.

    Attributes:
        encoder: a folder with the model, as :class:`oodflow.statistics.Embedding` has it.
        k: which neighbour; there must be more held-out images.
        levels: K.
        smallest: size of the smallest noise, in grey levels.
        largest: that of the largest.
        reach: r.

    Reference:
        Kim, Yoon, 2026, "Mitigating the Likelihood Paradox in Flow-based OOD Detection via Entropy Manipulation".

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> from oodflow.testing.observations import example
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> score = PerturbedLikelihood(encoder=save_encoder(getfixture("tmp_path")), levels=3)
        >>> score.fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["perturbed-likelihood"] = "perturbed-likelihood"
    unit: ClassVar[str] = "nats"
    encoder: str
    k: int = Field(5, ge=1)
    levels: int = Field(7, ge=1)
    smallest: float = Field(1.0, gt=0)
    largest: float = Field(64.0, gt=0)
    reach: float = Field(3.0, gt=0)

    @field_validator("largest")
    @classmethod
    def _check(cls, largest: float, info: ValidationInfo) -> float:
        if largest < (smallest := info.data.get("smallest", 0)):
            raise ValueError(f"expected no less than smallest, which is {smallest}")
        return largest

    @property
    def _noisy(self) -> NoisyLogProb:
        return NoisyLogProb(levels=self.levels, smallest=self.smallest, largest=self.largest)

    def reads(self) -> tuple[Statistic, ...]:
        """Read the embedding, and the log-probabilities with noise and without."""
        return self.embedding, self._noisy

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return self.k + 1

    def learn(self, seen: Seen) -> Learned:
        """Keep the embeddings of all images, and learn how dissimilar each is to the others.

        Raises:
            UsageError: there are not more than k.
        """
        embeddings = seen[self.embedding]
        if len(embeddings) < self.least:
            raise UsageError(
                f"k is {self.k} and the reference has {len(embeddings):,} images, of which each has one neighbour "
                "less: take a smaller k, or fit on more."
            )
        directions = unit_length(embeddings)
        dissimilarity = 1 - neighbour_cosines(embeddings, directions, self.k + 1)  # the first is the image itself
        spread = max(dissimilarity.std(), _LEAST)
        return {"directions": directions, "median": np.array(np.median(dissimilarity)), "spread": np.array(spread)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative log-probability with the noise that is asked for, [N] in nats."""
        dissimilarity = 1 - neighbour_cosines(seen[self.embedding], learned["directions"], self.k)
        beyond = (dissimilarity - learned["median"]) / (self.reach * learned["spread"])
        return -interpolated(seen[self._noisy], self.levels * np.clip(beyond, 0, 1))


def interpolated(rows: Array, places: Values) -> Values:
    """Read each row at a place between its columns, which are counted from 0.

    Args:
        rows: ``[N, 1 + K]``, with one K of 1 or more.
        places: ``[N]``, from 0 to K.

    Example:
        >>> interpolated(np.array([[1.0, 2.0, 4.0], [1.0, 2.0, 4.0]]), np.array([1.5, 2.0]))
        array([3., 4.])
    """
    left = np.minimum(places.astype(int), rows.shape[1] - 2)
    every, share = np.arange(len(rows)), places - left
    return np.asarray((1 - share) * rows[every, left] + share * rows[every, left + 1])
