"""Whatever has log-densities can be asked, as the library that it comes from would answer."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import KernelDensity
from torch.distributions import Gamma, Independent, MultivariateNormal

from oodflow.data import RealSet
from oodflow.errors import UsageError
from oodflow.flows import Flow, Reals, TabularConfig
from oodflow.scores import Likelihood, Typicality
from oodflow.statistics import LogDet, LogProb, Observation, density_of

ROWS = np.random.default_rng(0).gamma(2.0, size=(50, 3))
DATA = RealSet.from_array(ROWS)
X = torch.from_numpy(ROWS)


@pytest.mark.parametrize(
    "model",
    [
        GaussianMixture(2, random_state=0),
        BayesianGaussianMixture(n_components=2, max_iter=10_000, random_state=0),
        KernelDensity(),
        PCA(2),
    ],
    ids=lambda model: type(model).__name__,
)
def test_an_estimator_of_scikit_learn(model):
    model.fit(ROWS)
    assert np.array_equal(Observation(model, DATA)[LogProb()], model.score_samples(ROWS))


@pytest.mark.parametrize("kind", ["MAF", "NSF"])
def test_a_flow_of_zuko_in_the_type_of_its_weights(kind):
    flow = getattr(pytest.importorskip("zuko").flows, kind)(3, transforms=1, hidden_features=(8,)).train()
    found = Observation(flow, DATA)[LogProb()]
    assert np.allclose(found, flow().log_prob(X.float()).detach())
    assert flow.training


@pytest.mark.parametrize(
    "model",
    [MultivariateNormal(X.mean(0), X.T.cov()), Independent(Gamma(torch.full((3,), 2.0, dtype=torch.double), 1.0), 1)],
)
def test_a_distribution_of_pytorch(model):
    assert np.allclose(Observation(model, DATA)[LogProb()], model.log_prob(X))
    assert np.allclose(Likelihood().score(Observation(model, DATA)), -model.log_prob(X))
    typicality = Typicality().fit(Observation(model, DATA)).score(Observation(model, DATA))
    assert np.allclose(typicality, (model.log_prob(X) - model.log_prob(X).mean()).abs())


def test_outside_of_its_support_a_distribution_finds_rows_impossible():
    gamma = Independent(Gamma(torch.full((3,), 2.0), 1.0), 1)
    rows = ROWS.copy()
    rows[4, 1] = -1
    found = Observation(gamma, RealSet.from_array(rows))[LogProb()]
    assert np.flatnonzero(np.isneginf(found)).tolist() == [4]
    assert np.allclose(np.delete(found, 4), np.delete(gamma.log_prob(X.float()).double().numpy(), 4))


def test_what_is_a_density_already_stays():
    flow = TabularConfig(width=4).build((3,))
    assert density_of(flow) is flow
    assert isinstance(flow, Flow)
    assert isinstance(flow.domain, Reals)
    assert density_of(None) is None


@pytest.mark.parametrize("model", [IsolationForest().fit(ROWS), torch.nn.Linear(3, 1), 7], ids=["forest", "net", "7"])
def test_what_has_no_log_density(model):
    with pytest.raises(UsageError, match=f"something with log_prob.*, which a {type(model).__name__} does not"):
        Observation(model, DATA)[LogProb()]


def test_what_takes_a_flow_says_so():
    with pytest.raises(UsageError, match="it takes a flow, and a"):
        Observation(GaussianMixture().fit(ROWS), DATA)[LogDet()]
