"""What several processes make of a machine: measured by processes of its own, and shown."""

import pytest

from oodflow.bench.ranks import RanksOptions, RanksRecord, measure, ranks_document
from oodflow.document import as_markdown
from oodflow.errors import OodflowError, UsageError

SMALL = {"flows": (("fashion-mnist-realnvp", "smoke"),), "batch": 8, "steps": 2, "scored": 16, "rounds": 1}


def test_one_process_and_two_are_timed_and_told_beside_one_another(tmp_path):
    record = measure(RanksOptions(**SMALL), command="oodflow bench --processes 2", say=lambda line: None)
    record.write(tmp_path / "record.json")
    assert RanksRecord.read(tmp_path / "record.json") == record
    (flow,) = record.flows
    assert [(way.processes, way.threads) for way in flow.ways] == [(1, 1), (1, 2), (2, 1)]
    assert flow.ways[0].training_gain.median == flow.ways[0].scoring_gain.median == 1
    for way in flow.ways:
        assert way.training_gain.median == pytest.approx(way.training.median / flow.ways[0].training.median)
    page = as_markdown(ranks_document(record))
    assert f"| fashion-mnist-realnvp | smoke | {flow.parameters:,} | 2 | 1 |" in page
    assert "A step has 8 images, of all processes together; 2 steps are timed, and 16 images scored." in page


def test_a_process_that_fails_says_why():
    options = RanksOptions(**SMALL | {"flows": (("fashion-mnist-realnvp", "tiny"),)})
    with pytest.raises(OodflowError, match=r"a process that trains fashion-mnist-realnvp has failed: .*scale"):
        measure(options, command="test", say=lambda line: None)


def test_a_batch_that_can_not_be_shared_is_refused():
    with pytest.raises(UsageError, match="batch is 8, which 3 processes can't share evenly"):
        measure(RanksOptions(**SMALL, processes=3), command="test")


@pytest.mark.parametrize(
    ("flags", "says"),
    [(["--no-peers"], "--no-peers goes with"), (["--device", "cuda"], "--processes goes with --device cpu")],
)
def test_what_would_be_ignored_is_refused(oodflow, flags, says):
    refused = oodflow("bench", "--processes", 2, *flags)
    assert refused.code == 2
    assert says in refused.error
