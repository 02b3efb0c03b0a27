"""Data that detectors take and refuse, densities of all kinds, thresholds that hold."""

import numpy as np
import pytest
import torch
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity
from torch.distributions import Independent, MultivariateNormal, Normal, Uniform

import oodflow
from oodflow.data import RealSet
from oodflow.detectors.defaults import table_recipe
from oodflow.detectors.parts import deal_rows
from oodflow.detectors.rows import Over
from oodflow.errors import UsageError
from oodflow.scores import SCORES
from oodflow.statistics import LogProb
from oodflow.training import TrainingConfig

from .small import BLOBS, QUICK

RNG = np.random.default_rng(1)
IMAGES = np.cumsum(RNG.integers(0, 30, (40, 1, 8, 8)), axis=3).astype(np.uint8)
OF_IMAGES = {
    "flow": oodflow.flows.RealNVPConfig(scales=2, width=4), "score": "likelihood", "steps": 2, "random_state": 0,
}  # fmt: skip


def detector(**settings):
    return oodflow.FlowDetector(**{**QUICK, **settings})


@pytest.fixture(scope="module")
def fitted():
    return detector().fit(BLOBS)


@pytest.fixture(scope="module")
def of_images():
    return oodflow.FlowDetector(**OF_IMAGES).fit(IMAGES)


class Table:
    """What of a data frame counts: an array, and names of columns."""

    def __init__(self, array, columns):
        self.array, self.columns, self.shape, self.ndim = array, columns, array.shape, array.ndim

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype)


def test_clusters_are_told_from_what_lies_between_them():
    """With its own defaults."""
    between = RNG.normal(size=(100, 3)) + 3 * RNG.choice([-1, 1], (100, 1)) * np.array([1.0, -1.0, 0.0])
    found = oodflow.FlowDetector(random_state=0).fit(BLOBS).score_samples(np.concatenate([BLOBS[:100], between]))
    assert (found[:100, None] > found[100:]).mean() > 0.75


@pytest.mark.parametrize(
    "rows",
    [BLOBS.astype(np.float32), BLOBS.astype(np.float16), torch.from_numpy(BLOBS), BLOBS.tolist(), BLOBS.astype(object),
     (10 * BLOBS).astype(int), np.asfortranarray(BLOBS), BLOBS[::-1]],
    ids=["float32", "float16", "tensor", "list", "object", "int", "fortran", "reversed"],
)  # fmt: skip
def test_wherever_the_rows_lie(rows):
    assert detector().fit(rows).predict(rows).shape == (300,)


@pytest.mark.parametrize("flow", [QUICK["flow"], GaussianMixture(2, random_state=0), KernelDensity()])
def test_rows_almost_as_large_as_float32_has_numbers(flow):
    small = np.clip(BLOBS / np.abs(BLOBS).max(), -1, 1)
    steps = {"steps": 4} if flow is QUICK["flow"] else {}
    rows = (small * 3.4e38).astype(np.float32)
    large = oodflow.FlowDetector(flow, random_state=0, **steps).fit(rows)
    assert np.isfinite(large.score_samples(rows)).all()
    of_float64 = oodflow.FlowDetector(flow, random_state=0, **steps).fit(rows.astype(np.float64))
    np.testing.assert_allclose(large.score_samples(rows), of_float64.score_samples(rows.astype(np.float64)), rtol=1e-9)
    beyond = rows.copy()
    beyond[3, 1] = np.inf
    with pytest.raises(UsageError, match="X holds inf in row 3, column 1"):
        large.score_samples(beyond)


@pytest.mark.parametrize("score", ["principal-components", "embedding-mahalanobis", "embedding-neighbours"])
def test_scores_of_the_rows_themselves_take_numbers_larger_than_float32_has(score):
    one, other = detector(score=score).fit(BLOBS), detector(score=score).fit(BLOBS * 1e60)
    if score != "principal-components":  # which has a floor in units of the data
        np.testing.assert_allclose(other.score_samples(BLOBS * 1e60), one.score_samples(BLOBS), rtol=1e-6)
    assert np.isfinite(other.score_samples(BLOBS * 1e60)).all()


