"""Data of flows over images: picture files, folders of these, and arrays."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from oodflow.data import Images, ImageSet, Shape, data_root
from oodflow.data.naming import source_of
from oodflow.data.sources import SOURCES
from oodflow.data.sources.folder import ENDINGS
from oodflow.data.sources.image_files import IMAGE_FILES, kind_of_images
from oodflow.data.sources.picture import pixels, read_bytes
from oodflow.data.spec import Spec, parse
from oodflow.deployment.datum import Datum, Stream
from oodflow.deployment.reader import Reader
from oodflow.deployment.standard_input import Lines
from oodflow.errors import UsageError


class Pictures(Reader):
    """Reads pictures and brings them to the shape of a flow's images, as ``folder:PATH?shape=CxHxW`` does.

    Resized so that the short side fits, the centre cut out, grey and colour converted; black and white are those of
    training.

    Args:
        shape: of the images that a flow is over.
        trained_on: name of the data set; where of its images each K-th row and column was kept, it is of these, too.

    Raises:
        UsageError: the flow was trained on images that are changed otherwise.
    """

    holds: ClassVar[type[ImageSet]] = ImageSet
    batch_size: ClassVar[int] = 256

    def __init__(self, shape: tuple[int, ...], trained_on: str) -> None:
        spec = parse(trained_on, SOURCES)
        if spec.mutated is not None:
            raise UsageError(
                f"this flow was trained on {trained_on}, images with noise in them, as a background for a likelihood "
                "ratio: detect with the flow that it is the background of."
            )
        self.every, self.limits, self.kind, self.axes = spec.every or 1, spec.range, spec.kind, spec.axes
        self.shape = _shape_before(spec, shape) if spec.every else _three(shape)

    def read(self, path: Path) -> Iterator[Datum]:
        """Read a picture, all pictures of a folder and those in it, or the images of an array."""
        if path.is_dir():
            yield from self._of_folder(path, f"pictures in it ({', '.join(sorted(ENDINGS))})")
        elif (kind := kind_of_images(path)) is not None:
            yield from self._array(kind, path)
        else:
            yield Datum(str(path), None, self._picture(path))

    def reads(self, path: Path) -> bool:
        """Whether it is a picture."""
        return path.suffix.lower() in ENDINGS

    def read_rows(self, lines: Lines) -> Stream:
        """Refuse: images are no rows."""
        raise UsageError("this flow is over images, which do not come as rows: name their files, with --stdin names.")

    def _picture(self, path: Path) -> Images:
        return self._thinned(pixels(read_bytes(path), str(path), self.shape, self.limits))

    def _array(self, kind: str, path: Path) -> Iterator[Datum]:
        row, axes = 0, self.axes if kind == self.kind else ""
        for images in IMAGE_FILES[kind](path, self.limits, axes).chunks("all", data_root(), self.shape):
            for image in images:
                yield Datum(str(path), row, self._thinned(image))
                row += 1

    def _thinned(self, image: Images) -> Images:
        return image[:, :: self.every, :: self.every]


def _shape_before(spec: Spec, after: tuple[int, ...]) -> Shape:
    """Tell the shape that images had before each K-th row and column was kept."""
    shape = spec.shape or source_of(spec).shape
    if shape is None:
        raise UsageError(
            f"this flow {after} was trained on each {spec.every}th row and column of images whose size is not "
            "known: name it when you train, with ?shape=CxHxW."
        )
    return _three(shape)


def _three(shape: tuple[int, ...]) -> Shape:
    channels, height, width = shape
    return channels, height, width
