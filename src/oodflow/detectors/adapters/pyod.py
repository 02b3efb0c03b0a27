"""A detector as PyOD has them."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from oodflow.detectors.detector import FlowDetector


class PyODFlowDetector(BaseDetector):  # type: ignore[misc]  # PyOD has no types
    """A :class:`~oodflow.FlowDetector` for PyOD: **higher = more outlying**, labels 0 inlier and 1 outlier.

    Its threshold is that of PyOD: a share ``contamination`` of the rows passed to ``fit`` lies above it.

    Args:
        detector: the settings; those of ``FlowDetector()`` unless given. It is copied, and left as it is.
        contamination: a share in (0, 0.5].

    Attributes:
        detector_: the fitted one.
        decision_scores_: of the rows passed to ``fit``, float64 ``[N]``.
        threshold_: above it a row is an outlier.
        labels_: of the rows passed to ``fit``.
    """

    def __init__(self, detector: FlowDetector | None = None, contamination: float = 0.1) -> None:
        super().__init__(contamination=contamination)
        self.detector = detector

    def fit(self, X: Any, y: object = None) -> Self:
        """Fit to ``X [N, D]``; ``y`` is not used."""
        self._set_n_classes(y)
        self.detector_ = clone(FlowDetector() if self.detector is None else self.detector).fit(X)
        self.decision_scores_ = self._outlyingness(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Tell how outlying rows are, ``[N]``: −log p(x) for the likelihood."""
        check_is_fitted(self, ["detector_"])
        return self._outlyingness(X)

    def _outlyingness(self, X: Any) -> NDArray[np.float64]:
        return np.asarray(-self.detector_.score_samples(X))
