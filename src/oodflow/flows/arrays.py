"""NumPy or torch in, the same kind out."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oodflow.errors import UsageError

Array = TypeVar("Array", Tensor, NDArray[Any])
"""A tensor or a NumPy array; what comes out is of the kind that came in."""


def tensor_of(x: Tensor | NDArray[Any], device: torch.device, name: str = "x") -> Tensor:
    """Return a tensor as it is, or copy an array to ``device``.

    Raises:
        UsageError: for a tensor on another device, an array of something that is no number, and anything else.
    """
    if isinstance(x, Tensor):
        if x.device != device:
            raise UsageError(f"{name} is on {x.device} but the flow on {device}: move one of them with .to(device).")
        return x
    if not isinstance(x, np.ndarray):
        raise UsageError(f"{name} is a {type(x).__name__}: expected a tensor or a NumPy array.")
    if x.dtype.kind not in "buif":
        raise UsageError(f"{name} is an array of {x.dtype}: expected numbers; convert it with {name}.astype(...).")
    # A copy of our own: an array may be read-only, reversed, or of another byte order.
    return torch.from_numpy(np.array(x, dtype=x.dtype.newbyteorder("="), order="C")).to(device)


def following(x: Tensor | NDArray[Any]) -> AbstractContextManager[Any]:
    """Return the context to compute in: nothing that came as an array has a gradient."""
    return nullcontext() if isinstance(x, Tensor) else torch.no_grad()


def like(x: Array, result: Tensor) -> Array:
    """Return a result as the kind that ``x`` is."""
    return cast(Any, result if isinstance(x, Tensor) else result.cpu().numpy())  # type: ignore[no-any-return]
