"""Other masks and narrower st-networks, appendix L. (P) is the paper, (C) the original's code, (M) measured by us."""

from collections.abc import Callable
from typing import NamedTuple

from oodflow.flows import RealNVPConfig, SingleScaleConfig
from oodflow.nets import BottleneckConfig, ResNetConfig
from oodflow.recipes.scales import Preset, Scale, cpu_training, epoch, no_scale, paper_training, smoke_training


class Published(NamedTuple):
    """What the published training of a RealNVP depends on the images for (P, appendix E)."""

    scales: int
    blocks: int
    epochs: int
    lr: float


GREY = Published(scales=2, blocks=6, epochs=80, lr=5e-5)
COLOUR = Published(scales=3, blocks=8, epochs=100, lr=1e-4)


def masked(mask: str, published: Published) -> Callable[[Scale, int], Preset]:
    """Make the preset of eight couplings of one mask at the image's own size."""

    def preset(scale: Scale, images: int) -> Preset:
        match scale:
            case "smoke":
                net = ResNetConfig(blocks=1)
                return SingleScaleConfig(couplings=4, mask=mask, width=4, net=net), smoke_training()
            case "cpu":
                # Residual blocks, for a mask of halves or quarters needs a view over its edge; two of them see five
                # pixels far, which is what minutes on a core allow. Results: results/inductive-biases.md (M).
                net = ResNetConfig(blocks=2)
                return SingleScaleConfig(couplings=8, mask=mask, width=16, net=net), cpu_training(1000)
            case "paper":
                net = ResNetConfig(blocks=8)  # (C), for grey images too
                flow = SingleScaleConfig(couplings=8, mask=mask, width=64, net=net)
                # The paper gives these flows no training of their own: that of its RealNVP.
                steps = published.epochs * epoch(images)
                return flow, paper_training(steps, "adam", lr=published.lr, decay="gains")
            case _:
                raise no_scale(scale, "cpu", "smoke", "paper")

    return preset


def bottleneck(latent_dims: int | None, published: Published) -> Callable[[Scale, int], Preset]:
    """Make the preset of a RealNVP whose st-networks have a bottleneck, or of its baseline, which has none."""

    def net(blocks: int) -> BottleneckConfig | ResNetConfig:
        if latent_dims is None:
            return ResNetConfig(blocks=blocks, skip=False)  # no skips either (P)
        return BottleneckConfig(blocks=blocks, latent_dims=latent_dims)

    def preset(scale: Scale, images: int) -> Preset:
        match scale:
            case "smoke":
                return RealNVPConfig(scales=published.scales, width=4, net=net(2)), smoke_training()
            case "cpu":
                # The fewest blocks that have a middle. Results: results/inductive-biases.md (M).
                return RealNVPConfig(scales=published.scales, width=16, net=net(2)), cpu_training(800)
            case "paper":
                flow = RealNVPConfig(scales=published.scales, width=64, net=net(published.blocks))
                steps = published.epochs * epoch(images)
                return flow, paper_training(steps, "adam", lr=published.lr, decay="gains")
            case _:
                raise no_scale(scale, "cpu", "smoke", "paper")

    return preset
