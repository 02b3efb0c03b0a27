"""Which folders in a user's folder are parts of a data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from oodflow.data.walk import names
from oodflow.errors import NotThere, UsageError

PARTS = {"train": "train", "val": "calibration", "valid": "calibration", "validation": "calibration", "test": "test"}
GOOD, DEFECTS = "good", "defects"


@dataclass(frozen=True)
class Layout:
    """Where pictures are read from.

    Attributes:
        parts: folders of each part.
        note: what a reader must know of the layout; empty: nothing.
    """

    parts: Mapping[str, tuple[Path, ...]]
    note: str = ""


def layout_of(folder: Path) -> Layout:
    """Find the parts of a folder.

    If it holds ``train`` and at least one of ``test`` and ``val`` (or ``valid``, ``validation``), in any case, these
    are its parts: ``val`` is the calibration part, and where there is no ``test`` it is the test part instead. In
    MVTec's layout, a ``train`` of ``good`` alone and a ``test`` of ``good`` and folders of defects, ``train/good`` and
    ``test/good`` are the parts. Otherwise all is one part.

    Raises:
        UsageError: two folders are one part.

    Example:
        >>> folder = getfixture("tmp_path")
        >>> (folder / "Train").mkdir(), (folder / "val").mkdir()
        (None, None)
        >>> {part: where[0].name for part, where in layout_of(folder).parts.items()}
        {'train': 'Train', 'test': 'val'}
    """
    found: dict[str, Path] = {}
    for inside in _folders(folder):
        if (part := PARTS.get(inside.name.lower())) is None:
            continue
        if part in found:
            both = f"{found[part].name} and {inside.name}"
            raise UsageError(f"folder:{folder} holds both {both}, which are one part: join them, or rename one.")
        found[part] = inside
    if "train" not in found or len(found) == 1:
        return Layout({"all": (folder,)}, _of_several(folder))
    notes = []
    if "test" not in found:
        notes.append(f"{found['calibration'].name} is the test part, for there is no folder test")
        found["test"] = found.pop("calibration")
    beside = sorted(path for path in folder.iterdir() if path not in found.values() and path.name[0] != ".")
    if beside:
        notes.append(f"left out beside the parts: {names(beside)}")
    if defects := _defects(found["train"], found["test"]):
        beside = [path for part in found.values() for path in sorted(part.iterdir()) if _stray(path)]
        notes += [f"left out beside the folders of parts: {names(beside)}"] if beside else []
        notes.append(f"MVTec's layout: {DEFECTS} ({names(defects)}) are no part, name them by ?part=")
        found = {part: path if part == "calibration" else _good(path) for part, path in found.items()}
    return Layout(
        {part: (found[part],) for part in ("train", "calibration", "test") if part in found}, "; ".join(notes)
    )


def part_in(folder: Path, name: str) -> Layout:
    """Take the pictures of one folder in a folder as a whole, such as ``test/scratch``, whatever the case of its name.

    ``defects`` are all folders of defects in MVTec's layout together.

    Raises:
        UsageError: the name leads elsewhere.
        NotThere: there is no such folder.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise UsageError(f"folder:{folder}: part {name!r} is no folder in it: write one such as part=test/scratch.")
    if name == DEFECTS and not (folder / name).is_dir():
        train, test = (next((one for one in _folders(folder) if one.name.lower() == part), None) for part in PARTS_OF)
        if train and test and (defects := _defects(train, test)):
            return Layout({"all": tuple(defects)})
        raise NotThere(
            f"folder:{folder}: part={DEFECTS} is of MVTec's layout, train/good, test/good and test/DEFECT, which it "
            "does not have: name a folder in it."
        )
    found = folder
    for step in path.parts:
        inside = _folders(found)
        alike = [one for one in inside if one.name == step] or [
            one for one in inside if one.name.lower() == step.lower()
        ]
        if len(alike) != 1:
            there = names(inside, 12) if inside else "no folders"
            raise NotThere(f"folder:{folder}: part {name!r} is not there: in {found} there are {there}.")
        found = alike[0]
    return Layout({"all": (found,)})


PARTS_OF = ("train", "test")


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name[0] != "." and path.is_dir())


def _stray(path: Path) -> bool:
    return path.name[0] != "." and not path.is_dir()


def _good(part: Path) -> Path:
    return next(path for path in _folders(part) if path.name.lower() == GOOD)


def _defects(train: Path, test: Path) -> list[Path]:
    """List the folders of defects in MVTec's layout; none: it is another."""
    good = [path.name.lower() for path in _folders(train)] == [GOOD]
    inside = _folders(test)
    defects = [path for path in inside if path.name.lower() != GOOD]
    return defects if good and len(defects) == len(inside) - 1 else []


def _of_several(folder: Path) -> str:
    """Say that folders in a folder have parts of their own, which are parts of nothing here."""
    several = [inside for inside in _folders(folder) if {*PARTS_OF} <= {one.name.lower() for one in _folders(inside)}]
    return f"all taken together, though {names(several)} have parts train and test of their own" if several else ""
