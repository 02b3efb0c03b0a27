"""The tensors of a state-dict of the original's, checked to be weights."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from oodflow.errors import UsageError


def original_tensors(state_dict: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return the tensors by key, without the prefix ``module.`` that the original's checkpoints have.

    Raises:
        UsageError: for anything but finite dense floats, and counts of batches; and for two tensors of one name.
    """
    if not isinstance(state_dict, Mapping):
        raise UsageError(f"state_dict is a {type(state_dict).__name__}: expected a dict of tensors.")
    if "net" in state_dict:
        raise UsageError("state_dict is a whole checkpoint: pass what it has under 'net'.")
    tensors: dict[str, Tensor] = {}
    for key, tensor in state_dict.items():
        name = str(key).removeprefix("module.")
        if name in tensors:
            raise UsageError(f"state_dict has both {name} and module.{name}: leave one of them away.")
        if wrong := _wrong(name, tensor):
            raise UsageError(f"{name} in the state_dict is {wrong}: expected finite floats.")
        tensors[name] = tensor
    return tensors


def _wrong(name: str, tensor: Any) -> str:
    """Say why this is no weight, if it is none."""
    if not isinstance(tensor, Tensor):
        return f"a {type(tensor).__name__}"
    if tensor.layout != torch.strided or tensor.is_meta:
        return "meta" if tensor.is_meta else str(tensor.layout)
    if name.endswith("num_batches_tracked"):
        return ""
    if not tensor.is_floating_point():
        return str(tensor.dtype)
    return "" if tensor.isfinite().all() else "infinite or NaN: that run has diverged"
