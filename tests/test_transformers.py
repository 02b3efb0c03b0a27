"""Every registered transformer keeps the contract, and the contract catches those that do not."""

import math

import pytest
import torch

from oodflow.testing import check_transformer
from oodflow.transformers import (
    TRANSFORMERS,
    Affine,
    AffineConfig,
    Mixture,
    MixtureConfig,
    Spline,
    SplineConfig,
    Transformer,
)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformer_keeps_the_contract(name):
    check_transformer(TRANSFORMERS[name]())


@pytest.mark.parametrize(
    "config",
    [
        SplineConfig(bins=2), SplineConfig(bins=20, bound=0.7), SplineConfig(bins=5, bound=40),
        MixtureConfig(components=1), MixtureConfig(components=9, spread=3, affine=False),
    ],
    ids=str,
)  # fmt: skip
def test_transformer_keeps_the_contract_with_other_settings(config):
    check_transformer(config)


def configured(make):
    """Settings of a transformer that is made by a function."""

    class Config(AffineConfig):
        def build(self, channels):
            return make(channels)

    return Config()


def spoilt(forward=None, inverse=None, prediction=None, pull_back=None):
    """An affine transformer, something of which goes through a function."""

    class Spoilt(Affine):
        def forward(self, x, theta):
            return (forward or (lambda *values: values[:2]))(*super().forward(x, theta), x, theta)

        def inverse(self, z, theta):
            return (inverse or (lambda *values: values))(*super().inverse(z, theta))

        def prediction(self, theta):
            return (prediction or (lambda value: value))(super().prediction(theta))

        def pull_back(self, *arguments):
            return (pull_back or (lambda *values: values))(*super().pull_back(*arguments))

    return configured(Spoilt)


def both(spoil):
    return {"forward": lambda z, s, x, theta: spoil(z, s), "inverse": spoil}


def test_what_is_spoilt_in_nothing_keeps_the_contract():
    check_transformer(spoilt())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (both(lambda z, s: (z, -s)), "claims log-derivatives"),  # they still cancel
        (both(lambda z, s: (z, 2 * s)), "claims log-derivatives"),
        (both(lambda z, s: (-z, s)), "not increasing"),
        ({"inverse": lambda x, s: (x + 1e-6, s)}, "is off by"),
        ({"forward": lambda z, s, x, theta: (z + (z - z.detach()).mean(), s)}, "claims log-derivatives"),
        ({"forward": lambda z, s, x, theta: (z + x.roll(1, 0) * 0.1, s)}, "claims log-derivatives"),
        ({"forward": lambda z, s, x, theta: (z + theta.roll(1, 2)[:, : x.shape[1]] * 0.1, s)}, "depends on others"),
        ({"forward": lambda z, s, x, theta: (z, s.sum(1, keepdim=True))}, "one number each"),
        ({"forward": lambda z, s, x, theta: (z.float(), s)}, "dtype"),
        ({"forward": lambda z, s, x, theta: (z + 1e-7 * torch.ones_like(z), s)}, "off by|change x by"),
        ({"prediction": lambda x: -x}, "not mapped to zero"),
        ({"pull_back": lambda x, gx, gt, g: (x + 1e-3, gx, gt, g)}, "another x"),
        ({"pull_back": lambda x, gx, gt, g: (x, 2 * gx, gt, g)}, "another gradient of x"),
        ({"pull_back": lambda x, gx, gt, g: (x, gx, gt.flip(1), g)}, "another gradient of theta"),
        ({"pull_back": lambda x, gx, gt, g: (x, gx, gt, {})}, "another gradient of rescale"),
    ],
)
def test_contract_notices(spoil, message):
    with pytest.raises(AssertionError, match=message):
        check_transformer(spoilt(**spoil))


def test_contract_notices_memory():
    class Remembering(Affine):
        def forward(self, x, theta):
            self.seen = x.shape
            return super().forward(x, theta)

    with pytest.raises(AssertionError, match="remember nothing"):
        check_transformer(configured(Remembering))