def test_a_hundred_rows_and_fewer():
    for n in (2, 3, 9, 10, 25, 100):
        one = detector().fit(BLOBS[:n])
        assert one.predict(BLOBS).shape == (300,)
        held_out = [] if one.calibration_scores_ is None else one.calibration_scores_
        assert len(held_out) == {2: 0, 3: 0, 9: 0, 10: 0, 25: 3, 100: 10}[n]


def test_columns_that_are_constant_copied_or_of_few_values():
    rows = np.concatenate([BLOBS, BLOBS[:, :1], np.full((300, 1), 3.0), RNG.integers(0, 2, (300, 2))], axis=1)
    one = oodflow.FlowDetector(steps=60, random_state=0).fit(rows)
    odd = rows[:1].copy()
    odd[0, 4] = 4.0
    assert np.isfinite(one.score_samples(rows)).all()
    assert one.predict(odd) == [-1]


def test_rows_are_dealt_by_the_seed_and_each_to_one_part():
    data = RealSet.from_array(np.arange(1000.0)[:, None])
    parts = deal_rows(data, None, 3, fits=True, chooses=True)
    assert [len(part) for part in parts] == [800, 100, 100]
    assert sorted(np.concatenate([part.batch(slice(None))[:, 0] for part in parts])) == list(range(1000))
    again, other = (deal_rows(data, None, seed, fits=True, chooses=True) for seed in (3, 4))
    assert parts.calibration.fingerprint == again.calibration.fingerprint != other.calibration.fingerprint
    assert [part and len(part) for part in deal_rows(data, 0, 3, fits=True, chooses=True)] == [1000, None, None]
    assert [part and len(part) for part in deal_rows(data, 0.3, 3, fits=True, chooses=False)] == [700, None, 300]
    assert [part and len(part) for part in deal_rows(data, None, 3, fits=False, chooses=False)] == [None, None, 1000]


def test_few_rows_of_a_fitted_density_are_learned_from():
    few = RealSet.from_array(np.zeros((3, 1)))
    assert [part and len(part) for part in deal_rows(few, None, 0, fits=False, chooses=True)] == [None, 3, None]


@pytest.mark.parametrize(
    ("settings", "least", "images", "enough"),
    [
        ({}, 5, 4, 50),  # in halves of halves, for principal components
        ({"score": "principal-components", "validation": 0}, 2, 40, None),
        ({"score": "two-sided", "validation": 0.1}, 3, 2, 60),
    ],
)
def test_what_a_score_needs_is_asked_for_before_training(settings, least, images, enough, monkeypatch):
    monkeypatch.setattr("oodflow.detectors.detector.fit_density", Trained.now)
    one = oodflow.FlowDetector(**{**OF_IMAGES, "score": None, **settings})
    if enough is None:
        with pytest.raises(Trained):
            one.fit(IMAGES)
        return
    said = rf"learns from {least} images at least, and of the 40 in X {images} are for that: pass {enough} or more"
    with pytest.raises(UsageError, match=said):
        one.fit(IMAGES)
    with pytest.raises(Trained):
        one.fit(np.resize(IMAGES, (enough, 1, 8, 8)))


class Trained(Exception):
    @classmethod
    def now(cls, *_, **__):
        raise cls


def test_images_that_are_just_enough_are_learned_from():
    one = oodflow.FlowDetector(**{**OF_IMAGES, "score": None}).fit(np.resize(IMAGES, (50, 1, 8, 8)))
    assert np.isfinite(one.score_samples(IMAGES)).all()


def test_at_most_so_many_are_held_out():
    data = RealSet.from_array(np.zeros((300_000, 1), np.float32))
    assert [len(part) for part in deal_rows(data, None, 0, fits=True, chooses=True)] == [280_000, 10_000, 10_000]


def test_false_alarms_keep_their_promise():
    """Over many draws, of a density that knows nothing and so can't help: the mean rate, within what chance allows."""
    density = Independent(Normal(torch.zeros(2, dtype=torch.double), 3.0), 1)
    alarms = []
    for seed in range(60):
        rows = np.random.default_rng(seed).normal(size=(1059, 2))
        one = oodflow.FlowDetector(density, random_state=0).fit(rows[:59])
        assert one.calibrate(fpr=0.1).offset_ == one.offset_
        alarms.append((one.predict(rows[59:]) == -1).sum())
    assert np.mean(alarms) / 1000 == pytest.approx(0.1, abs=0.02)


