"""What an evaluation writes down, and where."""

from typing import Any, ClassVar, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from oodflow.evaluation.options import EvaluationOptions
from oodflow.files import in_folders
from oodflow.metrics import Estimate, Ranking
from oodflow.records import Record
from oodflow.runs.provenance import DataFacts, Provenance, take_provenance
from oodflow.runs.run_dir import RunDir

FILE = "evaluation.json"


class Flagged(Record):
    """What is flagged of a set that comes in one batch with the test set.

    Attributes:
        found: share of the set's images, or groups, that are.
        false: share of the test set's among those flagged; 0 where nothing is.
    """

    found: float
    false: float


class EvaluatedSet(DataFacts):
    """A data set: what it was, how likely it is, and how well each score tells it from the test set.

    Attributes:
        role: of the set.
        bits_per_dim: mean over its images; of several draws, importance-sampled.
        bits_per_dim_bound: the same of a single draw, the mean of all draws' one by one; none: an older version
            evaluated several draws, and did not write it down.
        bits_per_dim_std: their standard deviation.
        log_prob: mean, in nats.
        scores: by name of the score; empty for the test set itself.
        differences: by name of the score, its AUROC less that of the likelihood, on the same images; of scores of
            single images other than the likelihood.
        above: by name of the score, the share of its images, or groups, above the threshold, if one was asked for.
        flagged: by name of the score, what is flagged where the set comes in one batch with the test set, if asked for.
    """

    role: Literal["in-distribution test", "out-of-distribution"]
    bits_per_dim: float
    bits_per_dim_bound: float | None
    bits_per_dim_std: float
    log_prob: float
    scores: dict[str, Ranking]
    differences: dict[str, Estimate]
    above: dict[str, float]
    flagged: dict[str, Flagged]


class Threshold(Record):
    """Above what a score raises the alarm.

    Attributes:
        value: the threshold.
        images: how many held-out images, or groups, it rests on; the score has learned from none of them.
    """

    value: float
    images: int


def _from_section(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate the section ``evaluation`` that stood in a run's record."""
    old = dict(old)
    made = take_provenance(old)
    sets = old.pop("sets")
    scores = list(dict.fromkeys(name for entry in sets for name in entry.get("scores", {})))
    asked = {name: old.pop(name) for name in ("seed", "draws", "limit", "batch_size")}
    return {
        **old,
        "provenance": made,
        "weights": None,
        "left_out": {},
        "replaces": None,
        "options": {**asked, "ood": [entry["name"] for entry in sets[1:]], "scores": scores},
        "scores": {name: {"kind": name} for name in scores},
        "sets": [
            {**entry, "scores": {name: _metrics(old) for name, old in entry.get("scores", {}).items()}}
            for entry in sets
        ],
    }


def _with_bounds(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate an evaluation that told several draws' average alone: a single draw is its own."""
    single = old["options"]["draws"] == 1
    sets = [{**entry, "bits_per_dim_bound": entry["bits_per_dim"] if single else None} for entry in old["sets"]]
    return {**old, "sets": sets}


def _without_thresholds(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate an evaluation from before there were thresholds."""
    return {**old, "thresholds": {}, "sets": [{**entry, "above": {}} for entry in old["sets"]]}


def _without_costs(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate an evaluation that compared no two scores, flagged nothing and did not look at the clock."""
    sets = [{**entry, "differences": {}, "flagged": {}} for entry in old["sets"]]
    return {**old, "costs": {}, "sets": sets}


def _without_verdict(old: dict[str, Any]) -> dict[str, Any]:
    """Migrate an evaluation that did not write down what it says in words."""
    return dict(old)


def _metrics(old: dict[str, Any]) -> dict[str, Any]:
    low, high = old["AUROC-CI95"]
    return {
        "auroc": old["AUROC"], "auroc_low": low, "auroc_high": high, "aupr_in": old["AUPR-IN"],
        "aupr_out": old["AUPR-OUT"], "fpr95": old["FPR95TPR"], "n_in": old["n_in"], "n_out": old["n_out"],
    }  # fmt: skip


class Evaluation(Record):
    """What a flow takes for its own.

    Attributes:
        provenance: command, commit, date, versions, machine.
        step: of the training that the weights are of; none: they were imported.
        weights: digest of the weights; none: of an older version.
        device: that computed it.
        options: what was asked, with the data sets that it came to.
        scores: by name, the settings of each score that was computed.
        costs: by name, seconds that the score takes for an image of the test set on this machine, if that is known:
            all that it reads, were it the only score, and itself; without what it costs to fit.
        thresholds: by name of the score, if a rate of false alarms was asked for.
        left_out: by name, why a score of ``all`` was not.
        replaces: date of the evaluation that asked the same of the same weights before, and made room for this one.
        sets: the test set first.
        verdict: what it says in words; empty: an older version did not write it down.
    """

    version: ClassVar[int | None] = 5
    migrations: ClassVar = {
        0: _from_section, 1: _with_bounds, 2: _without_thresholds, 3: _without_costs, 4: _without_verdict,
    }  # fmt: skip

    provenance: Provenance
    step: int | None
    weights: str | None
    device: str
    options: EvaluationOptions
    scores: dict[str, dict[str, Any]]
    costs: dict[str, float]
    thresholds: dict[str, Threshold]
    left_out: dict[str, str]
    replaces: str | None
    sets: tuple[EvaluatedSet, ...]
    verdict: str = ""

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave a verdict that is not there away, as in records from before there were any."""
        written: dict[str, Any] = super()._write(write)
        return {name: value for name, value in written.items() if name != "verdict" or value}

    @property
    def inside(self) -> EvaluatedSet:
        """The test set."""
        return self.sets[0]

    @property
    def outsides(self) -> tuple[EvaluatedSet, ...]:
        """The out-of-distribution sets."""
        return self.sets[1:]


def evaluations(run: RunDir) -> list[Evaluation]:
    """Read all evaluations of a run, the newest last.

    Raises:
        OodflowError: when one is damaged.
    """
    record = run.record()
    older = record.evaluation if record else None  # of a run that an older version evaluated
    found = [(Evaluation.parse(older, str(run.record_file)), 0)] if older else []
    found += [(Evaluation.read(file), file.stat().st_mtime_ns) for file in in_folders(run.evaluations_dir, FILE)]
    found.sort(key=lambda pair: (pair[0].provenance.date, pair[1]))  # a date is of a second
    return [evaluation for evaluation, _ in found]
