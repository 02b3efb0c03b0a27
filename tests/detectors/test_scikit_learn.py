"""What scikit-learn asks of an outlier detector, and what it does with one."""

import pickle

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import oodflow
from oodflow.flows import TabularConfig
from oodflow.scores import LatentDensity

from .small import BLOBS, QUICK

CHECKED = [
    oodflow.FlowDetector(**QUICK),
    oodflow.FlowDetector(**QUICK | {"flow": GaussianMixture(), "score": "typicality"}),
]


@pytest.mark.filterwarnings("ignore:.*:sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(CHECKED)
def test_every_check_of_scikit_learn(estimator, check):
    check(estimator)


def test_signs_and_threshold():
    detector = oodflow.FlowDetector(**QUICK, contamination=0.1).fit(BLOBS)
    far = np.full((1, BLOBS.shape[1]), 40.0)
    assert detector.score_samples(far)[0] < detector.score_samples(BLOBS).min()
    assert detector.predict(far) == [-1]
    assert np.array_equal(detector.decision_function(BLOBS), detector.score_samples(BLOBS) - detector.offset_)
    assert (detector.predict(BLOBS) == -1).sum() == round(0.1 * len(BLOBS))
    detector = oodflow.FlowDetector(**QUICK, score="likelihood").fit(BLOBS)
    assert np.array_equal(detector.score_samples(BLOBS), detector.model_.log_prob(BLOBS))


def test_the_default_of_tables_has_kernels_about_the_latents_of_training_rows():
    detector = oodflow.FlowDetector(**QUICK).fit(BLOBS)
    assert detector.score_.settings == LatentDensity()
    latents, trained_on = detector.model_.encode(BLOBS)[0], detector.score_.learned["centres"]
    assert len(trained_on) == round(0.8 * len(BLOBS))
    gaps = np.abs(latents[:, None] - trained_on).max(2).min(1)
    assert (gaps < 1e-9).sum() == len(trained_on)


def test_clones_and_parameters():
    detector = oodflow.FlowDetector(TabularConfig(width=4), "typicality", steps=3)
    copied = clone(detector)
    assert copied.get_params() == detector.get_params()
    assert copied.set_params(score="likelihood", steps=4).get_params()["score"] == "likelihood"
    assert "typicality" in repr(detector)
    nested = oodflow.FlowDetector(GaussianMixture(2))
    assert nested.set_params(flow__n_components=3).flow.n_components == 3


@pytest.mark.parametrize("through", [lambda x: pickle.loads(pickle.dumps(x)), "joblib"])
def test_pickles(through, tmp_path):
    detector = oodflow.FlowDetector(**QUICK).fit(BLOBS)
    if through == "joblib":
        joblib.dump(detector, tmp_path / "detector.joblib")
        read = joblib.load(tmp_path / "detector.joblib")
    else:
        read = through(detector)
    assert np.array_equal(read.decision_function(BLOBS), detector.decision_function(BLOBS))


def test_in_a_pipeline_and_a_search():
    pipeline = make_pipeline(StandardScaler(), oodflow.FlowDetector(**QUICK))
    assert set(pipeline.fit(BLOBS).predict(BLOBS)) <= {-1, 1}
    search = GridSearchCV(oodflow.FlowDetector(**QUICK | {"flow": GaussianMixture()}), {"flow__n_components": [1, 3]})
    assert search.fit(BLOBS).best_params_["flow__n_components"] == 3
    labels = np.where(np.arange(len(BLOBS)) % 10, 1, -1)
    search = GridSearchCV(oodflow.FlowDetector(**QUICK), {"steps": [1, 2]}, scoring="roc_auc", cv=2)
    assert 0 <= search.fit(BLOBS, labels).best_score_ <= 1


def test_the_random_state_decides():
    fits = [
        oodflow.FlowDetector(**QUICK | {"random_state": state}).fit(BLOBS).score_samples(BLOBS) for state in (0, 0, 1)
    ]
    assert np.array_equal(fits[0], fits[1])
    assert not np.array_equal(fits[0], fits[2])
    drawn = np.random.RandomState(3)
    one, other = (oodflow.FlowDetector(KernelDensity(), random_state=drawn).fit(BLOBS).offset_ for _ in range(2))
    assert one != other


def test_a_share_of_the_rows_of_fit_is_about_that_of_new_ones():
    """Kernels about the rows of fit must not make these likelier than others."""
    rows = np.random.default_rng(1).normal(size=(1400, 4)) @ np.random.default_rng(2).normal(size=(4, 4))
    detector = oodflow.FlowDetector(contamination=0.1, steps=200, random_state=0).fit(rows[:400])
    assert (detector.predict(rows[:400]) == -1).sum() == 40
    assert 0.05 < (detector.predict(rows[400:]) == -1).mean() < 0.16
