"""A detector in the conformal procedures of nonconform."""

from typing import Any

from nonconform import ConformalDetector

from oodflow.detectors.detector import FlowDetector


def conformal_detector(detector: FlowDetector, strategy: Any, **options: Any) -> Any:
    """Make the ``ConformalDetector`` of nonconform, which takes scores of an unknown estimator as higher = anomalous.

    Those of a :class:`~oodflow.FlowDetector` are **higher for what is normal**, and are said to be so here. Nonconform
    holds out rows itself: with ``validation=0`` the detector trains on all that it is given.

    Args:
        detector: not fitted.
        strategy: of nonconform, such as ``Split(n_calib=0.3)``.
        options: other arguments of ``ConformalDetector``.
    """
    return ConformalDetector(detector=detector, strategy=strategy, score_polarity="higher_is_normal", **options)
