"""Training and monitoring at each scale. (R) is the original's README, (P) the paper, (M) measured by us."""

import math
from typing import Literal, get_args

from oodflow.errors import UsageError
from oodflow.flows import AnyFlowConfig
from oodflow.runs.config import MonitorConfig
from oodflow.training import TrainingConfig

Scale = Literal["smoke", "cpu", "long", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)

Preset = tuple[AnyFlowConfig, TrainingConfig]


def smoke_training() -> TrainingConfig:
    """Training that proves that everything runs, and nothing else."""
    return TrainingConfig(steps=4, batch_size=8, lr=1e-3, ema_decay=0.9, log_every=1, checkpoint_every=2)


def cpu_training(steps: int, batch_size: int = 32) -> TrainingConfig:
    """Training for two cores: minutes, and well trained enough to show the paper's effects.

    Rate and sizes were chosen by trials on FashionMNIST, one seed each, on 3,000 calibration images, in steps of 32
    images that take about 300 s of one idle core (M, results/presets.md): the Glow of this scale comes to 3.243
    bits/dim (4,600 steps); at a rate of 4e-3 to 3.233; with 16 steps a scale to 3.230 (2,400 steps). RealNVP comes
    to 3.374 (5,000 steps); at 4e-3 to 3.386; with width 64 to 3.419 (2,400 steps). What is better is so by 0.013 at
    most, and the higher rate helps one flow and harms the other: nothing that one seed can tell. Longer training
    wants more layers: results/time-to-quality.md. The clipping acts at nearly every step, that is, the gradient is
    normalised.

    Half as many images a step in 1.6 times as many steps are better, by three seeds each on 500 calibration images
    (M, results/batch-size.md): on FashionMNIST RealNVP comes to 3.437 to 3.451 bits/dim in place of 3.489 to 3.503,
    and Glow to 3.292 to 3.322 in place of 3.324 to 3.347, in nearly the same time; on CIFAR-10 RealNVP to 3.930 to
    3.946 in place of 3.975 to 3.985, and Glow to 3.874 to 3.880 in place of 3.900 to 3.910, in no more time; on the
    photographs RealNVP to 3.541 to 3.551 in place of 3.571 to 3.579, in more time: 142, 185 and 130 s in place of 121,
    120 and 114. With four logistics RealNVP comes to 3.264 in 1,900 steps of 16, and to 3.339 in 950 of 32 (1,000
    calibration images of FashionMNIST, one seed).
    """
    return TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        lr=2e-3,
        schedule="cosine",
        warmup_steps=100,
        max_grad_norm=1000.0,
        ema_decay=0.995,
    )


def long_training(steps: int) -> TrainingConfig:
    """Training for an hour or two on two cores, of larger flows at a lower rate than :func:`cpu_training`.

    Chosen by one training of the grey Glow on FashionMNIST: after an hour of one core 3.030 bits/dim of 1,000 test
    images, after 4,478 s and all its 40,000 steps 3.013, where the published Glow has 3.14 of all of them (M,
    results/time-to-quality.md). The other flows follow its example, with twice the width of the ``cpu`` scale for
    RealNVP. All RealNVPs and the colour Glows have been trained once, on a GPU (M, results/long-scale.md): FashionMNIST
    3.233 and CIFAR-10 3.757 by RealNVP, 3.644 by Glow, of all test images. By the time of a few steps on two idle cores
    of a slower machine all steps take 1.0 hours for the grey RealNVP, 3.2 for the grey Glow, 1.0 and 1.4 for the colour
    ones (M).
    """
    return cpu_training(steps).model_copy(update={"lr": 1e-3, "ema_decay": 0.999})


