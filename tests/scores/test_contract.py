"""Every registered score keeps the contract, and the contract catches scores that do not."""

from typing import ClassVar

import numpy as np
import pytest

from oodflow.flows import save_flow
from oodflow.scores import (
    SCORES,
    Combined,
    DensityOfScores,
    EmbeddingMahalanobis,
    EmbeddingMixture,
    EmbeddingNeighbours,
    InputComplexity,
    InputGradients,
    LatentCovariance,
    Likelihood,
    LocalDimension,
    PerturbedLikelihood,
    Typicality,
)
from oodflow.statistics import LogDet, LogProb
from oodflow.testing.encoders import save_encoder
from oodflow.testing.observations import SHAPES, example_flow
from oodflow.testing.scores import check_score
from oodflow.training import seeded

VARIANTS = [
    (Typicality, {"group": 3}),
    (InputComplexity, {"codec": "webp"}),
    (LatentCovariance, {"group": 5}),
    (InputGradients, {"levels": 1}),
    (LocalDimension, {}),
    (LocalDimension, {"dimension": 4}),
    *((Combined, {"of": "likelihood+complexity+typicality", "by": by}) for by in ("fisher", "stouffer", "harmonic")),
    (Combined, {"of": "compressed-size+two-sided?of=typicality"}),
    *((kind, {}) for kind in (EmbeddingMahalanobis, EmbeddingMixture, EmbeddingNeighbours, PerturbedLikelihood)),
    *((DensityOfScores, {"of": "likelihood+typicality", "model": model}) for model in ("kernels", "mixture", "svm")),
]


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """A file with a flow that has seen no data, for the settings of scores that name one."""
    with seeded(1):
        flow = example_flow("grey").config.build(SHAPES["grey"])
    file = tmp_path_factory.mktemp("other") / "weights.safetensors"
    save_flow(file, flow)
    return str(file)


@pytest.fixture
def filled(other, tmp_path):
    """Settings that a score has no defaults for: a flow's file; and the folder of a small outside model."""

    def fill(kind):
        required = [name for name, field in kind.model_fields.items() if field.is_required()]
        if "encoder" in kind.model_fields:
            required = [*dict.fromkeys([*required, "encoder"])]
            pytest.importorskip("transformers", reason="an outside model needs transformers: oodflow[encoders]")
        return {name: save_encoder(tmp_path) if name == "encoder" else other for name in required}

    return fill


@pytest.mark.parametrize(
    ("kind", "settings"), [(kind, shown) for kind in SCORES.values() for shown in kind.shown] + VARIANTS
)
def test_score_keeps_the_contract(kind, settings, filled):
    check_score(kind(**filled(kind) | settings))


class UpsideDown(Likelihood):
    def values(self, seen, learned):
        return seen[LogProb()].copy()


class Transductive(Likelihood):
    def values(self, seen, learned):
        return -seen[LogProb()] + seen[LogProb()].mean()


class Halved(Likelihood):
    def values(self, seen, learned):
        return -seen[LogProb()].astype(np.float32)


class Short(Likelihood):
    def values(self, seen, learned):
        return -seen[LogProb()][1:]


class Destructive(Likelihood):
    def values(self, seen, learned):
        values = seen[LogProb()]
        values *= -1
        return values


class Lending(Likelihood):
    def values(self, seen, learned):
        return seen[LogProb()]


class SecretReader(Likelihood):
    def values(self, seen, learned):
        return -seen[LogDet()]


class SecretLearner(Typicality):
    def learn(self, seen):
        return super().learn(seen) | {"more": seen[LogDet()]}


class SilentlyUnfitted(Typicality):
    learns: ClassVar[bool] = False


class Forgetful(Typicality):
    def learn(self, seen):
        return {"entropy": np.random.default_rng().random(1)}


class NeverRaising(Typicality):
    def score(self, observation):
        return np.zeros(len(observation))


class Random(Likelihood):
    def values(self, seen, learned):
        return -seen[LogProb()] + np.random.default_rng().random(len(seen[LogProb()]))


class Infinite(Likelihood):
    def values(self, seen, learned):
        return np.full(len(seen[LogProb()]), np.inf)


class Nowhere(Likelihood):
    def why_not(self, model, data):
        return "it never can"


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        (UpsideDown, "more out of distribution"),
        (Transductive, "beside it"),
        (Halved, "float64"),
        (Short, "one value an image"),
        (Destructive, "read-only"),
        (Lending, "memory of its own"),
        (SecretReader, r"reads\(\) alone, not of LogDet"),
        (SecretLearner, r"reads\(\) alone, not from LogDet"),
        (SilentlyUnfitted, "says so"),
        (Forgetful, "agree"),
        (NeverRaising, "raises NotFittedError"),
        (Random, "scoring twice"),
        (Infinite, "finite"),
        (Nowhere, "some kind of data"),
    ],
)
def test_the_contract_catches(broken, clause):
    with pytest.raises(AssertionError, match=clause):
        check_score(broken())


@pytest.mark.parametrize("kind", [kind for kind in SCORES.values() if "encoder" in kind.model_fields])
def test_what_takes_an_encoder_says_that_it_asks_an_outside_model(kind):
    assert kind(encoder="somewhere").outside_model
    assert not Likelihood().outside_model


@pytest.mark.parametrize("kind", [EmbeddingMahalanobis, EmbeddingMixture, EmbeddingNeighbours])
def test_what_judges_vectors_as_they_are_asks_no_outside_model(kind):
    assert not kind().outside_model
    assert not Combined(of=(kind(), Likelihood())).outside_model