def test_auto_is_five_percent_of_new_rows_and_p_values_agree(fitted):
    assert len(fitted.calibration_scores_) == 30
    odd = np.concatenate([BLOBS, BLOBS + 5])
    assert np.array_equal(fitted.predict(odd) == -1, fitted.p_values(odd) <= 0.05)
    assert fitted.p_values(odd).min() == 1 / 31


def test_calibrating_on_rows_of_ones_own():
    one = detector().fit(BLOBS)
    fresh = RNG.normal(size=(199, 3))
    assert one.calibrate(fresh, fpr=0.01) is one
    assert (one.predict(fresh) == -1).sum() == 1
    assert one.p_values(fresh[:1]).shape == (1,)


def test_promises_need_rows():
    one = detector(validation=0).fit(BLOBS)
    assert one.calibration_scores_ is None
    assert one.predict(BLOBS).min() == 1  # the least normal row that was trained on is the limit
    with pytest.raises(UsageError, match=r"no rows were held out .*calibrate\(X=\.\.\.\)"):
        one.p_values(BLOBS)
    one = detector().fit(BLOBS)
    before = one.offset_, one.calibration_scores_
    for rows in (None, BLOBS[:30]):
        with pytest.raises(UsageError, match=r"30 held-out scores can't promise 1 % .* 99 or more"):
            one.calibrate(rows, fpr=0.01)
    assert (one.offset_, one.calibration_scores_) == before


def test_images(of_images):
    assert of_images.n_features_in_ == 64
    assert np.allclose(of_images.score_samples(IMAGES), of_images.model_.log_prob(IMAGES), rtol=1e-5)
    grey = oodflow.FlowDetector(**OF_IMAGES).fit(IMAGES[:, 0])
    assert np.array_equal(grey.score_samples(IMAGES[:3, 0]), of_images.score_samples(IMAGES[:3]))
    assert of_images.predict(IMAGES[:1, 0]).shape == (1,)


def test_feature_maps():
    maps = RNG.normal(size=(30, 4, 4, 4)).astype(np.float32)
    one = oodflow.FlowDetector(oodflow.flows.RealNVPConfig(width=4, scales=2, domain="reals"), steps=2).fit(maps)
    assert one.predict(torch.from_numpy(maps)).shape == (30,)
    with pytest.raises(UsageError, match=r"X is \[30, 4, 4\] but .* data of \[4, 4, 4\]|dimensions in all"):
        one.predict(maps[:, 0])


def distribution():
    return MultivariateNormal(torch.from_numpy(BLOBS.mean(0)), torch.from_numpy(np.cov(BLOBS.T)))


