"""Flows over the rows of tables. (P) is the paper, appendix O; (R) the defaults of the original's code."""

from typing import Any

from oodflow.flows import StandardisedConfig, TabularConfig
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
from oodflow.transformers import AffineConfig, AnyTransformerConfig, SplineConfig

# As many bins as Durkan et al. (2019, arXiv:1906.04032) have for tables, on what a standardised number seldom leaves.
SPLINE = SplineConfig(bins=8, bound=5.0)


LOOKS = {
    # Often enough to stop in time: a few hundred rows are soon learned by heart.
    "cpu": MonitorConfig(every=100, images=2000, patience=5),
    "long": MonitorConfig(every=500, images=20_000, patience=5),
}


# Standardised, and nothing else done to the numbers (P, R).
PUBLISHED_DOMAIN = StandardisedConfig(jitter=0.0, tail=1e9)


def realnvp_tabular(scale: Scale, rows: int) -> Preset:
    """RealNVP for vectors, with affine couplings."""
    return _tabular(scale, AffineConfig())


def spline_tabular(scale: Scale, rows: int) -> Preset:
    """The same with spline couplings; the paper has none."""
    return _tabular(scale, SPLINE)


def realnvp_uci(scale: Scale, rows: int) -> Preset:
    """RealNVP for MiniBooNE and HEPMASS: that of the paper, which standardises and does nothing else to the numbers."""
    if scale != "paper":
        return realnvp_tabular(scale, rows)
    flow = TabularConfig(
        domain=PUBLISHED_DOMAIN,
        couplings=8,  # (R)
        width=256,  # (P)
        net=MLPConfig(hidden_layers=1),  # (P); in (R) the setting 1 is that of layers beside the first
    )
    return flow, paper_tabular_training(100 * epoch(rows), lr=1e-4, batch_size=32)  # (P)


def _tabular(scale: Scale, transformer: AnyTransformerConfig) -> Preset:
    domain, net = StandardisedConfig(jitter=0.1), MLPConfig(hidden_layers=2, zero_init=True)
    others: dict[str, Any] = {"domain": domain, "net": net, "transformer": transformer}
    match scale:
        case "smoke":
            return TabularConfig(couplings=2, width=8, transformer=transformer), smoke_training()
        case "cpu":
            return TabularConfig(couplings=6, width=64, **others), tabular_training(3000)
        case "long":
            return TabularConfig(couplings=12, width=256, **others), tabular_training(50_000, batch_size=512)
        case _:
            raise no_scale(scale, "cpu", "smoke", "long")
