"""Asking a trained flow which data sets it takes for its own."""

import hashlib
import re
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from oodflow import ranks
from oodflow.data import DataSet, halves, same_images
from oodflow.data.made_alike import require_made_alike
from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.choice import choose
from oodflow.evaluation.conclusion import conclusion
from oodflow.evaluation.entries import entries
from oodflow.evaluation.items import FILE as ITEMS
from oodflow.evaluation.items import with_sizes_noted, write_items
from oodflow.evaluation.maps import map_figure
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.promises import thresholds
from oodflow.evaluation.record import FILE, Evaluation
from oodflow.evaluation.scoring import Fitted, Scored, fit, score_all
from oodflow.evaluation.seen_before import with_notes
from oodflow.figures import RocCurve, heat_map, likelihood_figure, roc_figure, save_figure
from oodflow.files import digest, file_name, legible, written_together
from oodflow.flows import Flow, load_tensors, save_tensors
from oodflow.metrics import auroc, roc
from oodflow.runs.config import RunConfig
from oodflow.runs.naming import name_of
from oodflow.runs.overlap import noted
from oodflow.runs.own_data import load_unseen
from oodflow.runs.pictures import row_of, samples_figure
from oodflow.runs.provenance import provenance
from oodflow.runs.run_dir import STEP, RunDir
from oodflow.runs.run_dir import load as load_flow
from oodflow.scores import Values
from oodflow.statistics import LogProb, Observation, Store, require_columns, require_shape
from oodflow.training import choose_device

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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

    Several processes (:mod:`oodflow.ranks`) share the passes, and the first one writes.
    Writes ``evaluations/<name>/``, all of it or nothing: ``evaluation.json``, ``scores/<set>.safetensors``,
    ``scores.csv`` with a line for each image (:func:`~oodflow.evaluation.items.write_items`), ``likelihoods.png``,
    ``samples.png`` of images, ``roc.png``, ``heat-map.png`` of several scores, and ``maps.png`` where a score is a sum
    over pixels. The name says what was asked, so that other questions have folders of their own.
    The statistics that scores are made of are kept in ``statistics/``, for evaluations to come.

    Returns:
        What stands in ``evaluation.json``: for each out-of-distribution set and score the AUROC with its 95 % bootstrap
        interval, AUPR-IN, AUPR-OUT and FPR95TPR (shares, not per cent), how much better than the likelihood it is, and
        what of each set lies above the threshold or is flagged, if that is asked for; and the folder.

    Raises:
        UsageError: for an unknown score or set, images of another shape than the flow's, and a score asked for by name
            that can't be computed.
        OodflowError: for missing or damaged data or weights.
    """
    with ranks.everywhere():
        config = run.config()
        flow, weights, step = open_flow(run)
        flow = flow.to(choose_device(options.device))
        run.require_writable()
        sets = open_sets(run, flow, options, root)
        choice = choose(flow, run, sets, options, root)
    store = Store(run.statistics_dir, weights)

    def observe(images: DataSet) -> Observation:
        return Observation(
            flow, images, seed=options.seed, draws=options.draws, batch_size=options.batch_size, store=store,
            progress=progress and (lambda done, total: progress(images.name, done, total)), shared=True,
        )  # fmt: skip

    learned_from, held_out = choice.reference, None
    if learned_from is not None and options.strictest is not None:
        learned_from, held_out = halves(learned_from)
    fitted, unfit = fit(choice, observe(learned_from) if learned_from else None)
    reference = score_all(fitted, observe(held_out)).values if held_out else {}
    scored = [score_all(fitted, observe(images)) for images in sets]
    limits = thresholds(reference, options.fpr)
    evaluation = Evaluation(
        provenance=provenance(command),
        step=step,
        weights=store.weights,
        device=str(flow.device),
        options=options.model_copy(
            update={"ood": tuple(images.name for images in sets[1:]), "scores": tuple(dict.fromkeys(options.scores))}
        ),
        scores={name: score.model_dump(mode="json") for name, score in choice.scores.items() if name in fitted},
        costs={name: cost for name, cost in scored[0].costs.items() if isfinite(cost)},
        thresholds=limits,
        left_out=choice.left_out | unfit,
        replaces=None,
        sets=with_notes(entries(scored, reference, limits, options), {name: choice.scores[name] for name in fitted}),
    )
    folder = run.evaluations_dir / folder_name(evaluation)
    evaluation = evaluation.model_copy(
        update={"replaces": ranks.from_first(lambda: _date_of(folder)), "verdict": conclusion(evaluation)}
    )
    with ranks.everywhere():
        if ranks.is_first():
            with written_together(folder) as new:
                evaluation.write(new / FILE)
                for one in scored:
                    tensors = {name: torch.from_numpy(values.copy()) for name, values in one.values.items()}
                    scores = new / "scores" / f"{file_name(one.observation.data.name)}.safetensors"
                    save_tensors(scores, tensors, {})
                write_items(new / ITEMS, scored, reference, limits, root)
                _draw(new, config, flow, fitted, scored)
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
    named = options.model_copy(update={"ood": tuple(map(legible, options.ood))})
    asked = [
        named.model_dump_json(), evaluation.weights, evaluation.scores, [one.fingerprint for one in evaluation.sets]
    ]  # fmt: skip
    return f"{readable}-{hashlib.sha256(repr(asked).encode()).hexdigest()[:8]}"


class Opened(NamedTuple):
    """The flow of a run.

    Attributes:
        flow: on the CPU.
        weights: digest of their file.
        step: of the training that they are of; none: they were imported.
    """

    flow: Flow
    weights: str
    step: int | None


def open_flow(run: RunDir) -> Opened:
    """Load a flow with the digest and step of just these weights, though a training may be writing the next."""
    while True:
        before = digest(run.weights_file) if run.weights_file.exists() else ""
        flow, record = load_flow(run.path), run.record()
        notes = load_tensors(run.weights_file)[1]
        if digest(run.weights_file) == before:
            training = record.training if record else None
            step = notes.get(STEP, "")  # older files do not say: theirs are those of the record
            return Opened(flow, before, int(step) if step.isdecimal() else training.steps if training else None)


def open_sets(run: RunDir, flow: Flow, options: EvaluationOptions, root: Path | None) -> list[DataSet]:
    """Open the test set and all others before any is scored: a mistake in the last should not cost the first's pass."""
    config, record = run.config(), run.record()
    specs = tuple(dict.fromkeys(options.ood or config.ood))
    if not specs:
        raise UsageError("there is nothing to compare with: name out-of-distribution sets with --ood, as --ood mnist.")
    inside = options.in_test or config.data
    for spec in specs:
        if same_images(spec, config.data):
            raise UsageError(f"{spec} is what this flow was trained on: name other data sets.")
        if same_images(spec, inside):
            raise UsageError(f"{spec} is the in-distribution test set, by --in-test: name other data sets.")
    sets = [load_unseen(run, spec, config.asked_split(spec), root=root) for spec in (inside, *specs)]
    trained = record.training.data.columns if record and record.training else ()
    for images in sets:
        require_columns(trained or sets[0].columns, images)
        require_shape(flow, images)
        require_made_alike(config.data, images.name)
    sets = noted(config, sets, root)
    sets = sets if options.limit is None else [images.limit(options.limit) for images in sets]
    return [with_sizes_noted(images, root) for images in sets]


