"""A mixture of normal distributions over the features of an outside model."""

import warnings
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.errors import UsageError
from oodflow.scores.of_embedding import OfEmbedding
from oodflow.scores.score import Learned, Seen, Values
from oodflow.scores.shrunk_normal import shrunk_normal
from oodflow.scores.unit_length import of_directions, unit_length


class EmbeddingMixture(OfEmbedding):
    r"""Negative log-density of an image's embedding, up to a constant, under a mixture of K normal distributions.

    .. math:: s(x) = -\log \sum_{k=1}^{K} \pi_k \, \mathcal N\bigl(W^\top (u - \mu); m_k, \operatorname{diag} \sigma_k^2
              \bigr), \qquad u = \frac{e}{\|e\|}

    in nats, with the embedding e that an outside model gives. W whitens those of held-out images, by the covariance
    of :class:`~oodflow.scores.EmbeddingMahalanobis`, which K = 1 comes to; so each normal distribution has but to say
    where it is, and how it differs along each axis. Lee et al. have one for each class, which takes labels.

    The model has seen other images than a flow has, so a score of pixels alone is nothing to compare it with.

    Attributes:
        encoder: a folder with the model, or its name; none: the data are embeddings.
        components: K.
        floor: added to each variance, in units of the variance of all.
        seed: of where the mixture begins.

    Reference:
        Lee, Lee, Lee, Shin, 2018, arXiv 1807.03888, section 2.1 (a normal distribution for each class).

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> from oodflow.testing.observations import example
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> score = EmbeddingMixture(encoder=save_encoder(getfixture("tmp_path")), components=3)
        >>> score.fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["embedding-mixture"] = "embedding-mixture"
    unit: ClassVar[str] = "nats"
    components: int = Field(10, ge=1)
    floor: float = Field(0.1, gt=0)
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return max(2, self.components)

    def learn(self, seen: Seen) -> Learned:
        """Whiten, and fit the mixture.

        Raises:
            UsageError: there are fewer than two images, or than K.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        directions = unit_length(seen[self.embedding])
        if len(directions) < self.least:
            raise UsageError(
                f"components is {self.components} and the reference has {len(directions):,} images: take fewer "
                "components, or fit on more."
            )
        mean, whitening = shrunk_normal(directions)
        mixture = GaussianMixture(self.components, covariance_type="diag", reg_covar=self.floor, random_state=self.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # embeddings that are all alike are in one place
            mixture.fit((directions - mean) @ whitening)
        return {
            "mean": mean, "whitening": whitening, "centres": mixture.means_, "variances": mixture.covariances_,
            "weights": mixture.weights_,
        }  # fmt: skip

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the negative log-density, [N] in nats."""
        mean, whitening = learned["mean"], learned["whitening"]
        parts = [*zip(learned["centres"], learned["variances"], learned["weights"], strict=True)]

        from scipy.special import logsumexp

        def negative(some: Values) -> Values:
            x = (some - mean) @ whitening
            logs = [
                np.log(weight) - (((x - centre) ** 2 / variance).sum(1) + np.log(variance).sum()) / 2
                for centre, variance, weight in parts
            ]
            return np.asarray(-logsumexp(logs, axis=0))

        return of_directions(seen[self.embedding], negative)
