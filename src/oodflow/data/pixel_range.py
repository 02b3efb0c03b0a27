"""What numbers of pictures and arrays are black and white, so that none are cut off or lost when they become bytes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oodflow.errors import OodflowError, UsageError

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class PixelRange:
    """The numbers for black and white: :math:`v \\mapsto \\mathrm{round}(255 (v - low) / (high - low))`.

    Attributes:
        low: black.
        high: white.

    Example:
        >>> PixelRange(0, 4095).to_bytes(np.array([0, 2048, 4095]), "x.png").tolist()
        [0, 128, 255]
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.17g},{self.high:.17g}"

    def to_bytes(self, values: Numbers, name: str) -> npt.NDArray[np.uint8]:
        """Bring numbers to bytes; of ``name`` the error speaks.

        Raises:
            OodflowError: a number lies outside, or is none.
        """
        if values.size and not (values.min() >= self.low and values.max() <= self.high):  # false for NaN, too
            raise OodflowError(
                f"{name}: values go from {values.min():g} to {values.max():g}, beyond ?range={self}: name their range."
            )
        if (self.low, self.high) == (0, 255):
            return np.rint(values).astype(np.uint8)
        return np.rint((values.astype(np.float64) - self.low) * (255 / (self.high - self.low))).astype(np.uint8)


BYTES, UNIT, WORDS = PixelRange(0, 255), PixelRange(0, 1), PixelRange(0, 65535)
MEDICAL = 4095  # the highest number of 12 bits, which often lie in words of 16


def known_range(dtype: np.dtype[Any], low: float, high: float, whole: bool) -> PixelRange | None:
    """Tell black and white of an array by its numbers; none: they may be anything.

    Example:
        >>> known_range(np.dtype("float32"), 0, 1, False), known_range(np.dtype("uint16"), 0, 4000, True)
        (PixelRange(low=0, high=1), None)
        >>> known_range(np.dtype(">u2"), 0, 60_000, True)  # whatever the order of its bytes
        PixelRange(low=0, high=65535)
    """
    if low >= 0 and high <= 1 and dtype.kind in "bf":
        return UNIT
    if low >= 0 and high <= 255 and whole:
        return BYTES
    return WORDS if (dtype.kind, dtype.itemsize) == ("u", 2) and high > MEDICAL else None


def masks(images: Iterable[npt.NDArray[np.uint8]]) -> list[str]:
    """Say that bytes are 0 and 1 alone, of which hardly anything can be seen; nothing where they are not.

    Example:
        >>> masks([np.eye(2, dtype=np.uint8)]), masks([np.eye(2, dtype=np.uint8) * 255])
        (['no value is above 1: if these are masks of 0 and 1, ?range=0,1 makes them black and white'], [])
    """
    highest = 0
    for some in images:
        highest = max(highest, int(some.max(initial=0)))
        if highest > 1:
            break
    advice = "no value is above 1: if these are masks of 0 and 1, ?range=0,1 makes them black and white"
    return [advice] if highest == 1 else []


def parse_range(text: str) -> PixelRange:
    """Read the option of a spec.

    Example:
        >>> parse_range("-1000,3000")
        PixelRange(low=-1000.0, high=3000.0)
    """
    number = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
    match = re.fullmatch(rf"({number}),({number})", text, re.ASCII)
    if not match or not float(match[1]) < float(match[2]):
        raise UsageError(f"range {text!r} is not LOW,HIGH: write the numbers of black and white, such as range=0,4095.")
    return PixelRange(float(match[1]), float(match[2]))
