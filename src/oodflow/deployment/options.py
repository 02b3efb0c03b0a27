"""What to detect with, and how."""

from pydantic import Field

from oodflow.config import Config
from oodflow.training import DeviceName


class DetectionOptions(Config):
    """How to detect.

    Attributes:
        score: name of a score of single data; none: ``combined`` for images, ``likelihood`` for vectors.
        fpr: the share of false alarms that is allowed among in-distribution data.
        seed: of the dequantisation noise, which is a function of it and the image.
        limit: calibrate on at most so many of the calibration part; none: all of it.
        batch_size: data that go through the flow at once; makes no difference beyond rounding. None: 256 images, 4,096
            vectors.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or another of several GPUs, or ``mps``.
    """

    score: str | None = None
    fpr: float = Field(0.05, gt=0, lt=1)
    seed: int = Field(0, ge=0)
    limit: int | None = Field(None, ge=2)
    batch_size: int | None = Field(None, ge=1)
    device: DeviceName = "auto"
