"""The signs of other libraries, asked of these libraries where they are installed."""

from importlib import import_module

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch.utils.data import DataLoader, TensorDataset

import oodflow

from .small import BLOBS, QUICK

FAR = np.random.default_rng(2).normal(30, 1, size=(40, 3))
BOTH, ODD = np.concatenate([BLOBS, FAR]), np.repeat([0, 1], [len(BLOBS), len(FAR)])


def library(name):
    """Import it, or skip: torchvision, which pytorch-ood imports, fails in its own way without a GPU's torch."""
    try:
        return import_module(name)
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"{name} can't be imported here: {error}")


@pytest.mark.filterwarnings("ignore")
def test_pyod():
    models, metrics = library("pyod.models.knn"), library("pyod.utils.utility")
    from oodflow.detectors.adapters.pyod import PyODFlowDetector

    ours = PyODFlowDetector(oodflow.FlowDetector(**QUICK), contamination=0.1).fit(BLOBS)
    theirs = models.KNN(contamination=0.1).fit(BLOBS)
    for one in (ours, theirs):
        assert one.decision_function(FAR).min() > one.decision_function(BLOBS).max()
        assert set(one.predict(FAR)) == {1}
        assert one.labels_.sum() == (one.decision_scores_ > one.threshold_).sum() == pytest.approx(30, abs=1)  # ties
        assert metrics.precision_n_scores(ODD, one.decision_function(BOTH)) == 1
        assert (one.predict_proba(FAR)[:, 1] > 0.9).all()
    assert np.array_equal(ours.decision_function(FAR), -ours.detector_.score_samples(FAR))
    copied = clone(ours).set_params(detector__steps=2)
    assert copied.fit(BLOBS).detector_.steps == 2
    assert ours.detector.steps == QUICK["steps"]


def test_pytorch_ood():
    api, measures = library("pytorch_ood.api"), library("pytorch_ood.metrics")
    from oodflow.detectors.adapters.pytorch_ood import FlowOODDetector

    one = FlowOODDetector(oodflow.FlowDetector(**QUICK))
    with pytest.raises(api.RequiresFittingException):
        one(torch.from_numpy(BLOBS))
    rows, labels = torch.from_numpy(BOTH), torch.from_numpy(-ODD)
    one.fit(DataLoader(TensorDataset(rows, labels), batch_size=64))
    assert isinstance(one, api.Detector)
    assert one.fitted.n_features_in_ == 3
    assert one(rows[-40:]).min() > one(rows[:300]).max()
    metrics = measures.OODMetrics()
    metrics.update(one(rows), labels)
    assert metrics.compute()["AUROC"] == 1
    direct = FlowOODDetector(oodflow.FlowDetector(**QUICK)).fit_features(rows, labels)
    assert torch.equal(direct.predict_features(rows), one.predict(rows))


def test_nonconform():
    nonconform = library("nonconform")
    from oodflow.detectors.adapters.nonconform import conformal_detector

    one = conformal_detector(oodflow.FlowDetector(**{**QUICK, "validation": 0}), nonconform.Split(n_calib=0.3), seed=0)
    p_values = one.fit(BLOBS).compute_p_values(BOTH)
    assert p_values[ODD == 1].max() <= 1 / 91
    assert p_values[ODD == 0].mean() > 0.4
