"""Outlier detectors: an estimator for scikit-learn, with thresholds that hold."""

from oodflow.detectors.contributions import Columns, conditional_contributions
from oodflow.detectors.detector import FlowDetector
from oodflow.detectors.saving import DetectorFile, load_detector, save_detector

__all__ = ["Columns", "DetectorFile", "FlowDetector", "conditional_contributions", "load_detector", "save_detector"]
