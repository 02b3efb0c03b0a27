"""Statistics on disk: found again by all that their numbers depend on, and by nothing less."""

import importlib

import numpy as np
import pytest
import torch

from oodflow.data import ImageSet
from oodflow.errors import OodflowError
from oodflow.flows import save_tensors
from oodflow.statistics import CompressedBits, LogDet, LogProb, LogProbZ, Observation, Store
from oodflow.statistics.cost import Cost
from oodflow.statistics.store import GENERATION
from oodflow.testing.observations import example_data, example_flow

FLOW = example_flow("grey")
DATA = example_data("test", "grey")


class Passes:
    """Counts the passes over the data."""

    def __init__(self):
        self.count = 0

    def __call__(self, done, total):
        self.count += done % len(DATA) == 0

    def of(self, statistic, folder, weights="w", **settings):
        before = self.count
        data = settings.pop("data", DATA)
        values = Observation(FLOW, data, store=Store(folder, weights), progress=self, **settings)[statistic]
        return values, self.count - before


@pytest.fixture
def passes():
    return Passes()


def test_what_another_generation_kept_is_computed_again(passes, tmp_path, monkeypatch):
    passes.of(LogProb(), tmp_path)
    monkeypatch.setattr("oodflow.statistics.store.GENERATION", GENERATION + 1)
    assert passes.of(LogProb(), tmp_path)[1] == 1


def test_a_second_time_no_flow_runs(passes, tmp_path):
    first, made = passes.of(LogProb(), tmp_path / "statistics")
    again, made_again = passes.of(LogProb(), tmp_path / "statistics")
    assert (made, made_again) == (1, 0)
    np.testing.assert_array_equal(again, first)
    assert not again.flags.writeable


def test_draws_are_kept_one_by_one(passes, tmp_path):
    counts = [passes.of(LogProb(), tmp_path, draws=draws)[1] for draws in (1, 4, 2, 4)]
    assert counts == [1, 3, 0, 0]
    assert len(list(tmp_path.glob("*.safetensors"))) == 4
    stored, _ = passes.of(LogProb(), tmp_path, draws=4)
    np.testing.assert_array_equal(stored, Observation(FLOW, DATA, draws=4)[LogProb()])


@pytest.mark.parametrize(
    "change",
    [
        {"weights": "others"},
        {"seed": 1},
        {"data": DATA.limit(31)},
        {"statistic": LogDet()},
        {"statistic": LogProbZ(by_scale=True)},
    ],
    ids=str,
)
def test_what_makes_a_difference_makes_another_file(passes, tmp_path, change):
    passes.of(LogProb(), tmp_path)
    passes.of(LogProbZ(), tmp_path)
    settings = {"statistic": LogProb(), "folder": tmp_path} | change
    values, _ = passes.of(**settings)
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
    data = settings.get("data", DATA)
    np.testing.assert_array_equal(values, Observation(FLOW, data, seed=settings.get("seed", 0))[settings["statistic"]])


def test_what_needs_no_flow_is_the_same_for_all_flows(passes, tmp_path):
    passes.of(CompressedBits(), tmp_path)
    assert passes.of(CompressedBits(), tmp_path, weights="others", seed=7, draws=3)[1] == 0


def test_damaged_and_foreign_files_are_computed_again(passes, tmp_path):
    expected, _ = passes.of(LogProb(), tmp_path)
    (file,) = tmp_path.glob("*.safetensors")
    whole = file.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"no safetensors"):
        file.write_bytes(content)
        values, made = passes.of(LogProb(), tmp_path)
        assert made == 1
        np.testing.assert_array_equal(values, expected)
        assert file.read_bytes() == whole
    for tensors, metadata in [
        ({"values": torch.zeros(32, dtype=torch.float64)}, {"key": "another"}),
        ({"other": torch.zeros(32, dtype=torch.float64)}, {}),
    ]:
        save_tensors(file, tensors, metadata)
        np.testing.assert_array_equal(passes.of(LogProb(), tmp_path)[0], expected)
        assert file.read_bytes() == whole


def test_values_of_another_shape_are_computed_again(passes, tmp_path):
    expected, _ = passes.of(LogProb(), tmp_path)
    store = Store(tmp_path, "w")
    store.write(LogProb(), DATA.fingerprint, (0, 0), np.zeros(5), Cost(1.0, 2.0))
    np.testing.assert_array_equal(passes.of(LogProb(), tmp_path)[0], expected)


def test_a_pass_that_fails_keeps_the_draws_that_were_done(passes, tmp_path):
    class Stopped(LogProb):
        def compute(self, batch):
            if batch.draw == 2:
                raise KeyboardInterrupt
            return super().compute(batch)

    with pytest.raises(KeyboardInterrupt):
        passes.of(Stopped(), tmp_path, draws=4)
    assert len(list(tmp_path.glob("*.safetensors"))) == 2
    assert not list(tmp_path.glob(".*"))


def test_the_same_files_each_time(passes, tmp_path):
    for folder in ("a", "b"):
        passes.of(LogProb(), tmp_path / folder)
    (one,), (other,) = ([*(tmp_path / folder).glob("*.safetensors")] for folder in ("a", "b"))
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


def test_a_statistic_whose_code_changed_is_computed_again(passes, tmp_path, monkeypatch):
    passes.of(LogProb(), tmp_path)
    monkeypatch.setattr("oodflow.statistics.store._code_digest", lambda statistic: "changed")
    assert passes.of(LogProb(), tmp_path)[1] == 1


def test_a_statistic_is_no_other_of_its_file(tmp_path):
    class Higher(LogProb):
        def compute(self, batch):
            return super().compute(batch) + 1

    class Highest(LogProb):
        def compute(self, batch):
            return super().compute(batch) + 2

    one, other = (Observation(FLOW, DATA, store=Store(tmp_path, "w"))[kind()] for kind in (Higher, Highest))
    np.testing.assert_array_equal(one + 1, other)


def test_a_statistic_whose_base_changed_is_computed_again(passes, tmp_path, monkeypatch):
    """The base stands in a file of its own."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_base.py").write_text("from oodflow.statistics import LogProb\nclass Base(LogProb): ...\n")
    (tmp_path / "own_statistic.py").write_text("from own_base import Base\nclass Own(Base): ...\n")
    own = importlib.import_module("own_statistic").Own()
    assert [passes.of(own, tmp_path / "kept")[1] for _ in range(2)] == [1, 0]
    with (tmp_path / "own_base.py").open("a") as file:
        file.write("# changed\n")
    assert passes.of(own, tmp_path / "kept")[1] == 1


def test_a_statistic_that_was_typed_in_is_not_kept(passes, tmp_path):
    names = {"__name__": "__main__", "LogProb": LogProb}
    exec("class Typed(LogProb): ...", names)
    names["Typed"].__module__ = "builtins"
    assert [passes.of(names["Typed"](), tmp_path)[1] for _ in range(2)] == [1, 1]
    assert not list(tmp_path.iterdir())


def test_what_is_not_finite_is_refused_each_time(tmp_path):
    class Broken(LogProb):
        def compute(self, batch):
            return np.full(len(batch), np.nan)

    for _ in range(2):
        with pytest.raises(OodflowError, match="32 of 32 images of test a log-probability that is infinite or NaN"):
            Observation(FLOW, ImageSet.from_array(DATA.batch(slice(None)), "test"), store=Store(tmp_path, "w"))[
                Broken()
            ]
