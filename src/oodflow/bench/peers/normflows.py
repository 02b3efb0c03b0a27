"""normflows: https://github.com/VincentStimper/normalizing-flows."""

from torch import Tensor, nn

from oodflow.bench.peers.peer import LogProb, Peer, Size
from oodflow.flows import GlowConfig
from oodflow.nets import ConvNetConfig


def peer(size: Size) -> Peer:
    """Glow of their blocks: the same levels, steps, width and network as ours, in the same shapes."""
    return Peer(
        theirs=f"Glow, 2 levels x {size.steps} steps, convnet of width {size.width}",
        ours="the same",
        config=GlowConfig(scales=2, steps=size.steps, width=size.width, net=ConvNetConfig()),
        shape=(1, 28, 28),
        build=lambda: _glow(size),
    )


def _glow(size: Size) -> tuple[nn.Module, LogProb]:
    import normflows as nf

    def level(channels: int) -> list[nn.Module]:  # they list layers from latents to data
        blocks = [nf.flows.GlowBlock(channels, size.width, use_lu=False) for _ in range(size.steps)]
        return [*blocks, nf.flows.Squeeze()]

    # From the latents: half of [4, 14, 14] left after the first level, the rest becomes [8, 7, 7].
    bases = [nf.distributions.DiagGaussian(shape, trainable=False) for shape in ((8, 7, 7), (2, 14, 14))]
    model = nf.MultiscaleFlow(bases, [level(8), level(4)], [nf.flows.Merge()], class_cond=False)

    def log_prob(x: Tensor) -> Tensor:
        value: Tensor = model.log_prob(x, None)
        return value

    return model, log_prob
