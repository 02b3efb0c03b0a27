"""What a flow is over is declared: 8-bit images in any dequantisation, real tensors of any shape."""

from typing import ClassVar, Literal

import numpy as np
import pytest
import torch
from scipy import stats

import oodflow
from oodflow import analysis
from oodflow.bijections import Chain, Logit, MultiScale
from oodflow.data import ImageSet
from oodflow.errors import UsageError
from oodflow.flows import (
    DEQUANTISATIONS,
    DOMAINS,
    FLOWS,
    Dequantisation,
    DequantisationConfig,
    Flow,
    FlowConfig,
    GlowConfig,
    Images,
    RealNVPConfig,
    Reals,
    RealsConfig,
    Standardised,
    StandardisedConfig,
    TabularConfig,
    Whitened,
    WhitenedConfig,
    image_noise,
    load_flow,
)
from oodflow.flows.domains import AnyDomainConfig
from oodflow.nets import ConvNetConfig
from oodflow.recipes import RECIPES
from oodflow.runs import override
from oodflow.statistics import LogProb, Observation
from oodflow.testing import check_dequantisation, check_domain, check_flow
from oodflow.testing.modules import log_det_of, randomise
from oodflow.training import seeded

IMAGE_FLOWS = [name for name in FLOWS if FLOWS[name].rank == 3]


class Triangular(Dequantisation):
    """More often in the middle of the cell: q(u) = 4 min(u, 1 - u), by its inverse distribution function."""

    def forward(self, images, noise):
        noise = noise.clamp(min=2.0**-25)  # where q is 0, its logarithm is infinite
        u = torch.where(noise < 0.5, (noise / 2).sqrt(), 1 - ((1 - noise) / 2).sqrt())
        return u, torch.log(4 * torch.minimum(u, 1 - u)).flatten(1).sum(1)


class TriangularConfig(DequantisationConfig):
    """Triangular."""

    kind: Literal["triangular"] = "triangular"
    wrong: float = 0.0

    def build(self, shape):
        built = Triangular()
        if self.wrong:
            built.forward = lambda images, noise: (Triangular.forward(built, images, noise)[0], self.wrong)
        return built


@pytest.fixture
def triangular():
    with DEQUANTISATIONS.replacing("triangular", TriangularConfig):
        yield


@pytest.mark.parametrize("name", DEQUANTISATIONS)
def test_dequantisation_keeps_the_contract(name):
    check_dequantisation(DEQUANTISATIONS[name]())


def test_another_dequantisation_keeps_the_contract_and_a_wrong_density_is_noticed():
    check_dequantisation(TriangularConfig())
    with pytest.raises(AssertionError, match="q is not u's density"):
        check_dequantisation(TriangularConfig(wrong=0.1))


def small(name, **settings):
    sizes = {"width": 2, "steps": 1, "couplings": 2, "blocks": 2, "heads": 1, "layers": 1, "squeezes": 1} | settings
    return FLOWS[name](**{field: size for field, size in sizes.items() if field in FLOWS[name].model_fields})


@pytest.mark.parametrize("dequantisation", ["triangular", {"kind": "variational", "width": 2, "couplings": 2}], ids=str)
@pytest.mark.parametrize("name", IMAGE_FLOWS)
def test_a_flow_with_another_dequantisation_keeps_the_contract(name, dequantisation, triangular):
    torch.manual_seed(0)
    config = small(name, net=ConvNetConfig(), domain={"kind": "images", "dequantisation": dequantisation})
    check_flow(config, shapes=((1, 4, 4),))


@pytest.mark.parametrize("name", FLOWS)
def test_every_flow_over_real_tensors_keeps_the_contract(name):
    torch.manual_seed(0)
    shapes = {3: ((4, 4, 8),), 1: ((5,),)}[FLOWS[name].rank]
    check_flow(small(name, net=ConvNetConfig(), domain="reals") if name in IMAGE_FLOWS else small(name), shapes=shapes)


