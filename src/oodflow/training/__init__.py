"""Training: objectives, streams of batches, optimiser, the loop, and the state that a checkpoint keeps."""

from oodflow.training.clock import Clock
from oodflow.training.config import TrainingConfig
from oodflow.training.devices import DeviceName, choose_device, device_name
from oodflow.training.ema import MovingAverage
from oodflow.training.loop import Callback, Diverged, StepReport, train
from oodflow.training.objectives import OBJECTIVES, AnyObjective, Loss, MaximumLikelihood, NegativeTraining, Objective
from oodflow.training.optimiser import (
    OPTIMISERS,
    SCHEDULES,
    build_optimiser,
    clip_gradients,
    clipping_groups,
    is_gain,
    learning_rate,
)  # fmt: skip
from oodflow.training.state import TrainState, seeded
from oodflow.training.streams import Batch, Part, stream, stream_seed

__all__ = [
    "OBJECTIVES", "OPTIMISERS", "SCHEDULES", "AnyObjective", "Batch", "Callback", "Clock", "DeviceName", "Diverged",
    "Loss", "MaximumLikelihood", "MovingAverage", "NegativeTraining", "Objective", "Part", "StepReport", "TrainState",
    "TrainingConfig", "build_optimiser", "choose_device", "clip_gradients", "clipping_groups", "device_name", "is_gain",
    "learning_rate", "seeded", "stream", "stream_seed", "train",
]  # fmt: skip
