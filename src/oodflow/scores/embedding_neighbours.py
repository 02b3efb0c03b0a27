"""How near held-out images come to an image, as an outside model sees them."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from oodflow.errors import UsageError
from oodflow.scores.neighbours import neighbour_cosines
from oodflow.scores.of_embedding import OfEmbedding
from oodflow.scores.score import Learned, Seen, Values
from oodflow.scores.unit_length import unit_length


class EmbeddingNeighbours(OfEmbedding):
    r"""Distance of an image's embedding from the k-th nearest of those of held-out images, all of unit length.

    .. math:: s(x) = \Bigl\| \frac{e}{\|e\|} - \frac{e_{(k)}}{\|e_{(k)}\|} \Bigr\|

    in radii of the unit sphere, from 0 to 2, with the embedding e that an outside model gives. No shape of a
    distribution is assumed; but where held-out images are few, so are the neighbours.

    The model has seen other images than a flow has, so a score of pixels alone is nothing to compare it with.

    Attributes:
        encoder: a folder with the model, or its name; none: the data are embeddings.
        k: which neighbour; at most as many as there are held-out images. Sun et al. take the 50th of 50,000 images; of
            a thousand or two, a few let no single image decide.

    Reference:
        Sun, Ming, Zhu, Li, 2022, arXiv 2204.06507, section 3.

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> from oodflow.testing.observations import example
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> score = EmbeddingNeighbours(encoder=save_encoder(getfixture("tmp_path")), k=3)
        >>> score.fit(example("reference")).score(example("test")).shape
        (32,)
    """

    kind: Literal["embedding-neighbours"] = "embedding-neighbours"
    unit: ClassVar[str] = "radii"
    k: int = Field(5, ge=1)

    @property
    def least(self) -> int:
        """How many images it learns from at the least."""
        return self.k

    def learn(self, seen: Seen) -> Learned:
        """Keep the embeddings of all images.

        Raises:
            UsageError: there are fewer than k.
        """
        embeddings = seen[self.embedding]
        if len(embeddings) < self.least:
            raise UsageError(
                f"k is {self.k} and the reference has {len(embeddings):,} images: take a smaller k, or fit on more."
            )
        return {"directions": unit_length(embeddings)}

    def values(self, seen: Seen, learned: Learned) -> Values:
        """Return the distance, [N] in radii."""
        cosines = neighbour_cosines(seen[self.embedding], learned["directions"], self.k)
        return np.asarray(np.sqrt(np.maximum(2 - 2 * cosines, 0)))