@pytest.mark.parametrize("dequantisation", [None, Triangular()], ids=["uniform", "triangular"])
def test_averaged_over_its_noise_a_flow_gives_the_probability_of_each_pixel(dequantisation):
    """One pixel under a logit and a normal: the probability of its cell is a difference of distribution functions."""
    flow = Flow(
        Images((1, 1, 1), dequantisation=dequantisation), MultiScale((1, 1, 1), [Chain([Logit(0.05)])])
    ).double()
    steps = 20_000
    noise = ((torch.arange(steps, dtype=torch.float64) + 0.5) / steps).reshape(-1, 1, 1, 1)
    for pixel in (0, 7, 128, 255):
        edges = torch.tensor([pixel / 256, (pixel + 1) / 256], dtype=torch.float64)
        low, high = torch.special.ndtr(torch.logit(0.05 + 0.9 * edges))
        x = torch.full(noise.shape, pixel, dtype=torch.uint8)
        found = flow.log_prob(x, noise=noise).exp().mean()
        assert found.item() == pytest.approx((high - low).item(), rel=0.01 if dequantisation else 1e-6)


def test_the_analyses_count_the_density_of_the_dequantisation():
    with seeded(0):
        config = RealNVPConfig(scales=2, width=4, net=ConvNetConfig())
        built = config.build((1, 8, 8))
    flow = Flow(Images((1, 8, 8), dequantisation=Triangular()), built.bijection).double().eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 8, 8), dtype=np.uint8)
    noise = torch.from_numpy(image_noise(images, 5))
    expected = flow.log_prob(torch.from_numpy(images), noise=noise).detach().numpy()
    np.testing.assert_allclose(analysis.contributions(flow, images, seed=5).log_prob, expected, rtol=1e-9)
    np.testing.assert_allclose(Observation(flow, ImageSet.from_array(images), seed=5)[LogProb()], expected, rtol=1e-9)


def test_a_density_of_feature_maps_has_no_constant_and_no_logit():
    config = GlowConfig(steps=1, width=2, net=ConvNetConfig(), domain=RealsConfig())
    flow = randomise(config.build((4, 4, 4)).double(), 0).eval()
    assert not any(isinstance(layer, Logit) for layer in flow.modules())
    x = 10 * torch.randn(2, 4, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z, _ = flow.bijection(x)
    log_det = log_det_of(lambda one: flow.bijection(one[None])[0][0], x[1])
    assert torch.allclose(flow.log_prob(x)[1], flow.prior.log_prob(z)[1] + log_det)
    noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(1))
    assert torch.equal(flow.log_prob(x, noise=noise), flow.log_prob(x))


def test_the_domain_is_set_on_the_command_line_and_saved(tmp_path):
    config = override(RECIPES["mnist-glow"]("smoke"), ["flow.domain=reals", "flow.prior=diagonal-normal"]).flow
    flow = config.build((4, 4, 4)).eval()
    flow.save(tmp_path / "maps.safetensors")
    loaded = load_flow(tmp_path / "maps.safetensors")
    assert (loaded.domain.kind, loaded.shape, loaded.config) == ("reals", (4, 4, 4), config)


def test_what_the_data_are_must_be_said():
    bijection = MultiScale((1, 4, 4), [Chain([Logit()])])
    with pytest.raises(UsageError, match=r"domain is \(1, 4, 4\): say what the data are, such as Images"):
        Flow((1, 4, 4), bijection)
    with pytest.raises(UsageError, match=r"8-bit images have shape .* but \(12,\) came: .* Reals\(\(12,\)\)"):
        Images((12,))
    for wrong in ((), (0, 3), 5, ("a",), (1, 28.5), "128"):
        with pytest.raises(UsageError, match="expected whole numbers from 1"):
            Reals(wrong)


class Sequences(FlowConfig):
    """A flow over another number of dimensions, from outside."""

    rank: ClassVar[int] = 2
    kind: Literal["sequences"] = "sequences"
    domain: AnyDomainConfig = RealsConfig()

    @property
    def title(self):
        return "Sequences"

    def bijection(self, shape):
        return MultiScale(shape, [Chain([])])


def test_a_flow_may_be_over_any_number_of_dimensions():
    assert Sequences().build((4, 3)).log_prob(torch.zeros(2, 4, 3)).shape == (2,)
    with pytest.raises(UsageError, match=r"kind sequences takes data of 2 dimensions but the data has shape \[4\]"):
        Sequences().build((4,))


def test_a_flow_over_vectors_can_not_be_over_images():
    with pytest.raises(UsageError, match=r"8-bit images have shape \(channels, height, width\)"):
        TabularConfig(domain="images", couplings=2).build((5,))


