"""Data sets in IDX files, the layout of MNIST and of the sets that take its place.

An IDX file of images is four big-endian 32-bit numbers (magic 2051, count, height, width), then one byte per pixel.
Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*.
"""

import gzip
import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO

import numpy as np

from oodflow.data.fit import fit
from oodflow.data.formats.idx import open_idx
from oodflow.data.found import find
from oodflow.data.image_set import CHUNK_BYTES, Images, Shape
from oodflow.data.source import ImageSource, Remote
from oodflow.errors import OodflowError

MAGIC = 2051
COMPRESSED = 0x1F8B0800
_AGAIN = "get the file again"
FILES = MappingProxyType({"train": "train-images-idx3-ubyte", "test": "t10k-images-idx3-ubyte"})


@dataclass(frozen=True)
class Idx(ImageSource):
    """Grey images of 28 x 28 in IDX files, plain or compressed.

    Args:
        md5: of the official content of each part, uncompressed (copies are compressed differently), where it is known.
        folders: where the files may lie under the data root, the first one preferred.
        names: of the file of each part.
        lying: whether rows and columns are exchanged in the file; the images are put upright.
        by_hand: where to get what can't be downloaded.

    The rest is described at :class:`~oodflow.data.source.Source`.
    """

    name: str
    description: str
    licence: str
    parts: Mapping[str, int | None]
    md5: Mapping[str, str]
    folders: tuple[str, ...]
    downloads: tuple[Remote, ...]
    shape: Shape = (1, 28, 28)
    names: Mapping[str, str] = field(default_factory=lambda: FILES)
    lying: bool = False
    by_hand: str = ""

    def places(self, part: str) -> tuple[str, ...]:
        """Of the file, compressed or not."""
        names = (self.names[part] + ending for ending in (".gz", ""))
        return tuple(f"{folder}/{name}" for name in names for folder in self.folders)

    def files(self, part: str, root: Path) -> list[Path]:
        """The first file that is there."""
        path = find(root, self.places(part))
        return [] if path is None else [path]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode, and check the content of a complete file against its official checksum."""
        (path,) = self.files(part, root)
        count, height, width = self._header(part, path)
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in _images(path, digest.update):
            images = chunk.reshape(-1, 1, height, width)
            yield fit(np.ascontiguousarray(images.transpose(0, 1, 3, 2)) if self.lying else images, shape)
        official = self.md5.get(part)
        if count == self.parts[part] and official and digest.hexdigest() != official:
            raise OodflowError(
                f"{path}: the content has md5 {digest.hexdigest()}, but {self.name} ({part}) has {official}: "
                f"delete the file and run `oodflow data get {self.name}`."
            )

    def count(self, part: str, root: Path) -> int:
        """Read the number of images from the header."""
        return self._header(part, self.files(part, root)[0])[0]

    def _header(self, part: str, path: Path) -> tuple[int, int, int]:
        """Read count, height and width, and see that they can be those of this set."""
        count, height, width = _header(path)
        most = self.parts[part]
        if (height, width) != self.shape[1:] or (most is not None and count > most):
            official = " x ".join(map(str, self.shape[1:]))
            raise OodflowError(
                f"{path}: the header promises {count:,} images of {height} x {width}, but {self.name} ({part}) has "
                f"{'images' if most is None else f'{most:,}'} of {official}; {_AGAIN}."
            )
        return count, height, width


def _header(path: Path) -> tuple[int, int, int]:
    with open_idx(path) as file:
        return _parse(path, _read(path, file, 16))


def _parse(path: Path, header: bytes) -> tuple[int, int, int]:
    if len(header) < 16:
        raise OodflowError(f"{path}: truncated: an IDX header has 16 bytes, but {len(header)} are there; {_AGAIN}.")
    magic, count, height, width = struct.unpack(">4I", header)
    if magic != MAGIC:
        known = {2049: ", as labels do", COMPRESSED: ", for it is compressed twice"}.get(magic, "")
        raise OodflowError(
            f"{path}: not an IDX file of images: it starts with {magic} instead of {MAGIC}{known}; {_AGAIN}."
        )
    if not count or not height or not width:
        raise OodflowError(f"{path}: the header promises {count} images of {height} x {width}: it is empty; {_AGAIN}.")
    return count, height, width


def _images(path: Path, watch: Callable[[bytes], object]) -> Iterator[Images]:
    with open_idx(path) as file:
        header = _read(path, file, 16)
        watch(header)
        count, height, width = _parse(path, header)
        size = height * width
        left = count
        while left:
            content = _read(path, file, size * min(left, max(1, CHUNK_BYTES // size)))
            watch(content)
            whole = len(content) // size
            if not whole or len(content) % size:
                raise OodflowError(
                    f"{path}: truncated: the header promises {count:,} images, but {count - left + whole:,} are there; "
                    f"{_AGAIN}."
                )
            left -= whole
            yield np.frombuffer(content, np.uint8)
        if _read(path, file, 1):
            raise OodflowError(f"{path}: corrupt: there are bytes after the {count:,} images of the header; {_AGAIN}.")


def _read(path: Path, file: IO[bytes], size: int) -> bytes:
    try:
        return file.read(size)
    except EOFError as error:
        raise OodflowError(f"{path}: truncated: the compressed file ends too early; {_AGAIN}.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise OodflowError(f"{path}: corrupt: it cannot be uncompressed ({error}); {_AGAIN}.") from error
