"""How likely flows find unseen images after so much time on two cores: goals, and the runs that come nearest."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from oodflow.document import Bullets, Code, Document, Paragraph, Section, Strong, Text, table
from oodflow.document.numbers import counted, number
from oodflow.errors import UsageError
from oodflow.records import Record
from oodflow.report.changes import scale_of, unwatched
from oodflow.report.evaluated_runs import Comparison, EvaluatedRun, compare
from oodflow.runs.naming import name_of
from oodflow.runs.pages import data_item
from oodflow.runs.provenance import DataFacts
from oodflow.runs.training_facts import TrainingFacts

THREADS = 2
"""How many a run may train with."""

CHANGES = "scale, and what was changed"


class Goal(Record):
    """How good a flow is to be after how long.

    Attributes:
        data: what it is trained on.
        bits_per_dim: of the whole test set.
        seconds: in training steps.
    """

    data: str
    bits_per_dim: float
    seconds: int


GOALS = (
    Goal(data="fashion_mnist", bits_per_dim=3.35, seconds=60),
    Goal(data="fashion_mnist", bits_per_dim=3.14, seconds=300),  # where the published Glow is, of 69 million parameters
    Goal(data="fashion_mnist", bits_per_dim=3.0, seconds=1200),
    Goal(data="fashion_mnist", bits_per_dim=2.9, seconds=3600),
    Goal(data="cifar10", bits_per_dim=3.8, seconds=300),
    Goal(data="cifar10", bits_per_dim=3.5, seconds=3600),
)


def leaderboard(paths: Sequence[Path], say: Callable[[str], None] | None = None) -> Comparison:
    """Collect evaluated runs, the most likely test set first; of several evaluations the newest of whole sets.

    Args:
        paths: as of :func:`~oodflow.report.evaluated_runs.compare`.
        say: as there.

    Raises:
        UsageError: when a path is no run, or one that can't stand beside the others.
        OodflowError: when a run has not been trained or evaluated.
    """
    runs = compare(paths, prefer=lambda evaluation: evaluation.options.limit is None, say=say).runs
    for one in runs:
        _check(one)
    return Comparison(runs=tuple(sorted(runs, key=_bits)))


def leaderboard_document(comparison: Comparison, title: str = "Leaderboard") -> Document:
    """Lay the runs of a leaderboard out as a page: the best within the time of each goal, then all of them."""
    runs = comparison.runs
    rows = [row for goal in GOALS for row in _goal_row(goal, runs)]
    return Document(
        title,
        (
            table(("goal", "within", "best", "after", "flow", CHANGES, "parameters", "commit"), rows),
            Paragraph(
                "Bits/dim of the whole test set, as the bound of one draw of the dequantisation, after seconds in "
                "training steps on at most two threads of a CPU; the best run within the time of each goal, in bold "
                "where it meets it. One seed each. What was changed: of the recipe as it is now."
            ),
            Section("All runs", (table(
                (
                    "trained on", "bits/dim", "seconds", "flow", CHANGES, "parameters", "seed", "commit",
                    "AUROC of the likelihood, %",
                ),
                [_run_row(one) for one in runs],
            ),)),
            Section("How to repeat them", (
                Bullets(tuple(_commands(one) for one in runs)),
                Bullets(tuple(dict.fromkeys(data_item(data) for one in runs for data in _data(one)))),
            )),
        ),
    )  # fmt: skip


def _goal_row(goal: Goal, runs: Sequence[EvaluatedRun]) -> Iterable[list[Text]]:
    """Write the row of a goal; none where nothing was trained on its data."""
    same = [one for one in runs if one.run.config.data == goal.data]
    if not same:
        return
    aim: list[Text] = [f"{goal.data}, {number(goal.bits_per_dim, 2)}", _minutes(goal.seconds)]
    best = next((one for one in same if _training(one).seconds_in_steps <= goal.seconds), None)
    if best is None:
        yield [*aim, "", "", "", "", "", ""]
        return
    bits = number(_bits(best), 3)
    training = _training(best)
    yield [
        *aim, Strong(bits) if _bits(best) <= goal.bits_per_dim else bits, f"{number(training.seconds_in_steps, 0)} s",
        name_of(best.run.config), scale_of(unwatched(best.run.config)), number(training.parameters, 0),
        str(training.commit),
    ]  # fmt: skip


def _run_row(one: EvaluatedRun) -> list[Text]:
    training = _training(one)
    return [
        one.run.config.data, number(_bits(one), 3), number(training.seconds_in_steps, 0), name_of(one.run.config),
        scale_of(unwatched(one.run.config)), number(training.parameters, 0), str(one.run.seed), str(training.commit),
        ", ".join(
            f"{data.name} {number(100 * data.scores['likelihood'].auroc, 1)}"
            for data in one.evaluation.outsides if "likelihood" in data.scores
        ),
    ]  # fmt: skip


def _commands(one: EvaluatedRun) -> Text:
    training, made = _training(one), one.evaluation.provenance
    where = (
        f"{counted(training.threads_in_all, 'thread')} of {counted(training.cpus or 0, 'core')}, torch {training.torch}"
    )
    draws = counted(one.evaluation.options.draws, "dequantisation draw")
    return (
        Code(training.command), f" (commit {training.commit}, {training.day}, {where}), ", Code(made.command),
        f" (commit {made.commit}, {draws})",
    )  # fmt: skip


def _data(one: EvaluatedRun) -> tuple[DataFacts, ...]:
    return _training(one).data, one.evaluation.inside


def _check(one: EvaluatedRun) -> None:
    """Refuse what took another kind of time, or was not asked about the whole test set."""
    name, training = name_of(one.run.config), one.run.training
    if training is None:
        raise UsageError(f"{name} was imported: only runs that were trained here have a place on a leaderboard.")
    if training.device != "cpu" or training.threads_in_all > THREADS:
        raise UsageError(
            f"{name} was trained with {counted(training.threads_in_all, 'thread')} on {training.device}: a leaderboard "
            f"takes runs of at most {THREADS} threads on cpu, so train it with OMP_NUM_THREADS={THREADS} --device cpu."
        )
    if one.evaluation.options.limit is not None:
        raise UsageError(
            f"{name} was evaluated on {one.evaluation.options.limit} images of the test set: a leaderboard takes all, "
            f"so evaluate it without --limit."
        )
    if one.evaluation.inside.bits_per_dim_bound is None:
        raise UsageError(f"{name} was evaluated by an older version, which did not tell the bound: evaluate it anew.")


def _training(one: EvaluatedRun) -> TrainingFacts:
    assert one.run.training is not None, "checked before"
    return one.run.training


def _bits(one: EvaluatedRun) -> float:
    bound = one.evaluation.inside.bits_per_dim_bound
    assert bound is not None, "checked before"
    return bound


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min"