def _draw(folder: Path, config: RunConfig, flow: Flow, scores: Fitted, scored: list[Scored]) -> None:
    inside, *outsides = seen = [one.observation for one in scored]
    rows = [row_of(inside, None)]
    rows += [row_of(outside, auroc(-inside[LogProb()], -outside[LogProb()])) for outside in outsides]
    flow_name = f"{name_of(config)}, {config.scale} scale"
    figures = {
        "likelihoods": likelihood_figure(rows, dims=flow.dims, title=f"What the flow finds likely: {flow_name}"),
        "samples": samples_figure(flow, config),
        "roc": _roc(scored, f"What the scores find: {flow_name}"),
        "maps": map_figure(
            scores, flow, {one.data.name: one for one in seen}, f"Which pixels scores come from: {flow_name}"
        ),
    }
    if len(scores) > 1:
        figures["heat-map"] = _heat_map(scored, f"AUROC, %: {flow_name}")
    for name, figure in figures.items():
        if figure is not None:
            save_figure(figure, folder / f"{name}.png")


def _heat_map(scored: list[Scored], title: str) -> "Figure":
    """Draw the AUROC of each score and set."""
    test, *others = scored
    areas = [[100 * auroc(values, one.values[name]) for one in others] for name, values in test.values.items()]
    return heat_map(np.array(areas), list(test.values), [one.observation.data.name for one in others], title=title)


def _roc(scored: list[Scored], title: str) -> "Figure":
    """Draw the ROC curves of all scores of single images, or of all if there are none, by set."""
    test, *others = scored
    single = [name for name, values in test.values.items() if len(values) == len(test.observation)]
    names = single or list(test.values)
    groups = [name for name in test.values if name not in names]
    return roc_figure(
        {one.observation.data.name: {name: _curve(test.values[name], one.values[name]) for name in names}
         for one in others},
        title=title, note=f"Scores of groups are not drawn: {', '.join(groups)}." if groups else "",
    )  # fmt: skip


def _curve(inside: Values, outside: Values) -> RocCurve:
    return RocCurve(*roc(inside, outside), auroc(inside, outside))


def _date_of(folder: Path) -> str | None:
    """Tell when the evaluation that stands at ``folder`` was made, if there is one."""
    try:
        return Evaluation.read(folder / FILE).provenance.date
    except OodflowError:
        return None
