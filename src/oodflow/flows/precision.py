"""The floating types that a flow computes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import nn

from oodflow.errors import UsageError

_FULL = (torch.float32, torch.float64)
_LOSES = "which changes log-probabilities by whole nats"


def require_full_precision(flow: nn.Module, latents: torch.dtype = torch.float64) -> None:
    """Refuse to compute in half precision, which changes log-probabilities by whole nats.

    Args:
        flow: by its first parameter; in train mode it may be under autocast.
        latents: type of what goes through its inverse.

    Raises:
        UsageError: saying what is in half precision, and what to do.
    """
    one = next(chain(flow.parameters(), flow.buffers()))
    for what, dtype in (("the flow", one.dtype), ("z", latents)):
        if dtype.is_floating_point and dtype not in _FULL:
            raise UsageError(f"{what} is in {dtype}, {_LOSES}: convert with .float() or .double().")
    device = one.device.type
    if flow.training or not torch.amp.is_autocast_available(device) or not torch.is_autocast_enabled(device):
        return
    if (dtype := torch.get_autocast_dtype(device)) not in _FULL:
        raise UsageError(
            f"under autocast networks compute in {dtype}, {_LOSES}: leave it, or wrap the call in "
            f"torch.autocast({device!r}, enabled=False); training under it takes flow.train()."
        )


@contextmanager
def in_float32_on_the_cpu() -> Iterator[None]:
    """Let what is built in the block be so, whatever PyTorch's default dtype and device are."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(before)
