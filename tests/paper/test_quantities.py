"""What is looked up is the number that it is called, of the side and with the sign that it says."""

from types import SimpleNamespace

import numpy as np
import pytest

from oodflow.metrics import Estimate, auroc, auroc_difference
from oodflow.paper.experiments.couplings import r2_gain
from oodflow.paper.found import Found, Missing
from oodflow.paper.lab import Lab
from oodflow.paper.quantities import (
    auroc_gain,
    bits_per_dim,
    explained,
    inside,
    less,
    outside,
    rise_in_bits,
    rise_to,
)
from oodflow.paper.study import Study

ONE, TWO = Study("one"), Study("two")
N, DIMS = 400, 16
BIT = DIMS * np.log(2.0)  # nats that a bit/dim is


class Made(Found):
    """What was found of two flows, made up: the second is likelier everywhere, and tells the other set better."""

    def __init__(self, path):
        super().__init__(Lab(path, "cpu", (0, 1)))
        rng = np.random.default_rng(0)
        hard, other = rng.normal(3.0, 0.5, N), rng.normal(3.5, 0.5, N)  # bits/dim of the first flow
        self.bits = {
            ONE: {seed: {"own": hard, "mnist?shape=1x4x4": other} for seed in (0, 1)},
            TWO: {seed: {"own": hard - 1.0, "mnist?shape=1x4x4": other - 0.5 + 0.1 * seed} for seed in (0, 1)},
        }

    def likely(self, study):
        return {seed: {name: -BIT * bits for name, bits in of.items()} for seed, of in self.bits[study].items()}

    def evaluations(self, study, question=None):
        def data(name, bits):
            return SimpleNamespace(
                name=name,
                shape=(1, 4, 4),
                images=len(bits),
                bits_per_dim=bits.mean(),
                bits_per_dim_std=bits.std(ddof=1),
            )

        def evaluated(of):
            sets = [data(name, bits) for name, bits in of.items()]
            return SimpleNamespace(evaluation=SimpleNamespace(inside=sets[0], outsides=tuple(sets[1:])))

        return {seed: SimpleNamespace(evaluated=evaluated(of)) for seed, of in self.bits[study].items()}


@pytest.fixture
def found(tmp_path):
    return Made(tmp_path)


def areas(found, study):
    return {seed: 100 * auroc(*of.values()) for seed, of in found.bits[study].items()}


def test_auroc_gain_is_that_of_the_first_flow_over_the_second(found):
    gain = auroc_gain(TWO, ONE, "mnist")(found)
    ours, theirs = areas(found, TWO), areas(found, ONE)
    assert min(ours[seed] - theirs[seed] for seed in (0, 1)) > 10
    assert gain.values == {seed: pytest.approx(ours[seed] - theirs[seed]) for seed in (0, 1)}
    assert auroc_gain(ONE, TWO, "mnist")(found).values == {seed: pytest.approx(-gain.values[seed]) for seed in (0, 1)}


def test_flows_are_compared_on_the_same_images(found):
    """What is hard for both cancels, so that the interval is that of DeLong, and far narrower than each area's own."""
    own, others = found.bits[ONE][0].values()
    shifted, others_shifted = found.bits[TWO][0].values()
    of_pairs = auroc_difference((shifted, others_shifted), (own, others))
    gain = auroc_gain(TWO, ONE, "mnist")(found)
    assert gain.within == pytest.approx(100 * (of_pairs.high - of_pairs.low) / 2, rel=0.2)
    assert rise_in_bits(TWO, ONE)(found).within == pytest.approx(0.0, abs=1e-9), "every image by just one bit"
    assert bits_per_dim(ONE)(found).within == pytest.approx(1.96 * found.bits[ONE][0]["own"].std(ddof=1) / 20, rel=1e-3)


def test_rise_in_bits_is_positive_where_the_first_flow_finds_images_less_likely(found):
    assert rise_in_bits(ONE, TWO)(found).values == {0: pytest.approx(1.0), 1: pytest.approx(1.0)}
    assert rise_in_bits(ONE, TWO, "mnist")(found).values == {0: pytest.approx(0.5), 1: pytest.approx(0.4)}


def test_rise_to_another_set_is_positive_where_that_is_less_likely(found):
    own, others = found.bits[ONE][0].values()
    rise = rise_to(ONE, "mnist")(found)
    assert rise.values[0] == pytest.approx(others.mean() - own.mean())
    assert rise.values[0] > 0.3
    half = 1.96 * np.hypot(own.std(ddof=1), others.std(ddof=1)) / 20
    assert rise.within == pytest.approx(half, rel=1e-3)


def test_what_only_one_flow_has_a_seed_of_is_missing(found):
    found.bits[TWO] = {5: found.bits[TWO][0]}
    for quantity in (auroc_gain(ONE, TWO, "mnist"), rise_in_bits(ONE, TWO), less(bits_per_dim(ONE), bits_per_dim(TWO))):
        with pytest.raises(Missing, match="no seed has been measured of both"):
            quantity(found)


@pytest.mark.parametrize(
    "quantity", [auroc_gain(ONE, TWO, "flat"), rise_in_bits(ONE, TWO, "flat"), rise_to(ONE, "flat")]
)
def test_a_set_that_was_not_asked_about_is_missing(found, quantity):
    with pytest.raises(Missing, match="nobody asked about flat"):
        quantity(found)


def estimate(value):
    return Estimate(value, value - 0.1, value + 0.1)


def coupling(r2):
    return SimpleNamespace(r2=None if r2 is None else estimate(r2))


class Explained(Found):
    """An explanation, made up."""

    def explanations(self, study, ood):
        own, others = (0.9, -0.5, None, -6.0), (0.6, -3.0, 0.4, -4.0)
        gaps = tuple(None if a is None else estimate(b - a) for a, b in zip(own, others, strict=True))
        one = SimpleNamespace(
            inside=SimpleNamespace(couplings=tuple(map(coupling, own)), edge=estimate(0.2)),
            outside=SimpleNamespace(couplings=tuple(map(coupling, others)), edge=estimate(0.7)),
            between=SimpleNamespace(r2=gaps),
        )
        return {0: one, 1: one}


def test_either_side_of_an_explanation_is_that_side(tmp_path):
    found = Explained(Lab(tmp_path, "cpu", (0, 1)))
    for side, value in ((inside, 0.2), (outside, 0.7)):
        measured = explained(ONE, "mnist", side(lambda data: data.edge), "edges")(found)
        assert measured.values == {0: value, 1: value}
        assert measured.within == pytest.approx(0.1)
    with pytest.raises(Missing, match="edges can't be measured"):
        explained(ONE, "mnist", lambda explanation: None, "edges")(found)


def test_useless_predictions_are_equally_useless(tmp_path):
    """R² below -1 counts as -1 on either side, before the difference; couplings of which one is unknown do not."""
    measured = r2_gain(ONE, "mnist")(Explained(Lab(tmp_path, "cpu", (0, 1))))
    assert measured.values[0] == pytest.approx(((0.6 - 0.9) + (-1.0 - -0.5) + (-1.0 - -1.0)) / 3)
