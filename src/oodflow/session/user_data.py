"""What a program may hand over to be trained on, and how it becomes a set to take batches from."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from oodflow.data import SOURCES, ImageSet, RealSet, load
from oodflow.data.found import same_name
from oodflow.data.sources.image_files import IMAGE_FILES, kind_of_images
from oodflow.data.sources.npy import channels_first
from oodflow.data.spec import own_data
from oodflow.data.tables import endings, kind_of
from oodflow.errors import OodflowError, UsageError
from oodflow.files import path_of
from oodflow.flows import FlowConfig

UserData = NDArray[Any] | Tensor | Dataset[Any] | DataLoader[Any] | ImageSet | RealSet | str | Path
"""Arrays, tensors, what PyTorch reads data with, a set in memory, the name of a data set, a folder."""


def set_of(data: UserData, config: FlowConfig, name: str = "data", root: Path | None = None) -> ImageSet | RealSet:
    """Read data once, into memory unless it is a data set by name, and check that a flow can be over it.

    Args:
        data: see :func:`oodflow.fit`.
        config: of the flow; its domain says what is expected.
        name: of the argument, for messages.
        root: where data sets lie.

    Raises:
        UsageError: for anything else than what the flow is over, with the way to convert it.
        OodflowError: when files are missing or damaged.
    """
    found: ImageSet | RealSet
    if isinstance(data, str | Path | ImageSet | RealSet):
        found = load(_spec(data, name), "train", root=root) if isinstance(data, str | Path) else data
        if isinstance(found, ImageSet) != config.domain.is_images:
            images, rows = "8-bit images", "rows of numbers"
            holds, over = (images, "reals") if isinstance(found, ImageSet) else (rows, images)
            raise UsageError(f"{name} is a set of {holds} but this flow is over {over}.")
    else:
        array = array_of(data, name)
        found = images_of(array, config.kind, name) if config.domain.is_images else _reals(array, config, name)
    if len(found) < 2:
        raise UsageError(f"{name} holds one datum, of shape {found.shape}: pass [N, ...] with at least 2 to train on.")
    return found


def part_of(data: ImageSet | RealSet, rows: NDArray[np.intp]) -> ImageSet | RealSet:
    """Keep some rows."""
    return data.take(np.sort(rows))


def _spec(data: str | Path, name: str) -> str:
    """Turn a path into the name of a data set; names come first."""
    text = str(data)
    path, mark, query = text.partition("?")
    if isinstance(data, str) and (same_name(path, SOURCES) or path.partition(":")[0].lower() in own_data()):
        return text
    place = path_of(path, name)
    if place.is_dir():
        return f"folder:{path}{mark}{query}"
    if kind := kind_of(place) or kind_of_images(place):
        return f"{kind}:{path}{mark}{query}"
    if isinstance(data, Path):
        known = dict.fromkeys((*endings(), *(ending for file in IMAGE_FILES.values() for ending in file.endings)))
        raise UsageError(f"{name} is {path}: expected a folder of pictures or a file {', '.join(known)}.")
    return text  # whatever is wrong with it, reading it will say


def array_of(data: object, name: str) -> NDArray[Any]:
    """Bring what lies in memory, or is read item by item, into one array of finite numbers, or raise ``UsageError``."""
    if isinstance(data, Tensor):
        data = _numbers(data)
    elif isinstance(data, DataLoader):
        data = _joined([_x(batch, name) for batch in data], name, np.concatenate)
    elif isinstance(data, Dataset):
        data = _joined([_x(item, name) for item in _items(data)], name, np.stack)
    if not isinstance(data, np.ndarray):
        raise UsageError(
            f"{name} is a {type(data).__name__}: expected a NumPy array, a tensor, a Dataset or DataLoader of PyTorch, "
            f"a folder, or the name of a data set."
        )
    if data.dtype.kind not in "buif":
        raise UsageError(f"{name} is an array of {data.dtype}: expected numbers of one type, in one array.")
    if not data.size:
        raise UsageError(f"{name} is empty: its shape is {list(data.shape)}.")
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        bad = np.argwhere(~np.isfinite(data))
        raise UsageError(f"{len(bad):,} numbers of {name} are NaN or infinite, the first at {bad[0].tolist()}.")
    return data


def _items(dataset: Any) -> Iterable[Any]:
    return dataset if isinstance(dataset, IterableDataset) else (dataset[i] for i in range(len(dataset)))


def _x(item: Any, name: str) -> NDArray[Any]:
    """Take x of x or (x, y)."""
    x = item[0] if isinstance(item, tuple | list) and item else item
    x = _numbers(x) if isinstance(x, Tensor) else np.asarray(x)
    if x.dtype.kind not in "buif":
        raise UsageError(f"{name} gives a {type(item).__name__}: expected x or (x, y), where x are numbers.")
    return x


def _numbers(x: Tensor) -> NDArray[Any]:
    """Take the numbers of a tensor; NumPy has no bfloat16, but float32 holds all of it."""
    array: NDArray[Any] = (x.float() if x.dtype == torch.bfloat16 else x).detach().cpu().numpy()
    return array


def _joined(parts: list[NDArray[Any]], name: str, join: Any) -> NDArray[Any]:
    if not parts:
        raise UsageError(f"{name} is empty.")
    shapes = {part.shape if join is np.stack else part.shape[1:] for part in parts}
    if len(shapes) > 1:
        raise UsageError(f"{name} gives data of several shapes, {' and '.join(map(str, sorted(shapes)[:2]))}.")
    joined: NDArray[Any] = join(parts)
    return joined


def images_of(array: NDArray[Any], kind: str, name: str) -> ImageSet:
    """Take 8-bit images that lie as ``npy:`` files may, for a flow of some kind, or raise ``UsageError``."""
    if array.dtype != np.uint8:
        low, high = float(array.min()), float(array.max())
        if array.ndim == 2:
            remedy = "for vectors take the flow 'tabular'"
        elif array.dtype.kind == "f" and low >= 0 and high <= 1:
            remedy = f"convert it with (255 * {name}).round() to uint8"
        elif low >= 0 and high <= 255:
            remedy = f"convert {name} to uint8"
        else:
            remedy = "scale it to 0 to 255 and convert it to uint8"
        if array.dtype.kind == "f" and array.ndim > 2:
            remedy += ", or say domain='reals' if these are real tensors"
        raise UsageError(
            f"{name} is {array.dtype} {list(array.shape)} with values from {low:g} to {high:g} but a {kind} is "
            f"over 8-bit images, uint8: {remedy}."
        )
    if array.ndim == 3 and len(array) in (1, 3):
        raise UsageError(f"{name} is {list(array.shape)}: that is one image; pass many, [N, C, H, W].")
    try:
        images = channels_first(array, name)
    except OodflowError as error:
        raise UsageError(str(error)) from error
    return ImageSet.from_array(np.ascontiguousarray(images), name, "train")


def _reals(array: NDArray[Any], config: FlowConfig, name: str) -> RealSet:
    if array.dtype.kind != "f":
        raise UsageError(
            f"{name} is {array.dtype} {list(array.shape)} but this {config.kind} is over real tensors: convert it to "
            f"float32, scaled to a deviation of about 1, or take a flow over 8-bit images."
        )
    if array.ndim != config.rank + 1:
        expected = {1: "[N, D]", 3: "[N, C, H, W]"}.get(config.rank, f"{config.rank} dimensions a datum")
        raise UsageError(f"{name} is {list(array.shape)} but a {config.kind} takes {expected}.")
    return RealSet.from_array(np.ascontiguousarray(array, dtype=np.result_type(array, np.float32)), name, "train")
