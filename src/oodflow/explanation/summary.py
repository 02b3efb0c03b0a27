"""Summing measurements up: means over images with intervals, and differences within a set and between sets."""

import numpy as np
from numpy.typing import NDArray

from oodflow.analysis import CouplingMeasures, gap, r2_of
from oodflow.explanation.measure import Measurement
from oodflow.explanation.record import Between, Coupling, ExplainedSet, Resampling
from oodflow.metrics import Estimate, difference, mean
from oodflow.runs.provenance import DataFacts

Floats = NDArray[np.float64]


def explained_set(facts: DataFacts, measured: Measurement, *, seed: int) -> ExplainedSet:
    """Sum up what was measured on a set; differences are of the same images. ``seed`` is the bootstrap's."""

    def average(values: Floats) -> Estimate | None:
        return _measurable(mean(values, seed=seed))

    def gain(first: Floats, second: Floats) -> Estimate | None:
        return _measurable(difference(first, second, paired=True, seed=seed))

    in_train_mode, edges = measured.bits_per_dim_train_mode, measured.edge_correlation
    return ExplainedSet(
        **facts.model_dump(),
        bits_per_dim=mean(measured.bits_per_dim, seed=seed),
        bits_per_dim_train_mode=None if in_train_mode is None else average(in_train_mode),
        train_mode_rise=None if in_train_mode is None else gain(measured.bits_per_dim, in_train_mode),
        edge_correlation={kind: average(values) for kind, values in edges.items()},
        edge_gain=gain(edges["single"], edges["mean"]),
        image_correlation={kind: average(values) for kind, values in measured.image_correlation.items()},
        couplings=tuple(map(_coupling, measured.couplings)),
        resampling=Resampling(
            inside=mean(measured.inside, seed=seed),
            surround=mean(measured.surround, seed=seed),
            margin=difference(measured.surround, measured.inside / 4, paired=True, seed=seed),
        ),
    )


def between(inside: Measurement, outside: Measurement, dims: int, *, seed: int) -> Between:
    """Hold two sets against each other, whose images are drawn each by themselves; ``dims`` is that of an image."""
    here, there = (side.image_correlation.get("train_mode") for side in (inside, outside))
    layers = zip(inside.couplings, outside.couplings, strict=True)
    return Between(
        image_correlation_train_mode=(
            None if here is None or there is None else _measurable(difference(here, there, seed=seed))
        ),
        r2=tuple(
            None
            if one.r2_sums is None or other.r2_sums is None
            else _measurable(difference(one.r2_sums, other.r2_sums, r2_of, seed=seed))
            for one, other in layers
        ),
        gap=tuple(gap(inside.contributions, outside.contributions, dims, seed=seed)),
    )


def _coupling(layer: CouplingMeasures) -> Coupling:
    values = {name: getattr(layer, name) for name in Coupling.model_fields}
    return Coupling(
        **{name: _measurable(value) if isinstance(value, Estimate) else value for name, value in values.items()}
    )


def _measurable(estimate: Estimate) -> Estimate | None:
    """Let an estimate that is not a number be none: there was nothing to measure."""
    return None if np.isnan(estimate.value) else estimate
