"""Omniglot: handwritten characters of fifty alphabets, as its two zip files or the folders they unpack to."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import numpy as np

from oodflow.data.found import find
from oodflow.data.image_set import Images, Shape
from oodflow.data.source import ImageSource, Remote
from oodflow.data.sources.archive import pictures_in
from oodflow.data.sources.picture import pixels
from oodflow.errors import OodflowError

NAMES = {"train": "images_background", "test": "images_evaluation"}
MD5 = {"train": "68d2efa1b9178cc56df9314c21c6e718", "test": "6b91aef0f799c5bb55b94e3f2daec811"}
STEP = 512  # pictures decoded at a time


class Omniglot(ImageSource):
    """Omniglot: 30 alphabets to train on, the other 20 to test; black on white, as they were drawn."""

    name = "omniglot"
    description = "handwritten characters of fifty alphabets, black on white (Lake, Salakhutdinov, Tenenbaum 2015)"
    licence = "MIT"
    shape = (1, 105, 105)
    parts = MappingProxyType({"train": 964 * 20, "test": 659 * 20})
    downloads = tuple(
        Remote(
            f"https://github.com/brendenlake/omniglot/raw/master/python/{name}.zip",
            f"md5:{MD5[part]}",
            f"omniglot/{name}.zip",
        )
        for part, name in NAMES.items()
    )

    def places(self, part: str) -> tuple[str, ...]:
        """Of the folder or the zip file, the latter also where torchvision puts both."""
        folders = ("omniglot", "omniglot-py", "omniglot/python")
        return tuple(f"{folder}/{NAMES[part]}{ending}" for folder in folders for ending in (".zip", ""))

    def files(self, part: str, root: Path) -> list[Path]:
        """The zip file or folder. Of a folder, its own time stands for all its pictures."""
        path = find(root, self.places(part))
        return [] if path is None else [path]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode the pictures in the order of alphabets, characters and drawers."""
        (path,) = self.files(part, root)
        with pictures_in(path, (".png",)) as (names, read):
            if not names:
                raise OodflowError(f"{path}: no pictures in it (.png); get it again.")
            for start in range(0, len(names), STEP):
                some = names[start : start + STEP]
                yield np.stack([pixels(read(name), f"{path}/{name}", shape or self.shape) for name in some])

    def count(self, part: str, root: Path) -> int:
        """Count the names."""
        with pictures_in(self.files(part, root)[0], (".png",)) as (names, _):
            return len(names)
