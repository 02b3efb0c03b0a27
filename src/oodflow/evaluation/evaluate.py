"""Asking a trained flow which data sets it takes for its own."""

import hashlib
import re
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from oodflow.data import ImageSet, load, same_images
from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.choice import Choice, choose
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import FILE, EvaluatedSet, Evaluation, Threshold
from oodflow.figures import likelihood_figure, save_figure
from oodflow.files import digest, file_name, written_together
from oodflow.flows import Flow, save_tensors
from oodflow.metrics import Ranking, auroc, bits_per_dim, conformal_threshold, ranking
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.pictures import row_of, samples_figure
from oodflow.runs.provenance import describe, provenance
from oodflow.runs.run_dir import RunDir
from oodflow.runs.run_dir import load as load_flow
from oodflow.scores import FittedScore, Score, Values
from oodflow.statistics import LogProb, Observation, Statistic, Store, require_images, require_shape
from oodflow.training import choose_device

Scored = list[tuple[Observation, dict[str, Values]]]
"""Each data set, the test set first, with its scores by name."""

Fitted = dict[str, Score | FittedScore]
"""By name, scores that are ready to be used."""

Progress = Callable[[str, int, int], None]
"""Called with (data set, images done, images in all)."""


def evaluate(
    run: RunDir,
    options: EvaluationOptions,
    *,
    command: str,
    root: Path | None = None,
    progress: Progress | None = None,
) -> tuple[Evaluation, Path]:
    """Score the test set and the out-of-distribution sets, and write what comes of it into the run directory.

    Writes ``evaluations/<name>/``, all of it or nothing: ``evaluation.json``, ``likelihoods.png``, ``samples.png`` and
    ``scores/<set>.safetensors``. The name says what was asked, so that other questions have folders of their own. The
    statistics that scores are made of are kept in ``statistics/``, for evaluations to come.

    Returns:
        What stands in ``evaluation.json``: for each out-of-distribution set and score the AUROC with its 95 % bootstrap
        interval, AUPR-IN, AUPR-OUT and FPR95TPR (shares, not per cent), and how much of each set lies above the
        threshold, if there is one; and the folder.

    Raises:
        UsageError: for an unknown score or set, images of another shape than the flow's, and a score asked for by name
            that can't be computed.
        OodflowError: for missing or damaged data or weights.
    """
    config = run.config()
    flow, weights = _open_flow(run)
    flow = flow.to(choose_device(options.device))
    run.require_writable()
    sets = _open_sets(config, flow, options, root)
    choice = choose(flow, config, sets, options, root)
    store = Store(run.statistics_dir, weights)

    def observe(images: ImageSet) -> Observation:
        return Observation(
            flow, images, seed=options.seed, draws=options.draws, batch_size=options.batch_size, store=store,
            progress=progress and (lambda done, total: progress(images.name, done, total)),
        )  # fmt: skip

    learned_from, held_out = _reference(choice, options.fpr)
    fitted, unfit = _fit(choice, observe(learned_from) if learned_from else None)
    thresholds = _thresholds(fitted, observe(held_out) if held_out else None, options.fpr)
    scored = _score(fitted, [observe(images) for images in sets])
    record = run.record()
    training = record.training if record else None
    evaluation = Evaluation(
        provenance=provenance(command),
        step=training.steps if training else None,
        weights=store.weights,
        device=str(flow.device),
        options=options.model_copy(update={"ood": tuple(images.name for images in sets[1:])}),
        scores={name: score.model_dump(mode="json") for name, score in choice.scores.items() if name in fitted},
        thresholds=thresholds,
        left_out=choice.left_out | unfit,
        replaces=None,
        sets=tuple(_entries(scored, thresholds, options.seed)),
    )
    folder = run.evaluations_dir / folder_name(evaluation)
    evaluation = evaluation.model_copy(update={"replaces": _date_of(folder)})
    with written_together(folder) as new:
        evaluation.write(new / FILE)
        for observation, scores in scored:
            tensors = {name: torch.from_numpy(values.copy()) for name, values in scores.items()}
            save_tensors(new / "scores" / f"{file_name(observation.data.name)}.safetensors", tensors, {})
        _draw(new, config, flow, [observation for observation, _ in scored])
    return evaluation, folder


def folder_name(evaluation: Evaluation) -> str:
    """Name the folder of an evaluation by what was asked, with a digest of all that makes a difference to the answer.

    That is the options, the weights, the scores' settings and the data's fingerprints.
    """
    options = evaluation.options
    sizes = [f"draws-{options.draws}"] * (options.draws > 1) + [f"limit-{options.limit}"] * (options.limit is not None)
    sets = [spec.partition("?")[0].rpartition("/")[2] for spec in options.ood]
    parts = ["-".join(sets)[:40], "-".join(options.scores)[:40], *sizes]
    readable = re.sub(r"[^A-Za-z0-9_.]+", "-", "-".join(parts)).strip("-.")
    asked = [
        options.model_dump_json(), evaluation.weights, evaluation.scores, [one.fingerprint for one in evaluation.sets]
    ]  # fmt: skip
    return f"{readable}-{hashlib.sha256(repr(asked).encode()).hexdigest()[:8]}"


def _open_flow(run: RunDir) -> tuple[Flow, str]:
    """Load a flow with the digest of just these weights, though a training may be writing the next."""
    while True:
        before = digest(run.weights_file) if run.weights_file.exists() else ""
        flow = load_flow(run.path)
        if digest(run.weights_file) == before:
            return flow, before


