"""The detectors that are measured, at their own defaults: a line each, and so for one from a plug-in.

Those that distances or covariances depend on the units of columns are given standardised ones, as anybody would.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

from oodflow.detectors import FlowDetector
from oodflow.registry import Registry

Rows = NDArray[np.float64]


class Detector(Protocol):
    """What is measured: an estimator of scikit-learn, or what behaves as one."""

    def fit(self, rows: Rows, /) -> Any:
        """Learn what is normal from ``[N, D]``."""

    def score_samples(self, rows: Rows, /) -> Any:
        """Tell how normal rows are, ``[N]``."""


@dataclass(frozen=True)
class Method:
    """A detector that can be made.

    Attributes:
        what: what it is, and what it is given, in a few words for the page.
        make: makes it, given a seed.
        package: that it needs beside our own dependencies; empty: none.
    """

    what: str
    make: Callable[[int], Detector]
    package: str = ""


OURS = "flow"
"""The method that all of this is about."""

AS_THEY_ARE, STANDARDISED = "columns as they are", "standardised columns"


def _standardised(detector: Any) -> Detector:
    pipeline: Detector = make_pipeline(StandardScaler(), detector)
    return pipeline


class _Ecod:
    """ECOD of PyOD, with the sign of scikit-learn. It ranks rows among those of ``fit`` and all that are scored."""

    def __init__(self) -> None:
        from pyod.models.ecod import ECOD

        self._detector = ECOD()

    def fit(self, rows: Rows) -> Self:
        self._detector.fit(rows)
        return self

    def score_samples(self, rows: Rows) -> Rows:
        return np.asarray(-self._detector.decision_function(rows))


METHODS: Registry[Method] = Registry("method", "oodflow.tabular_methods", {
    OURS: Method(
        f"oodflow.FlowDetector, {AS_THEY_ARE}", lambda seed: FlowDetector(device="cpu", random_state=seed)
    ),
    "isolation-forest": Method(
        f"sklearn.ensemble.IsolationForest, {AS_THEY_ARE}", lambda seed: IsolationForest(random_state=seed)
    ),
    "local-outlier-factor": Method(
        f"sklearn.neighbors.LocalOutlierFactor(novelty=True), {STANDARDISED}",
        lambda seed: _standardised(LocalOutlierFactor(novelty=True)),
    ),
    "one-class-svm": Method(
        f"sklearn.svm.OneClassSVM, {STANDARDISED}", lambda seed: _standardised(OneClassSVM())
    ),
    "gaussian-mixture": Method(
        f"sklearn.mixture.GaussianMixture, {STANDARDISED}",
        lambda seed: _standardised(GaussianMixture(random_state=seed)),
    ),
    "kernel-density": Method(
        f"sklearn.neighbors.KernelDensity, {STANDARDISED}", lambda seed: _standardised(KernelDensity())
    ),
    "ecod": Method(f"pyod.models.ecod.ECOD, {AS_THEY_ARE}", lambda seed: _Ecod(), package="pyod"),
})  # fmt: skip
