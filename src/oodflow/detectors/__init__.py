"""Outlier detectors: an estimator for scikit-learn, with thresholds that hold."""

from oodflow.detectors.detector import FlowDetector

__all__ = ["FlowDetector"]
