"""What a detector of tables is made with unless told otherwise. This is the one place for these numbers."""

from dataclasses import dataclass
from typing import Any

from oodflow.flows import FlowConfig, TabularConfig, WhitenedConfig
from oodflow.nets import MLPConfig
from oodflow.scores import Combined, LatentDensity, Likelihood, Score
from oodflow.training import TrainingConfig

VALIDATION = 0.2
"""Share of the rows that is held out."""
HELD_OUT_AT_MOST = {"rows": 20_000, "images": 4_000}
"""How many are held out: more would tell thresholds and likelihoods hardly better, and looking at them takes time."""
PATIENCE = 5
"""Looks at held-out rows in a row that may bring nothing better before training ends."""
AUTO_FPR = 0.05
"""The rate of false alarms of ``contamination="auto"``."""


@dataclass(frozen=True)
class Recipe:
    """How a detector of a table is trained.

    Attributes:
        flow: the flow.
        training: its training, but for the seed.
    """

    flow: FlowConfig
    training: TrainingConfig


def table_recipe(rows: int, columns: int) -> Recipe:
    """Choose flow and training for a table.

    Args:
        rows: N, how many are trained on.
        columns: D.

    Example:
        >>> table_recipe(100, 8).training.batch_size, table_recipe(2_000_000, 8).training.steps
        (100, 5000)
    """
    return Recipe(
        flow=TabularConfig(
            couplings=6,
            width=64 if columns <= 256 else 256,
            net=MLPConfig(hidden_layers=2, zero_init=True),
            domain=WhitenedConfig(jitter=0.5),
        ),
        training=TrainingConfig(
            steps=min(5000, max(1000, rows // 100)),
            batch_size=min(256, rows),
            lr=2e-3,
            schedule="cosine",
            warmup_steps=20,
            max_grad_norm=100.0,
            ema_decay=0.99,
        ),
    )


def default_score(model: Any) -> Score:
    """Choose the score of a density.

    Kernels in the latents of a flow find most outliers in tables; for images likelihood fails, and several scores
    together do best. A density that is there is taken at its word.

    Args:
        model: the configuration of a flow that is to be trained, or a density.

    Example:
        >>> from sklearn.neighbors import KernelDensity
        >>> default_score(TabularConfig()).name, default_score(KernelDensity()).name
        ('latent-density', 'likelihood')
    """
    if not isinstance(model, FlowConfig):
        return Likelihood()
    return Combined() if model.domain.is_images else LatentDensity()
