"""Asking a trained flow which data sets it takes for its own."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oodflow.data import ImageSet, load
from oodflow.errors import UsageError
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import EvaluatedSet, Evaluation, Metrics
from oodflow.figures import likelihood_figure, save_figure
from oodflow.files import file_name
from oodflow.flows import Flow
from oodflow.metrics import auroc, bits_per_dim, ranking
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.pictures import row_of, samples_figure
from oodflow.runs.provenance import describe, provenance
from oodflow.runs.record import RunRecord
from oodflow.runs.run_dir import RunDir
from oodflow.runs.run_dir import load as load_flow
from oodflow.scores import SCORES, Evidence, Score, observe, require_images, require_shape, save_scores
from oodflow.training import choose_device

Values = dict[str, NDArray[np.float64]]
"""By name of the score: one number an image."""

Progress = Callable[[str, int, int], None]
"""Called with (data set, images done, images in all)."""


def evaluate(
    run: RunDir,
    options: EvaluationOptions,
    *,
    command: str,
    root: Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Score the test set and the out-of-distribution sets, and write what comes of it into the run directory.

    Writes ``scores/<set>.npz``, ``likelihoods.png``, ``samples.png`` and the section ``evaluation`` of
    ``record.json``.

    Returns:
        What stands in that section: for each out-of-distribution set and score the AUROC with its 95 % bootstrap
        interval, AUPR-IN, AUPR-OUT and FPR95TPR (shares, not per cent).

    Raises:
        UsageError: for an unknown score or set, and for images of another shape than the flow's.
        OodflowError: for missing or damaged data or weights.
    """
    config = run.config()
    scores = make_scores(options.scores)
    flow = load_flow(run.path).to(choose_device(options.device))
    run.require_writable()
    test, *others = _open_sets(config, flow, options, root)

    def observed(images: ImageSet) -> Evidence:
        return observe(
            flow, images, seed=options.seed, draws=options.draws, batch_size=options.batch_size,
            progress=progress and (lambda done, total: progress(images.name, done, total)),
        )  # fmt: skip

    if learners := [name for name, score in scores.items() if needs_reference(score)]:
        reference = observed(_calibration(config, options, learners, root))
        scores = {name: score.fit(reference) for name, score in scores.items()}
    evidences = [observed(images) for images in (test, *others)]
    values = [{name: score.score(evidence) for name, score in scores.items()} for evidence in evidences]

    # Nothing is written before all is known: a stopped evaluation leaves the one before as it was.
    _write_scores(run, evidences, values)
    _draw(run, config, flow, evidences)
    record = run.record()
    evaluation = Evaluation(
        provenance=provenance(command),
        step=record.training.steps if record and record.training else None,
        weights=None,
        device=str(flow.device),
        options=options.model_copy(update={"ood": tuple(images.name for images in others)}),
        scores={name: {"kind": name} for name in scores},
        left_out={},
        replaces=None,
        sets=tuple(_summaries(evidences, values, options.seed)),
    )
    if record is None:
        record = RunRecord(config=config)
    record.model_copy(update={"evaluation": evaluation.as_dict()}).write(run.record_file)
    return evaluation


def _open_sets(config: RunConfig, flow: Flow, options: EvaluationOptions, root: Path | None) -> list[ImageSet]:
    """Open the test set and all others before any is scored: a mistake in the last should not cost the first's pass."""
    require_images(flow)
    specs = tuple(dict.fromkeys(options.ood or config.ood))
    if not specs:
        raise UsageError("there is nothing to compare with: name out-of-distribution sets with --ood, as --ood mnist.")
    if config.data in specs:
        raise UsageError(f"{config.data} is what this flow was trained on: name other data sets.")
    sets = [load(config.data, "test", root=root), *(load(spec, "all", root=root) for spec in specs)]
    for images in sets:
        require_shape(flow, images)
    return [_limited(images, options.limit) for images in sets]


def _calibration(config: RunConfig, options: EvaluationOptions, learners: list[str], root: Path | None) -> ImageSet:
    """Open the images that scores learn from, which the flow must not have seen either."""
    if "calibration" in config.split:
        others = " or ".join(name for name in SCORES if not needs_reference(SCORES[name]()))
        raise UsageError(
            f"{' and '.join(learners)} must learn from images that the flow has not seen, but this one was trained on "
            f"{config.split}: ask for {others}, or train with split=train."
        )
    return _limited(load(config.data, "calibration", root=root), options.limit)


def make_scores(names: Sequence[str]) -> dict[str, Score]:
    """Make scores by name; ``all`` stands for all of them."""
    wanted = list(SCORES) if "all" in names else list(dict.fromkeys(names))
    return {name: SCORES[name]() for name in wanted}


def needs_reference(score: Score) -> bool:
    """Tell whether a score learns from held-out in-distribution data."""
    return type(score).fit is not Score.fit


def _limited(images: ImageSet, limit: int | None) -> ImageSet:
    return images if limit is None else images.limit(limit)


def _write_scores(run: RunDir, evidences: list[Evidence], values: list[Values]) -> None:
    """Write a file for each set, and remove those of an evaluation that this one replaces."""
    run.scores_dir.mkdir(exist_ok=True)
    for stale in run.scores_dir.glob("*.npz"):
        stale.unlink()
    for evidence, scores in zip(evidences, values, strict=True):
        save_scores(run.scores_dir / f"{file_name(evidence.images.name)}.npz", evidence, scores)


def _draw(run: RunDir, config: RunConfig, flow: Flow, evidences: list[Evidence]) -> None:
    inside, *outsides = evidences
    rows = [row_of(inside, None)]
    rows += [row_of(outside, auroc(-inside.log_prob, -outside.log_prob)) for outside in outsides]
    title = f"What the flow finds likely: {name_of(config)}, {config.scale} scale"
    save_figure(likelihood_figure(rows, dims=flow.dims, title=title), run.likelihoods_file)
    save_figure(samples_figure(flow, config), run.samples_file)


def _summaries(evidences: list[Evidence], values: list[Values], seed: int) -> list[EvaluatedSet]:
    """Describe each set and how well each score tells it from the first."""
    summaries = [_summary(evidences[0], "in-distribution test", {})]
    for evidence, scores in zip(evidences[1:], values[1:], strict=True):
        rankings = {name: ranking(values[0][name], scores[name], seed=seed) for name in scores}
        metrics = {name: Metrics(**asdict(ranked)) for name, ranked in rankings.items()}
        summaries.append(_summary(evidence, "out-of-distribution", metrics))
    return summaries


def _summary(
    evidence: Evidence, role: Literal["in-distribution test", "out-of-distribution"], scores: dict[str, Metrics]
) -> EvaluatedSet:
    bits = bits_per_dim(evidence.log_prob, evidence.dims)
    return EvaluatedSet(
        **describe(evidence.images).model_dump(), role=role, scores=scores,
        bits_per_dim=float(bits.mean()), bits_per_dim_std=float(bits.std()), log_prob=float(evidence.log_prob.mean()),
    )  # fmt: skip
