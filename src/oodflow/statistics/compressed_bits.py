"""How many bits a lossless compressor needs."""

from typing import ClassVar, Literal

from oodflow.statistics.batch import Batch
from oodflow.statistics.compression import COMPRESSORS, compressed_bits
from oodflow.statistics.statistic import Array, Needs, Statistic

Codec = Literal["smallest", "png", "webp"]
"""A key of ``COMPRESSORS``, or for each image the one that makes the smallest file."""


class CompressedBits(Statistic):
    r"""Size of the file that an image makes, in bits.

    .. math:: L(x) = 8 \min_c \operatorname{len}(c(x)) \quad\text{over the codecs } c

    Attributes:
        codec: ``png``, ``webp``, or the ``smallest`` of them for each image.

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
        return compressed_bits(batch.data, COMPRESSORS if self.codec == "smallest" else (self.codec,))
