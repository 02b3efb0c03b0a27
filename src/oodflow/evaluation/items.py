"""Each image or row by itself: which it is, its scores, and what is promised of it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oodflow.data import DataSet, ImageSet, RealSet, data_root, load
from oodflow.data.naming import named
from oodflow.data.sources.folder import Folder
from oodflow.data.spec import without_encoder
from oodflow.data.splits import part_of
from oodflow.evaluation.promises import ByScore
from oodflow.evaluation.record import Threshold
from oodflow.evaluation.scoring import Scored
from oodflow.metrics import conformal_p_values

FILE = "scores.csv"


def write_items(
    path: Path, scored: Sequence[Scored], held_out: ByScore, limits: Mapping[str, Threshold], root: Path | None
) -> None:
    """Write a line for each image or row of each set: which it is, and what each score of single ones makes of it.

    The columns are ``set``, ``item`` and, for each score, its value by the score's name; where something is promised
    its conformal p-value among the held-out ones, as ``combined p_value``; and where there are thresholds ``ood`` above
    it and ``normal`` otherwise, as ``combined verdict``. Those are of one image alone: over many some are false alarms.
    """
    test = scored[0]
    names = [name for name, values in test.values.items() if len(values) == len(test.observation)]
    header = ["set", "item"]
    for name in names:
        header += [name, *[f"{name} p_value"] * (name in held_out), *[f"{name} verdict"] * (name in limits)]
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for one in scored:
            data = one.observation.data
            columns: list[Sequence[object]] = [[data.name] * len(data), items(data, root)]
            for name in names:
                values = one.values[name]
                columns.append([f"{value:.7g}" for value in values])
                if name in held_out:
                    columns.append([f"{value:.7g}" for value in conformal_p_values(held_out[name], values)])
                if name in limits:
                    columns.append(["ood" if above else "normal" for above in values > limits[name].value])
            writer.writerows(zip(*columns, strict=True))


def items(data: DataSet, root: Path | None = None) -> list[str]:
    """Say which images or rows a set holds.

    Args:
        data: a set that was loaded by its name.
        root: where data sets lie.

    Returns:
        Of a folder of pictures their files in it; of all else their numbers, from 0, in the part of the data set that
        the split is dealt from.

    Example:
        >>> items(load("digits", "test").limit(3))
        ['0', '599', '1198']
    """
    if (pictures := _pictures(data, root)) is not None:
        return [str(file.relative_to(folder)) for folder, file in pictures]
    return [str(row) for row in _rows(data, root)]


def with_sizes_noted(data: DataSet, root: Path | None) -> DataSet:
    """Note of pictures in a folder how many of them are of another size than the images made of them, and of which."""
    pictures = _pictures(data, root)
    if pictures is None or not isinstance(data, ImageSet):
        return data
    from PIL import Image

    sizes = []
    for _, file in pictures:
        with Image.open(file) as picture:
            sizes.append(picture.size)
    others = sorted((size for size in sizes if size[::-1] != data.shape[1:]), key=lambda size: size[0] * size[1])
    if not others:
        return data
    ends = " to ".join(dict.fromkeys(f"{width}x{height}" for width, height in (others[0], others[-1])))
    note = f"{len(others):,} of {len(data):,} pictures are of other sizes ({ends}) and were resized"
    return replace(data, note="; ".join(filter(None, [data.note, note])))


def _pictures(data: DataSet, root: Path | None) -> list[tuple[Path, Path]] | None:
    """List folder and file of each picture; none: they lie in no folder."""
    source = named(without_encoder(data.name)[0])
    if not isinstance(source, Folder):
        return None
    files = source.files(part_of(source.name, data.split, source.parts), data_root(root))
    return [(source.path, files[row]) for row in _rows(data, root)]


def _rows(data: DataSet, root: Path | None) -> NDArray[np.int64]:
    """Number images or rows as in the part of the data set; vectors of an encoder are numbered as their split."""
    assert isinstance(data, ImageSet | RealSet)  # what is loaded is one of both
    rows = np.arange(len(data)) if data.rows is None else data.rows
    images, made = without_encoder(data.name)
    return _rows(load(images, data.split, root=root), root)[rows] if made else rows
