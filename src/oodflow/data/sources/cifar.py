"""CIFAR: small colour photographs of ten kinds of things, and of a hundred, in Python pickles or binary files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from oodflow.data.fit import fit
from oodflow.data.formats.pickled import Refused, bytes_array, read_pickle
from oodflow.data.found import find, same_name
from oodflow.data.image_set import Images, Shape
from oodflow.data.source import ImageSource, Remote
from oodflow.data.sources.official import unofficial
from oodflow.errors import OodflowError

MOST = 1 << 28  # bytes of a file; the longest has 155 million
TITLES = {"labels": "CIFAR-10", "fine_labels": "CIFAR-100"}
BINARY = ".bin"
BEFORE = {"labels": 1, "fine_labels": 2}  # labels, a byte each, before the pixels of an image in a binary file


@dataclass(frozen=True)
class Cifar(ImageSource):
    """A set in the layout of CIFAR-10; batches that are not there make it partial.

    Args:
        folder: that the archive unpacks to.
        binary: that the archive of the binary version unpacks to, whose batches have the same names and pixels.
        batches: of each part: names of its files, and the md5 of each.
        labels: the key of the labels, by which the sets are told apart.

    The rest is described at :class:`~oodflow.data.source.Source`.
    """

    name: str
    description: str
    parts: Mapping[str, int | None]
    folder: str
    binary: str
    batches: Mapping[str, Mapping[str, str]]
    labels: str
    downloads: tuple[Remote, ...]
    licence: str = "none stated"
    shape: Shape = (3, 32, 32)

    def places(self, part: str) -> tuple[str, ...]:
        """Of the first batch."""
        return self._places(next(iter(self.batches[part])))

    def files(self, part: str, root: Path) -> list[Path]:
        """The batches that are there."""
        found = (find(root, self._places(name)) for name in self.batches[part])
        return [path for path in found if path is not None and path.is_file()]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """One batch at a time."""
        for path in self.files(part, root):
            yield fit(read_batch(path, self.labels), shape)

    def doubts(self, part: str, root: Path) -> list[str]:
        """Complete batches that are not the official files, of which the pickles are known."""
        md5 = self.batches[part]
        size = (self.parts[part] or 0) // len(md5)
        pickles = (path for path in self.files(part, root) if path.suffix != BINARY)
        complete = (path for path in pickles if len(read_batch(path, self.labels)) == size)
        return [doubt for path in complete for doubt in unofficial(path, md5[same_name(path.name, md5) or path.name])]

    def _places(self, name: str) -> tuple[str, ...]:
        """In its folder, where torchvision unpacks it, or without the archive's folder; then the binary version."""
        versions = ((self.folder, name), (self.binary, name + BINARY))
        return tuple(f"{folder}/{file}" for of, file in versions for folder in (f"{self.name}/{of}", of, self.name))


def read_batch(path: Path, labels: str = "labels") -> Images:
    """Read one batch file: uint8 ``[n,3,32,32]``. Nothing in the file is ever executed.

    Raises:
        OodflowError: it is damaged, or something else than a batch.
    """
    title = TITLES[labels]
    if (size := path.stat().st_size) > MOST:
        raise OodflowError(
            f"{path}: not a {title} batch: it has {size:,} bytes, one has at most 155 million; get the file again."
        )
    if path.suffix == BINARY:
        return _read_binary(path, labels)
    try:
        batch = read_pickle(path.read_bytes())
    except Refused as error:
        raise OodflowError(f"{path}: {error}, and no {title} batch: refused; get the file again.") from error
    except Exception as error:  # a damaged pickle fails in whatever way its bytes suggest
        raise OodflowError(f"{path}: truncated or corrupt ({error}); get the file again.") from error
    data = bytes_array(_value(batch, "data"))
    if data is None or data.ndim != 2 or data.shape[1] != 3072:
        raise OodflowError(f"{path}: not a {title} batch: it holds no `data` of uint8 [n,3072]; get the file again.")
    other = next((other for other in TITLES if other != labels and _value(batch, other) is not None), None)
    if other is not None and _value(batch, labels) is None:
        raise OodflowError(f"{path}: not a {title} batch: it is one of {TITLES[other]}; get the file again.")
    return data.reshape(-1, 3, 32, 32)


def _read_binary(path: Path, labels: str) -> Images:
    """Read records of labels and pixels."""
    content, size = np.fromfile(path, np.uint8), BEFORE[labels] + 3072
    if not content.size or content.size % size:
        raise OodflowError(
            f"{path}: not a whole {TITLES[labels]} batch: it has {content.size:,} bytes, which should be a multiple of "
            f"{size:,}; get the file again."
        )
    return content.reshape(-1, size)[:, BEFORE[labels] :].reshape(-1, 3, 32, 32)


def _value(batch: Any, key: str) -> Any:
    """Take a value by its key, which Python 2 wrote as bytes."""
    return batch.get(key.encode(), batch.get(key)) if isinstance(batch, dict) else None


_URL = "https://www.cs.toronto.edu/~kriz"

CIFAR10 = Cifar(
    name="cifar10",
    description="small colour photographs of ten kinds of things (Krizhevsky 2009)",
    parts=MappingProxyType({"train": 50_000, "test": 10_000}),
    folder="cifar-10-batches-py",
    binary="cifar-10-batches-bin",
    batches=MappingProxyType({
        "train": MappingProxyType({
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
        }),
        "test": MappingProxyType({"test_batch": "40351d587109b95175f43aff81a1287e"}),
    }),
    labels="labels",
    downloads=(
        Remote(
            f"{_URL}/cifar-10-python.tar.gz",
            "md5:c58f30108f718f92721af3b95e74349a",
            "cifar10/cifar-10-python.tar.gz",
            unpack=True,
        ),
    ),
)  # fmt: skip
CIFAR100 = Cifar(
    name="cifar100",
    description="small colour photographs of a hundred kinds of things (Krizhevsky 2009)",
    parts=MappingProxyType({"train": 50_000, "test": 10_000}),
    folder="cifar-100-python",
    binary="cifar-100-binary",
    batches=MappingProxyType({
        "train": MappingProxyType({"train": "16019d7e3df5f24257cddd939b257f8d"}),
        "test": MappingProxyType({"test": "f0ef6b0ae62326f3e7ffdfab6717acfc"}),
    }),
    labels="fine_labels",
    downloads=(
        Remote(
            f"{_URL}/cifar-100-python.tar.gz",
            "md5:eb9058c3a382ffc7106e4002c42a8d85",
            "cifar100/cifar-100-python.tar.gz",
            unpack=True,
        ),
    ),
)  # fmt: skip
