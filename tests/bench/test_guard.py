"""Stored shares: what falls below them is named."""

import pytest

from oodflow.bench.guard import differences, fallen, load_ratios, ratios, write_ratios
from oodflow.bench.record import BenchRecord
from oodflow.errors import OodflowError, UsageError


def with_share(record, what, **share):
    """The record with another share of the limit."""
    values = record.as_dict()
    values["flows"][0][what]["share"] = share
    return BenchRecord.parse(values)


def slower(record, factor, what="train"):
    share = getattr(record.flows[0], what).share
    return with_share(record, what, **{name: factor * value for name, value in share})


def test_shares_and_their_tolerance(record):
    found = ratios(record)
    assert set(found.shares) == {"mnist-glow/cpu/train", "mnist-glow/cpu/score"}
    train = found.shares["mnist-glow/cpu/train"]
    assert (train.share, train.low, train.high) == pytest.approx((0.4, 0.36, 0.42))
    assert train.tolerance == pytest.approx(0.15)  # from 0.9 to 1.05 of it is more than a tenth
    close = with_share(record, "train", median=0.4, low=0.39, high=0.41)
    assert ratios(close).shares["mnist-glow/cpu/train"].tolerance == 0.1


@pytest.mark.parametrize(("factor", "falls"), [(2.0, False), (1.0, False), (0.86, False), (0.84, True)])
def test_what_falls_by_more_than_its_tolerance(record, factor, falls):
    found = fallen(ratios(record), ratios(slower(record, factor)))
    assert bool(found) is falls
    if falls:
        assert found == ["mnist-glow/cpu/train from 40.0 to 33.6 % (tolerance 15 %)"]


def test_only_what_is_in_both_is_held_together(record):
    stored = ratios(record)
    part = stored.model_copy(update={"shares": {"mnist-glow/cpu/score": stored.shares["mnist-glow/cpu/score"]}})
    assert fallen(part, ratios(slower(record, 0.1))) == []
    assert len(fallen(stored, ratios(slower(slower(record, 0.1), 0.1, "score")))) == 2
    other = stored.model_copy(update={"shares": {"mnist-glow/paper/train": stored.shares["mnist-glow/cpu/train"]}})
    with pytest.raises(UsageError, match="nothing that was measured is stored: stored are mnist-glow/paper/train"):
        fallen(other, stored)


def test_another_machine_is_named(record):
    other = ratios(record).model_copy(update={"cpu": "Slide rule", "threads": 4})
    assert differences(ratios(record), other) == [
        "Stored with cpu Abacus 9, measured with Slide rule: compare with care.",
        "Stored with threads 1, measured with 4: compare with care.",
    ]
    assert differences(other, other) == []


def test_the_way_to_a_file_and_back(record, tmp_path):
    write_ratios(record, tmp_path / "ratios.json")
    assert load_ratios(tmp_path / "ratios.json") == ratios(record)
    assert "second" not in (tmp_path / "ratios.json").read_text()


def test_rounds_that_lie_far_apart_are_not_stored(record, tmp_path):
    record = with_share(record, "score", median=0.4, low=0.1, high=0.41)
    with pytest.raises(OodflowError, match=r"the rounds lie too far apart \(mnist-glow/cpu/score\)"):
        write_ratios(record, tmp_path / "ratios.json")
    assert not list(tmp_path.glob("*.json"))


def test_files_that_hold_none(tmp_path):
    with pytest.raises(UsageError, match="is not there: measure it first with `oodflow bench --store"):
        load_ratios(tmp_path / "nothing.json")
    for text in ("", "[]", '{"shares": {}}'):
        (tmp_path / "other.json").write_text(text)
        with pytest.raises(OodflowError, match=r"other.json is damaged.*`oodflow bench --store` writes it anew"):
            load_ratios(tmp_path / "other.json")
