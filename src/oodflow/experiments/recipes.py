"""Named runs. Every number says where it comes from: (R) the original's README, (P) the paper, (M) measured by us."""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, get_args

from oodflow.data import SOURCES
from oodflow.errors import UsageError, unknown
from oodflow.experiments.config import MonitorConfig, RunConfig
from oodflow.flows import AnyFlowConfig, GlowConfig, RealNVPConfig
from oodflow.nets import ConvNetConfig, HighwayConfig, ResNetConfig
from oodflow.training import TrainingConfig

Scale = Literal["smoke", "cpu", "paper"]
SCALES: tuple[Scale, ...] = get_args(Scale)

Preset = tuple[AnyFlowConfig, TrainingConfig]


def realnvp_grey(scale: Scale, images: int) -> Preset:
    """RealNVP for 28x28 grey images."""
    match scale:
        case "smoke":
            return RealNVPConfig(width=4, net=ResNetConfig(blocks=1)), smoke_training()
        case "cpu":
            return RealNVPConfig(scales=2, width=32, net=ConvNetConfig()), cpu_training(3000)
        case "paper":
            flow = RealNVPConfig(scales=2, width=64, net=ResNetConfig(blocks=6))  # (R)
            # 80 epochs (P; 81 in R), Adam at 5e-5 (R)
            return flow, paper_training(80 * epoch(images), "adam", lr=5e-5, decay="gains")


def glow_grey(scale: Scale, images: int) -> Preset:
    """Glow for 28x28 grey images."""
    match scale:
        case "smoke":
            return GlowConfig(steps=2, width=4), smoke_training()
        case "cpu":
            return GlowConfig(scales=2, steps=8, width=64, net=ConvNetConfig()), cpu_training(3000)
        case "paper":
            flow = GlowConfig(scales=2, steps=16, width=200, net=HighwayConfig(blocks=3))  # (R)
            # 80 epochs (P; 151 in R), RMSprop at 5e-5 (R); for Glow the original decays all weights
            return flow, paper_training(80 * epoch(images), "rmsprop", lr=5e-5, decay="all")


def realnvp_colour(scale: Scale, images: int) -> Preset:
    """RealNVP for 32x32 colour images."""
    match scale:
        case "smoke":
            return RealNVPConfig(scales=3, width=4, net=ResNetConfig(blocks=1)), smoke_training()
        case "cpu":
            return RealNVPConfig(scales=3, width=32, net=ConvNetConfig()), cpu_training(2500)
        case "paper":
            flow = RealNVPConfig(scales=3, width=64, net=ResNetConfig(blocks=8))  # (R)
            # 100 epochs (P; 101 in R), Adam at 1e-4 (R)
            return flow, paper_training(100 * epoch(images), "adam", lr=1e-4, decay="gains")


def glow_colour(scale: Scale, images: int) -> Preset:
    """Glow for 32x32 colour images."""
    match scale:
        case "smoke":
            return GlowConfig(scales=3, steps=2, width=4), smoke_training()
        case "cpu":
            return GlowConfig(scales=3, steps=8, width=64, net=ConvNetConfig()), cpu_training(2000)
        case "paper":
            flow = GlowConfig(scales=3, steps=8, width=400, net=HighwayConfig(blocks=3))  # (R)
            # 80 epochs (P; 161 in R), RMSprop at 1e-5 (R), where the paper states 5e-5
            return flow, paper_training(80 * epoch(images), "rmsprop", lr=1e-5, decay="all")


def realnvp_patches(scale: Scale, images: int) -> Preset:
    """RealNVP for the built-in 16x16 grey patches; the paper has no such run, so there is no such scale."""
    match scale:
        case "smoke":
            return RealNVPConfig(width=4, net=ConvNetConfig()), smoke_training()
        case "cpu":
            return RealNVPConfig(scales=2, width=32, net=ConvNetConfig()), cpu_training(2500)
        case "paper":
            raise UsageError("photographs-realnvp is not in the paper: use scale cpu or smoke.")


