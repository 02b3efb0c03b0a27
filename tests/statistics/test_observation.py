"""A data set seen by a model: what is computed, how often, and what is refused."""

import copy
import functools
import weakref

import numpy as np
import pytest
import torch
from torch import nn

from oodflow.bijections import Bijection
from oodflow.data import ImageSet, RealSet
from oodflow.errors import OodflowError, UsageError
from oodflow.flows import Flow, GlowConfig, Images, RealNVPConfig, TabularConfig, image_noise
from oodflow.nets import ResNetConfig
from oodflow.statistics import CompressedBits, Latents, LogDet, LogProb, Observation, compression
from oodflow.testing.modules import randomise
from oodflow.training import seeded


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    return ImageSet.from_array(rng.integers(0, 256, (7, 1, 8, 8), dtype=np.uint8), name="noise")


@pytest.fixture(scope="module")
def flow():
    torch.manual_seed(0)
    return RealNVPConfig(scales=2, width=4).build((1, 8, 8)).train()


class Scaling(Bijection):
    """Multiplies, and counts how often it is asked; a part of it may be in another mode than the whole."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.05, dtype=torch.float64))
        self.part = nn.Dropout()
        self.part.eval()
        self.calls = []

    def forward(self, x):
        assert not self.training
        assert torch.is_inference_mode_enabled()
        self.calls.append(len(x))
        return (x * self.scale).flatten(1), self.scale.log() * x[0].numel() * x.new_ones(len(x))

    def inverse(self, z):
        raise NotImplementedError

    def output_shape(self, shape):
        return (64,)


@pytest.fixture
def scaling():
    return Flow(Images((1, 8, 8)), Scaling()).double()


def by_hand(flow, images, seed, draw=0):
    """The log-probability under the scaling flow, in plain NumPy."""
    batch = images.batch(slice(None))
    v = (batch + image_noise(batch, seed, draw).astype(np.float64)) / 256
    z = 0.05 * v.reshape(len(batch), -1)
    return -0.5 * (z**2 + np.log(2 * np.pi)).sum(1) + 64 * np.log(0.05) - 64 * np.log(256)


def test_equals_the_flow_called_directly(flow, images):
    flow = copy.deepcopy(flow).double()  # in float32, folding its norms rounds differently
    noise = torch.from_numpy(image_noise(images.batch(slice(None)), seed=4)).double()
    with torch.no_grad():
        expected = flow.eval().log_prob(torch.from_numpy(images.batch(slice(None))), noise=noise)
    np.testing.assert_allclose(Observation(flow, images, seed=4)[LogProb()], expected.numpy(), rtol=1e-12)


def averaged(statistic, draws):
    return statistic.average(functools.reduce(statistic.add, draws), len(draws))


def test_draws_are_averaged_in_probability_space():
    draws = np.random.default_rng(0).normal(-2000.0, 5.0, (3, 7))  # far below what exp can hold
    offset = draws.max()
    expected = offset + np.log(np.exp(draws - offset).mean(0))
    np.testing.assert_allclose(averaged(LogProb(), draws), expected, rtol=1e-12)
    np.testing.assert_allclose(averaged(LogProb(bound=True), draws), draws.mean(0), rtol=1e-12)
    assert (expected - draws.mean(0) > 0.1).all()


def test_draws_are_those_of_the_noise_of_each(scaling, images):
    each = np.array([by_hand(scaling, images, 3, draw) for draw in range(3)])
    offset = np.max(each)
    expected = offset + np.log(np.mean(np.exp(each - offset), axis=0))
    values = Observation(scaling, images, seed=3, draws=3)[LogProb()]
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    assert values.dtype == np.float64


def test_memory_does_not_grow_with_the_number_of_draws(scaling, images):
    drawn_so_far, alive = [], []

    class Counting(LogProb):
        def add(self, total, drawn):
            drawn_so_far.append(weakref.ref(drawn))
            alive.append(sum(one() is not None for one in drawn_so_far))
            return super().add(total, drawn)

    Observation(scaling, images, draws=9)[Counting()]
    assert max(alive) <= 2
    assert len(alive) == 8


def test_does_not_depend_on_batches_or_order(scaling, images):
    whole = Observation(scaling, images)[LogProb()]
    for batch_size in (1, 3, 100):
        np.testing.assert_array_equal(Observation(scaling, images, batch_size=batch_size)[LogProb()], whole)
    backwards = ImageSet.from_array(images.batch(slice(None, None, -1)))
    np.testing.assert_array_equal(Observation(scaling, backwards)[LogProb()], whole[::-1])


def test_the_seed_decides(scaling, images):
    first, second = (Observation(scaling, images, seed=seed)[LogProb()] for seed in (0, 1))
    assert (first != second).all()


def test_the_flow_is_left_as_it_was(scaling, images):
    scaling.train()
    scaling.bijection.part.eval()
    Observation(scaling, images)[LogProb()]
    assert scaling.training
    assert not scaling.bijection.part.training
    assert scaling.bijection.scale.requires_grad


def test_all_that_is_asked_for_together_takes_one_pass(scaling, images, monkeypatch):
    compressed = []
    compress = compression.compress
    monkeypatch.setattr(compression, "compress", lambda *args: compressed.append(args) or compress(*args))
    seen = Observation(scaling, images, batch_size=4)
    statistics = [LogProb(), LogDet(), Latents(), CompressedBits()]
    seen.collect([*statistics, *statistics])
    assert scaling.bijection.calls == [4, 3]
    seen.collect(statistics)
    assert seen[CompressedBits()].shape == (7,)
    assert len(compressed) == 7 * len(compression.USUAL)
    assert scaling.bijection.calls == [4, 3]


def test_what_no_draw_changes_is_computed_once(scaling, images):
    sizes = Observation(scaling, images, draws=5)
    sizes.collect([CompressedBits()])
    assert scaling.bijection.calls == []
    flow = TabularConfig(couplings=1, width=4).build((3,))
    calls = []
    flow.bijection.register_forward_hook(lambda *_: calls.append(1))
    vectors = RealSet.from_array(np.ones((4, 3), np.float32))
    np.testing.assert_array_equal(
        Observation(flow, vectors, draws=5, seed=1)[LogProb()], Observation(flow, vectors)[LogProb()]
    )
    assert len(calls) == 2


def test_nobody_can_change_what_others_read(scaling, images):
    values = Observation(scaling, images)[LogProb()]
    with pytest.raises(ValueError, match="read-only"):
        values *= -1


def test_reports_progress(scaling, images):
    seen = []
    settings = {"batch_size": 3, "progress": lambda done, total: seen.append((done, total))}
    Observation(scaling, images, **settings)[LogProb()]
    assert seen == [(3, 7), (6, 7), (7, 7)]
    seen.clear()
    Observation(scaling, images, draws=2, **settings).collect([LogProb(), CompressedBits()])
    assert seen == [(3, 14), (6, 14), (7, 14), (10, 14), (13, 14), (14, 14)]


def test_what_is_known_is_not_computed(scaling, images):
    seen = Observation(scaling, images, known={LogProb(): np.arange(7.0)})
    assert seen[LogProb()].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert not scaling.bijection.calls


def test_another_shape_names_both_sides_and_the_remedy(flow):
    colour = ImageSet.from_array(np.zeros((2, 3, 32, 32), np.uint8), name="svhn")
    with pytest.raises(UsageError, match=r"svhn .* 3x32x32 .* 1x8x8: write svhn\?shape=1x8x8"):
        Observation(flow, colour)
    tabular = TabularConfig(couplings=1, width=4).build((3,))
    with pytest.raises(
        UsageError, match=r"svhn holds images of shape 3x32x32 but this flow is over reals of shape 3: name a table"
    ):
        Observation(tabular, colour)
    with pytest.raises(UsageError, match=r"array has 4 columns but the flow takes 3"):
        Observation(tabular, RealSet.from_array(np.zeros((2, 4))))


@pytest.mark.parametrize("argument", ["draws", "batch_size"])
def test_counts_must_be_positive(flow, images, argument):
    with pytest.raises(UsageError, match=f"{argument} is 0"):
        Observation(flow, images, **{argument: 0})


def test_a_broken_flow_is_reported_with_count_and_first_index(images):
    class Broken(LogProb):
        def compute(self, batch):
            with np.errstate(divide="ignore"):
                return super().compute(batch) / np.array([1.0, 1, 1, 0, 1, 0, 1])

    flow = Flow(Images((1, 8, 8)), Scaling()).double()
    with pytest.raises(
        OodflowError, match=r"2 of 7 images of noise a log-probability .*index 3 \(-inf\): the flow has diverged"
    ):
        Observation(flow, images)[Broken()]


def test_one_failed_draw_out_of_several_is_still_reported(scaling, images):
    class Failing(LogProb):
        def compute(self, batch):
            return np.where(batch.noise[:, 0, 0, 0].numpy() > 0.9, np.nan, 0.0)

    with pytest.raises(OodflowError, match="infinite or NaN"):
        Observation(scaling, images, draws=50)[Failing()]


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((7, 1)), np.zeros(7, int)], ids=str)
def test_one_float_per_image(scaling, images, values):
    with pytest.raises(UsageError, match=r"log_prob of noise is .*expected floats \[7\]"):
        Observation(scaling, images, known={LogProb(): values})


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        (RealNVPConfig(scales=2, width=8, net=ResNetConfig(blocks=1)), (1, 28, 28)),
        (GlowConfig(scales=3, steps=2, width=8), (3, 32, 32)),
    ],
    ids=["realnvp", "glow"],
)
def test_batch_order_and_neighbours_change_a_float32_log_prob_by_rounding_only(config, shape):
    with seeded(0):
        flow = randomise(config.build(shape), seed=0)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, *shape), dtype=np.uint8)

    def log_prob(array, **settings):
        return Observation(flow, ImageSet.from_array(array), **settings)[LogProb()]

    expected = log_prob(images, batch_size=24)
    order = rng.permutation(24)
    shuffled = log_prob(images[order], batch_size=24)
    among_others = log_prob(np.concatenate([255 - images, images]))[24:]
    for other in (log_prob(images, batch_size=7), among_others):
        np.testing.assert_allclose(other, expected, rtol=0, atol=1e-2)
    np.testing.assert_allclose(shuffled, expected[order], rtol=0, atol=1e-2)
    assert np.ptp(expected) > 1


def test_an_array_is_taken_as_images_or_rows(flow, images):
    array = images.batch(slice(None))
    seen = Observation(flow, array)
    assert (seen.data.fingerprint, len(seen)) == (images.fingerprint, 7)
    assert np.array_equal(seen[LogProb()], Observation(flow, images)[LogProb()])
    rows = np.random.default_rng(0).normal(size=(5, 3))
    assert Observation(None, rows).data.fingerprint == RealSet.from_array(rows).fingerprint


@pytest.mark.parametrize(
    ("data", "came"),
    [
        (np.zeros((2, 1, 8, 8), np.int64), "an array of int64"),
        ([[1.0, 2.0]], "a list"),
        (torch.zeros(2, 3), "a Tensor"),
        ("mnist", "a str"),
    ],
)
def test_what_is_no_data_is_refused(flow, data, came):
    with pytest.raises(UsageError, match=f"data is {came}: expected a data set, as oodflow.data.load"):
        Observation(flow, data)


def test_an_array_of_another_shape_is_refused_by_what_it_should_be(flow):
    with pytest.raises(UsageError, match=r"non-empty uint8 array \[N,C,H,W\], but uint8 \[8, 8\] came"):
        Observation(flow, np.zeros((8, 8), np.uint8))
    with pytest.raises(UsageError, match="holds rows of 3 numbers but this flow is over images"):
        Observation(flow, np.zeros((2, 3)))
