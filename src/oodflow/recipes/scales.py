"""Training and monitoring at each scale. (R) is the original's README, (P) the paper, (M) measured by us."""

import math
from typing import Literal, get_args

from oodflow.flows import AnyFlowConfig
from oodflow.runs.config import MonitorConfig
from oodflow.training import TrainingConfig

Scale = Literal["smoke", "cpu", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)

Preset = tuple[AnyFlowConfig, TrainingConfig]


def smoke_training() -> TrainingConfig:
    """Training that proves that everything runs, and nothing else."""
    return TrainingConfig(steps=4, batch_size=8, lr=1e-3, ema_decay=0.9, log_every=1, checkpoint_every=2)


def cpu_training(steps: int) -> TrainingConfig:
    """Training for two cores: minutes, and well trained enough to show the paper's effects.

    Chosen by trials on FashionMNIST, one seed each (M). In 150 s a rate of 2e-3 beats 1e-3. In the steps that take
    300 s of one core, bits/dim of 1,000 test images: the Glow of this scale 3.233 (4,600 steps); at a rate of 4e-3
    3.224; with 16 steps a scale 3.222 (2,400); with width 128 3.255 (2,500); with Adamax at 4e-3 3.279; in batches of
    64 3.312 (2,400). RealNVP 3.364 (5,000); with width 64 3.411 (2,400). So what is here is near the best, within what
    a seed may be worth. Longer training wants more layers: results/time-to-quality.md. The clipping acts at nearly
    every step, that is, the gradient is normalised.
    """
    return TrainingConfig(
        steps=steps,
        batch_size=32,
        lr=2e-3,
        schedule="cosine",
        warmup_steps=100,
        max_grad_norm=1000.0,
        ema_decay=0.995,
    )


def paper_training(
    steps: int,
    optimiser: Literal["adam", "rmsprop"],
    *,
    lr: float,
    decay: Literal["gains", "all"],
    batch_size: int = 32,
) -> TrainingConfig:
    """The original's training: batch 32 (R, P), and its defaults for decay and clipping, which its commands keep.

    It clips each of its optimiser's groups of parameters: gains and others for RealNVP, a single one for Glow.
    """
    return TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        optimiser=optimiser,
        lr=lr,
        decay=decay,
        weight_decay=5e-5,
        max_grad_norm=100.0,
        clip="together" if decay == "all" else "apart",
        checkpoint_every=1000,
    )


def epoch(images: int, batch_size: int = 32) -> int:
    """Steps in one pass over the official train part."""
    return math.ceil(images / batch_size)


def monitor(scale: Scale, images: int, batch_size: int) -> MonitorConfig:
    """What to look at while training; at ``paper`` scale once an epoch, as the original."""
    match scale:
        case "smoke":
            return MonitorConfig(every=2, images=16, samples=4)
        case "cpu":
            return MonitorConfig(every=1000, images=500)
        case "paper":
            return MonitorConfig(every=epoch(images, batch_size), images=10_000)
