"""Skipping steps that are not finite where the numbers are: a GPU need not wait until the CPU has looked at them."""

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor


class Snapshot:
    """The values that some tensors have now, to go back to.

    Args:
        tensors: of any shapes, on one device.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self._groups: dict[torch.dtype, list[Tensor]] = defaultdict(list)
        for tensor in tensors:
            self._groups[tensor.dtype].append(tensor)
        self._before = {dtype: _joined(group) for dtype, group in self._groups.items()}

    def restore(self) -> None:
        """Give the tensors their values back."""
        for dtype, group in self._groups.items():
            self._give(group, self._before[dtype])

    def restore_unless(self, good: Tensor) -> None:
        """Give the tensors their values back, unless ``good``, a boolean scalar, is true."""
        for dtype, group in self._groups.items():
            self._give(group, torch.where(good, _joined(group), self._before[dtype]))

    @staticmethod
    def _give(group: list[Tensor], values: Tensor) -> None:
        pieces = torch.split(values, [tensor.numel() for tensor in group])
        torch._foreach_copy_(group, [piece.view_as(tensor) for piece, tensor in zip(pieces, group, strict=True)])


def step_if(optimiser: torch.optim.Optimizer, good: Tensor) -> None:
    """Take the optimiser's step if ``good``, a boolean scalar, is true, and leave its moments as they are otherwise.

    Fused optimisers look for themselves, as they do for ``torch.amp.GradScaler``; for the others the CPU must know.
    """
    if optimiser.defaults.get("fused"):
        optimiser.found_inf = (~good).float()  # type: ignore[attr-defined]
        optimiser.step()
    elif good:
        optimiser.step()


def _joined(tensors: list[Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors])
