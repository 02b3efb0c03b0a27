"""nflows: https://github.com/bayesiains/nflows."""

from torch import Tensor, nn

from oodflow.bench.peers.peer import LogProb, Peer, Size
from oodflow.flows import GlowConfig
from oodflow.nets import ConvNetConfig


def peer(size: Size) -> Peer:
    """Glow of their transforms, which take any network: ours."""
    return Peer(
        theirs=f"Glow of its transforms, 2 levels x {size.steps} steps, our convnet of width {size.width}",
        ours="the same",
        config=GlowConfig(scales=2, steps=size.steps, width=size.width, net=ConvNetConfig()),
        shape=(1, 28, 28),
        build=lambda: _glow(size),
    )


class _Net(nn.Module):
    """Our st-network, called as theirs are."""

    def __init__(self, in_channels: int, out_channels: int, width: int) -> None:
        super().__init__()
        self.net = ConvNetConfig().build((in_channels, 1, 1), out_channels, width, interleaved=False)

    def forward(self, x: Tensor, context: Tensor | None = None) -> Tensor:
        del context
        y: Tensor = self.net(x)
        return y


def _glow(size: Size) -> tuple[nn.Module, LogProb]:
    from nflows import distributions, flows, transforms

    def step(channels: int) -> list[nn.Module]:
        mask = [0] * (channels // 2) + [1] * (channels // 2)
        return [
            transforms.ActNorm(channels),
            transforms.OneByOneConvolution(channels),
            transforms.AffineCouplingTransform(mask, lambda seen, changed: _Net(seen, changed, size.width)),
        ]

    def level(channels: int) -> nn.Module:
        steps = [layer for _ in range(size.steps) for layer in step(channels)]
        whole: nn.Module = transforms.CompositeTransform([transforms.SqueezeTransform(), *steps])
        return whole

    levels = transforms.MultiscaleCompositeTransform(2)
    levels.add_transform(level(4), (4, 14, 14))
    levels.add_transform(level(8), (8, 7, 7))
    model = flows.Flow(levels, distributions.StandardNormal([28 * 28]))

    def log_prob(x: Tensor) -> Tensor:
        value: Tensor = model.log_prob(x)
        return value

    return model, log_prob
