"""Figure 4 and Proposition 1, on a flow that is a known density."""

import numpy as np
import pytest

from oodflow.bijections import Chain
from oodflow.flows import Flow, Reals
from oodflow.paper.experiments.objective import SHARE, SPREAD, Proposition, mixture_log_prob


@pytest.fixture
def normal():
    """A flow that changes nothing: the standard normal density of the plane."""
    return Flow(Reals((2,)), Chain([]))


def normal_log_prob(points):
    return -(points**2).sum(1) / 2 - np.log(2 * np.pi)


@pytest.fixture
def sides():
    generator = np.random.default_rng(0)
    return generator.normal(size=(300, 2)), np.stack([np.linspace(5, 9, 20), np.full(20, 7.0)], 1)


def test_the_propositions_density_is_kept_where_it_was_trained_and_high_elsewhere(normal, sides):
    own, others = sides
    proposition = Proposition(normal, own, others, 1000.0, seed=0)
    np.testing.assert_allclose(proposition.log_prob(own), normal_log_prob(own), atol=1e-5)
    assert np.exp(proposition.log_prob(others)).min() >= 1000.0
    assert (proposition.log_prob(np.array([[50.0, 50.0]])) == -np.inf).all()


def test_it_has_the_mass_of_a_density(normal, sides):
    own, others = sides
    proposition = Proposition(normal, own, others, 1000.0, seed=0)
    assert 0.0 < proposition.radii()[2] <= 0.5
    assert proposition.mass() == pytest.approx(1.0, abs=0.01)


def test_balls_that_overlap_have_less(normal, sides):
    """The construction moves mass to an area: where points coincide there is half of it."""
    own, others = sides
    twice = np.concatenate([others, others])
    proposition = Proposition(normal, own, twice, 1000.0, seed=0)
    kept = proposition.radii()[2]
    assert proposition.mass() == pytest.approx(kept + (1 - kept) / 2, abs=0.01)


def test_points_that_are_in_the_way_are_told(normal, sides):
    own, _ = sides
    assert np.isnan(Proposition(normal, own, own[:20], 1000.0, seed=0).mass())


def test_the_mixture_is_a_density_that_loses_a_hundredth_at_most(normal, sides):
    own, others = sides
    loss = normal_log_prob(own) - mixture_log_prob(normal, own, others)
    assert loss.max() == pytest.approx(-np.log1p(-SHARE), abs=1e-5)
    # The mass about one of the others: near it nothing else counts, and it is theirs in equal shares.
    ticks = np.linspace(-6 * SPREAD, 6 * SPREAD, 201)
    square = others[0] + np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2)
    mass = np.exp(mixture_log_prob(normal, square, others)).sum() * (ticks[1] - ticks[0]) ** 2
    assert mass == pytest.approx(SHARE / len(others), rel=1e-4)
