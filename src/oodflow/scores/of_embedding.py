"""Scores that ask an outside model."""

from typing import ClassVar

from oodflow.scores.score import Score
from oodflow.statistics import Embedding, Statistic


class OfEmbedding(Score):
    """A score that learns from the embeddings that an outside model gives: it has a table of its own.

    The model has seen other images than a flow has, so a score of pixels alone is nothing to compare it with.

    Attributes:
        encoder: a folder with the model, as :class:`oodflow.statistics.Embedding` has it.
    """

    learns: ClassVar[bool] = True
    encoder: str

    @property
    def outside_model(self) -> bool:
        """It does: the encoder."""
        return True

    @property
    def embedding(self) -> Embedding:
        """The statistic that the encoder gives."""
        return Embedding(encoder=self.encoder)

    def reads(self) -> tuple[Statistic, ...]:
        """Read the embedding: no flow is asked."""
        return (self.embedding,)
