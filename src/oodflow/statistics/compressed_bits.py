"""How many bits a lossless compressor needs."""

from typing import ClassVar, Literal

from oodflow.data import DataSet
from oodflow.statistics.batch import Batch
from oodflow.statistics.compression import USUAL, compressed_bits, installed
from oodflow.statistics.model import Density
from oodflow.statistics.statistic import Array, Needs, Statistic

Codec = Literal["smallest", "png", "webp", "jpeg2000"]
"""A key of ``COMPRESSORS``, or for each image the one of ``USUAL`` that makes the smallest file."""


class CompressedBits(Statistic):
    r"""Size of the file that an image makes, in bits.

    .. math:: L(x) = 8 \min_c \operatorname{len}(c(x)) \quad\text{over the codecs } c

    Attributes:
        codec: ``png``, ``webp``, or the ``smallest`` of these two for each image; ``jpeg2000`` where Pillow has it.

    Reference:
        Serrà et al., 2020, arXiv 1909.11480, section 3 (the minimum over several compressors).
    """

    kind: Literal["compressed_bits"] = "compressed_bits"
    needs: ClassVar[Needs] = "data"
    images_only: ClassVar[bool] = True
    quantity: ClassVar[str] = "file size"
    codec: Codec = "smallest"

    def compute(self, batch: Batch) -> Array:
        """Compress each image: [n] in bits."""
        return compressed_bits(batch.data, USUAL if self.codec == "smallest" else (self.codec,))

    def why_not(self, model: Density | None, data: DataSet) -> str | None:
        """Refuse a format that this Pillow can't write."""
        if self.codec != "smallest" and not installed(self.codec):
            return f"this Pillow has no {self.codec}: install one that has, or take codec=smallest"
        return super().why_not(model, data)
