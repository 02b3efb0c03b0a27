"""CelebA: aligned faces of celebrities, as one zip file of JPEGs, as the folder it unpacks to, or as PNG files."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType

import numpy as np

from oodflow.data.found import find
from oodflow.data.image_set import Images, Shape
from oodflow.data.source import ImageSource
from oodflow.data.sources.archive import pictures_in
from oodflow.data.sources.official import unofficial
from oodflow.data.sources.picture import decode, pixels
from oodflow.errors import OodflowError

PICTURES = ("img_align_celeba.zip", "img_align_celeba", "img_align_celeba_png", "img_align_celeba_png.zip")
PARTITION = "list_eval_partition.txt"
PARTITIONS = (PARTITION, "list_eval_partition.csv")  # the second is Kaggle's
FOLDERS = ("celeba", "celeba/Img", "celeba/Eval")  # the last two are the authors'
ENDINGS = (".jpg", ".png")
MD5 = {PICTURES[0]: "00d2c5bc6d35e252742224ab0c1e8fcb", PARTITION: "d32c9cbf5e040fd4025c592c306e6668"}
CODES = {"train": "0", "test": "2"}  # 1 is the official validation part, which is not used
SIZE = (178, 218)  # width and height of the aligned pictures
MOST = 1 << 26  # bytes of the partition, which has less than a sixteenth
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

    def places(self, part: str) -> tuple[str, ...]:
        """Of the pictures."""
        return _in_folders(PICTURES)

    def files(self, part: str, root: Path) -> list[Path]:
        """The pictures and the partition. Of a folder, its own time stands for all its pictures."""
        pictures, partition = find(root, self.places(part)), find(root, _in_folders(PARTITIONS))
        if pictures is None:
            return []
        if partition is None:
            raise OodflowError(f"{root / 'celeba' / PARTITION} is missing beside {pictures.name}: {self.by_hand}.")
        return [pictures, partition]

    def chunks(self, part: str, root: Path, shape: Shape | None) -> Iterator[Images]:
        """Decode the pictures of the part in the order of their names."""
        wanted = shape or self.shape
        path, partition = self.files(part, root)
        with pictures_in(path, ENDINGS) as (names, read):
            mine, _ = _deal(part, names, partition)
            for start in range(0, len(mine), STEP):
                step = mine[start : start + STEP]
                yield np.stack([pixels(read(name), f"{path}/{name}", wanted) for name in step])

    def count(self, part: str, root: Path) -> int:
        """Count the names."""
        path, partition = self.files(part, root)
        with pictures_in(path, ENDINGS) as (names, _):
            return len(_deal(part, names, partition)[0])

    def note(self, part: str, root: Path) -> str:
        """Say when the pictures, of which the first is looked at, or the parts are not the official ones."""
        path, partition = self.files(part, root)
        with pictures_in(path, ENDINGS) as (names, read):
            mine, by_position = _deal(part, names, partition)
            width, height = decode(read(mine[0]), f"{path}/{mine[0]}").size
        said = [f"pictures of {width} x {height} instead of {SIZE[0]} x {SIZE[1]}"] if (width, height) != SIZE else []
        if by_position:
            said.append("cut by position (first 80 % train, last 10 % test), not the official partition")
        return "; ".join(said)

    def doubts(self, part: str, root: Path) -> list[str]:
        """Complete files that are not the official ones, of those whose checksums are known."""
        if self.count(part, root) != self.parts[part]:
            return []
        files = (path for path in self.files(part, root) if path.is_file() and path.name in MD5)
        return [doubt for path in files for doubt in unofficial(path, MD5[path.name])]


def _in_folders(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names for folder in FOLDERS)


def _deal(part: str, names: Sequence[str], partition: Path) -> tuple[list[str], bool]:
    """Names of a part, and whether they had to be cut by position."""
    codes = _codes(partition)
    known = [name for name in names if PurePosixPath(name).stem in codes]
    if not known:
        raise OodflowError(f"{partition}: names none of the {len(names):,} pictures beside it; get both files again.")
    official = {
        each: [name for name in known if codes[PurePosixPath(name).stem] == code] for each, code in CODES.items()
    }
    if all(official.values()):
        return official[part], False
    cut = {"train": slice(0, len(known) * 8 // 10), "test": slice(len(known) * 9 // 10, None)}
    return known[cut[part]], True


def _codes(partition: Path) -> dict[str, str]:
    """Read the code of each picture, by its name without the ending, which is another where the pictures are PNG."""
    if (size := partition.stat().st_size) > MOST:
        raise OodflowError(f"{partition}: has {size:,} bytes, which no partition has; get the file again.")
    text = partition.read_text(encoding="utf-8-sig", errors="replace")
    lines = [re.split(r"[\s,]+", line.strip()) for line in text.splitlines() if line.strip()]
    lines = lines[1:] if lines[:1] == [["image_id", "partition"]] else lines
    if not lines or any(len(line) != 2 or line[1] not in ("0", "1", "2") for line in lines):
        raise OodflowError(f"{partition}: corrupt: every line should be a file name and 0, 1 or 2; get the file again.")
    return {PurePosixPath(name).stem: code for name, code in lines}
