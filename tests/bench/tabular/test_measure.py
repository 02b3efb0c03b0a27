"""Tables are dealt, detectors measured, and a measurement that was stopped goes on."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.datasets import load_digits

from oodflow.bench.tabular import METHODS, TABLES, Method, Protocol, TabularOptions, measure
from oodflow.bench.tabular.measure import try_one
from oodflow.bench.tabular.tables import ADBENCH, CHOSEN_ON, Parts, Table, deal, read_table
from oodflow.detectors import FlowDetector
from oodflow.errors import OodflowError, UsageError
from oodflow.metrics import aupr_out, auroc

from .small import QUICK, Norm, asked

REAL = dict(METHODS)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trials.jsonl"


def run(tables, path, say=lambda line: None, **options):
    return measure(asked(tables, **options), path, command="oodflow tabular", say=say)


def test_all_that_is_asked_for_is_measured(tables, path):
    record = run(tables, path)
    assert [(one.seed, one.table, one.method) for one in record.trials] == [
        (seed, str(table), method) for seed in (0, 1) for table in tables for method in QUICK
    ]
    trial = next(one for one in record.trials if one.method == "norm" and one.seed == 1)
    parts = deal(read_table(trial.table, path), 1, record.protocol)
    normal, other = (np.linalg.norm(rows, axis=1) for rows in (parts.normal, parts.anomalous))
    assert (trial.auroc, trial.average_precision) == (auroc(normal, other), aupr_out(normal, other))
    assert trial.scored == len(normal) + len(other)
    assert trial.fit_seconds >= 0 <= trial.score_seconds
    assert [table.anomalies for table in record.tables] == [12, 12, 12]


def test_what_was_stopped_goes_on(tables, path):
    said = []

    def stop(line):
        said.append(line)
        if len(said) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tables, path, stop)
    there = path.read_text()
    assert [next(iter(json.loads(line))) for line in there.splitlines()[:4]] == [
        "protocol",
        "session",
        "table",
        "trial",
    ]
    path.write_text(there + '{"trial": {"table": "cut o')
    record = run(tables, path, said.append)
    assert len(said) == len(record.trials) == 12
    assert path.read_text().startswith(there)
    assert [one.session for one in record.trials] == [0] * 5 + [1] * 7
    before = path.read_text()
    assert run(tables, path) == record
    assert len(run(tables[:1], path, seeds=(1,)).trials) == 2
    assert path.read_text() == before


def test_a_detector_that_fails_counts_as_chance(tables, path):
    def broken(seed):
        raise ValueError("its own affair")

    with METHODS.replacing("norm", Method("broken", broken)):
        record = run(tables, path)
    trial = record.trials[1]
    assert trial.failed == "ValueError: its own affair"
    assert trial.auroc == 0.5
    assert trial.average_precision == pytest.approx(12 / trial.scored)


def test_a_score_that_is_no_number_is_the_most_anomalous():
    class Holes(Norm):
        def score_samples(self, rows):
            return np.where(rows[:, 0] > 5, np.nan, rows[:, 0])

    parts = Parts(np.zeros((3, 1)), np.array([[1.0], [2.0]]), np.array([[9.0], [0.5]]))
    trial = try_one(Method("", lambda seed: Holes()), parts, 0, table="t", name="holes", session=0)
    assert (trial.auroc, trial.failed) == (1.0, "")


def test_a_detector_that_is_not_installed_is_left_out_with_its_reason(tables, path):
    def absent(seed):
        raise ImportError("No module named 'pyod'")

    with METHODS.replacing("ecod", Method("ECOD", absent, package="pyod")):
        record = run(tables, path, methods=(*QUICK, "ecod"))
        assert record.methods[-1].missing == "No module named 'pyod'; pip install pyod"
        assert record.measured == QUICK
        with pytest.raises(UsageError, match=r"are flow, ecod, but ecod is not there \(No module .*name one more"):
            run(tables, path, methods=("flow", "ecod"))


def test_what_can_not_be_measured_is_refused_before_anything_is(tables, path, tmp_path, monkeypatch):
    monkeypatch.setenv("OODFLOW_DATA", str(tmp_path))
    with pytest.raises(UsageError, match=r"unknown table '6_cardo': did you mean '6_cardio'"):
        run(["6_cardo"], path)
    with pytest.raises(OodflowError, match=r"there is no .*6_cardio.npz: get it from https://github.com/Minqi824"):
        run(["6_cardio"], path)
    with pytest.raises(UsageError, match=r"unknown method 'floww'"):
        run(tables, path, methods=("floww", "norm"))
    assert not path.exists()


EXPECTED = "expected finite numbers in X, and for each row in y 0, normal, or 1"
NORMALS = np.repeat([0, 1], [6, 3])


@pytest.mark.parametrize(
    ("rows", "classes", "why"),
    [
        (np.zeros(9), NORMALS, r"the array 'X' has the shape \[9\]"),
        (np.zeros((9, 2)), NORMALS[:5], r"the array 'y' is int64 .5. but labels should be numbers or texts \[9\]"),
        (np.zeros((9, 2)), np.zeros(9), EXPECTED),
        (np.zeros((9, 2)), NORMALS.astype(str), EXPECTED),
        (np.zeros((9, 2)), NORMALS / 2, EXPECTED),
        (np.zeros((9, 2)), 1 - NORMALS, EXPECTED),
        (np.full((9, 2), np.nan), NORMALS, EXPECTED),
    ],
    ids=["no table", "too few labels", "no anomaly", "texts", "halves", "three are normal", "not finite"],
)
def test_a_file_that_is_no_table_of_anomalies_is_refused(tmp_path, path, rows, classes, why):
    np.savez(tmp_path / "odd.npz", X=rows, y=classes)
    with pytest.raises(OodflowError, match=rf"odd.npz: {why}"):
        run([tmp_path / "odd.npz"], path)


def test_a_damaged_table_is_refused(tmp_path, path):
    (tmp_path / "odd.npz").write_text("nothing")
    with pytest.raises(OodflowError, match=r"odd.npz: not a whole .npz file"):
        run([tmp_path / "odd.npz"], path)


def test_trials_of_other_caps_or_another_table_do_not_mix(tables, path):
    run(tables[:1], path, seeds=(0,))
    with pytest.raises(UsageError, match=r"has trials of 10,000 rows to fit to .* and not of 9 rows"):
        run(tables[:1], path, seeds=(0,), protocol=Protocol(train_rows=9))
    with np.load(tables[0]) as file:
        rows, classes = file["X"], file["y"]
    np.savez(tables[0], X=rows + 1, y=classes)
    for seed in (0, 1):  # whether there is anything left to measure or not
        with pytest.raises(OodflowError, match=r"fingerprint \w+ but the trials in .* are of \w+: name another file"):
            run(tables[:1], path, seeds=(seed,))


def test_a_damaged_file_is_refused_by_its_line(tables, path):
    run(tables[:1], path, seeds=(0,))
    lines = path.read_text().splitlines()
    for damaged in ("{", "7", '{"trail": {}}', '{"trial": {}}'):
        path.write_text("\n".join([*lines, damaged, ""]))
        with pytest.raises(OodflowError, match=r"trials.jsonl, line 6,"):
            run(tables[:1], path)
    path.write_text("\n".join([*lines[1:], ""]))
    with pytest.raises(OodflowError, match="does not begin with a protocol"):
        run(tables[:1], path)


def test_a_table_is_dealt_in_halves_of_its_normal_rows():
    table = Table("t", np.arange(40.0).reshape(20, 2), np.repeat([0, 1], [15, 5]), 0)
    parts = deal(table, 3, Protocol())
    assert (len(parts.train), len(parts.normal), len(parts.anomalous)) == (7, 8, 5)
    assert sorted(parts.anomalous[:, 0]) == list(range(30, 40, 2))
    assert sorted([*parts.train[:, 0], *parts.normal[:, 0]]) == list(range(0, 30, 2))
    again, other = deal(table, 3, Protocol()), deal(table, 4, Protocol())
    assert np.array_equal(again.train, parts.train)
    assert not np.array_equal(other.train, parts.train)
    capped = deal(table, 3, Protocol(train_rows=3, test_rows=4))
    assert np.array_equal(capped.train, parts.train[:3])
    assert np.array_equal(capped.anomalous, parts.anomalous[:4])
    assert len(capped.normal) == 4


def test_of_a_table_of_classes_the_seed_says_which_is_normal(tmp_path):
    digits = read_table("digits", tmp_path)
    assert np.array_equal(digits.normals(13), load_digits().target == 3)
    assert np.array_equal(digits.rows, load_digits().data)
    assert digits.facts().anomalies is None
    assert read_table("breast_cancer", tmp_path).facts().anomalies == 212  # the malignant


def test_settings_were_chosen_on_every_second_table():
    assert len(ADBENCH) == 43
    assert len(TABLES) == len(set(TABLES)) == 46
    assert {name for place, name in enumerate(TABLES) if place % 2 == 0} == CHOSEN_ON
    assert [int(name.split("_")[0]) for name in ADBENCH] == sorted(int(name.split("_")[0]) for name in ADBENCH)


def test_the_flow_is_at_its_defaults():
    made = REAL["flow"].make(3)
    assert made.get_params() == FlowDetector(device="cpu", random_state=3).get_params()


@pytest.mark.filterwarnings("ignore")  # theirs
@pytest.mark.parametrize("name", [name for name in REAL if name != "flow"])
def test_a_detector_finds_what_is_far_less_normal(name):
    package = REAL[name].package
    if package and find_spec(package) is None:
        pytest.skip(f"{package} is not installed: pip install {package}")
    rows = np.random.default_rng(0).normal(size=(80, 3)) * [1, 10, 100]
    far = np.array([20, 200, 2000])
    parts = Parts(rows[:60], rows[60:], rows[60:] + far)
    assert try_one(REAL[name], parts, 0, table="t", name=name, session=0).auroc > 0.8


def test_what_is_measured_unless_told_otherwise():
    options = TabularOptions()
    assert options.seeds == (0, 1, 2, 3, 4)
    assert (options.protocol.train_rows, options.protocol.test_rows, options.threads) == (10_000, 10_000, 1)
