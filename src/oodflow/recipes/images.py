"""Flows over images. (R) is the original's README, (P) the paper, (M) measured by us."""

from collections.abc import Callable

from oodflow.flows import AutoregressiveConfig, GlowConfig, LocalConfig, RealNVPConfig, TarFlowConfig
from oodflow.nets import ConvNetConfig, HighwayConfig, ResNetConfig
from oodflow.recipes.scales import (
    Preset,
    Scale,
    autoregressive_training,
    cpu_training,
    epoch,
    long_training,
    no_scale,
    paper_training,
    smoke_training,
)
from oodflow.transformers import MixtureConfig

# With actnorm inside. After 150 s of two cores on FashionMNIST, one seed, 2,000 calibration images (M): Glow at 3.28
# bits/dim, without actnorm 3.37; RealNVP at 3.38, with a residual block and no norm instead 3.91.
CPU_NET = ConvNetConfig(actnorm=True)


def realnvp_grey(scale: Scale, images: int) -> Preset:
    """RealNVP for 28x28 grey images."""
    match scale:
        case "smoke":
            return RealNVPConfig(width=4, net=ResNetConfig(blocks=1)), smoke_training()
        case "cpu":
            return RealNVPConfig(scales=2, width=32, net=CPU_NET), cpu_training(4800, batch_size=16)
        case "long":
            return RealNVPConfig(scales=2, width=64, net=CPU_NET), long_training(25000)
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
            return GlowConfig(scales=2, steps=8, width=64, net=CPU_NET), cpu_training(4800, batch_size=16)
        case "long":
            return GlowConfig(scales=2, steps=16, width=96, net=CPU_NET), long_training(40000)
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
            return RealNVPConfig(scales=3, width=32, net=CPU_NET), cpu_training(4000, batch_size=16)
        case "long":
            return RealNVPConfig(scales=3, width=64, net=CPU_NET), long_training(12000)
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
            return GlowConfig(scales=3, steps=8, width=64, net=CPU_NET), cpu_training(3200, batch_size=16)
        case "long":
            return GlowConfig(scales=3, steps=16, width=96, net=CPU_NET), long_training(10000)
        case "paper":
            flow = GlowConfig(scales=3, steps=8, width=400, net=HighwayConfig(blocks=3))  # (R)
            # 80 epochs (P; 161 in R), RMSprop at 1e-5 (R), where the paper states 5e-5
            return flow, paper_training(80 * epoch(images), "rmsprop", lr=1e-5, decay="all")


def realnvp_colour_64(scale: Scale, images: int) -> Preset:
    """RealNVP for 64x64 colour images."""
    match scale:
        case "smoke":
            return RealNVPConfig(scales=4, width=2, net=ResNetConfig(blocks=1)), smoke_training()
        case "cpu":
            return RealNVPConfig(scales=4, width=16, net=CPU_NET), cpu_training(1500)
        case "paper":
            flow = RealNVPConfig(scales=4, width=64, net=ResNetConfig(blocks=4))  # (P)
            # 100 epochs, Adam at 1e-4, batch 64 (P)
            steps = 100 * epoch(images, 64)
            return flow, paper_training(steps, "adam", lr=1e-4, decay="gains", batch_size=64)
        case _:
            raise no_scale(scale, "cpu", "smoke", "paper")


def realnvp_imagenet_64(scale: Scale, images: int) -> Preset:
    """RealNVP for ImageNet at 64x64, with more scales and smaller st-networks where it is the published one."""
    if scale != "paper":
        return realnvp_colour_64(scale, images)
    flow = RealNVPConfig(scales=5, width=64, net=ResNetConfig(blocks=2))  # (P), which names no width: the others'
    # 42 epochs, Adam at 1e-3, batch 64, weight decay 5e-5 (P)
    steps = 42 * epoch(images, 64)
    return flow, paper_training(steps, "adam", lr=1e-3, decay="gains", weight_decay=5e-5, batch_size=64)


def realnvp_patches(scale: Scale, images: int) -> Preset:
    """RealNVP for the built-in 16x16 grey patches; the paper has no such run."""
    match scale:
        case "smoke":
            return RealNVPConfig(width=4, net=CPU_NET), smoke_training()
        case "cpu":
            return RealNVPConfig(scales=2, width=32, net=CPU_NET), cpu_training(4000, batch_size=16)
        case _:
            raise no_scale(scale, "cpu", "smoke")


