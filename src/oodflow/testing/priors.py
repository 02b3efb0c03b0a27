"""The contract of a prior, as a test that anyone can run on a prior of their own."""

import torch
from torch import Tensor

from oodflow.flows import Prior, PriorConfig, generator_of
from oodflow.testing.modules import check_gradients, leaving_no_trace, randomise

_DIMS = 5
_GRID = torch.linspace(-40, 40, 16_001, dtype=torch.float64)


def check_prior(config: PriorConfig) -> None:
    r"""Test that a prior keeps its contract.

    ``log_prob`` is the sum of ``log_prob_each``, and the density of each number, :math:`\exp` of that, has an integral
    of 1, in float64, before and after training has moved the parameters; samples come from that density: where the
    distribution function is evaluated at them it is uniform; they belong to their seed, and the first do not depend on
    how many there are; at temperature 0 they are the mode; every parameter has a gradient, and none that would change
    the integral; a call leaves no trace.

    Args:
        config: the prior's settings.

    Raises:
        AssertionError: with the clause that does not hold.

    Example:
        >>> from oodflow.flows import DiagonalNormalConfig
        >>> check_prior(DiagonalNormalConfig())
    """
    assert type(config).model_validate_json(config.model_dump_json()) == config, "settings change in a JSON round trip"
    prior, z = config.build(_DIMS).double(), torch.randn(7, _DIMS, dtype=torch.float64, generator=generator_of(1))
    _check(prior, z)
    _check(randomise(prior, 0), z)
    again = config.build(_DIMS).double()
    again.load_state_dict(prior.state_dict())
    assert torch.equal(again.log_prob(z), prior.log_prob(z)), "a saved and loaded prior is another prior"


def _check(prior: Prior, z: Tensor) -> None:
    with leaving_no_trace(prior):
        log_prob, each = prior.log_prob(z), prior.log_prob_each(z)
    assert log_prob.shape == (len(z),), f"log_prob has shape {tuple(log_prob.shape)}: one number each is expected"
    assert torch.allclose(log_prob, each.sum(1)), "log_prob is not the sum of log_prob_each"
    assert torch.allclose(prior.log_prob(z[2:3])[0], log_prob[2]), "one alone has another log_prob than in a batch"
    if log_prob.requires_grad:
        check_gradients(prior, -log_prob.mean())
    density = prior.log_prob_each(_GRID[:, None].expand(-1, _DIMS)).exp()
    integral = torch.trapezoid(density, _GRID, dim=0)
    assert torch.allclose(integral, torch.ones_like(integral), atol=1e-6), f"densities integrate to {integral}"
    if integral.requires_grad:
        slopes = torch.autograd.grad(integral.sum(), list(prior.parameters()), materialize_grads=True)
        wrong = "gradients are not those of a density: moving a parameter would change its integral"
        assert all(torch.allclose(slope, torch.zeros_like(slope), atol=1e-6) for slope in slopes), wrong
    with torch.no_grad():
        _check_samples(prior, density)


def _check_samples(prior: Prior, density: Tensor) -> None:
    before = torch.random.get_rng_state()
    samples = prior.sample(2000, seed=3)
    assert samples.shape == (2000, _DIMS), f"samples have shape {tuple(samples.shape)}"
    assert torch.equal(samples, prior.sample(2000, seed=torch.Generator().manual_seed(3))), "a seed is its generator"
    assert torch.equal(samples[:2], prior.sample(2, seed=3)), "the first of many samples are others than of few"
    assert not torch.equal(samples[:2], prior.sample(2)), "the seed makes no difference"
    assert torch.equal(torch.random.get_rng_state(), before), "the global random generator was used"
    function = torch.cumulative_trapezoid(density, _GRID, dim=0)
    for d in range(_DIMS):
        at = torch.searchsorted(_GRID, samples[:, d].double().contiguous()).clamp(max=len(function) - 1)
        share = function[at, d].sort().values
        gap = (share - (torch.arange(2000) + 0.5) / 2000).abs().max()
        assert gap < 0.05, f"samples of entry {d} are not from the prior: Kolmogorov-Smirnov distance {gap:.3f}"
    cold = prior.sample(2, seed=3, temperature=0.0)
    assert torch.equal(cold[0], cold[1]), "at temperature 0 all samples are the mode"
    mode = _GRID[density.argmax(0)]
    assert torch.allclose(cold[0].double(), mode, atol=0.01), "at temperature 0 samples are not the density's mode"