DENSITIES = {
    "zuko NSF": lambda: pytest.importorskip("zuko").flows.NSF(3, transforms=1, hidden_features=(8,)),
    "zuko MAF": lambda: pytest.importorskip("zuko").flows.MAF(3, transforms=1, hidden_features=(8,)),
    "distribution": distribution,
    "of single precision": lambda: MultivariateNormal(torch.zeros(3), 25 * torch.eye(3)),
    "on a support": lambda: Independent(Uniform(torch.full((3,), -20.0), 20.0), 1),
    "mixture": lambda: GaussianMixture(3, random_state=0),
    "fitted mixture": lambda: GaussianMixture(3, random_state=0).fit(BLOBS),
    "kernels": lambda: KernelDensity(bandwidth=0.5),
    "flow": lambda: oodflow.fit(QUICK["flow"], BLOBS, steps=2, progress=False),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_any_density(name):
    torch.manual_seed(0)
    one = oodflow.FlowDetector(DENSITIES[name](), random_state=0).fit(BLOBS)
    far = np.full((1, 3), 50.0)
    assert one.score_samples(far) < one.score_samples(BLOBS).min()
    assert one.predict(far) == [-1]
    assert one.explain(BLOBS[:2]).shape == (2, 3)
    assert np.isfinite(one.explain(BLOBS[:2])).all()
    assert len(one.calibration_scores_) == (60 if name in ("mixture", "kernels") else 300)


@pytest.mark.parametrize("score", sorted(SCORES))
def test_every_score_that_asks_the_log_density_alone_takes_any_density(score):
    try:
        settings = SCORES[score]()
    except ValueError:
        return
    if {type(statistic) for statistic in settings.reads()} == {LogProb} and settings.group_size == 1:
        one = oodflow.FlowDetector(GaussianMixture(3, random_state=0), settings, random_state=0).fit(BLOBS)
        assert np.isfinite(one.score_samples(BLOBS)).all()


def test_what_is_fitted_is_used_as_it_is():
    mixture = GaussianMixture(1).fit(BLOBS)
    mean = mixture.means_.copy()
    one = oodflow.FlowDetector(mixture).fit(BLOBS + 100)
    assert one.model_ is mixture
    assert np.array_equal(mixture.means_, mean)
    flow = oodflow.fit(QUICK["flow"], BLOBS, steps=2, progress=False)
    oodflow.FlowDetector(flow).fit(BLOBS)
    assert flow.dtype == torch.float32


@pytest.mark.parametrize(("bandwidth", "verdict"), [(3.0, -1), (0.01, 1)], ids=["others are", "so are all others"])
def test_a_density_may_find_rows_impossible(bandwidth, verdict):
    one = oodflow.FlowDetector(KernelDensity(kernel="tophat", bandwidth=bandwidth), random_state=0).fit(BLOBS)
    assert one.score_samples([[99.0, 0, 0]]) == [-np.inf]
    assert one.predict([[99.0, 0, 0]]) == [verdict]


def frame(array, columns="abc"):
    return Table(array, list(columns))


def with_cell(value, dtype=float):
    rows = BLOBS.astype(dtype)
    rows[7, 1] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (with_cell(np.nan), r"X holds NaN in row 7, column 1, the first of 1 such cells"),
        (with_cell(np.inf), r"X holds inf in row 7, column 1"),
        (frame(with_cell(np.nan)), r"X holds NaN in row 7, column 'b'"),
        (with_cell("tall", object), r"X holds text in row 7, column 1: 'tall'; .*encode"),
        (with_cell(None, object), r"X holds NaN in row 7, column 1"),
        ([["1", "2"], ["3", "x"]], r"X holds text in row 1, column 1: 'x';"),
        ([[1, 2], [3]], r"X is a list of rows of different lengths"),
        (BLOBS[:1], r"1 sample\(s\)"),
        (BLOBS[:, :1], r"X has 1 feature\(s\), that is, one column(, .*KernelDensity)"),
        (np.ones((50, 3)), r"all 50 rows of X are the same"),
        (BLOBS[:, 0], r"^X has the shape \[300\] but a table is \[N, D\]\. Reshape your data: .* of one column\.$"),
        (3 * [1.0], r"^X has the shape \[3\] but a table is \[N, D\]"),
        (IMAGES, r"X is uint8 \[40, 1, 8, 8\], as images are, but this tabular is over rows .* flow='realnvp'"),
        ("fashion_mnist", r"X is 'fashion_mnist': expected numbers in memory"),
    ],
)  # fmt: skip
def test_what_can_not_be_fitted_to(rows, message):
    with pytest.raises(UsageError, match=message):
        detector().fit(rows)


def test_a_data_frame():
    pandas = pytest.importorskip("pandas")
    one = pandas.DataFrame(BLOBS, columns=["age", "height", "weight"])
    fitted = detector().fit(one)
    assert list(fitted.feature_names_in_) == list(one.columns)
    for bad, message in {
        "unlike": (one.rename(columns={"age": "year"}), r"unseen at fit time:\n- year\n.*now missing:\n- age"),
        "dates": (one.assign(age=pandas.date_range("2020", periods=300)), r"column 'age' of X holds dates or times"),
        "kinds": (one.assign(height=pandas.Categorical(["tall", "small"] * 150)), r"row 0, column 'height': 'tall'"),
        "missing": (one.assign(weight=pandas.array([1, None] * 150, "Int64")), r"NaN in row 1, column 'weight'"),
    }.values():
        with pytest.raises(UsageError, match=message):
            fitted.predict(bad)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (BLOBS[:, :2], r"X has 2 features, but FlowDetector is expecting 3"),
        (IMAGES, r"as images are, but this tabular is over rows of a table, \[N, D\], and was fitted to 3 columns"),
        (with_cell(np.nan), r"X holds NaN in row 7"),
    ],
)
def test_what_can_not_be_judged(fitted, rows, message):
    with pytest.raises(UsageError, match=message):
        fitted.predict(rows)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            BLOBS,
            r"X is float64 \[300, 3\] .* a realnvp .*: for vectors take the flow 'tabular'",
        ),
        (IMAGES[:, :, :4], r"X is \[40, 1, 4, 8\] but this detector was fitted to data of \[1, 8, 8\] each"),
        (IMAGES / 255, r"convert it with"),
    ],
)
def test_images_that_can_not_be_judged(of_images, images, message):
    with pytest.raises(UsageError, match=message):
        of_images.predict(images)