def test_contract_notices_a_parameter_without_effect():
    class Wasteful(Affine):
        parameters_per_number = 3
        pull_back = Transformer.pull_back

        def log_scale_and_shift(self, theta):
            return super().log_scale_and_shift(theta[:, : 2 * len(theta[0]) // 3])

    with pytest.raises(AssertionError, match=r"parameters \[2\] make no difference"):
        check_transformer(configured(Wasteful))


def test_contract_notices_an_identity_that_is_only_near():
    class Near(Spline):
        def forward(self, x, theta):
            z, log_derivative = super().forward(x, theta)
            return z * (1 + 1e-15), log_derivative

    with pytest.raises(AssertionError, match="zero parameters change x"):
        check_transformer(configured(lambda channels: Near(bins=4, bound=3.0)))


def spline_of_one_bin_and_a_half():
    """Knots at -2, 0 and 2 that go to -2, -1 and 2, with a slope of 2 in the middle."""
    spline = Spline(bins=2, bound=2.0)
    least = 1e-3
    share = (0.25 - least) / (1 - 2 * least)  # what the softmax has to give for heights of 1 and 3
    slope = (2 - least) / (1 - least) * math.log(2)  # what the softplus has to give
    raw = [0.0, 0.0, math.log(share), math.log(1 - share), math.log(math.expm1(slope))]
    return spline, torch.tensor([raw], dtype=torch.float64)


def test_a_spline_goes_through_its_knots_with_its_slopes():
    spline, theta = spline_of_one_bin_and_a_half()
    x = torch.tensor([[-5.0, -2.0, 0.0, 2.0, 7.0]]).double()
    theta = theta.repeat_interleave(5, 1)
    z, log_derivative = spline(x, theta)
    assert torch.allclose(z, torch.tensor([[-5.0, -2.0, -1.0, 2.0, 7.0]]).double(), atol=1e-12)
    assert torch.allclose(log_derivative.exp(), torch.tensor([[1.0, 1.0, 2.0, 1.0, 1.0]]).double(), atol=1e-12)


def test_a_spline_is_the_rational_quadratic_of_the_paper():
    """Equation 4 of Durkan et al. (2019), worked out for the bin from 0 to 2: w = 2, h = 3, s = 1.5, slopes 2 and 1."""
    spline, theta = spline_of_one_bin_and_a_half()
    for x in (0.3, 1.0, 1.9):
        xi, s = x / 2, 1.5
        expected = -1 + 3 * (s * xi**2 + 2 * xi * (1 - xi)) / (s + (1 + 2 - 2 * s) * xi * (1 - xi))
        z, _ = spline(torch.tensor([[x]], dtype=torch.float64), theta)
        assert z.item() == pytest.approx(expected, abs=1e-12)


def test_a_spline_is_smooth_at_its_ends():
    spline, theta = spline_of_one_bin_and_a_half()
    near = torch.tensor([[-2 - 1e-9, -2 + 1e-9, 2 - 1e-9, 2 + 1e-9]]).double()
    _, log_derivative = spline(near, theta.repeat_interleave(4, 1))
    assert log_derivative.abs().max() < 1e-7


def test_the_affine_transformer_is_that_of_the_paper():
    affine = Affine(2).double()
    with torch.no_grad():
        affine.rescale.copy_(torch.tensor([0.5, 2.0]))
    x, theta = torch.tensor([[1.0, 2.0]]).double(), torch.tensor([[0.3, -0.7, 10.0, 20.0]]).double()
    s = [0.5 * math.tanh(0.3), 2 * math.tanh(-0.7)]
    z, log_derivative = affine(x, theta)
    assert z.tolist()[0] == pytest.approx([(1 + 10) * math.exp(s[0]), (2 + 20) * math.exp(s[1])])
    assert log_derivative.tolist()[0] == pytest.approx(s)
    assert affine.prediction(theta).tolist() == [[-10, -20]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("scale", [5, 30])
def test_a_steep_spline_is_inverted(dtype, scale):
    """Bins a thousand times as high as wide, and flat ones: the place that is found is one that comes back there."""
    generator = torch.Generator().manual_seed(0)
    spline = Spline(bins=8, bound=3.0)
    theta = scale * torch.randn(400, 23 * 3, 50, dtype=dtype, generator=generator)
    z = (6 * torch.rand(400, 3, 50, dtype=dtype, generator=generator) - 3).requires_grad_()
    x, log_derivative = spline.inverse(z, theta)
    (gradient,) = torch.autograd.grad(x.sum() + log_derivative.sum(), z)
    assert log_derivative.isfinite().all()
    assert gradient.isfinite().all()
    again, _ = spline(x.double(), theta.double())  # float32 alone would lose digits on the way back
    assert torch.allclose(again, z.double(), rtol=0, atol=1e-2 if dtype == torch.float32 else 1e-10)


def mixture_and_theta(scale=1.0, *, affine=False, dtype=torch.float64):
    """Three channels of four logistics, parameters of a given deviation, and numbers to map."""
    generator = torch.Generator().manual_seed(0)
    mixture = Mixture(3, components=4, spread=1.0, affine=affine).to(dtype)
    theta = scale * torch.randn(50, 3 * mixture.parameters_per_number, dtype=torch.float64, generator=generator)
    x = 2 * torch.randn(50, 3, dtype=torch.float64, generator=generator)
    return mixture, theta.to(dtype), x.to(dtype)


def test_a_mixture_is_the_distribution_function_of_logistics_taken_back_to_the_real_line():
    mixture, theta, x = mixture_and_theta()
    z, log_derivative = mixture(x, theta)
    logits, means, log_scales = theta.reshape(50, 3, 4, 3).unbind(1)
    weights = torch.cat([0.999 * logits.softmax(1), torch.full((50, 1, 3), 0.001, dtype=torch.float64)], 1)
    means, scales = (torch.cat([one, one.new_full((50, 1, 3), last)], 1) for one, last in (
        (means, 0.0), (log_scales.exp(), 1.0)))  # fmt: skip
    logistic = torch.sigmoid((x[:, None] - means) / scales)
    u = (weights * logistic).sum(1)
    density = (weights * logistic * (1 - logistic) / scales).sum(1)
    assert torch.allclose(z, torch.logit(u), rtol=1e-9, atol=1e-9)
    assert torch.allclose(log_derivative, (density / (u * (1 - u))).log(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.0])
def test_a_mixture_is_inverted_where_it_is_steep_and_where_it_is_flat(scale, affine):
    mixture, theta, x = mixture_and_theta(scale, affine=affine)
    z, log_derivative = mixture(x, theta)
    again, log_derivative_back = mixture.inverse(z, theta)
    rounding = 1e-13 * (1 + z.abs()) * (1 + (-log_derivative).exp())
    assert ((again - x).abs() <= rounding * (1 + theta.abs().max())).all()
    assert torch.allclose(log_derivative_back, -log_derivative, rtol=1e-6, atol=1e-6)


def test_logistics_begin_apart_and_come_further_apart_in_training():
    mixture, _, x = mixture_and_theta()
    output = torch.zeros(50, 36, dtype=torch.float64, requires_grad=True)
    theta = mixture.started(output)
    assert theta[0].reshape(12, 3)[4:8, 1].tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    z, log_derivative = mixture(x, theta)
    (gradient,) = torch.autograd.grad((z.square() / 2 - log_derivative).sum(), output)
    assert len({round(value, 9) for value in gradient.sum(0).reshape(12, 3)[4:8, 0].tolist()}) == 4
