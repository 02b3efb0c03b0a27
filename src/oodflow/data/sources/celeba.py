"""CelebA: aligned faces of celebrities, as one zip file of JPEGs or as the folder it unpacks to."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import numpy as np

from oodflow.data.image_set import Images, Shape
from oodflow.data.source import ImageSource
from oodflow.data.sources.official import unofficial
from oodflow.data.sources.picture import MOST_BYTES, decode, pixels, read_bytes
from oodflow.errors import OodflowError

PICTURES = ("img_align_celeba.zip", "img_align_celeba")
PARTITION = "list_eval_partition.txt"
MD5 = {PICTURES[0]: "00d2c5bc6d35e252742224ab0c1e8fcb", PARTITION: "d32c9cbf5e040fd4025c592c306e6668"}
CODES = {"train": "0", "test": "2"}  # 1 is the official validation part, which is not used
SIZE = (178, 218)  # width and height of the aligned pictures
STEP = 1024  # pictures decoded at a time


class CelebA(ImageSource):
    """CelebA, whole pictures: the short side resized, the centre cut out, no face crop, as in the original."""

    name = "celeba"
    description = "aligned faces of celebrities (Liu, Luo, Wang, Tang 2015)"
    licence = "non-commercial research only"
    shape = (3, 32, 32)
    parts = MappingProxyType({"train": 162_770, "test": 19_962})
    by_hand = (
        "get img_align_celeba.zip and list_eval_partition.txt from "
        "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html and put both into its folder celeba"
    )

    def files(self, part: str, root: Path) -> list[Path]:
        """The pictures and the partition. Of a folder, its own time stands for all its pictures."""
        pictures = [path for name in PICTURES if (path := root / "celeba" / name).exists()][:1]
        partition = root / "celeba" / PARTITION
        if pictures and not partition.is_file():
            raise OodflowError(f"{partition} is missing beside {pictures[0].name}: {self.by_hand}.")
        return [*pictures, partition] if pictures else []

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode the pictures of the part in the order of their names."""
        wanted = shape or self.shape
        with _pictures(self.files(part, root)[0]) as (names, read):
            mine, _ = _deal(part, sorted(names), root)
            for start in range(0, len(mine), STEP):
                step = mine[start : start + STEP]
                yield np.stack([pixels(read(name), f"{root / 'celeba'}/{name}", wanted) for name in step])

    def count(self, part: str, root: Path) -> int:
        """Count the names."""
        with _pictures(self.files(part, root)[0]) as (names, _):
            return len(_deal(part, sorted(names), root)[0])

    def note(self, part: str, root: Path) -> str:
        """Say when the pictures, of which the first is looked at, or the parts are not the official ones."""
        with _pictures(self.files(part, root)[0]) as (names, read):
            mine, by_position = _deal(part, sorted(names), root)
            width, height = decode(read(mine[0]), f"{root / 'celeba'}/{mine[0]}").size
        said = [f"pictures of {width} x {height} instead of {SIZE[0]} x {SIZE[1]}"] if (width, height) != SIZE else []
        if by_position:
            said.append("cut by position (first 80 % train, last 10 % test), not the official partition")
        return "; ".join(said)

    def doubts(self, part: str, root: Path) -> list[str]:
        """Complete files that are not the official ones."""
        if self.count(part, root) != self.parts[part]:
            return []
        files = (path for path in self.files(part, root) if path.is_file())
        return [doubt for path in files for doubt in unofficial(path, MD5[path.name])]


def _deal(part: str, names: list[str], root: Path) -> tuple[list[str], bool]:
    """Names of a part, and whether they had to be cut by position."""
    path = root / "celeba" / PARTITION
    lines = [line.split() for line in path.read_text(errors="replace").splitlines() if line.strip()]
    if not lines or any(len(line) != 2 or line[1] not in "012" for line in lines):
        raise OodflowError(f"{path}: corrupt: every line should be a file name and 0, 1 or 2; get the file again.")
    codes = dict(lines)
    known = [name for name in names if PurePosixPath(name).name in codes]
    if not known:
        raise OodflowError(f"{path}: names none of the {len(names):,} pictures beside it; get both files again.")
    official = {
        each: [name for name in known if codes[PurePosixPath(name).name] == code] for each, code in CODES.items()
    }
    if all(official.values()):
        return official[part], False
    cut = {"train": slice(0, len(known) * 8 // 10), "test": slice(len(known) * 9 // 10, None)}
    return known[cut[part]], True


@contextmanager
def _pictures(path: Path) -> Iterator[tuple[list[str], Callable[[str], bytes]]]:
    """Names of the pictures in a zip file or folder, and a function that reads one of them."""
    if path.is_dir():
        yield [file.name for file in path.iterdir() if _is_picture(file.name)], lambda name: read_bytes(path / name)
        return
    with _damage_told(path), zipfile.ZipFile(path) as archive:
        sizes = {one.filename: one.file_size for one in archive.infolist() if _is_picture(one.filename)}
        if any(size > MOST_BYTES for size in sizes.values()):
            raise zipfile.BadZipFile(f"it says that a picture has more than {MOST_BYTES:,} bytes")
        yield list(sizes), archive.read


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OodflowError:
        raise
    except Exception as error:  # a damaged archive fails in whatever way its bytes suggest
        raise OodflowError(f"{path}: truncated or corrupt ({error}); get the file again.") from error


def _is_picture(name: str) -> bool:
    file = PurePosixPath(name).name
    return file.endswith(".jpg") and not file.startswith(".")
