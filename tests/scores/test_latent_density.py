"""Kernels about known latents in place of the prior: values by scipy and autograd."""

import numpy as np
import pytest
import torch
from scipy import stats

from oodflow.data import RealSet
from oodflow.flows import TabularConfig
from oodflow.scores import LatentDensity
from oodflow.statistics import Observation
from oodflow.testing.modules import log_det_of, randomise
from oodflow.training import seeded


@pytest.fixture
def flow():
    with seeded(0):
        return randomise(TabularConfig(couplings=2, width=8).build((3,)), 1).double().eval()


def rows(n, seed):
    return RealSet.from_array(np.random.default_rng(seed).normal(size=(n, 3)))


def test_it_is_the_density_of_a_mixture_of_normals_carried_back_to_the_data(flow):
    known, asked = rows(5, 0), rows(4, 1)
    score = LatentDensity(widest=1.2, widths=3)
    found = score.fit(Observation(flow, known)).score(Observation(flow, asked))
    x = torch.from_numpy(asked.array)
    centres = flow.encode(known.array)[0]
    for place, value in enumerate(found):
        z = flow.encode(asked.array)[0][place]
        parts = [
            stats.multivariate_normal(c, h**2 * np.eye(3)).pdf(z) for c in centres for h in (1.2, 1.2 / 2**0.5, 0.6)
        ]
        log_det = log_det_of(lambda one: flow.encode(one[None])[0][0], x[place])
        assert value == pytest.approx(-np.log(np.mean(parts)) - log_det.item(), rel=1e-9)


def test_its_density_integrates_to_one(flow):
    """By importance sampling from a wide normal distribution, over the data's own space."""
    score = LatentDensity(widest=1.0, widths=3)
    proposal = stats.multivariate_normal(np.zeros(3), 4 * np.eye(3))
    drawn = RealSet.from_array(proposal.rvs(40_000, random_state=0))
    values = score.fit(Observation(flow, rows(20, 0))).score(Observation(flow, drawn))
    weights = np.exp(-values - proposal.logpdf(drawn.array))
    assert weights.mean() == pytest.approx(1, abs=4 * weights.std() / np.sqrt(len(weights)))
    assert weights.std() / np.sqrt(len(weights)) < 0.02


def test_of_many_data_centres_are_spread_evenly(flow):
    fitted = LatentDensity(centres=4).fit(Observation(flow, known := rows(10, 0)))
    np.testing.assert_allclose(fitted.learned["centres"], flow.encode(known.array)[0][[0, 2, 5, 7]])


def test_it_sees_a_gap_that_the_prior_does_not(flow):
    """Data on a sphere in the latents: its centre is likeliest under the prior."""
    directions = np.random.default_rng(0).normal(size=(600, 3))
    sphere = 2 * directions / np.linalg.norm(directions, axis=1, keepdims=True)
    data = np.asarray(flow.decode(sphere))
    centre = np.asarray(flow.decode(np.zeros((1, 3))))
    assert flow.log_prob(centre)[0] > np.median(flow.log_prob(data))
    fitted = LatentDensity().fit(Observation(flow, RealSet.from_array(data[:500])))
    others = fitted.score(Observation(flow, RealSet.from_array(data[500:])))
    assert fitted.score(Observation(flow, RealSet.from_array(centre)))[0] > np.quantile(others, 0.95)


def test_what_lies_on_a_centre_is_judged_by_the_others(flow):
    known = rows(6, 0)
    fitted = LatentDensity().fit(Observation(flow, known))
    by_itself = fitted.score(Observation(flow, known))
    for place in range(6):
        others = LatentDensity().fit(Observation(flow, known.take(np.delete(np.arange(6), place))))
        assert by_itself[place] == pytest.approx(others.score(Observation(flow, known.take([place])))[0], rel=1e-9)


def test_of_what_is_there_twice_the_other_counts(flow):
    once = rows(6, 0)
    twice = LatentDensity().fit(Observation(flow, RealSet.from_array(np.concatenate([once.array, once.array[:1]]))))
    expected = LatentDensity().fit(Observation(flow, once))
    near = RealSet.from_array(once.array[:1] + 1e-3)
    found = twice.score(Observation(flow, once.take([0])))[0]
    assert found == pytest.approx(expected.score(Observation(flow, near))[0], abs=0.01)
