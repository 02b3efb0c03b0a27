"""The machine's own limit: how fast it does what flows are made of, with nothing around it."""

from collections.abc import Mapping, Sequence

import torch
from torch import nn

from oodflow.bench.flops import Probe
from oodflow.bench.rounds import Seconds, Task

COPIED = 1 << 26  # numbers; with 4 bytes each far more than any cache holds

Rates = dict[str, list[float]]
"""FLOP/s by what was done, ``forward``, ``train`` (forward and backward) and ``product``: one number a round."""


def tasks(probe: Probe, batch: int) -> list[Task]:
    """Make the tasks that measure a probe: forward, forward and backward, and the same FLOP as a matrix product.

    The convolution is channels-last, its batch the models'; backward gives the gradients of input, weight and bias.
    """
    layer, x = _layer(probe, batch)
    gradient = torch.randn_like(layer(x))

    def forward() -> None:
        with torch.inference_mode():
            layer(x)

    def train() -> None:
        layer.zero_grad()
        x.grad = None
        layer(x).backward(gradient)

    named = [Task(f"{probe} forward", forward), Task(f"{probe} train", train)]
    return [*named, Task(f"{probe} product", _product(probe, batch))]


def rates(probe: Probe, batch: int, seconds: Seconds) -> Rates:
    """Turn the times of :func:`tasks` into FLOP/s: a backward pass is two more products of the forward's size."""
    flop = operations(probe, batch)
    factors = {"forward": 1, "train": 3, "product": 1}
    return {what: [factor * flop / s for s in seconds[f"{probe} {what}"]] for what, factor in factors.items()}


def operations(probe: Probe, batch: int) -> int:
    """Count the FLOP of a probe's forward pass.

    Example:
        >>> operations(Probe(4, (5, 5)), 2), operations(Probe(8, ()), 32)
        (14400, 4096)
    """
    rows, columns = _matrix(probe, batch)
    return 2 * rows * columns * probe.channels


def limit(probes: Mapping[Probe, int], rates: Mapping[Probe, float]) -> float:
    r"""Combine the rates of a model's layers into the FLOP/s that it could reach as a whole.

    .. math:: R = \frac{\sum_i F_i}{\sum_i F_i / R_i}

    with :math:`F_i` the FLOP that count with the rate :math:`R_i`: the harmonic mean, as times add up.

    Example:
        >>> limit({Probe(4, (8, 8)): 30, Probe(8, (4, 4)): 10}, {Probe(4, (8, 8)): 3.0, Probe(8, (4, 4)): 1.0})
        2.0
    """
    return sum(probes.values()) / sum(flop / rates[probe] for probe, flop in probes.items())


def shares(flop: int, seconds: Sequence[float], limits: Sequence[float]) -> list[float]:
    """Tell, round by round, which share of the limit a model reached: FLOP / (seconds · limit), 1 being all of it.

    Example:
        >>> shares(100, [2.0, 4.0], [100.0, 100.0])
        [0.5, 0.25]
    """
    return [flop / (s * rate) for s, rate in zip(seconds, limits, strict=True)]


def copying(numbers: int = COPIED) -> Task:
    """Make the task that copies float32 numbers from one place in memory to another."""
    source, target = torch.ones(numbers), torch.zeros(numbers)
    return Task("copy", lambda: target.copy_(source))


def bandwidth(seconds: Seconds, numbers: int = COPIED) -> list[float]:
    """Turn the times of :func:`copying` into bytes/s, read and written."""
    return [2 * 4 * numbers / s for s in seconds["copy"]]


def _layer(probe: Probe, batch: int) -> tuple[nn.Module, torch.Tensor]:
    layer: nn.Module
    if not probe.size:
        return nn.Linear(probe.channels, probe.channels), torch.randn(batch, probe.channels, requires_grad=True)
    layer = nn.Conv2d(probe.channels, probe.channels, 3, padding=1)
    x = torch.randn(batch, probe.channels, *probe.size).contiguous(memory_format=torch.channels_last)
    return layer.to(memory_format=torch.channels_last), x.requires_grad_()  # type: ignore[call-overload]


def _matrix(probe: Probe, batch: int) -> tuple[int, int]:
    """Tell the rows and columns of the matrix that a layer multiplies its weights with; nine taps for a convolution."""
    if not probe.size:
        return batch, probe.channels
    height, width = probe.size
    return batch * height * width, 9 * probe.channels


def _product(probe: Probe, batch: int) -> "Product":
    return Product(torch.randn(_matrix(probe, batch)), torch.randn(_matrix(probe, batch)[1], probe.channels))


class Product:
    """Multiplies two matrices, whenever it is called, into memory that is there already."""

    def __init__(self, a: torch.Tensor, b: torch.Tensor) -> None:
        self.a, self.b, self.out = a, b, a.new_empty(len(a), b.shape[1])

    def __call__(self) -> None:
        """Multiply."""
        torch.mm(self.a, self.b, out=self.out)