@pytest.mark.parametrize(
    ("domain", "wrong", "message"),
    [
        (Images((1, 4, 4)), torch.zeros(2, 1, 4, 4), r"x must be uint8 images \[B, 1, 4, 4\] .* torch.float32"),
        (Images((1, 4, 4)), torch.zeros(2, 1, 4, 5, dtype=torch.uint8), r"is torch.uint8 \[2, 1, 4, 5\]"),
        (Reals((1, 4, 4)), torch.zeros(2, 1, 4, 4, dtype=torch.uint8), r"must be floats \[B, 1, 4, 4\]"),
        (Reals((1, 4, 4)), torch.zeros(2, 4, 4), r"must be floats \[B, 1, 4, 4\]"),
        (Images((1, 4, 4)), [1, 2], "x is a list: expected a tensor or a NumPy array"),
        (Images((1, 4, 4)), np.array(["a"]), "x is an array of <U1: expected numbers"),
    ],
)
def test_data_of_another_kind_is_refused(domain, wrong, message):
    flow = Flow(domain, MultiScale((1, 4, 4), [Chain([Logit()])]))
    with pytest.raises(UsageError, match=message):
        flow.log_prob(wrong)


def test_feature_maps_have_no_pictures_and_no_data_sets():
    flow = small("glow", domain="reals").build((1, 8, 8))
    with pytest.raises(UsageError, match=r"over reals \(1, 8, 8\): only flows over images have pictures"):
        analysis.Walk(flow)
    with pytest.raises(
        UsageError, match=r"holds images of shape 1x8x8 but this flow is over reals of shape 1x8x8: .* in Python"
    ):
        Observation(flow, ImageSet.from_array(np.zeros((2, 1, 8, 8), np.uint8)))


@pytest.mark.parametrize("name", DOMAINS)
def test_a_domain_keeps_the_contract(name):
    check_domain(DOMAINS[name]())


@pytest.mark.parametrize("wrong", ["added", "leave", "fit"])
def test_a_wrong_domain_is_noticed(wrong):
    class Wrong(Standardised):
        def enter(self, x, noise, seed, dtype):
            values, added = super().enter(x, noise, seed, dtype)
            return values, added + 0.01 * (wrong == "added")

        def leave(self, values):
            return super().leave(values) + 0.1 * (wrong == "leave")

        def fit(self, chunks):
            super().fit(list(chunks)[-1:] if wrong == "fit" else chunks)

    class WrongConfig(StandardisedConfig):
        def build(self, shape):
            return Wrong(shape, tail=self.tail)

    message = {"added": "Jacobian says", "leave": "is not x", "fit": "cut into chunks"}[wrong]
    with pytest.raises(AssertionError, match=message):
        check_domain(WrongConfig())


def test_standardised_numbers_are_those_of_numpy():
    x = torch.from_numpy(np.random.default_rng(0).normal(3, [1e-3, 2, 5e6], (500, 3)))
    domain = Standardised((3,), tail=2.0)
    domain.fit(x.split(64))
    np.testing.assert_allclose(domain.mean, x.numpy().mean(0), rtol=1e-12)
    np.testing.assert_allclose(domain.deviation, x.numpy().std(0), rtol=1e-12)
    units = (x.numpy() - x.numpy().mean(0)) / x.numpy().std(0)
    values, _ = domain.enter(x, None, 0, torch.float64)
    within = np.abs(units) <= 2
    np.testing.assert_allclose(values.numpy()[within], units[within], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.abs(values.numpy()[~within]), 2 + np.log(1 + np.abs(units[~within]) - 2), rtol=1e-9)
    np.testing.assert_array_equal(np.sign(values.numpy()), np.sign(units))


def test_whitened_numbers_have_no_correlations_left():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(500, 4, dtype=torch.float64, generator=generator) @ torch.randn(4, 4, dtype=torch.float64) + 1e4
    x = torch.cat([x, x[:, :1], torch.full((500, 1), 3.0)], 1)  # a copy and a constant
    domain = Whitened((6,), jitter=0.1)
    domain.fit(x.split(64))
    variances = np.linalg.eigvalsh(np.corrcoef(x[:, :5].T))[::-1]
    np.testing.assert_allclose(domain.spread[:5], np.sqrt(variances + 0.01), rtol=1e-6)
    values, _ = domain.enter(x, None, 0, torch.float64)
    expected = np.diag([*variances / (variances + 0.01), 0])
    np.testing.assert_allclose(np.cov(values.T, bias=True), expected, atol=1e-6)
    noise = torch.rand(x.shape, dtype=torch.float64, generator=generator)
    spread, _ = domain.enter(x, noise, 0, torch.float64)
    np.testing.assert_allclose(np.cov(spread.T, bias=True), np.eye(6), atol=0.2)
    assert domain.axes.gather(0, domain.axes.abs().argmax(0, keepdim=True)).min() > 0


