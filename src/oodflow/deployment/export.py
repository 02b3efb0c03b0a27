"""Writing a run's scorer for programs without PyTorch, with its calibration beside it."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from oodflow import __version__
from oodflow.deployment.calibration import Calibrated, calibrated
from oodflow.deployment.caller import PYTHON, Caller
from oodflow.deployment.onnx_scorer import onnx_model
from oodflow.deployment.options import DetectionOptions
from oodflow.errors import UsageError
from oodflow.files import write_all
from oodflow.metrics import conformal_threshold
from oodflow.records import Record
from oodflow.runs.provenance import DataFacts, Provenance, provenance
from oodflow.runs.run_dir import RunDir
from oodflow.scores import named_score

RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
EXPORTED = "likelihood"


class ScorerRecord(Record):
    """What stands beside an ONNX model: how it is fed, and what its scores mean. None of it is part of the model.

    Attributes:
        provenance: of the export.
        oodflow: our version.
        score: settings of the score.
        unit: of its values; they are higher the more out of distribution a datum is.
        weights: digest of the flow's weights.
        inputs: by name, type and shape, with ``B`` for the number of images or rows.
        output: the same.
        columns: names of the numbers of a vector, in their order; none if they have none.
        held_out: the in-distribution data that thresholds rest on, with its fingerprint.
        quantiles: of its scores, by percent.
        thresholds: by the rate of false alarms, above what a datum is out of distribution; of rates that so few
            held-out data can promise.
    """

    version: ClassVar[int | None] = 1

    provenance: Provenance
    oodflow: str
    score: dict[str, Any]
    unit: str
    weights: str
    inputs: dict[str, str]
    output: dict[str, str]
    columns: tuple[str, ...]
    held_out: DataFacts
    quantiles: dict[str, float]
    thresholds: dict[str, float]


def export(
    run: RunDir, out: Path, options: DetectionOptions, caller: Caller = PYTHON
) -> tuple[ScorerRecord, tuple[Path, Path]]:
    """Write the likelihood of a run's flow as an ONNX model, and a JSON file of the same name with its calibration.

    Other arguments as :func:`~oodflow.deployment.calibration.calibrated`.

    Raises:
        UsageError: for another score, and a name that does not end in ``.onnx``.
        OodflowError: when ONNX has no such operations as the flow takes, and where ``calibrated`` raises it.
    """
    if out.suffix != ".onnx":
        raise UsageError(f"{out} does not end in .onnx: name the model so, and its calibration becomes a .json beside.")
    score = named_score(options.score or EXPORTED)
    if score.name != EXPORTED:
        raise UsageError(
            f"the score {score.name} can't be exported: it is computed outside of the flow; {EXPORTED} can be."
        )
    options = options.model_copy(update={"score": EXPORTED, "device": "cpu"})
    one = calibrated(run, options, caller)
    model = onnx_model(one.flow)
    record = _record(one, caller.command)
    beside = out.with_suffix(".json")
    write_all({out: model, beside: record.as_json()})
    return record, (out, beside)


def _record(one: Calibrated, command: str) -> ScorerRecord:
    shape = ", ".join(map(str, one.flow.shape))
    images = {"x": f"uint8 [B, {shape}]", "noise": f"float32 [B, {shape}], uniform in [0, 1)"}
    scores = one.held_out
    return ScorerRecord(
        provenance=provenance(command),
        oodflow=__version__,
        score=one.record.score,
        unit=one.score.settings.unit,
        weights=one.record.weights,
        inputs=images if one.flow.domain.is_images else {"x": f"float64 [B, {shape}]"},
        output={"score": "float32 [B]"},
        columns=one.record.columns,
        held_out=one.record.held_out,
        quantiles={str(percent): float(np.quantile(scores, percent / 100)) for percent in range(0, 101, 5)},
        thresholds={str(rate): conformal_threshold(scores, rate) for rate in RATES if rate * (len(scores) + 1) >= 1},
    )
