"""How long pieces of work take: guessed by what they compute and how fast this machine does it, then measured."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Any

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
                    asked = config.training
                    images = 0.0 if asked is None else BACKWARD * asked.steps * asked.batch_size
                case Evaluating(training=training):
                    images, config = 4.0 * (IMAGES[self.lab.scale] or 10_000), training.config(self.lab)
                case Explaining(training=training):
                    images, config = 2.0 * EXPLAINING * EXPLAINED[self.lab.scale], training.config(self.lab)
                case _:
                    return None
            each = flop(config)
            return None if each is None else images * each / (SHARE * rate())
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


def flop(config: RunConfig) -> float | None:
    """Count the operations of a flow's forward pass for one image; none: the shape of its data is not known."""
    shape = _shape(config.data)
    return None if shape is None else _flop(config.flow, shape)


@lru_cache(maxsize=256)
def _shape(spec: str) -> tuple[int, ...] | None:
    """Look at a spec once: of a table that means at its file, of an encoder's vectors at the encoder."""
    try:
        return shape_of(spec)
    except OodflowError:
        return None


@lru_cache(maxsize=1024)
def _flop(flow: FlowConfig, shape: tuple[int, ...]) -> float:
    with torch.device("meta"):  # a published flow has up to 376 million parameters, of which no number is needed
        built = flow.build(shape).eval()
    with torch.inference_mode(), _Counting() as counting:
        built.bijection(torch.zeros(1, *shape, device="meta"))
    return float(counting.flop)


class _Counting(TorchFunctionMode):
    """Counts convolutions and matrix products where torch is asked for them, a multiplication with its addition as two.

    PyTorch's own counter looks at each operation that these come to, and takes several times as long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flop = 0.0

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        if function in _CONVOLUTIONS:
            self.flop += 2.0 * result.numel() * args[1][0].numel()
        elif function in _PRODUCTS:
            self.flop += 2.0 * result.numel() * args[0].shape[-1]
        return result


_CONVOLUTIONS = {torch.conv2d, torch.nn.functional.conv2d}
_PRODUCTS = {torch.nn.functional.linear, torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__}