def autoregressive_training(steps: int, lr: float) -> TrainingConfig:
    """As :func:`cpu_training`, but with few images a step, for each pixel of each is a prediction to learn from.

    On FashionMNIST, 1,000 calibration images, one seed, one thread of a busy machine, seconds of processor time (M):

    - convolutions: batch 32 at a rate of 2e-3, kernels of 5, comes to 4.18 bits/dim (485 steps, 115 s); batch 8 with
      kernels of 3 in steps of 1, 2 and 4 pixels to 3.59 (976 steps, 46 s), at 5e-3 to 3.42 (1,337 steps, 64 s), at 1e-2
      with four logistics in place of eight to 3.39 (1,315 steps, 61 s); 48 channels at 5e-3 to 3.36 (1,560 steps,
      122 s).
    - transformers over patches of 4x4, batch 8: affine maps at 1e-3 come to 4.45 (1,162 steps, 54 s), mixtures at 2e-3
      to 3.63 (953 steps, 52 s), at 4e-3 with means that begin farther apart to 3.50 (903 steps, 47 s); affine maps over
      patches of 2x2, batch 16, to 4.66 (215 steps, 60 s).
    - 2,000 calibration images, one seed, 14 trainings at once on another machine: transformers with four logistics at
      4e-3 to 3.245 in 2,400 steps (176 s), with six to 3.200, with eight to 3.193 (180 s); with four and no affine map
      to 3.240 (149 s), with four heads to 3.235, at 8e-3 to 3.228, with six blocks of one layer to 3.244 (159 s), with
      three blocks to 3.294, with two of four layers to 3.315, with 96 channels to 3.215 (208 s), batch 4 to 3.216
      (234 s). Convolutions with four logistics at 1e-2 to 3.256 in 2,000 steps (112 s), with six to 3.233, at 2e-2 to
      3.329, with four blocks to 3.329, with 48 channels and three blocks to 3.299, batch 4 to 3.221 (113 s).
    - transformers at 6e-3 with four heads and no affine map, on two cores: eight logistics to 3.203 in 2,400 steps
      (147 s), twelve to 3.187 (157 s); and as they were before, but with eight, to 3.194 (172 s).
    - three seeds each, 2,400 steps, 2,000 calibration images: transformers with twelve logistics, four heads, no affine
      map and 6e-3 to 3.177 to 3.191; as they were before, with four, two heads, an affine map and 4e-3, to 3.235 to
      3.246.
    """
    return cpu_training(steps, batch_size=8).model_copy(update={"lr": lr})


def paper_training(
    steps: int,
    optimiser: Literal["adam", "adamw", "rmsprop"],
    *,
    lr: float,
    decay: Literal["gains", "all"],
    weight_decay: float = 5e-5,
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
        weight_decay=weight_decay,
        max_grad_norm=100.0,
        clip="together" if decay == "all" else "apart",
        checkpoint_every=1000,
    )


def paper_tabular_training(steps: int, *, lr: float, batch_size: int) -> TrainingConfig:
    """The paper's training on vectors: AdamW with decay 1e-3 (P), clipped as the original clips (R)."""
    return paper_training(steps, "adamw", lr=lr, decay="all", weight_decay=1e-3, batch_size=batch_size)


def tabular_training(steps: int, batch_size: int = 128) -> TrainingConfig:
    """Training of small networks on the rows of a table: a minute or two of one core."""
    return TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        lr=1e-3,
        optimiser="adamw",
        weight_decay=1e-3,
        decay="all",
        schedule="cosine",
        warmup_steps=100,
        max_grad_norm=100.0,
        clip="together",
        ema_decay=0.995,
    )


def no_scale(scale: Scale, *known: Scale) -> UsageError:
    """Make the error of a recipe that has not got a scale."""
    *first, last = known
    return UsageError(f"this recipe has no scale {scale}: use scale {', '.join(first)} or {last}.")


def epoch(images: int, batch_size: int = 32) -> int:
    """Steps in one pass over the official train part."""
    return math.ceil(images / batch_size)


def monitor(scale: Scale, images: int, batch_size: int, *, slow_to_sample: bool) -> MonitorConfig:
    """What to look at while training; at ``paper`` scale once an epoch, as the original.

    Of flows that are slow to sample few samples are drawn: 64 colour images of an autoregressive one take minutes (M).
    """
    match scale:
        case "smoke":
            return MonitorConfig(every=2, images=16, samples=4)
        case "cpu":
            return MonitorConfig(every=1000, images=500, samples=4 if slow_to_sample else 64)
        case "long":
            return MonitorConfig(every=2000, images=1000)
        case "paper":
            return MonitorConfig(every=max(1, epoch(images, batch_size)), images=10_000)
