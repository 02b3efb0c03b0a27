"""What a network makes of an image that has learned from other images."""

from typing import ClassVar, Literal

from pydantic import Field

from oodflow import encoders
from oodflow.bijections import Shape
from oodflow.data import DataSet
from oodflow.statistics.batch import Batch
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Needs, Statistic


class Embedding(Statistic):
    r"""Features of an image that an outside model gives, pooled over the image: float32 ``[N, D]``, without a unit.

    The model is one of Hugging Face ``transformers`` that lies in a folder, or was downloaded before: nothing is
    downloaded, and no code that comes with it is executed. Grey images are repeated to three channels; all are resized,
    cropped and normalised as the model's image processor says. What it knows it has learned from other images than
    those that are asked about.

    Attributes:
        encoder: a folder with ``config.json``, ``preprocessor_config.json`` and weights in ``*.safetensors``, of a
            model for images with a ``pooler_output``, or the name of one that was downloaded before.
        weights: digest of these files, by which it is known whether what was computed before is of these; found out.

    Raises:
        OodflowError: there is no such model.

    Reference:
        Kirichenko, Izmailov, Wilson, 2020, arXiv 2006.08545, appendix N (flows on embeddings of images).

    Example:
        >>> import pytest
        >>> from oodflow.testing.encoders import save_encoder
        >>> from oodflow.testing.observations import example
        >>> _ = pytest.importorskip("transformers")  # pip install "oodflow[encoders]"
        >>> example("test")[Embedding(encoder=save_encoder(getfixture("tmp_path")))].shape
        (32, 8)
    """

    kind: Literal["embedding"] = "embedding"
    needs: ClassVar[Needs] = "data"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "feature"
    encoder: str
    weights: str = Field(default_factory=lambda settings: encoders.fingerprint(settings["encoder"]))

    def compute(self, batch: Batch) -> Array:
        """Compute them, [n, D]."""
        return encoders.loaded(self.encoder, self.weights).embed(batch.data, batch.x.device)

    def shape(self, model: Density | None, data: DataSet) -> Shape:
        """``(D,)``."""
        return (encoders.width(self.encoder, self.weights, data.shape),)

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse images that are neither grey nor RGB, and such as the encoder can't take."""
        if reason := super().why_not(model, data) or encoders.why_not(data.name, data.shape):
            return reason
        self.shape(model, data)
        return None
