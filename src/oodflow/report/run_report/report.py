"""The page of one run, or of several beside each other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oodflow.document import Block, Document, Paragraph, Section
from oodflow.errors import UsageError
from oodflow.evaluation.record import evaluations
from oodflow.report.changes import scale_of
from oodflow.report.comparison import comparison_legend, likelihoods, other_scores
from oodflow.report.evaluated_runs import EvaluatedRun, chosen, run_of
from oodflow.report.replicas import replicas
from oodflow.report.run_report.galleries import Means
from oodflow.report.run_report.sections import evaluated_sections, other_sections
from oodflow.runs.naming import name_of
from oodflow.runs.run_dir import RunDir


@dataclass(frozen=True)
class Report:
    """A page with its pictures.

    Attributes:
        document: the page.
        pictures: contents of its pictures, by their files.
    """

    document: Document
    pictures: Mapping[str, bytes]


def run_report(
    paths: Sequence[Path],
    *,
    restated: Sequence[str] = (),
    root: Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> Report:
    """Put what there is of runs on one page: a single one's parts, or a section for each after a comparison.

    Nothing is computed but what the flow does to the images that are shown; of runs that have not been evaluated or
    explained, and where data are not at hand, the page says so.

    Args:
        paths: run directories, whose fullest evaluation counts, or folders of evaluations.
        restated: where the data of runs lie now, as ``data=SPEC``.
        root: where data sets lie.
        device: that computes.
        say: takes a line before each part.

    Raises:
        UsageError: a path is no run, or there is none.
        OodflowError: a record is damaged.
    """
    if not paths:
        raise UsageError("there is no run to report on: name at least one run directory.")
    pictures: dict[str, bytes] = {}
    means = Means(pictures, root, device, len(paths), say)
    runs = [_open(path, restated, say) for path in paths]
    made = [_sections(run, evaluated, f"run-{i}-" if len(runs) > 1 else "", means)
            for i, (run, evaluated) in enumerate(runs, 1)]  # fmt: skip
    titles = _titles([run for run, _ in runs])
    if len(runs) == 1:
        return Report(Document(titles[0], tuple(made[0])), pictures)
    together = [evaluated for _, evaluated in runs if evaluated is not None]
    sections = [Section(title, tuple(blocks)) for title, blocks in zip(titles, made, strict=True)]
    return Report(Document("Runs", (*_beside_each_other(together), *sections)), pictures)


Evaluated = EvaluatedRun | None


def _open(path: Path, restated: Sequence[str], say: Callable[[str], None]) -> tuple[RunDir, Evaluated]:
    """Open a run with the evaluation that counts; none: it has not been trained or evaluated."""
    run = run_of(path, restated)
    record = run.record()
    if record is None or record.begun is None or not evaluations(run):
        return run, None
    _, evaluation = chosen(path, say=say)
    return run, EvaluatedRun(run=record.model_copy(update={"evaluation": None}), evaluation=evaluation)


def _sections(run: RunDir, evaluated: Evaluated, prefix: str, means: Means) -> list[Block]:
    if evaluated is None:
        return other_sections(run, prefix, means)
    return evaluated_sections(run, evaluated, prefix, means)


def _titles(runs: Sequence[RunDir]) -> list[str]:
    """Name runs by what they are; those that are alike by their folders, too."""
    titles = [f"{name_of(run.written_config())}, {scale_of(run.written_config())}" for run in runs]
    return [
        f"{title} ({(run.out or run.path).name})" if titles.count(title) > 1 else title
        for title, run in zip(titles, runs, strict=True)
    ]


def _beside_each_other(runs: Sequence[EvaluatedRun]) -> list[Section]:
    if len(runs) < 2:
        return []
    groups = replicas(runs)
    blocks = [*likelihoods(groups), Paragraph(comparison_legend(groups)), *other_scores(groups)]
    return [Section("Beside each other", tuple(blocks))]
