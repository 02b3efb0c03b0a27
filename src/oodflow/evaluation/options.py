"""What to evaluate, and how."""

from typing import Literal

from pydantic import Field

from oodflow.config import Config


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
        limit: at most so many images of each set, and of the calibration part, which scores learn from and thresholds
            rest on; none: all.
        batch_size: images that go through the flow at once; makes no difference beyond rounding.
        device: ``auto``, ``cpu`` or ``cuda``.
    """

    ood: tuple[str, ...] = ()
    scores: tuple[str, ...] = Field(("likelihood",), min_length=1)
    seed: int = Field(0, ge=0)
    draws: int = Field(1, ge=1)
    fpr: float | None = Field(None, gt=0, lt=1)
    fdr: float | None = Field(None, gt=0, lt=1)
    limit: int | None = Field(None, ge=2)
    batch_size: int = Field(256, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"

    @property
    def strictest(self) -> float | None:
        """The smallest share of false alarms that is to be promised; none: there is no promise."""
        return min((rate for rate in (self.fpr, self.fdr) if rate is not None), default=None)