def _open_sets(config: RunConfig, flow: Flow, options: EvaluationOptions, root: Path | None) -> list[ImageSet]:
    """Open the test set and all others before any is scored: a mistake in the last should not cost the first's pass."""
    require_images(flow)
    specs = tuple(dict.fromkeys(options.ood or config.ood))
    if not specs:
        raise UsageError("there is nothing to compare with: name out-of-distribution sets with --ood, as --ood mnist.")
    for spec in specs:
        if same_images(spec, config.data):
            raise UsageError(f"{spec} is what this flow was trained on: name other data sets.")
    sets = [load(config.data, "test", root=root), *(load(spec, config.asked_split(spec), root=root) for spec in specs)]
    for images in sets:
        require_shape(flow, images)
    return [images if options.limit is None else images.limit(options.limit) for images in sets]


def _reference(choice: Choice, fpr: float | None) -> tuple[ImageSet | None, ImageSet | None]:
    """Split the reference, if there are to be thresholds: what scores learn from, and what those rest on."""
    images = choice.reference
    if images is None or fpr is None:
        return images, None
    return images.take(np.arange(0, len(images), 2)), images.take(np.arange(1, len(images), 2))


def _fit(choice: Choice, reference: Observation | None) -> tuple[Fitted, dict[str, str]]:
    """Fit the scores that learn, whose statistics are collected together; say why some of ``all`` can't.

    Raises:
        UsageError: a score that was asked for by its name can't learn from the reference.
    """
    if reference is not None:
        reference.collect(statistic for one in choice.scores.values() if one.learns for statistic in one.reads())
    fitted: Fitted = {}
    unfit: dict[str, str] = {}
    for name, score in choice.scores.items():
        try:
            fitted[name] = score.fit(reference) if score.learns and reference is not None else score
        except UsageError as error:
            if name in choice.asked:
                raise UsageError(f"the score {name} can't be computed here: {error}") from error
            unfit[name] = str(error).rstrip(".")
    return fitted, unfit


def _thresholds(scores: Fitted, held_out: Observation | None, fpr: float | None) -> dict[str, Threshold]:
    """Find above what each score raises the alarm, if a rate of false alarms is asked for."""
    if held_out is None or fpr is None:
        return {}
    held_out.collect(_statistics(scores))
    values = {name: score.score(held_out) for name, score in scores.items()}
    return {
        name: Threshold(value=conformal_threshold(one, fpr), images=len(one)) for name, one in values.items()
    }  # fmt: skip


def _score(scores: Fitted, observations: list[Observation]) -> Scored:
    """Score each set; all statistics of a set are collected together."""
    scored = []
    for observation in observations:
        observation.collect([LogProb(), LogProb(bound=True), *_statistics(scores)])
        scored.append((observation, {name: score.score(observation) for name, score in scores.items()}))
    return scored


def _statistics(scores: Fitted) -> list[Statistic]:
    settings = (score.settings if isinstance(score, FittedScore) else score for score in scores.values())
    return [statistic for one in settings for statistic in one.reads()]


def _entries(scored: Scored, thresholds: dict[str, Threshold], seed: int) -> list[EvaluatedSet]:
    """Describe each set and how well each score tells it from the first."""
    (test, inside), *others = scored
    entries = [_entry(test, "in-distribution test", {}, above(inside, thresholds))]
    for observation, outside in others:
        rankings = {name: ranking(inside[name], outside[name], seed=seed) for name in outside}
        entries.append(_entry(observation, "out-of-distribution", rankings, above(outside, thresholds)))
    return entries


def above(scores: dict[str, Values], thresholds: dict[str, Threshold]) -> dict[str, float]:
    """Tell which share of a set lies above each threshold; on it is not above it."""
    return {name: float((scores[name] > threshold.value).mean()) for name, threshold in thresholds.items()}


def _entry(
    observation: Observation,
    role: Literal["in-distribution test", "out-of-distribution"],
    scores: dict[str, Ranking],
    above: dict[str, float],
) -> EvaluatedSet:
    log_prob, dims = observation[LogProb()], prod(observation.data.shape)
    bits, bound = bits_per_dim(log_prob, dims), bits_per_dim(observation[LogProb(bound=True)], dims)
    return EvaluatedSet(
        **describe(observation.data).model_dump(), role=role, scores=scores, above=above,
        bits_per_dim=float(bits.mean()), bits_per_dim_bound=float(bound.mean()), bits_per_dim_std=float(bits.std()),
        log_prob=float(log_prob.mean()),
    )  # fmt: skip


def _draw(folder: Path, config: RunConfig, flow: Flow, observations: list[Observation]) -> None:
    inside, *outsides = observations
    rows = [row_of(inside, None)]
    rows += [row_of(outside, auroc(-inside[LogProb()], -outside[LogProb()])) for outside in outsides]
    title = f"What the flow finds likely: {name_of(config)}, {config.scale} scale"
    save_figure(likelihood_figure(rows, dims=flow.dims, title=title), folder / "likelihoods.png")
    save_figure(samples_figure(flow, config), folder / "samples.png")


def _date_of(folder: Path) -> str | None:
    """Tell when the evaluation that stands at ``folder`` was made, if there is one."""
    try:
        return Evaluation.read(folder / FILE).provenance.date
    except OodflowError:
        return None
