"""Training: objective, optimiser, the loop, and the state that a checkpoint keeps."""

from oodflow.training.config import TrainingConfig
from oodflow.training.ema import MovingAverage
from oodflow.training.loop import Callback, Diverged, StepReport, train
from oodflow.training.objective import Objective, negative_log_likelihood
from oodflow.training.optimiser import OPTIMISERS, SCHEDULES, build_optimiser, clip_gradients, is_gain, learning_rate
from oodflow.training.state import TrainState, choose_device, seeded

__all__ = [
    "OPTIMISERS", "SCHEDULES", "Callback", "Diverged", "MovingAverage", "Objective", "StepReport", "TrainState",
    "TrainingConfig", "build_optimiser", "choose_device", "clip_gradients", "is_gain", "learning_rate",
    "negative_log_likelihood", "seeded", "train",
]  # fmt: skip
