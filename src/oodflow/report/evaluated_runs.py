"""Evaluated runs, collected to stand beside each other."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from oodflow.document.numbers import counted
from oodflow.errors import OodflowError
from oodflow.evaluation.record import FILE, Evaluation, evaluations
from oodflow.records import Record
from oodflow.runs.pages import is_page
from oodflow.runs.record import RunRecord
from oodflow.runs.run_dir import RunDir


class EvaluatedRun(Record):
    """A run with one of its evaluations."""

    run: RunRecord
    evaluation: Evaluation


def _from_sections(old: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Migrate a list of run records that had their evaluation as a section."""
    runs = [{name: part for name, part in record.items() if name != "evaluation"} for record in old]
    return {
        "runs": [
            {"run": run, "evaluation": record["evaluation"]} for run, record in zip(runs, old, strict=True)
        ]
    }  # fmt: skip


class Comparison(Record):
    """Runs beside each other."""

    version: ClassVar[int | None] = 1
    migrations: ClassVar = {0: _from_sections}

    runs: tuple[EvaluatedRun, ...] = Field(min_length=1)


def telling(evaluation: Evaluation) -> float:
    """Weigh what an evaluation tells: each AUROC counts as much as it is certain, the square root of its images."""
    return sum(sqrt(min(one.n_in, one.n_out)) for outside in evaluation.outsides for one in outside.scores.values())


def run_of(path: Path, restated: Sequence[str] = ()) -> RunDir:
    """Open a run by its folder, or by that of one of its evaluations; ``restated`` says where its data lie now.

    Raises:
        UsageError: when the path is neither.
    """
    return RunDir.open(path.absolute().parents[1] if (path / FILE).is_file() else path, restated)


Preference = Callable[[Evaluation], float]


def chosen(
    path: Path, prefer: Preference = telling, say: Callable[[str], None] | None = None
) -> tuple[RunDir, Evaluation]:
    """Read the evaluation of a run that counts, or the one whose folder is named.

    Args:
        path: a run directory, or the folder of an evaluation.
        prefer: weighs the evaluations of a run's newest weights, of which the heaviest counts, the newest of equals: a
            small trial should not take the place of what was evaluated at length.
        say: called with a sentence that tells which of several counts.

    Raises:
        UsageError: when the path is neither.
        OodflowError: when the run has not been evaluated, or an evaluation is damaged.
    """
    run = run_of(path)
    if (path / FILE).is_file():
        return run, Evaluation.read(path / FILE)
    found = evaluations(run)
    if not found:
        raise OodflowError(f"{path} has not been evaluated: run `oodflow evaluate {path}` first.")
    same = [one for one in found if one.weights == found[-1].weights]
    same = [one for one in same if one.options.in_test is None] or same  # the test part of its data, as others have
    evaluation = max(reversed(same), key=prefer)
    if say is not None and len(same) > 1:
        say(_which(path, evaluation, len(same)))
    return run, evaluation


def compare(
    paths: Sequence[Path], prefer: Preference = telling, say: Callable[[str], None] | None = None
) -> Comparison:
    """Collect evaluated runs.

    Args:
        paths: run directories, folders of evaluations, and pages: what stands on a page, its ``.json`` has whole.
        prefer: as of :func:`chosen`.
        say: as of :func:`chosen`.

    Raises:
        UsageError: when a path is no run.
        OodflowError: when a run has not been trained or evaluated.
    """
    runs: list[EvaluatedRun] = []
    for path in paths:
        if is_page(path):
            runs += Comparison.read(path).runs
            continue
        run, evaluation = chosen(path, prefer, say)
        record = run.record()
        if record is None or record.begun is None:
            raise OodflowError(f"{run.path} has not been trained: run `oodflow train --resume {run.path}` first.")
        runs.append(EvaluatedRun(run=record.model_copy(update={"evaluation": None}), evaluation=evaluation))
    return Comparison(runs=tuple(runs))


def _which(path: Path, evaluation: Evaluation, count: int) -> str:
    """Say which of several evaluations counts."""
    scores = {name for outside in evaluation.outsides for name in outside.scores}
    names = ", ".join(outside.name for outside in evaluation.outsides)
    limit = evaluation.options.limit
    at_most = "" if limit is None else f", at most {counted(limit, evaluation.inside.unit[:-1])} of each"
    return (
        f"{path} has {count} evaluations: the one of {evaluation.provenance.date} counts, of "
        f"{counted(len(scores), 'score')} on {names}{at_most}; name the folder of another in "
        f"{path / 'evaluations'} to have that."
    )


def unlike(runs: Sequence[EvaluatedRun]) -> str:
    """Say in which of limit, seed and draws runs were evaluated in different ways; empty: in none."""
    asked = [one.evaluation.options for one in runs]
    values = {
        "limit": {"none" if one.limit is None else f"{one.limit:,}": one.limit or 0 for one in asked},
        "seed": {str(one.seed): one.seed for one in asked},
        "draws": {str(one.draws): one.draws for one in asked},
    }
    different = [
        f"{name} {' and '.join(sorted(texts, key=texts.__getitem__))}"
        for name, texts in values.items() if len(texts) > 1
    ]  # fmt: skip
    return f"Not all were evaluated alike: {', '.join(different)}." if different else ""
