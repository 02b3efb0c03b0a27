"""Every registered score keeps the contract, and the contract catches scores that do not."""

import numpy as np
import pytest

from oodflow.scores import SCORES, Evidence, Likelihood, NotFittedError, Score, Typicality
from oodflow.testing.scores import check_score, example_evidence


@pytest.mark.parametrize("name", SCORES)
def test_score_keeps_the_contract(name):
    check_score(SCORES[name])


@pytest.mark.parametrize("name", SCORES)
def test_registry_and_class_agree_on_the_name(name):
    assert SCORES[name]().name == name


class UpsideDown(Likelihood):
    def score(self, evidence: Evidence):
        return evidence.log_prob.copy()


class Transductive(Likelihood):
    def score(self, evidence: Evidence):
        return -evidence.log_prob + evidence.log_prob.mean()


class Halved(Likelihood):
    def score(self, evidence: Evidence):
        return -evidence.log_prob.astype(np.float32)


class Destructive(Likelihood):
    def score(self, evidence: Evidence):
        evidence.log_prob[:] *= -1
        return evidence.log_prob.copy()


class Lending(Likelihood):
    def score(self, evidence: Evidence):
        return evidence.log_prob


class SilentlyUnfitted(Typicality):
    def score(self, evidence: Evidence):
        return np.abs(-evidence.log_prob - (self.entropy or 0.0))


class Forgetful(Likelihood):
    def fit(self, reference: Evidence):
        return Forgetful()


class Random(Likelihood):
    def score(self, evidence: Evidence):
        return -evidence.log_prob + np.random.default_rng().random(evidence.log_prob.size)


@pytest.mark.parametrize(
    ("broken", "clause"),
    [
        (UpsideDown, "more out of distribution"),
        (Transductive, "beside it"),
        (Halved, "float64"),
        (Destructive, "evidence as it was"),
        (Lending, "memory of its own"),
        (SilentlyUnfitted, "raises NotFittedError"),
        (Forgetful, "the score itself"),
        (Random, "."),
    ],
)
def test_the_contract_catches(broken: type[Score], clause: str):
    with pytest.raises(AssertionError, match=clause):
        check_score(broken)


def test_not_fitted_says_what_to_do():
    with pytest.raises(NotFittedError, match=r"Typicality is not fitted: call fit\(reference\).*held-out"):
        Typicality().score(example_evidence(n=2))
