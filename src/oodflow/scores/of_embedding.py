"""Scores that ask an outside model."""

from collections.abc import Mapping
from typing import Any, ClassVar

from oodflow.data import DataSet, ImageSet
from oodflow.scores.score import Score
from oodflow.statistics import Density, Embedding, Pixels, Statistic


class OfEmbedding(Score):
    """A score that learns from the embeddings that an outside model gives: it has a table of its own.

    The model has seen other images than a flow has, so a score of pixels alone is nothing to compare it with.

    Attributes:
        encoder: a folder with the model, or its name, as :class:`oodflow.statistics.Embedding` has it; none: the data
            are embeddings already, such as ``cifar10?encoder=FOLDER``.
    """

    learns: ClassVar[bool] = True
    shown: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    why_not_shown: ClassVar[str] = "it takes an outside model, as in ?encoder=FOLDER, or the vectors of one"
    encoder: str | None = None

    @property
    def outside_model(self) -> bool:
        """It does where it has an encoder: data that are vectors already are judged as they are."""
        return self.encoder is not None

    @property
    def embedding(self) -> Statistic:
        """The statistic that the encoder gives, or the data itself."""
        return Pixels() if self.encoder is None else Embedding(encoder=self.encoder)

    def reads(self) -> tuple[Statistic, ...]:
        """Read the embedding: no flow is asked."""
        return (self.embedding,)

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Ask for an encoder where there are images."""
        if self.encoder is None and isinstance(data, ImageSet):
            return f"{data.name} holds images, and takes a model that makes vectors of them: {self.kind}?encoder=FOLDER"
        return super().why_not(model, data)
