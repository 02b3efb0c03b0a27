"""Every registered statistic keeps the contract, and the contract catches statistics that do not."""

import copy

import numpy as np
import pytest
from pydantic import Field

from oodflow.flows import save_flow
from oodflow.statistics import STATISTICS, CompressedBits, Curvature, LogDet, LogProb, LogProbZ
from oodflow.testing.encoders import save_encoder
from oodflow.testing.observations import example_flow
from oodflow.testing.statistics import check_statistic

VARIANTS = [
    LogProb(bound=True), LogProbZ(by_scale=True), CompressedBits(codec="png"), CompressedBits(codec="webp"),
    Curvature(probes=2),
]  # fmt: skip


def filled(statistic, folder):
    """Settings that a statistic has no defaults for: a flow's file, or the folder of a small outside model."""
    if "encoder" in statistic.model_fields:
        pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")
        return {"encoder": save_encoder(folder)}
    if "flow" not in statistic.model_fields:
        return {}
    save_flow(folder / "weights.safetensors", copy.deepcopy(example_flow("grey")).double())
    return {"flow": str(folder / "weights.safetensors")}


@pytest.mark.parametrize("statistic", [*STATISTICS.values(), *VARIANTS], ids=str)
def test_statistic_keeps_the_contract(statistic, tmp_path):
    if isinstance(statistic, type):
        statistic = statistic(**filled(statistic, tmp_path))
    check_statistic(statistic)


class Neighbourly(LogProb):
    def compute(self, batch):
        values = super().compute(batch)
        return values - values.mean()


class Restless(LogProb):
    def compute(self, batch):
        return super().compute(batch) + np.random.default_rng().random(len(batch))


class Deaf(LogProb):
    def random(self, model, data):
        return False


class Constant(LogDet):
    def compute(self, batch):
        return np.zeros(len(batch))


class Misshapen(LogDet):
    def shape(self, model, data):
        return (2,)


class Summed(LogProb):
    def average(self, total, draws):
        return total


class Nowhere(LogProb):
    def why_not(self, model, data):
        return "it never can"


class Unhashable(LogProb):
    weights: list[float] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("broken", "error", "clause"),
    [
        (Neighbourly, AssertionError, "batch size"),
        (Restless, AssertionError, "same again"),
        (Deaf, AssertionError, "not random"),
        (Constant, AssertionError, "another seed"),
        (Misshapen, ValueError, r"expected floats \[32, 2\]"),
        (Summed, AssertionError, "equal draws"),
        (Nowhere, AssertionError, "some kind of data"),
        (Unhashable, TypeError, "unhashable"),
    ],
)
def test_the_contract_catches(broken, error, clause):
    with pytest.raises(error, match=clause):
        check_statistic(broken())
