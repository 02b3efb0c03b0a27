"""A single normal distribution over the features of an outside model."""

from typing import ClassVar, Literal

from oodflow.errors import UsageError
from oodflow.scores.of_embedding import OfEmbedding
from oodflow.scores.score import Learned, Seen, Values
from oodflow.scores.shrunk_normal import shrunk_normal
from oodflow.scores.unit_length import of_directions, unit_length


class EmbeddingMahalanobis(OfEmbedding):
    r"""Distance of an image's embedding from the usual ones, by a normal distribution fitted to held-out images.

    .. math:: s(x) = \tfrac12 (u - \mu)^\top \Sigma^{-1} (u - \mu), \qquad u = \frac{e}{\|e\|}, \qquad
              \Sigma = (1 - \lambda) S + \lambda \tfrac{\operatorname{tr} S}{D} I

    in nats, with the embedding e of D numbers that an outside model gives, and mean :math:`\mu` and covariance
    :math:`S` of those of held-out images. How far S is shrunk, :math:`\lambda`, is told from them by Ledoit and Wolf,
    for they may be fewer than D. Lee et al. have a mean for each class; here it is one, for images have no labels.

    Embeddings are brought to unit length first, as Mueller and Hein do: those of plain images are short, and what is
    short lies near the mean, whatever it shows.

    The model has seen other images than a flow has, so a score of pixels alone is nothing to compare it with.

    Attributes:
        encoder: a folder with the model, or its name; none: the data are embeddings.

    Reference:
        Lee, Lee, Lee, Shin, 2018, arXiv 1807.03888, section 2.1; Mueller and Hein, 2025, arXiv 2505.18032 (unit
        length); Ledoit and Wolf, 2004, J. Multivariate Analysis 88 (shrinkage).

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> from oodflow.testing.observations import example
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> score = EmbeddingMahalanobis(encoder=save_encoder(getfixture("tmp_path")))
        >>> score.fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["embedding-mahalanobis"] = "embedding-mahalanobis"
    unit: ClassVar[str] = "nats"

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return 2

    def learn(self, seen: Seen) -> Learned:
        """Fit the normal distribution; along no axis is its standard deviation less than 10⁻⁶.

        Raises:
            UsageError: there is but one image.
        """
        directions = unit_length(seen[self.embedding])
        if len(directions) < self.least:
            raise UsageError("one image has no covariance of its embedding: fit on more.")
        mean, whitening = shrunk_normal(directions)
        return {"mean": mean, "whitening": whitening}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return half the squared Mahalanobis distance, [N] in nats."""
        mean, whitening = learned["mean"], learned["whitening"]
        return of_directions(seen[self.embedding], lambda some: (((some - mean) @ whitening) ** 2).sum(1) / 2)
