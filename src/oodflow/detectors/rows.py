"""Reading what a detector is given, rows of a table, images or real tensors, and refusing all else in a sentence."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from oodflow.data import ImageSet, RealSet
from oodflow.errors import UsageError
from oodflow.flows import Flow, FlowConfig
from oodflow.session.user_data import array_of, images_of

Rows = ImageSet | RealSet
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Over:
    """What a density is over.

    Attributes:
        name: of the density, for messages.
        is_images: whether it is over 8-bit images.
        rank: dimensions of a datum; 1 for rows of a table.
    """

    name: str
    is_images: bool = False
    rank: int = 1

    @classmethod
    def of(cls, model: Any) -> Self:
        """Tell it of a flow, a configuration of one, or any density, which is one of rows."""
        if isinstance(model, Flow):
            name = "flow" if model.config is None else model.config.kind
            return cls(name, model.domain.is_images, len(model.shape))
        if isinstance(model, FlowConfig):
            return cls(model.kind, model.domain.is_images, model.rank)
        return cls(type(model).__name__)


def read_rows(detector: BaseEstimator, X: Any, over: Over, *, shape: Shape | None = None) -> Rows:
    """Read the ``X`` of a method.

    Args:
        detector: the estimator: at ``fit`` it gets ``n_features_in_``, and ``feature_names_in_`` where columns have
            names; later these are held against X.
        X: ``[N, D]``, or images or real tensors as :func:`oodflow.fit` takes them.
        over: what its density is over.
        shape: of one datum at ``fit``; none: this is ``fit``.

    Raises:
        UsageError: for what can't be read, other columns or another shape than at ``fit``.
    """
    if isinstance(X, str | bytes | Path):
        raise UsageError(f"X is {X!r}: expected numbers in memory, [N, ...]; oodflow.data.load reads files.")
    X = _array(X) if isinstance(X, list | tuple) else X
    if over.rank == 1 and not over.is_images:
        return _table(detector, X, over, shape)
    if isinstance(X, np.ndarray) and shape is not None and over.is_images and X.shape[1:] == shape[1:]:
        X = X[:, None]  # one or three grey images look like one
    found = _tensors(array_of(X, "X"), over)
    if shape is None:
        if len(found) < 2:
            raise UsageError(f"X holds n_samples = 1, of shape {list(found.shape)}: pass [N, ...] with many.")
        detector.n_features_in_ = prod(found.shape)
    elif found.shape != shape:
        raise UsageError(f"X is {_sizes(X.shape)} but this detector was fitted to data of {_sizes(shape)} each.")
    return found


def _array(rows: Any) -> NDArray[Any]:
    try:
        return np.asarray(rows)
    except ValueError as error:
        raise UsageError(
            "X is a list of rows of different lengths: expected [N, D], as many numbers in each."
        ) from error


def _tensors(array: NDArray[Any], over: Over) -> Rows:
    if over.is_images:
        return images_of(array, over.name, "X")
    if array.dtype.kind != "f" or array.ndim != over.rank + 1:
        raise UsageError(
            f"X is {array.dtype} {_sizes(array.shape)} but this {over.name} is over real tensors: floats "
            f"[N, ...] of {over.rank + 1} dimensions in all."
        )
    return RealSet.from_array(np.ascontiguousarray(array, np.result_type(array, np.float32)), "X", "train")


def _table(detector: BaseEstimator, X: Any, over: Over, shape: Shape | None) -> RealSet:
    if getattr(X, "ndim", 2) > 2:
        fitted = "" if shape is None else f", and was fitted to {shape[0]} columns"
        remedy = ": for images take flow='realnvp' or 'glow'" if shape is None else ""
        raise UsageError(
            f"X is {X.dtype} {_sizes(X.shape)}, as images are, but this {over.name} is over rows of a table, [N, D]"
            f"{fitted}{remedy}."
        )
    if hasattr(X, "detach"):
        X = array_of(X, "X")
    if getattr(X, "ndim", 2) < 2:
        raise UsageError(
            f"X has the shape {_sizes(X.shape)} but a table is [N, D]. Reshape your data: X.reshape(1, -1) of one "
            f"row, X.reshape(-1, 1) of one column."
        )
    if getattr(X, "dtype", None) == np.float16:
        X = X.astype(np.float32)
    numbers = (np.float64, np.float32)
    for name, dtype in zip(getattr(X, "columns", ()), getattr(X, "dtypes", ()), strict=False):
        if getattr(dtype, "kind", None) in ("m", "M"):
            raise UsageError(f"column {name!r} of X holds dates or times: encode it as numbers, or leave it out.")
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a sum is its first look at whether numbers are finite
            array = validate_data(detector, X, reset=shape is None, dtype=numbers, ensure_min_samples=2 - bool(shape))
    except ValueError as error:
        raise UsageError(_reason(X, error)) from error
    return RealSet("X", "train", np.ascontiguousarray(array))  # its numbers have just been looked at


def _reason(X: Any, error: ValueError) -> str:
    """Say in which cell the trouble is, if it is in one; else what scikit-learn says."""
    cells = np.asarray(X)
    if cells.ndim != 2 or "feature names" in str(error) or cells.dtype.kind == "c":
        return str(error)
    numbers = cells if cells.dtype.kind in "buif" else np.vectorize(_number, otypes=[float])(cells)
    bad = np.argwhere(~np.isfinite(numbers))
    if not len(bad):
        return str(error)
    row, column = bad[0]
    names = [repr(str(name)) for name in getattr(X, "columns", ())]
    where, cell = f"row {row}, column {names[column] if names else column}", cells[row, column]
    if isinstance(cell, str) and not np.isfinite(_number(cell)):
        return (
            f"X holds text in {where}: {str(cell)!r}; a density is of numbers, so encode that column or leave it out."
        )
    what = "inf" if np.isinf(numbers[row, column]) else "NaN"
    return f"X holds {what} in {where}, the first of {len(bad):,} such cells: fill them or leave these rows out."


def _number(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return np.nan


def _sizes(shape: Shape) -> str:
    return "[" + ", ".join(map(str, shape)) + "]"
