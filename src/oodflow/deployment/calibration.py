"""A run's score, fitted to one half of its calibration part, and its values on the other half, which promises rest on.

Both are computed once and kept in the run, so that whoever uses them afterwards needs no data.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from oodflow import __version__, ranks
from oodflow.data import DataSet, halves
from oodflow.deployment.caller import PYTHON, Caller
from oodflow.deployment.options import DetectionOptions
from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.choice import held_out
from oodflow.evaluation.evaluate import open_flow
from oodflow.files import file_name, written_together
from oodflow.flows import Flow, load_tensors, save_tensors
from oodflow.metrics import conformal_threshold
from oodflow.records import Record
from oodflow.runs.config import RunConfig
from oodflow.runs.provenance import DataFacts, Provenance, describe, provenance
from oodflow.runs.run_dir import RunDir
from oodflow.scores import FittedScore, Score, Values, load_score, named_score
from oodflow.statistics import Observation, Store
from oodflow.training import choose_device

FILE, FITTED, VALUES = "calibration.json", "score.safetensors", "held-out.safetensors"


class CalibrationRecord(Record):
    """What stands in ``calibration.json``.

    Attributes:
        provenance: of the calibration.
        key: all that its numbers depend on.
        weights: digest of the flow's.
        score: settings of the score.
        seed: of the dequantisation noise.
        columns: names of the numbers of a vector, in their order; none if they have none.
        learned_from: what the score was fitted to.
        held_out: what it was not, whose scores are kept.
    """

    version = 1

    provenance: Provenance
    key: str
    weights: str
    score: dict[str, Any]
    seed: int
    columns: tuple[str, ...]
    learned_from: DataFacts
    held_out: DataFacts


@dataclass(frozen=True)
class Calibrated:
    """A flow with a score that has been calibrated.

    Attributes:
        flow: on the device that was asked for.
        score: fitted.
        held_out: scores of held-out in-distribution data, ``[N]``, in the order in which these were drawn.
        record: what they rest on.
    """

    flow: Flow
    score: FittedScore
    held_out: Values
    record: CalibrationRecord


def calibrated(run: RunDir, options: DetectionOptions, caller: Caller = PYTHON) -> Calibrated:
    """Open the calibration of a run's score, or make it and keep it in ``RUN/calibrations/``.

    It is found again by the weights, the score with its settings and code, seed and limit, and the version.

    Raises:
        UsageError: for a score that can't be computed of single data, and a flow that nothing was held out from.
        OodflowError: for missing or damaged data or weights, and when it can't be kept.
    """
    with ranks.everywhere():
        flow, weights, _ = open_flow(run)
        flow = flow.to(choose_device(options.device))
        score = _score(flow, options.score)
        store = Store(run.statistics_dir, weights)
        key = _key(score, store, run.written_config(), options)  # which are the same data, wherever they lie now
    folder = run.calibrations_dir / f"{file_name(score.name)}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    if (kept := ranks.from_first(lambda: _kept(folder, key))) is not None:
        return Calibrated(flow, *kept)
    with ranks.everywhere():
        run.require_writable()
        learned_from, rest = _halves(run, options, caller.root)
        conformal_threshold(np.zeros(len(rest)), options.fpr)  # refuses what so few can't promise, before all is scored
    progress = caller.progress

    def observe(data: DataSet) -> Observation:
        return Observation(
            flow, data, seed=options.seed, store=store, batch_size=options.batch_size or 256,
            progress=progress and (lambda done, total: progress(f"{data.name} ({data.split})", done, total)),
            shared=True,
        )  # fmt: skip

    if reason := score.why_not(flow, learned_from):
        raise UsageError(f"the score {score.name} can't be computed here: {reason}.")
    fitted = score.fit(observe(learned_from))
    values = fitted.score(observe(rest))
    record = CalibrationRecord(
        provenance=provenance(caller.command),
        key=key,
        weights=weights,
        score=score.model_dump(mode="json"),
        seed=options.seed,
        columns=getattr(rest, "columns", ()),
        learned_from=describe(learned_from),
        held_out=describe(rest),
    )
    with ranks.everywhere():
        if ranks.is_first():
            with written_together(folder) as new:
                record.write(new / FILE)
                fitted.save(new / FITTED)
                save_tensors(new / VALUES, {"scores": torch.from_numpy(values.copy())}, {})
            caller.say(f"Calibrated {score.name} by {len(values):,} held-out {_what(flow)}: {folder}")
    return Calibrated(flow, fitted, values, record)


def _score(flow: Flow, name: str | None) -> Score:
    score = named_score(name or ("combined" if flow.domain.is_images else "likelihood"))
    if score.group_size > 1:
        raise UsageError(f"the score {score.name} judges groups: take one of single {_what(flow)}.")
    return score


def _halves(run: RunDir, options: DetectionOptions, root: Path | None) -> tuple[DataSet, DataSet]:
    config = run.config()
    if "calibration" in config.split:
        raise UsageError(
            f"p-values rest on data that the flow has not seen, and this one was trained on {config.split}, so that "
            "none is held out: train with split=train."
        )
    return halves(held_out(run, options.limit, root))


def _key(score: Score, store: Store, config: RunConfig, options: DetectionOptions) -> str:
    """Write down all that a calibration depends on; what can't be told by it is made anew each time."""
    statistics = [store.key(statistic, config.data, (options.seed, 0)) for statistic in score.reads()]
    return json.dumps([__version__, score.model_dump(mode="json"), options.limit, statistics])


def _kept(folder: Path, key: str) -> tuple[FittedScore, Values, CalibrationRecord] | None:
    """Read what is kept; what is damaged or of another version is taken as absent."""
    try:
        record = CalibrationRecord.read(folder / FILE)
        values = load_tensors(folder / VALUES)[0]["scores"].numpy()
        if record.key != key or values.shape != (record.held_out.images,) or not np.isfinite(values).all():
            return None
        return load_score(folder / FITTED), values, record
    except (OodflowError, KeyError, TypeError):  # the latter of numbers that numpy has not
        return None


def _what(flow: Flow) -> str:
    return "images" if flow.domain.is_images else "rows"
