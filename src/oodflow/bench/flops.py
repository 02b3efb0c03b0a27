"""Counting what a model computes, and in which shapes."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, addmm_flop, conv_flop_count


@dataclass(frozen=True)
class Probe:
    """The computation whose rate is the limit for layers of a size.

    Attributes:
        channels: C, into and out of it.
        size: ``(H, W)``: the 3x3 convolution of C to C channels over H x W; ``()``: the product of [B, C] and [C, C].
    """

    channels: int
    size: tuple[int, ...]

    def __str__(self) -> str:
        if not self.size:
            return f"vectors of {self.channels}"
        return f"{self.channels} channels, {'x'.join(map(str, self.size))}"


@dataclass(frozen=True)
class Work:
    """What a computation amounts to.

    Attributes:
        flop: floating-point operations of all convolutions and matrix products; a multiplication with its addition
            counts as two, everything else as none.
        probes: how many of them count with which limit.
    """

    flop: int
    probes: dict[Probe, int]


def count(call: Callable[[], object]) -> Work:
    """Count the operations of ``call``, backward passes in it included, and sort its layers by shape.

    Of the layers that work over H x W all count with one limit: the 3x3 convolution whose channels, in and out, are
    the most that any of them has. Thin and 1x1 convolutions run at a lower rate than that, so the limit is one that
    they can't reach, rather than one that excuses them. Likewise for the layers over vectors, which are recognised by
    torch's ``addmm``. What is neither (Glow's 1x1 convolutions as matrix products; the products of a backward pass)
    counts in ``flop`` alone.

    Layers are told by the operations that arrive at torch, not by hooks on modules: whether a network calls
    ``nn.Conv2d`` or the function, and however it shares layers, makes no difference.

    Example:
        >>> layer = torch.nn.Conv2d(2, 4, 3, padding=1)
        >>> count(lambda: layer(torch.zeros(1, 2, 5, 5)))  # 2 * 25 pixels * 9 taps * 2 * 4 channels
        Work(flop=3600, probes={Probe(channels=4, size=(5, 5)): 3600})
    """
    seen: list[tuple[tuple[int, ...], int, int]] = []

    def convolution(x: Any, w: Any, *rest: Any, out_shape: Any = None, **_: Any) -> int:
        flop = int(conv_flop_count(x, w, out_shape, transposed=rest[4]))
        seen.append((tuple(out_shape[2:]), max(w[:2]), flop))
        return flop

    def linear(bias: Any, x: Any, w: Any, out_shape: Any = None, **_: Any) -> int:
        flop = int(addmm_flop(bias, x, w))
        seen.append(((), max(w), flop))
        return flop

    aten = torch.ops.aten
    with FlopCounterMode(display=False, custom_mapping={aten.convolution: convolution, aten.addmm: linear}) as counter:
        call()
    return Work(counter.get_total_flops(), _by_probe(seen))


def _by_probe(seen: list[tuple[tuple[int, ...], int, int]]) -> dict[Probe, int]:
    widest: dict[tuple[int, ...], int] = defaultdict(int)
    flop: dict[tuple[int, ...], int] = defaultdict(int)
    for size, channels, operations in seen:
        widest[size] = max(widest[size], channels)
        flop[size] += operations
    return {Probe(widest[size], size): flop[size] for size in flop}