def realnvp_demo(scale: Scale, images: int) -> Preset:
    """RealNVP for 28x28 grey images, trained for no longer than it takes to show the effect; the paper has no such run.

    After 1,500 steps, 93 s of one core, 2,000 test images of FashionMNIST are at 3.601 bits/dim and as many of MNIST at
    2.078, with an AUROC of 4.7 %; the digits of scikit-learn in frames, in place of MNIST, have one of 15.7 %, and
    without frames of 73.6 %; one seed (M).
    """
    flow, training = realnvp_grey(scale, images)
    match scale:
        case "smoke":
            return flow, training
        case "cpu":
            return flow, cpu_training(1500, batch_size=16)
        case _:
            raise no_scale(scale, "cpu", "smoke")


def mixture_grey(scale: Scale, images: int) -> Preset:
    """RealNVP with mixture couplings, for 28x28 grey images; the paper has none."""
    match scale:
        case "smoke":
            return RealNVPConfig(width=4, net=CPU_NET, transformer=MixtureConfig(components=2)), smoke_training()
        case "cpu":
            flow = RealNVPConfig(scales=2, width=32, net=CPU_NET, transformer=MixtureConfig())
            return flow, cpu_training(3000, batch_size=16)
        case _:
            raise no_scale(scale, "cpu", "smoke")


def mixture_colour(scale: Scale, images: int) -> Preset:
    """The same for 32x32 colour images, where each logistic more costs the last convolutions most of a step."""
    match scale:
        case "cpu":
            flow = RealNVPConfig(scales=3, width=32, net=CPU_NET, transformer=MixtureConfig(components=2))
            return flow, cpu_training(1500, batch_size=16)
        case _:
            return mixture_grey(scale, images)


def autoregressive(scale: Scale, images: int) -> Preset:
    """An autoregressive flow, for grey and colour images; the paper has none."""
    match scale:
        case "smoke":
            return AutoregressiveConfig(width=6, blocks=1), smoke_training()
        case "cpu":
            return AutoregressiveConfig(), autoregressive_training(8000, lr=1e-2)
        case _:
            raise no_scale(scale, "cpu", "smoke")


def tarflow(scale: Scale, images: int) -> Preset:
    """A transformer flow, for grey and colour images; the paper has none."""
    match scale:
        case "smoke":
            return TarFlowConfig(blocks=2, width=8, layers=1), smoke_training()
        case "cpu":
            # Mixtures, unlike the authors', for affine maps learn far more slowly (M, autoregressive_training).
            transformer = MixtureConfig(components=12, spread=3.0, affine=False)
            return TarFlowConfig(heads=4, transformer=transformer), autoregressive_training(8000, lr=6e-3)
        case _:
            raise no_scale(scale, "cpu", "smoke")


def local(scale: Scale, images: int) -> Preset:
    """A flow that sees a small neighbourhood alone: the background of a likelihood ratio."""
    match scale:
        case "smoke":
            return LocalConfig(width=6, blocks=1), smoke_training()
        case "cpu":
            # 3.351 bits/dim of 500 calibration images of FashionMNIST after 32 s of one busy core, one seed (M).
            return LocalConfig(), autoregressive_training(2000, lr=1e-2)
        case _:
            raise no_scale(scale, "cpu", "smoke")


def background(preset: Callable[[Scale, int], Preset]) -> Callable[[Scale, int], Preset]:
    """Make the preset of a background: the flow of another, trained on mutated images, with weight decay.

    Ren et al. (2019, arXiv:1906.02845) choose the rate of mutations among 0.1, 0.2 and 0.3 and the decay among 0, 10
    and 100 by validation data that is out of distribution, which nothing here is chosen by. These are the middle of
    both; alibi-detect has the rate of 0.2 by default. Their decay is a factor of another loss; here it makes itself
    felt: after 400 steps 500 mutated calibration images of FashionMNIST are at 6.388, 6.603 and 6.927 bits/dim for the
    three, one seed (M).
    """

    def mutated(scale: Scale, images: int) -> Preset:
        if scale == "paper":
            raise no_scale(scale, "cpu", "smoke")
        flow, training = preset(scale, images)
        return flow, training.model_copy(update={"decay": "all", "weight_decay": 10.0})

    return mutated
