"""What to evaluate, and how."""

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from oodflow.config import Config
from oodflow.training import DeviceName


class EvaluationOptions(Config):
    """How to evaluate.

    Attributes:
        ood: out-of-distribution data sets; empty: those of the run's configuration.
        scores: names of scores, as ``typicality`` or ``typicality?group=10``; ``all`` stands for all that apply. Beside
            others than ``likelihood`` stand that and, of images, baselines that ask no flow.
        seed: of the dequantisation noise, of the groups and of the bootstrap.
        draws: how many dequantisations to average, in probability space: importance sampling of the log-probability.
        fpr: the share of false alarms that is allowed, for a threshold of each score; none: no thresholds.
        fdr: the share of false alarms among the images flagged that is allowed, where each set comes in one batch with
            the test set; none: no flagging.
        in_test: the in-distribution test set; none: the test part of what the flow was trained on.
        limit: at most so many images of each set, and of the calibration part, which scores learn from and thresholds
            rest on; none: all.
        batch_size: images that go through the flow at once; makes no difference beyond rounding.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or another of several GPUs, or ``mps``.
    """

    ood: tuple[str, ...] = ()
    scores: tuple[str, ...] = Field(("likelihood",), min_length=1)
    seed: int = Field(0, ge=0)
    draws: int = Field(1, ge=1)
    fpr: float | None = Field(None, gt=0, lt=1)
    fdr: float | None = Field(None, gt=0, lt=1)
    in_test: str | None = None
    limit: int | None = Field(None, ge=2)
    batch_size: int = Field(256, ge=1)
    device: DeviceName = "auto"

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out a test set that is not named, as evaluations did before one could be."""
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if name != "in_test" or value is not None}

    @property
    def strictest(self) -> float | None:
        """The smallest share of false alarms that is to be promised; none: there is no promise."""
        return min((rate for rate in (self.fpr, self.fdr) if rate is not None), default=None)
