"""A user's own pictures in a folder."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from oodflow.data.image_set import CHUNK_BYTES, Images, Shape
from oodflow.data.own_path import require_folder
from oodflow.data.pixel_range import PixelRange, masks
from oodflow.data.source import ImageSource
from oodflow.data.sources.picture import pixels, read_bytes
from oodflow.errors import OodflowError

ENDINGS = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}


class Folder(ImageSource):
    """Pictures of a folder and all folders in it, in the order of their names.

    If it holds both a folder ``train`` and a folder ``test``, these are its parts; otherwise all pictures are one part.

    Args:
        path: of the folder.
        limits: the numbers for black and white in pictures of more than 8 bits; without: what each tells of itself.
    """

    description = "your own pictures"
    licence = "yours"
    shape = None

    def __init__(self, path: Path, limits: PixelRange | None = None) -> None:
        require_folder("folder", path)
        self.name = f"folder:{path}"
        self.path, self.limits = path, limits
        self.reading = "" if limits is None else f"range={limits}"
        split = (path / "train").is_dir() and (path / "test").is_dir()
        self.parts: Mapping[str, int | None] = {"train": None, "test": None} if split else {"all": None}

    def files(self, part: str, root: Path) -> list[Path]:
        """The pictures, by their endings; hidden files and folders are left out."""
        folder = self.path if part == "all" else self.path / part
        paths = [path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file()]
        pictures = sorted(p for p in paths if not any(name.startswith(".") for name in p.relative_to(folder).parts))
        if not pictures:
            raise OodflowError(f"folder:{folder}: no pictures in it ({', '.join(sorted(ENDINGS))}).")
        return pictures

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode; without a wanted shape the first picture tells it, and all must agree."""
        files = self.files(part, root)
        first = self._decode(files[0], shape)
        step = max(1, CHUNK_BYTES // first.nbytes)
        for start in range(0, len(files), step):
            decoded = []
            for file in files[start : start + step]:
                image = self._decode(file, shape)
                if image.shape != first.shape:
                    raise OodflowError(
                        f"{self.name}: {file.name} is {_words(image)}, but {files[0].name} is {_words(first)}: "
                        "bring all to one shape by adding ?shape=CxHxW to the name of the data set."
                    )
                decoded.append(image)
            yield np.stack(decoded)

    def count(self, part: str, root: Path) -> int:
        """Count the files."""
        return len(self.files(part, root))

    def doubts(self, part: str, root: Path) -> list[str]:
        """Pictures of 0 and 1 alone."""
        return [] if self.limits else masks(self._decode(file, None) for file in self.files(part, root))

    def _decode(self, file: Path, shape: Shape | None) -> Images:
        return pixels(read_bytes(file), str(file), shape, self.limits)


def _words(image: Images) -> str:
    return "x".join(map(str, image.shape))
