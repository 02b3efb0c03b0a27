"""zuko: https://github.com/probabilists/zuko. It has flows over vectors alone."""

from torch import Tensor, nn

from oodflow.bench.peers.peer import LogProb, Peer, Size
from oodflow.flows import RealsConfig, TabularConfig

DIMS = 64


def peer(size: Size) -> Peer:
    """RealNVP for vectors: the same couplings, width and hidden layers."""
    width = 4 * size.width
    words = f"RealNVP over {DIMS} numbers, {size.steps} couplings, two hidden layers of {width}"
    return Peer(
        theirs=words,
        ours="the same",
        config=TabularConfig(domain=RealsConfig(), couplings=size.steps, width=width),
        shape=(DIMS,),
        build=lambda: _realnvp(size.steps, width),
    )


def _realnvp(couplings: int, width: int) -> tuple[nn.Module, LogProb]:
    import zuko

    model = zuko.flows.RealNVP(DIMS, transforms=couplings, hidden_features=(width, width))

    def log_prob(x: Tensor) -> Tensor:
        value: Tensor = model().log_prob(x)
        return value

    return model, log_prob
