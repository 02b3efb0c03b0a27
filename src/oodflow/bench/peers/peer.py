"""What a peer must tell, and what all take."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from oodflow.flows import AnyFlowConfig

LogProb = Callable[[Tensor], Tensor]
"""Maps float ``[B, *shape]`` to the log-density ``[B]``."""


@dataclass(frozen=True)
class Size:
    """How large the compared flows are.

    Attributes:
        steps: couplings a level.
        width: channels, or units, inside the st-networks.
    """

    steps: int
    width: int


SIZES = {"smoke": Size(steps=1, width=4), "cpu": Size(steps=8, width=64)}


@dataclass(frozen=True)
class Peer:
    """A flow of another library, and ours that is nearest to it.

    Attributes:
        theirs: what it is, in a few words.
        ours: what ours is.
        config: our flow.
        shape: of the data of both: ``(C, H, W)`` or ``(D,)``.
        build: makes their model and what gives its log-density.
    """

    theirs: str
    ours: str
    config: AnyFlowConfig
    shape: tuple[int, ...]
    build: Callable[[], tuple[nn.Module, LogProb]]


def logits(images: Tensor, noise: Tensor) -> Tensor:
    """Bring 8-bit images to the real line as our flows do, but without the log-determinant, which we spare others."""
    v = 0.05 + 0.9 * (images + noise) / 256
    return torch.log(v) - torch.log1p(-v)
