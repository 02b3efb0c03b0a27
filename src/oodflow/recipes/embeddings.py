"""Flows over the vectors of an encoder. (P) is the paper, appendix O; (R) what its code does; (M) measured by us."""

from oodflow.flows import RealsConfig, TabularConfig, WhitenedConfig
from oodflow.nets import MLPConfig
from oodflow.recipes.scales import (
    Preset,
    Scale,
    epoch,
    no_scale,
    paper_tabular_training,
    smoke_training,
    tabular_training,
)
from oodflow.runs.config import MonitorConfig

EPOCH = epoch(50_000, 1024)  # of CIFAR-10

LOOKS = {
    # As often as it takes to stop in time: a thousand numbers of a few thousand images are soon learned by heart.
    "cpu": MonitorConfig(every=50, images=2000, patience=4),
    "paper": MonitorConfig(every=EPOCH, images=10_000),
}


def realnvp_embeddings(scale: Scale, rows: int) -> Preset:
    """RealNVP that begins as the normal distribution of the training data, and is stopped when it learns no more."""
    match scale:
        case "smoke":
            flow = TabularConfig(domain=WhitenedConfig(jitter=0.3), couplings=2, width=8, net=MLPConfig(zero_init=True))
            return flow, smoke_training()
        case "cpu":
            flow = TabularConfig(domain=WhitenedConfig(jitter=0.3), net=MLPConfig(zero_init=True))
            return flow, tabular_training(400)
        case "paper":
            # 8 couplings, 3 hidden layers of 512 (P); the vectors as they are (R)
            flow = TabularConfig(domain=RealsConfig(), couplings=8, width=512, net=MLPConfig(hidden_layers=3))
            return flow, paper_tabular_training(120 * EPOCH, lr=1e-3, batch_size=1024)  # (P)
        case _:
            raise no_scale(scale, "cpu", "smoke", "paper")
