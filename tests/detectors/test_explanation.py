"""Conditional contributions: against a normal distribution, whose conditionals are known in closed form."""

import numpy as np
import pytest
import torch
from scipy.stats import expon, multivariate_normal
from sklearn.neighbors import KernelDensity
from torch.distributions import MultivariateNormal

import oodflow
from oodflow.detectors import Columns, conditional_contributions
from oodflow.errors import UsageError

from .small import BLOBS, QUICK

RNG = np.random.default_rng(0)
MIX = RNG.normal(size=(4, 4))
COVARIANCE, MEAN = MIX @ MIX.T + 0.1 * np.eye(4), np.array([5.0, 0.0, -100.0, 1e3])
ROWS = RNG.multivariate_normal(MEAN, COVARIANCE, size=1000)


def exact(rows):
    """Half of the squared residual of the regression on the others, in its own deviations, less what is usual."""
    precision = np.linalg.inv(COVARIANCE)
    residual = (rows - MEAN) @ precision / np.sqrt(np.diag(precision))
    return (residual**2 - 1) / 2


def test_of_a_normal_they_are_the_squared_residuals():
    found = conditional_contributions(multivariate_normal(MEAN, COVARIANCE).logpdf, ROWS[:100], Columns.of(ROWS))
    assert np.abs(found - exact(ROWS[:100])).mean() < 0.02
    assert np.abs(found - exact(ROWS[:100])).max() < 0.2


def test_far_out_they_still_tell():
    far = ROWS[:30] + 6 * RNG.normal(size=(30, 4))
    found = conditional_contributions(multivariate_normal(MEAN, COVARIANCE).logpdf, far, Columns.of(ROWS))
    assert np.abs(found - exact(far)).max() < 0.1 * exact(far).max()
    assert (found.argmax(1) == exact(far).argmax(1)).mean() > 0.9


def test_they_have_no_unit():
    scale, shift = np.array([1e-3, 10.0, 1e6, 1.0]), np.array([0.0, 5.0, 0.0, -1e3])
    density = multivariate_normal(MEAN, COVARIANCE)
    usual = conditional_contributions(density.logpdf, ROWS[:5], Columns.of(ROWS))
    rescaled = conditional_contributions(
        lambda x: density.logpdf((x - shift) / scale) - np.log(scale).sum(),
        ROWS[:5] * scale + shift,
        Columns.of(ROWS * scale + shift),
    )
    assert np.allclose(usual, rescaled, atol=1e-4)


def test_columns_that_are_alone_and_one_that_never_varies():
    rows = np.stack([RNG.exponential(size=500), np.full(500, 7.0)], 1)
    found = conditional_contributions(
        lambda x: expon.logpdf(x[:, 0]) - (x[:, 1] - 7) ** 2 / 0.02,
        np.array([[3.0, 7.0], [1.0, 8.0]]),
        Columns.of(rows),
    )
    assert np.allclose(found[0], [2.0, -0.5], atol=0.1)  # −log p is t, of mean 1
    assert np.allclose(found[1], [0.0, 49.5], atol=0.1)


def test_what_no_value_makes_possible_is_nobodys_fault():
    def log_prob(x):
        return np.where(np.abs(x[:, 0]) < 1, 0.0, -np.inf)

    found = conditional_contributions(log_prob, np.array([[5.0, 0.0]]), Columns.of(RNG.uniform(-1, 1, (200, 2))))
    assert found.tolist() == [[np.inf, 0.0]]


def test_a_detector_explains_its_rows():
    density = MultivariateNormal(torch.from_numpy(MEAN), torch.from_numpy(COVARIANCE))
    detector = oodflow.FlowDetector(density, random_state=0).fit(ROWS)
    odd = ROWS[:3].copy()
    odd[:, 2] += 20
    assert detector.explain(odd).shape == (3, 4)
    assert np.allclose(detector.explain(odd), exact(odd), rtol=0.25, atol=0.5)
    assert (detector.explain(odd).argmax(1) == 2).all()
    trained = oodflow.FlowDetector(**QUICK).fit(BLOBS)
    assert np.isfinite(trained.explain(BLOBS[:4])).all()


def test_rows_in_any_company_have_the_same():
    detector = oodflow.FlowDetector(KernelDensity(bandwidth=0.5), random_state=0).fit(ROWS)
    together = detector.explain(ROWS[:6])
    assert np.allclose(together, np.concatenate([detector.explain(ROWS[i : i + 1]) for i in range(6)]), atol=1e-9)


def test_images_have_no_columns():
    images = RNG.integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)
    flow = oodflow.fit("realnvp", images, steps=1, width=4, scales=2)
    with pytest.raises(UsageError, match=r"explain is for the columns of a table, but .* \(1, 8, 8\)"):
        oodflow.FlowDetector(flow).fit(images).explain(images)
