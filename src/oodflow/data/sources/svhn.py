"""SVHN: house numbers cut out of street views, one MATLAB file a part."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import numpy as np

from oodflow.data.fit import fit
from oodflow.data.formats.matlab import MatArray, mat_array
from oodflow.data.found import find
from oodflow.data.image_set import CHUNK_BYTES, Images, Shape
from oodflow.data.source import ImageSource, Remote
from oodflow.data.sources.official import unofficial
from oodflow.errors import OodflowError

MD5 = {"train": "e26dedcc434d2e4c54c9b2d4a06d8373", "test": "eb5a983be6a315427106f1b164d9cef3"}


class Svhn(ImageSource):
    """SVHN, format 2: cropped digits; the `extra` images are not used."""

    name = "svhn"
    description = "house numbers cut out of street views (Netzer et al. 2011)"
    licence = "non-commercial use"
    shape = (3, 32, 32)
    parts = MappingProxyType({"train": 73_257, "test": 26_032})
    downloads = tuple(
        Remote(f"http://ufldl.stanford.edu/housenumbers/{part}_32x32.mat", f"md5:{md5}", f"svhn/{part}_32x32.mat")
        for part, md5 in MD5.items()
    )

    def places(self, part: str) -> tuple[str, ...]:
        """In its folder, or where torchvision puts it."""
        return f"svhn/{part}_32x32.mat", f"{part}_32x32.mat"

    def files(self, part: str, root: Path) -> list[Path]:
        """The file of the part."""
        path = find(root, self.places(part))
        return [] if path is None else [path]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode from 32 x 32 x 3 x N."""
        with self._opened(part, root) as array:
            for chunk in array.chunks(CHUNK_BYTES):
                yield fit(np.ascontiguousarray(chunk.transpose(3, 2, 0, 1)), shape)

    def count(self, part: str, root: Path) -> int:
        """Read the number of images from the header of ``X``."""
        with self._opened(part, root) as array:
            return array.shape[3]

    @contextmanager
    def _opened(self, part: str, root: Path) -> Iterator[MatArray]:
        (path,) = self.files(part, root)
        with mat_array(path, "X") as array:
            rest, count, most = array.shape[:-1], array.shape[-1], self.parts[part] or 0
            if array.kind != "uint8" or rest != (32, 32, 3) or not 0 < count <= most:
                came = f"{array.kind} {list(array.shape)}"
                raise OodflowError(
                    f"{path}: X should be uint8 [32,32,3,N] with N up to {most:,}, but is {came}; get the file again."
                )
            yield array

    def doubts(self, part: str, root: Path) -> list[str]:
        """A complete file that is not the official one."""
        (path,) = self.files(part, root)
        return unofficial(path, MD5[part]) if self.count(part, root) == self.parts[part] else []