def test_one_image():
    with pytest.raises(UsageError, match=r"n_samples = 1|one image"):
        oodflow.FlowDetector(**OF_IMAGES).fit(IMAGES[:1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"flow": "tabuler"}, r"unknown flow 'tabuler': did you mean 'tabular'"),
        ({"flow": IsolationForest()}, r"flow is IsolationForest\(\): expected .* or a density"),
        ({"flow": GaussianMixture}, r"flow is <class .*: expected"),
        ({"flow": 3}, r"flow is 3: expected"),
        ({"score": "likelyhood"}, r"unknown score 'likelyhood'"),
        ({"score": 3}, r"score is 3: expected the name of a score"),
        ({"score": "typicality?group=5"}, r"judges 5 rows together: take group=1"),
        (
            {"score": "complexity"},
            r"the score complexity can't be computed here: it is for 8-bit images",
        ),
        ({"contamination": 0.7}, r"contamination is 0.7: expected a share in \(0, 0.5\], or 'auto'"),
        ({"contamination": "some"}, r"contamination is 'some'"),
        ({"validation": 1.5}, r"validation is 1.5: expected the share"),
        ({"steps": 0}, r"steps is 0"),
        ({"training": 3}, r"training is 3: expected an oodflow.training.TrainingConfig"),
        (
            {"training": TrainingConfig(batch_size=250, steps=2)},
            r"batch_size 250 is more than the 240 rows of X: use at most 240",
        ),
        ({"random_state": -1}, r"random_state is -1: expected a number from 0"),
        ({"patience": 0}, r"patience is 0"),
        ({"device": "tpu"}, r"tpu"),
    ],
)
def test_settings_that_can_not_be_right(settings, message):
    with pytest.raises(UsageError, match=message):
        detector(**settings).fit(BLOBS)


def test_a_distribution_over_numbers_is_told_how_to_be_one_over_rows():
    with pytest.raises(UsageError, match=r"gives \[2, 3\] for 2 rows .*Independent\(distribution, 1\)"):
        oodflow.FlowDetector(Normal(torch.zeros(3, dtype=torch.double), 1.0)).fit(BLOBS)


@pytest.mark.parametrize(
    "density", [MultivariateNormal(torch.zeros(5), torch.eye(5)), GaussianMixture().fit(np.eye(5))]
)
def test_a_density_over_rows_of_another_size(density):
    with pytest.raises(UsageError, match=r"X holds data of shape \[2\] each but this flow is over \[3\]: pass data"):
        oodflow.FlowDetector(oodflow.fit(QUICK["flow"], BLOBS, steps=1)).fit(BLOBS[:, :2])
    name = type(density).__name__
    with pytest.raises(
        UsageError, match=rf"^a {name} can't tell .* rows of X, of shape \[3\] each \(.*\): pass rows of"
    ):
        oodflow.FlowDetector(density).fit(BLOBS)


def test_before_it_is_fitted():
    for method in ("predict", "score_samples", "p_values", "explain", "calibrate", "save"):
        with pytest.raises(NotFittedError):
            getattr(oodflow.FlowDetector(), method)(BLOBS)


def test_defaults_grow_with_the_table():
    assert table_recipe(50, 3).training.batch_size == 50
    assert table_recipe(10**6, 3).training.steps > table_recipe(1000, 3).training.steps
    assert Over.of(table_recipe(50, 3).flow) == Over("tabular")
