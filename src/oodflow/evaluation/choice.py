"""Which scores an evaluation computes, and why it leaves others out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from oodflow.data import DataSet, limited
from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.options import EvaluationOptions
from oodflow.flows import Flow
from oodflow.runs.own_data import load_unseen
from oodflow.runs.run_dir import RunDir
from oodflow.scores import Score, named_score, shown_scores

BASELINES = ("compressed-size", "principal-components")
"""Of images, what stands beside other scores whether it is asked for or not: they ask no flow, and cost little."""


@dataclass(frozen=True)
class Choice:
    """The scores to compute.

    Attributes:
        scores: by name; beside others than the likelihood, that and baselines.
        asked: those that were asked for by their names.
        left_out: by name, why a score of ``all``, or one that stands beside others, can't be computed here.
        reference: what scores that learn are fitted to, and promises rest on; none: neither is asked for.
        cut: what is to be said of ``limit`` where the reference is too small; empty: it is whole.
    """

    scores: dict[str, Score]
    asked: frozenset[str]
    left_out: dict[str, str]
    reference: DataSet | None
    cut: str


def choose(flow: Flow, run: RunDir, sets: Sequence[DataSet], options: EvaluationOptions, root: Path | None) -> Choice:
    """Choose the scores that were asked for and can be computed of every set: of ``all`` those that can't are left out.

    Beside others than the likelihood stand that and, of images, baselines that ask no flow, as far as they can be
    computed: without them nobody could tell what a score is worth.

    Raises:
        UsageError: for an unknown score, and for one asked for by its name that can't be computed.
    """
    named = {score.name: score for score in (named_score(text) for text in options.scores if text != "all")}
    scores, left_out = shown_scores() if "all" in options.scores else ({}, {})
    scores, left_out = scores | named, {name: why for name, why in left_out.items() if name not in named}
    if scores.keys() - {"likelihood"}:
        baselines = BASELINES if flow.domain.is_images else ()
        scores = {"likelihood": named_score("likelihood")} | scores
        scores |= {name: named_score(name) for name in baselines if name not in scores}
    reference: DataSet | None = None
    none_held_out = None
    promise = options.strictest
    if promise is not None or any(score.learns for score in scores.values()):
        try:
            reference = held_out(run, options.limit, root)
        except OodflowError as error:
            none_held_out = str(error).rstrip(".")
    cut = _cut(reference, options.limit)
    for name, score in scores.items():
        reasons = (_why_not(score, flow, images, options.limit) for images in sets)
        needed = score.learns or promise is not None
        missing = none_held_out if needed else None
        reason = next((reason for reason in reasons if reason), missing or _too_few(score, reference, promise, cut))
        if reason and name in named:
            raise UsageError(f"the score {name} can't be computed here: {reason}.")
        if reason:
            left_out[name] = reason
    chosen = {name: score for name, score in scores.items() if name not in left_out}
    return Choice(chosen, frozenset(named), left_out, reference, cut)


def _why_not(score: Score, flow: Flow, images: DataSet, limit: int | None) -> str | None:
    """Say why a score can't be computed of a set: that they are too few only where more would do."""
    if too_few := score.too_few(images):
        enough = images.take(np.resize(np.arange(len(images)), score.group_size))
        return score.why_not(flow, enough) or too_few + _cut(images, limit)
    return score.why_not(flow, images)


def _cut(data: DataSet | None, limit: int | None) -> str:
    """Say that it is the limit which makes a set small; empty where it does not."""
    return f" (--limit is {limit})" if data is not None and len(data) == limit else ""


def _too_few(score: Score, reference: DataSet | None, rate: float | None, cut: str) -> str | None:
    """Say that half of the reference, which promises rest on, is too few for a rate of false alarms."""
    if rate is None or reference is None:
        return None
    needed, there = ceil(1 / rate) - 1, len(reference) // 2 // score.group_size
    what = reference.unit if score.group_size == 1 else f"groups of {score.group_size} {reference.unit}"
    return None if there >= needed else (
        f"to promise at most {100 * rate:g} % false alarms takes {needed:,} {what} that it has not learned from, "
        f"and half of the calibration part makes {there:,}{cut}"
    )  # fmt: skip


def held_out(run: RunDir, limit: int | None, root: Path | None) -> DataSet:
    """Open the images that scores learn from, which the flow must not have seen either.

    Raises:
        UsageError: when the flow has seen them.
        OodflowError: when they are not there, or the data have changed since the flow was trained.
    """
    config = run.config()
    if "calibration" in config.split:
        raise UsageError(
            f"it must learn from data that the flow has not seen, and this flow was trained on {config.split}, the "
            f"whole official train part, so that none of it is held out: ask for scores that learn nothing, such as "
            "likelihood or complexity, or train with split=train."
        )
    images = load_unseen(run, config.data, "calibration", root=root)
    return images if limit is None else limited(images, limit)
