"""Which of several evaluations of a run stands on a page."""

from copy import deepcopy

import pytest

from oodflow.document import as_markdown
from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.record import FILE, Evaluation, evaluations
from oodflow.report.comparison import comparison_document
from oodflow.report.evaluated_runs import Comparison, EvaluatedRun, chosen, compare, telling, unlike
from oodflow.report.scores import scores_document
from oodflow.runs import RunDir

from .conftest import METRICS


def evaluated(record, date, scores=1, images=10_000, weights="a" * 16, **options):
    """An evaluation of a date, of so many scores and images."""
    evaluation = deepcopy(record["evaluation"])
    metrics = {**METRICS, "n_in": images, "n_out": images}
    evaluation["sets"][1]["scores"] = dict.fromkeys(("likelihood", *"abcdefghi")[:scores], metrics)
    evaluation["provenance"] = {**evaluation["provenance"], "date": date}
    evaluation["weights"] = weights
    evaluation["options"] = {**evaluation["options"], **options}
    return Evaluation.parse(evaluation)


@pytest.fixture
def a_run(run, record):
    """A run, and how to keep evaluations of it, the first first."""

    def kept(*several):
        for place, options in enumerate(several):
            made = evaluated(record, f"2026-01-0{place + 1}T00:00:00+00:00", **options)
            made.write(run / "evaluations" / str(place) / FILE)
        return run

    return kept


FULL = {"scores": 5, "images": 1_500, "limit": 1_500}
TRIAL = {"scores": 1, "images": 200, "limit": 200}


@pytest.mark.parametrize(
    ("several", "counts"),
    [
        pytest.param([FULL, TRIAL], 0, id="a small trial does not take its place"),
        pytest.param([FULL, {**FULL, "scores": 6}], 1, id="more scores"),
        pytest.param([FULL, {**FULL, "images": 3_000, "limit": 3_000}, FULL], 1, id="more images"),
        pytest.param([{"scores": 1}, FULL], 1, id="scores of some images tell more than the likelihood of all"),
        pytest.param([FULL, {"scores": 9, "images": 20, "limit": 20}], 0, id="many scores of few images tell less"),
        pytest.param([FULL, FULL], 1, id="the newest of equals"),
        pytest.param([{**FULL, "weights": "b" * 16}, TRIAL], 1, id="other weights are not asked"),
    ],
)
def test_the_one_that_tells_most_of_the_newest_weights_counts(a_run, several, counts):
    run = a_run(*several)
    (found,) = compare([run]).runs
    assert found.evaluation == evaluations(RunDir(run))[counts]
    named, evaluation = chosen(run / "evaluations" / "0")
    assert (named.path, evaluation) == (run, evaluations(RunDir(run))[0])


def test_what_was_not_evaluated_or_is_no_run(run, tmp_path):
    with pytest.raises(OodflowError, match="has not been evaluated: run `oodflow evaluate"):
        chosen(run)
    with pytest.raises(UsageError, match="is not a run"):
        chosen(tmp_path / "none")


def test_it_is_said_which_counts_if_there_are_several(a_run):
    said = []
    compare([a_run(FULL)], say=said.append)
    assert said == []
    run = a_run(FULL, TRIAL)
    compare([run], say=said.append)
    assert said == [
        f"{run} has 2 evaluations: the one of 2026-01-01T00:00:00+00:00 counts, of 5 scores on mnist, at most 1,500 "
        f"images of each; name the folder of another in {run / 'evaluations'} to have that."
    ]


def test_each_number_weighs_as_much_as_it_is_certain(record):
    assert telling(evaluated(record, "2026", scores=3, images=400)) == pytest.approx(60)


def test_the_commands_say_it_and_a_leaderboard_takes_whole_sets(oodflow, a_run):
    run = a_run({"scores": 1}, FULL)
    assert oodflow("scores", run).err.startswith(f"{run} has 2 evaluations: the one of 2026-01-02")
    assert oodflow("compare", run).err.startswith(f"{run} has 2 evaluations: the one of 2026-01-02")
    assert oodflow("leaderboard", run).err.startswith(f"{run} has 2 evaluations: the one of 2026-01-01")


@pytest.mark.parametrize("document", [scores_document, comparison_document])
def test_a_page_says_what_its_runs_were_not_evaluated_alike_in(run, record, document):
    asked = [FULL, {**FULL, "limit": 200, "seed": 1}, {**FULL, "limit": None}]
    runs = [EvaluatedRun(run=RunDir(run).record(), evaluation=evaluated(record, "2026", **one)) for one in asked]
    sentence = "Not all were evaluated alike: limit none and 200 and 1,500, seed 0 and 1."
    assert unlike(runs) == sentence
    assert sentence in as_markdown(document(Comparison(runs=runs)))
    assert unlike(runs[:1]) == unlike([runs[0]] * 2) == ""
    assert "evaluated alike" not in as_markdown(document(Comparison(runs=runs[:1])))
