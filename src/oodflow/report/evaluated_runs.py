"""Evaluated runs, collected to stand beside each other."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from oodflow.errors import OodflowError
from oodflow.evaluation.record import Evaluation, chosen
from oodflow.records import Record
from oodflow.runs.pages import is_page
from oodflow.runs.record import RunRecord


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


def compare(paths: Sequence[Path]) -> Comparison:
    """Collect evaluated runs.

    Args:
        paths: run directories, folders of evaluations, and pages: what stands on a page, its ``.json`` has whole.

    Raises:
        UsageError: when a path is no run.
        OodflowError: when a run has not been trained or evaluated.
    """
    runs: list[EvaluatedRun] = []
    for path in paths:
        if is_page(path):
            runs += Comparison.read(path).runs
            continue
        run, evaluation = chosen(path)
        record = run.record()
        if record is None or record.begun is None:
            raise OodflowError(f"{run.path} has not been trained: run `oodflow train --resume {run.path}` first.")
        runs.append(EvaluatedRun(run=record.model_copy(update={"evaluation": None}), evaluation=evaluation))
    return Comparison(runs=tuple(runs))
