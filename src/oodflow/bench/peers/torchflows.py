"""torchflows: https://github.com/davidnabergoj/torchflows."""

from torch import Tensor, nn

from oodflow.bench.peers.peer import LogProb, Peer, Size
from oodflow.flows import RealNVPConfig
from oodflow.nets import ConvNetConfig


def peer(size: Size) -> Peer:
    """Multi-scale RealNVP: the same couplings, but their network can't be set; ours costs the same FLOP."""
    width = min(size.width, 16)
    return Peer(
        theirs="MultiscaleRealNVP, 2 levels, its own networks (8, 8 and 4 channels, then linear), which can't be set",
        ours=f"RealNVP, 2 levels, convnets of width {width} and {2 * width}",
        config=RealNVPConfig(scales=2, width=width, net=ConvNetConfig()),
        shape=(1, 28, 28),
        build=_realnvp,
    )


def _realnvp() -> tuple[nn.Module, LogProb]:
    from torchflows.bijections.finite.multiscale.architectures import MultiscaleRealNVP
    from torchflows.flows import Flow

    model = Flow(MultiscaleRealNVP((1, 28, 28), n_layers=2))

    def log_prob(x: Tensor) -> Tensor:
        value: Tensor = model.log_prob(x)
        return value

    return model, log_prob
