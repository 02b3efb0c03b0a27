"""Three small tables of anomalies, and quick detectors to measure on them."""

import numpy as np
import pytest

from oodflow.bench.tabular import METHODS, Method

from .small import FromMean, Norm


@pytest.fixture
def tables(tmp_path):
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{name}.npz" for name in ("near", "far", "twin")]
    for path, shift in zip(paths, (1, 4, 2), strict=True):
        rows = rng.normal(3, 1, (60, 3))
        rows[48:] += shift * rng.choice([-1, 1], (12, 3))
        np.savez(path, X=rows, y=np.repeat([0, 1], [48, 12]))
    return paths


@pytest.fixture(autouse=True)
def quick():
    """In the flow's place stands what takes no time."""
    with (
        METHODS.replacing("flow", Method("distance from the mean", lambda seed: FromMean())),
        METHODS.replacing("norm", Method("distance from the origin", lambda seed: Norm())),
    ):
        yield
