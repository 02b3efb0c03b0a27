"""What a run is: data, flow and training in one configuration."""

from typing import Literal

from pydantic import Field

from oodflow.config import Config
from oodflow.flows import AnyFlowConfig
from oodflow.training import TrainingConfig


class MonitorConfig(Config):
    """What to look at while training. Nothing here changes what is trained.

    Attributes:
        every: steps between looks; there is one more at the end.
        images: how many test images of each set to score.
        samples: how many images to draw.
    """

    every: int = Field(1000, ge=1)
    images: int = Field(500, ge=2)
    samples: int = Field(64, ge=1)


class RunConfig(Config):
    """A whole run.

    Attributes:
        recipe: the recipe it started from.
        scale: the recipe's scale.
        data: the in-distribution data set.
        split: its part to train on; ``train+calibration`` is the whole official train part; never the test part.
        ood: data sets to ask about while training, and in evaluation unless told otherwise.
        flow: the flow.
        training: how to train it; none for a flow that was trained elsewhere.
        monitor: what to look at meanwhile.
    """

    recipe: str
    scale: str
    data: str
    split: Literal["train", "train+calibration"] = "train"
    ood: tuple[str, ...] = ()
    flow: AnyFlowConfig
    training: TrainingConfig | None
    monitor: MonitorConfig = MonitorConfig()
