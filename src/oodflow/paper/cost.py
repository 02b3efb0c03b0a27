"""How long pieces of work take: guessed by what they compute and how fast this machine does it, then measured."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any, NamedTuple

import torch
from torch.overrides import TorchFunctionMode

from oodflow.data import shape_of
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import FlowConfig
from oodflow.paper.evaluating import Evaluating
from oodflow.paper.explaining import Explaining
from oodflow.paper.lab import EXPLAINED, IMAGES, Lab
from oodflow.paper.nodes import Node, Training
from oodflow.runs import RunConfig

BACKWARD = 3.0
"""A training step computes as much as three forward passes."""

SHARE = 0.35
"""Of the rate of a matrix product, what flows of this size come to on a CPU (results/bench.md has it by flow)."""

CALL = 80e-6
"""Seconds that each operation of a training step takes besides: for FashionMNIST at ``cpu`` scale RealNVP and Glow
compute as much, in 481 and 1,041 operations, and take 60 and 113 ms a step (M)."""

EXPLAINING = 60.0
"""Forward passes for each image that is explained: 40 dequantisations, the couplings, the square drawn anew."""


class Clock:
    """Estimates seconds, and corrects itself by what pieces of work have taken.

    Args:
        lab: where they are done.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._guessed = self._taken = 0.0

    def seconds(self, node: Node) -> float | None:
        """Estimate how long a piece of work takes alone on this machine's processor; none: nothing is known of it."""
        if self.lab.device not in ("auto", "cpu"):
            return None
        try:
            match node:
                case Training():
                    config = node.config(self.lab)
                    steps, batch = (config.training.steps, config.training.batch_size) if config.training else (0, 0)
                    return _seconds(config, BACKWARD * batch, steps)
                case Evaluating(training=training):
                    return _seconds(training.config(self.lab), 4.0 * (IMAGES[self.lab.scale] or 10_000))
                case Explaining(training=training):
                    return _seconds(training.config(self.lab), 2.0 * EXPLAINING * EXPLAINED[self.lab.scale])
                case _:
                    return None
        except UsageError:  # the recipe has no such scale
            return None

    @contextmanager
    def timing(self, node: Node) -> Iterator[None]:
        """Take into account how long a piece of work takes that comes to its end."""
        started = time.monotonic()
        yield
        guess = self.seconds(node)
        if guess and guess > 1:
            self._guessed += guess
            self._taken += time.monotonic() - started

    def left(self, waiting: Sequence[Node]) -> str:
        """Say how long what is waiting will take, in words; empty where nothing is known."""
        guesses = [guess for node in waiting if (guess := self.seconds(node)) is not None]
        if not guesses:
            return ""
        factor = self._taken / self._guessed if self._guessed else 1.0
        return f", about {in_words(factor * sum(guesses))} left"


def _seconds(config: RunConfig, images: float, times: int = 1) -> float | None:
    """Estimate how long forward passes of so many images take, so many times."""
    one = computation(config)
    return None if one is None else times * (images * one.flop / (SHARE * rate()) + one.calls * CALL)


@cache
def rate() -> float:
    """FLOP/s of a matrix product on this machine: the best of a few, for others may be at work."""
    side = 768
    one = torch.randn(side, side)
    seconds = []
    for _ in range(8):
        started = time.perf_counter()
        one @ one
        seconds.append(time.perf_counter() - started)
    return float(2 * side**3 / min(seconds))


def in_words(seconds: float) -> str:
    """Write how long something takes.

    Example:
        >>> in_words(40), in_words(600), in_words(20_000), in_words(4_000_000)
        ('1 min', '10 min', '5.6 h', '46 days')
    """
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min"
    return f"{seconds / 3600:.1f} h" if seconds < 72 * 3600 else f"{seconds / 86400:.0f} days"


class Computation(NamedTuple):
    """What a flow computes in a forward pass.

    Attributes:
        flop: operations on numbers, for one image.
        calls: operations on tensors, however many images these hold.
    """

    flop: float
    calls: int


def computation(config: RunConfig) -> Computation | None:
    """Count what a flow computes; none: the shape of its data is not known."""
    shape = _shape(config.data)
    return None if shape is None else _computation(config.flow, shape)


@lru_cache(maxsize=256)
def _shape(spec: str) -> tuple[int, ...] | None:
    """Look at a spec once: of a table that means at its file, of an encoder's vectors at the encoder."""
    try:
        return shape_of(spec)
    except OodflowError:
        return None


@lru_cache(maxsize=1024)
def _computation(flow: FlowConfig, shape: tuple[int, ...]) -> Computation:
    with torch.device("meta"):  # a published flow has up to 376 million parameters, of which no number is needed
        built = flow.build(shape).eval()
    with torch.inference_mode(), _Counting() as counting:
        built.bijection(torch.zeros(1, *shape, device="meta"))
    return Computation(counting.flop, counting.calls)


class _Counting(TorchFunctionMode):
    """Counts operations where torch is asked for them, and what convolutions and matrix products among them compute.

    A multiplication with its addition counts as two.

    PyTorch's own counter looks at each operation that these come to, and takes several times as long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flop, self.calls = 0.0, 0

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        self.calls += isinstance(result, torch.Tensor)
        if function in _CONVOLUTIONS:
            self.flop += 2.0 * result.numel() * args[1][0].numel()
        elif function in _PRODUCTS:
            self.flop += 2.0 * result.numel() * args[0].shape[-1]
        return result


_CONVOLUTIONS = {torch.conv2d, torch.nn.functional.conv2d}
_PRODUCTS = {torch.nn.functional.linear, torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__}
