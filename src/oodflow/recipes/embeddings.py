"""Flows over the vectors of an encoder. (P) is the paper, appendix O; (R) what its code does; (M) measured by us."""

from oodflow.flows import RealsConfig, TabularConfig, WhitenedConfig
from oodflow.nets import MLPConfig
from oodflow.recipes.scales import Preset, Scale, epoch, no_scale, smoke_training, tabular_training
from oodflow.runs.config import MonitorConfig
from oodflow.training import TrainingConfig

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
            # 120 epochs, AdamW at 1e-3 with decay 1e-3, batch 1024 (P); clipping by (R)
            training = TrainingConfig(
                steps=120 * EPOCH,
                batch_size=1024,
                optimiser="adamw",
                lr=1e-3,
                weight_decay=1e-3,
                decay="all",
                max_grad_norm=100.0,
                clip="together",
            )
            return flow, training
        case _:
            raise no_scale(scale, "cpu", "smoke", "paper")
