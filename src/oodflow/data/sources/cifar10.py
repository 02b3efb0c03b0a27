"""CIFAR-10: small colour photographs of ten kinds of things, in Python pickles."""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

from oodflow.data.fit import fit
from oodflow.data.formats.pickled import Refused, bytes_array, read_pickle
from oodflow.data.image_set import Images, Shape
from oodflow.data.source import ImageSource, Remote
from oodflow.data.sources.official import unofficial
from oodflow.errors import OodflowError

FOLDER = "cifar10/cifar-10-batches-py"
BATCHES = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
BATCH_SIZE = 10_000
MOST = 1 << 26  # bytes of a file; a batch has half of that
MD5 = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}


class Cifar10(ImageSource):
    """CIFAR-10; batches that are not there make the set partial."""

    name = "cifar10"
    description = "small colour photographs of ten kinds of things (Krizhevsky 2009)"
    licence = "none stated"
    shape = (3, 32, 32)
    parts = MappingProxyType({"train": 50_000, "test": 10_000})
    downloads = (
        Remote(
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            "md5:c58f30108f718f92721af3b95e74349a",
            "cifar10/cifar-10-python.tar.gz",
            unpack=True,
        ),
    )

    def files(self, part: str, root: Path) -> list[Path]:
        """The batches that are there."""
        return [path for name in BATCHES[part] if (path := root / FOLDER / name).is_file()]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """One batch at a time."""
        for path in self.files(part, root):
            yield fit(read_batch(path), shape)

    def doubts(self, part: str, root: Path) -> list[str]:
        """Complete batches that are not the official files."""
        complete = (path for path in self.files(part, root) if len(read_batch(path)) == BATCH_SIZE)
        return [doubt for path in complete for doubt in unofficial(path, MD5[path.name])]


def read_batch(path: Path) -> Images:
    """Read one batch file: uint8 ``[n,3,32,32]``. Nothing in the file is ever executed.

    Raises:
        OodflowError: it is damaged, or something else than a batch.
    """
    if (size := path.stat().st_size) > MOST:
        raise OodflowError(
            f"{path}: not a CIFAR-10 batch: it has {size:,} bytes, one has 31 million; get the file again."
        )
    try:
        batch = read_pickle(path.read_bytes())
    except Refused as error:
        raise OodflowError(f"{path}: {error}, and no CIFAR-10 batch: refused; get the file again.") from error
    except Exception as error:  # a damaged pickle fails in whatever way its bytes suggest
        raise OodflowError(f"{path}: truncated or corrupt ({error}); get the file again.") from error
    data = bytes_array(batch.get(b"data", batch.get("data"))) if isinstance(batch, dict) else None
    if data is None or data.ndim != 2 or data.shape[1] != 3072:
        raise OodflowError(f"{path}: not a CIFAR-10 batch: it holds no `data` of uint8 [n,3072]; get the file again.")
    return data.reshape(-1, 3, 32, 32)
