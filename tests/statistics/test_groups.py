"""Statistics of dealt groups of images, and the one that there is: log-probability in train mode."""

import copy

import numpy as np
import pytest
import torch
from pydantic import Field
from torch.nn.modules.batchnorm import _BatchNorm

from oodflow.data import ImageSet, RealSet
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import GlowConfig, RealNVPConfig, TabularConfig, image_noise
from oodflow.nets import ResNetConfig
from oodflow.statistics import BatchNormLogProb, LogProb, Observation, Store, deal
from oodflow.testing.modules import leaving_no_trace, randomise
from oodflow.testing.statistics import check_statistic
from oodflow.training import seeded

SHAPE = (1, 8, 12)


class MeanLogProb(LogProb):
    """The mean over a group, which takes no batch norm."""

    group: int = Field(3, ge=1)

    @property
    def group_size(self):
        return self.group

    def compute(self, batch):
        return super().compute(batch).reshape(-1, self.group).mean(1)


class AmongGroups(MeanLogProb):
    def compute(self, batch):
        values = super().compute(batch)
        return values - values.mean()


class OfTheFirst(MeanLogProb):
    def compute(self, batch):
        return LogProb.compute(self, batch).reshape(-1, self.group)[:, 0]


class DealtAlike(MeanLogProb):
    def compute(self, batch):
        return np.zeros(len(batch) // self.group)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return ImageSet.from_array(rng.integers(0, 256, (11, *SHAPE), dtype=np.uint8), name="noise")


@pytest.fixture(scope="module")
def flow():
    """A flow whose norms have seen other images than are asked about, in float64."""
    with seeded(0):
        flow = RealNVPConfig(scales=2, width=4, net=ResNetConfig(blocks=1)).build(SHAPE)
    return randomise(flow, seed=1).double().eval()


def mean_log_prob(flow, images, seed=0, draw=0):
    """In the mode that the flow is in, with the noise of evaluation."""
    noise = torch.from_numpy(image_noise(images, seed, draw)).double()
    with torch.no_grad():
        return flow.log_prob(torch.from_numpy(images), noise=noise).mean().item()


@pytest.mark.parametrize(("group", "batch_size"), [(1, 4), (4, 1), (4, 9), (4, 100)])
def test_it_is_the_log_prob_in_train_mode_of_each_group(flow, images, group, batch_size):
    found = Observation(flow, images, seed=5, batch_size=batch_size)[BatchNormLogProb(group=group)]
    dealt = deal(11, group, seed=5) if group > 1 else np.arange(11)[:, None]
    plain = copy.deepcopy(flow).train()
    expected = [mean_log_prob(plain, images.batch(rows), seed=5) for rows in dealt]
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert len(found) == 11 // group


def test_a_share_is_taken_in_every_norm(flow, images):
    found = Observation(flow, images)[BatchNormLogProb(group=1, share=0.3)]
    expected = [_one_among_others(flow, images.batch([i]), 0.3) for i in range(3)]
    np.testing.assert_allclose(found[:3], expected, rtol=1e-12)
    usual = Observation(flow, images)[LogProb()]
    np.testing.assert_allclose(Observation(flow, images)[BatchNormLogProb(group=1, share=1e-13)], usual, rtol=1e-9)
    assert (np.abs(found - usual) > 1e-3).all()


def _one_among_others(flow, image, share):
    """Compute it plainly: before a norm is asked, it is given the statistics of the mixture."""
    flow = copy.deepcopy(flow).eval()

    def mix(norm, inputs):
        (x,) = inputs
        mean = share * x.mean((0, 2, 3)) + (1 - share) * norm.running_mean
        square = share * (x**2).mean((0, 2, 3)) + (1 - share) * (norm.running_var + norm.running_mean**2)
        norm.running_mean, norm.running_var = mean, square - mean**2

    for part in flow.modules():
        if isinstance(part, _BatchNorm):
            part.register_forward_pre_hook(mix)
    return mean_log_prob(flow, image)


@pytest.mark.parametrize("training", [True, False])
def test_the_flow_and_its_running_statistics_are_left_as_they_are(flow, images, training):
    flow = copy.deepcopy(flow).train(training)
    with leaving_no_trace(flow):
        Observation(flow, images).collect([BatchNormLogProb(), BatchNormLogProb(group=1, share=0.5), LogProb()])
    assert all(part.training == training for part in flow.modules())


def test_of_several_draws_it_is_the_mean(flow, images):
    statistic = BatchNormLogProb(group=2)
    found = Observation(flow, images, draws=2)[statistic]
    plain = copy.deepcopy(flow).train()
    groups = [images.batch(rows) for rows in deal(11, 2, seed=0)]
    expected = [np.mean([mean_log_prob(plain, one, draw=draw) for draw in range(2)]) for one in groups]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_it_takes_a_flow_with_batch_norm_and_images_for_a_group(images, flow):
    glow = GlowConfig(scales=1, steps=1, width=4).build(SHAPE)
    with pytest.raises(
        UsageError, match=r"takes a flow whose st-networks have batch norm, .* none: .* flow.net=resnet"
    ):
        Observation(glow, images)[BatchNormLogProb()]
    with pytest.raises(UsageError, match="it judges groups of 12 images, and noise has 11"):
        Observation(flow, images)[BatchNormLogProb(group=12)]
    assert BatchNormLogProb(group=11).why_not(flow, images) is None


def test_groups_are_those_that_scores_are_dealt(flow, images):
    seen = Observation(flow, images, seed=3)
    expected = seen[LogProb()][deal(11, 3, seed=3)].mean(1)
    np.testing.assert_allclose(seen[MeanLogProb()], expected, rtol=1e-12)


def test_groups_of_each_size_take_a_pass_of_their_own(flow, images):
    seen = []
    observation = Observation(flow, images, batch_size=4, progress=lambda done, total: seen.append((done, total)))
    observation.collect([MeanLogProb(), LogProb(), MeanLogProb(group=5)])
    assert seen == [(3, 9), (6, 9), (9, 9), (4, 11), (8, 11), (11, 11), (5, 10), (10, 10)]


def test_a_store_tells_how_groups_were_dealt(tmp_path):
    """Of vectors, which have no noise: it is the groups that the seed decides."""
    vectors = RealSet.from_array(np.random.default_rng(0).normal(size=(12, 3)))
    flow = TabularConfig(couplings=1, width=4).build((3,))
    store = Store(tmp_path, "weights")

    def values(group, seed):
        return Observation(flow, vectors, seed=seed, store=store)[MeanLogProb(group=group)]

    first = [values(group, seed).tolist() for group in (2, 3) for seed in (0, 1)]
    assert len({tuple(one) for one in first}) == 4
    assert [values(group, seed).tolist() for group in (2, 3) for seed in (0, 1)] == first
    assert len([*tmp_path.glob("*.safetensors")]) == 4


def test_a_broken_flow_is_reported_by_groups(flow, images):
    class Broken(MeanLogProb):
        def compute(self, batch):
            return np.full(len(batch) // 3, np.nan)

    with pytest.raises(OodflowError, match=r"3 of 3 groups of 3 images of noise a log-probability .*index 0"):
        Observation(flow, images)[Broken()]


def test_groups_keep_the_contract():
    check_statistic(MeanLogProb())


@pytest.mark.parametrize(
    ("broken", "clause"),
    [(AmongGroups, "batch size"), (OfTheFirst, "or their order"), (DealtAlike, "another seed")],
)
def test_the_contract_catches(broken, clause):
    with pytest.raises(AssertionError, match=clause):
        check_statistic(broken())