def smoke_training() -> TrainingConfig:
    """Training that proves that everything runs, and nothing else."""
    return TrainingConfig(steps=4, batch_size=8, lr=1e-3, ema_decay=0.9, log_every=1, checkpoint_every=2)


def cpu_training(steps: int) -> TrainingConfig:
    """Training for two cores: minutes, and well trained enough to show the paper's effects.

    Chosen by trials of 120 to 150 s on FashionMNIST (M): batch 32 beats 64 and a rate of 2e-3 beats 1e-3 by 0.1 to
    0.3 bits/dim; the clipping acts at nearly every step, that is, the gradient is normalised.
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
    steps: int, optimiser: Literal["adam", "rmsprop"], *, lr: float, decay: Literal["gains", "all"]
) -> TrainingConfig:
    """The original's training: batch 32 (R, P), and its defaults for decay and clipping, which its commands keep."""
    return TrainingConfig(
        steps=steps,
        batch_size=32,
        optimiser=optimiser,
        lr=lr,
        decay=decay,
        weight_decay=5e-5,
        max_grad_norm=100.0,
        checkpoint_every=1000,
    )


def epoch(images: int) -> int:
    """Steps in one pass over the official train part, in batches of 32."""
    return math.ceil(images / 32)


def monitor(scale: Scale, images: int) -> MonitorConfig:
    """What to look at while training; at ``paper`` scale once an epoch, as the original."""
    match scale:
        case "smoke":
            return MonitorConfig(every=2, images=16, samples=4)
        case "cpu":
            return MonitorConfig(every=1000, images=500)
        case "paper":
            return MonitorConfig(every=epoch(images), images=10_000)


def run(
    preset: Callable[[Scale, int], Preset], data: str, ood: tuple[str, ...], name: str, scale: str = "cpu"
) -> RunConfig:
    """Put a preset and data sets together. At ``paper`` scale the whole official train part is trained on."""
    if scale not in SCALES:
        raise unknown("scale", scale, SCALES)
    images = SOURCES[data].parts["train"] or 0
    flow, training = preset(scale, images)
    return RunConfig(
        recipe=name,
        scale=scale,
        data=data,
        split="train+calibration" if scale == "paper" else "train",
        ood=ood,
        flow=flow,
        training=training,
        monitor=monitor(scale, images),
    )


_RUNS: dict[str, tuple[Callable[[Scale, int], Preset], str, tuple[str, ...]]] = {
    # The pairs of data sets are the paper's, Table 1.
    "fashion-mnist-realnvp": (realnvp_grey, "fashion_mnist", ("mnist", "notmnist")),
    "fashion-mnist-glow": (glow_grey, "fashion_mnist", ("mnist", "notmnist")),
    "mnist-realnvp": (realnvp_grey, "mnist", ("fashion_mnist", "notmnist")),
    "mnist-glow": (glow_grey, "mnist", ("fashion_mnist", "notmnist")),
    "cifar10-realnvp": (realnvp_colour, "cifar10", ("svhn", "celeba")),
    "cifar10-glow": (glow_colour, "cifar10", ("svhn", "celeba")),
    "svhn-realnvp": (realnvp_colour, "svhn", ("cifar10", "celeba")),
    "svhn-glow": (glow_colour, "svhn", ("cifar10", "celeba")),
    "celeba-realnvp": (realnvp_colour, "celeba", ("cifar10", "svhn")),
    "celeba-glow": (glow_colour, "celeba", ("cifar10", "svhn")),
    # The demo's: built in, no download.
    "photographs-realnvp": (realnvp_patches, "photographs", ("digits", "flat", "smooth", "noise")),
}

RECIPES: dict[str, Callable[[str], RunConfig]] = {
    name: partial(run, preset, data, ood, name) for name, (preset, data, ood) in _RUNS.items()
}
