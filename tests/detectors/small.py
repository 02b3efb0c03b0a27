"""Small rows and quick settings for tests of detectors."""

from types import MappingProxyType

import numpy as np

from oodflow.flows import TabularConfig

QUICK = MappingProxyType({"flow": TabularConfig(couplings=2, width=8), "steps": 4, "random_state": 0})
"""Settings of a :class:`~oodflow.FlowDetector` that is trained in no time."""

_RNG = np.random.default_rng(0)
BLOBS = _RNG.normal(size=(300, 3)) + 6 * _RNG.integers(-1, 2, (300, 1)) * np.array([1.0, -1.0, 0.0])
"""Rows of three clusters, float64 ``[300, 3]``."""
