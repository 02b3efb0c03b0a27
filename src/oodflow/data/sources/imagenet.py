"""ImageNet made small, 64 x 64 and 32 x 32, in the NumPy archives that its authors offer.

Source: P. Chrabaszcz, I. Loshchilov, F. Hutter, *A downsampled variant of ImageNet as an alternative to the CIFAR
datasets*, 2017. An archive has an array ``data``, uint8 ``[n, 3 S S]``: an image's red, green and blue planes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO

import numpy as np

from oodflow.data.fit import fit
from oodflow.data.formats.npz import npz_archive
from oodflow.data.found import find
from oodflow.data.image_set import CHUNK_BYTES, Images, Shape
from oodflow.data.source import ImageSource
from oodflow.errors import OodflowError

NAMES = {"train": tuple(f"train_data_batch_{i}.npz" for i in range(1, 11)), "test": ("val_data.npz",)}
DATA = "data"


@dataclass(frozen=True)
class SmallImageNet(ImageSource):
    """ImageNet at one size; batches that are not there make it partial. Its validation images are the test part.

    Args:
        side: height and width.
        archives: what the authors' zip files are called, each of which unpacks to a folder of that name.

    The rest is described at :class:`~oodflow.data.source.Source`.
    """

    name: str
    side: int
    archives: tuple[str, ...]
    licence: str = "non-commercial research and teaching only"
    parts = MappingProxyType({"train": 1_281_167, "test": 50_000})

    @property
    def description(self) -> str:  # type: ignore[override]
        """One line."""
        return f"photographs of a thousand kinds of things at {self.side} x {self.side} (Chrabaszcz et al. 2017)"

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        """Of an image."""
        return 3, self.side, self.side

    @property
    def by_hand(self) -> str:  # type: ignore[override]
        """Where to get it, which takes an account."""
        return (
            f"log in at https://image-net.org/download-images, get {', '.join(f'{name}.zip' for name in self.archives)}"
            f" and unpack all in its folder {self.name}"
        )

    def places(self, part: str) -> tuple[str, ...]:
        """Of the first batch."""
        return self._places(NAMES[part][0])

    def files(self, part: str, root: Path) -> list[Path]:
        """The batches that are there."""
        found = (find(root, self._places(name)) for name in NAMES[part])
        return [path for path in found if path is not None and path.is_file()]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Read some rows at a time."""
        numbers = 3 * self.side**2
        step = max(1, CHUNK_BYTES // numbers)
        for path in self.files(part, root):
            with self._opened(path) as (left, file):
                while left:
                    rows = np.frombuffer(file.read(min(step, left) * numbers), np.uint8).reshape(-1, *self.shape)
                    left -= min(step, left)
                    yield fit(rows, shape)

    def count(self, part: str, root: Path) -> int:
        """Read the number of images from the headers."""
        count = 0
        for path in self.files(part, root):
            with self._opened(path) as (rows, _):
                count += rows
        return count

    @contextmanager
    def _opened(self, path: Path) -> Iterator[tuple[int, IO[bytes]]]:
        most = max(official or 0 for official in self.parts.values())
        with npz_archive(path) as archive:
            if DATA not in archive.names:
                there = ", ".join(archive.names) or "nothing"
                raise OodflowError(f"{path}: it holds no array {DATA!r} but {there}; get the file again.")
            with archive.opened(DATA) as (header, file):
                count, *rest = header.shape or (0,)
                lies = " by column" if header.by_column else ""
                if header.dtype != np.uint8 or rest != [3 * self.side**2] or lies or not 0 < count <= most:
                    raise OodflowError(
                        f"{path}: {DATA!r} should be uint8 [n,{3 * self.side**2}] with n up to {most:,}, but is "
                        f"{header.dtype} {list(header.shape)}{lies}; get the file again."
                    )
                yield count, file

    def _places(self, name: str) -> tuple[str, ...]:
        """In its folder, or in those that the authors' zip files unpack to."""
        return tuple(f"{folder}/{name}" for folder in (self.name, *(f"{self.name}/{one}" for one in self.archives)))


IMAGENET64 = SmallImageNet(
    "imagenet64", 64, ("Imagenet64_train_part1_npz", "Imagenet64_train_part2_npz", "Imagenet64_val_npz")
)
IMAGENET32 = SmallImageNet("imagenet32", 32, ("Imagenet32_train_npz", "Imagenet32_val_npz"))