def test_a_flow_that_begins_as_the_identity_begins_as_the_normal_distribution_of_whitened_data():
    x = torch.randn(400, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = x @ torch.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 3.0], [0.0, 0.0, 0.5]], dtype=torch.float64)
    config = TabularConfig(couplings=2, width=4, net={"kind": "mlp", "zero_init": True}, domain="whitened")
    flow = config.model_copy(update={"domain": WhitenedConfig(jitter=1e-6, tail=1e9)}).build((3,)).double()
    flow.domain.fit([x])
    expected = stats.multivariate_normal(x.mean(0).numpy(), np.cov(x.T, bias=True)).logpdf(x.numpy())
    np.testing.assert_allclose(flow.log_prob(x).detach(), expected, rtol=1e-9)


def test_a_constant_number_keeps_its_unit_and_what_lies_absurdly_far_out_has_a_finite_density():
    torch.manual_seed(0)
    flow = TabularConfig(couplings=2, width=8).build((3,)).eval()
    x = torch.randn(200, 3, dtype=torch.float64)
    x[:, 1] = 0.1  # whose mean is not 0.1 to the last digit
    flow.domain.fit([x])
    assert flow.domain.deviation[1] == 1
    far = torch.tensor([[0.0, 0.1, 0.0], [0.0, 1e300, 0.0], [1e30, -1e30, 1e30]], dtype=torch.float64)
    log_prob = flow.log_prob(far)
    assert log_prob.isfinite().all()
    assert log_prob[0] > log_prob[1:].max() + 100


@pytest.mark.parametrize("config", [StandardisedConfig(), WhitenedConfig()])
def test_numbers_whose_squares_are_infinite_are_refused(config):
    x = torch.randn(40, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    config.build((3,)).fit([x * 1e140])
    with pytest.raises(UsageError, match="number 2 of a row is as large as 1e150 or larger in some rows: divide it"):
        config.build((3,)).fit([x * torch.tensor([1.0, 1e200, 1.0], dtype=torch.float64)])


def test_jitter_is_normal_and_nothing_without_noise():
    domain = Standardised((2,), jitter=0.3)
    domain.fit([torch.tensor([[0.0, 1.0], [2.0, 5.0]], dtype=torch.float64)])
    x = torch.tensor([[1.0, 7.0]], dtype=torch.float64).expand(4096, 2)
    noise = torch.rand(x.shape, generator=torch.Generator().manual_seed(0))
    still, added = domain.enter(x, None, 0, torch.float64)
    spread, also_added = domain.enter(x, noise, 0, torch.float64)
    assert torch.equal(added, also_added)
    assert still.unique(dim=0).tolist() == [[0.0, 2.0]]
    normals = ((spread - still) / 0.3).numpy().ravel()
    assert stats.kstest(normals, "norm").pvalue > 0.01
    ends = domain.enter(x[:1], torch.tensor([[0.0, 1 - 2.0**-24]]), 0, torch.float32)[0]
    assert ends.isfinite().all()


def test_jitter_is_the_floor_of_the_density_of_ties_and_copies():
    """A column of two values and its copy: what is learned can't be denser than normals as wide as the jitter."""
    torch.manual_seed(0)
    column = np.random.default_rng(0).integers(0, 2, (400, 1)).astype(np.float64)
    data = np.concatenate([column, column], 1)
    config = TabularConfig(couplings=4, width=32, domain={"kind": "standardised", "jitter": 0.2})
    flow = oodflow.fit(config, data, steps=300, seed=0, progress=False)
    highest = -2 * np.log(0.2 * np.sqrt(2 * np.pi)) - np.log(data.std(0)).sum()  # of one point, in the data's units
    assert flow.log_prob(data).max() < highest + 0.5


def test_training_fits_the_domain_to_the_training_data_alone():
    data = np.random.default_rng(0).normal(7, 3, (90, 4))
    held_out = data[:10] + 100
    flow = oodflow.fit("tabular", data, validation=held_out, steps=4, width=4, progress=False)
    np.testing.assert_allclose(flow.domain.mean, data.mean(0), rtol=1e-12)
