"""Data of flows over what an encoder makes of images: pictures, arrays of them, and rows of such vectors."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from oodflow.data.naming import source_of
from oodflow.data.sources import SOURCES
from oodflow.data.sources.folder import ENDINGS
from oodflow.data.sources.image_files import holds_table, kind_of_images
from oodflow.data.spec import parse
from oodflow.deployment.datum import Datum, batched
from oodflow.deployment.pictures import Pictures
from oodflow.deployment.rows import Rows
from oodflow.encoders import BLOCK, Encoder, open_encoder
from oodflow.errors import UsageError
from oodflow.flows import Flow


class Embedded(Rows):
    """Reads pictures and makes vectors of them, as was done for training; whatever is a table holds vectors already.

    Pictures of a folder, and images of an array, go through the encoder some at a time, and others one by one.

    Args:
        flow: over vectors.
        trained_on: name of the data set, with an encoder.
        columns: names of its numbers; none, for an encoder has none for them.
    """

    def __init__(self, flow: Flow, trained_on: str, columns: Sequence[str]) -> None:
        super().__init__(flow, trained_on, columns)
        self.trained_on, self.device = trained_on, flow.device

    def read(self, path: Path) -> Iterator[Datum]:
        """Read a picture, all pictures of a folder and those in it, the images of an array, or a table of vectors."""
        kind = kind_of_images(path) if path.is_file() else None
        pictures = path.is_dir() or path.suffix.lower() in ENDINGS
        if pictures or (kind is not None and not holds_table(kind, path)):
            yield from self._vectors(self._pictures.read(path))
        else:
            yield from super().read(path)

    def reads(self, path: Path) -> bool:
        """Whether it is a picture: of a folder tables are not read."""
        return path.suffix.lower() in ENDINGS

    def _vectors(self, pictures: Iterable[Datum]) -> Iterator[Datum]:
        for some in batched(pictures, BLOCK):
            images = [one.values for one in some if one.values is not None]
            block = 1 if len(images) == 1 else BLOCK
            vectors = iter(self._encoder.embed(np.stack(images), self.device, block) if images else ())
            for one in some:
                yield one if one.values is None else one._replace(values=self._scaled(next(vectors)))

    @cached_property
    def _encoder(self) -> Encoder:
        encoder = parse(self.trained_on, SOURCES).encoder
        assert encoder is not None, "vectors of images have one"
        return open_encoder(encoder)

    @cached_property
    def _pictures(self) -> Pictures:
        spec = parse(self.trained_on, SOURCES)
        shape = spec.shape or source_of(spec).shape
        if shape is None:
            raise UsageError(
                f"this flow was trained on {self.trained_on}, images whose size is not known: name it when you train, "
                "with ?shape=CxHxW."
            )
        return Pictures(shape, self.trained_on)
