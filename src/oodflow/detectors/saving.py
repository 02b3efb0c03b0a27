"""Detectors in folders: what they were asked for, flow, score and threshold; nothing is executed when they are read."""

from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from oodflow.config import first_flaw
from oodflow.detectors.contributions import Columns
from oodflow.errors import OodflowError, UsageError
from oodflow.files import written_together
from oodflow.flows import AnyFlowConfig, Flow, load_flow, load_tensors, save_tensors
from oodflow.records import Record
from oodflow.scores import AnyScore, load_score
from oodflow.training import TrainingConfig

if TYPE_CHECKING:
    from oodflow.detectors.detector import FlowDetector

RECORD, FLOW, SCORE, ARRAYS = "detector.json", "flow.safetensors", "score.safetensors", "arrays.safetensors"


class DetectorFile(Record):
    """What is written of a detector beside its arrays.

    Attributes:
        flow: what it was asked for, the name or the configuration of a flow; none: the flow itself.
        score: likewise; none: what suits the density.
        training: likewise.
        settings: all other arguments, by name.
        shape: of one row or image.
        offset: the threshold.
        columns: names, where columns have names.
    """

    version = 1
    remedy = "fit and save the detector anew"

    flow: str | dict[str, Any] | None
    score: str | dict[str, Any] | None
    training: TrainingConfig | None
    settings: dict[str, float | int | str | None]
    shape: tuple[int, ...]
    offset: float
    columns: tuple[str, ...] | None


def save_detector(detector: "FlowDetector", folder: Path) -> None:
    """Write a fitted detector to a folder.

    There are ``detector.json``, a record with its schema's version; ``flow.safetensors``, which :func:`oodflow.load`
    opens; ``score.safetensors``, as scores are saved; and ``arrays.safetensors``, the scores of the calibration rows
    and the quantiles of each column. They appear together or not at all, in place of a detector that was there.

    Raises:
        UsageError: the density is no flow, or a flow that was put together by hand, which no file can say how to build;
            or the folder holds something else.
        OodflowError: when it can't be written.
    """
    if not isinstance(detector.model_, Flow) or detector.model_.config is None:
        kind = "flow put together by hand" if isinstance(detector.model_, Flow) else type(detector.model_).__name__
        raise UsageError(
            f"this detector's density is a {kind}, which only pickle can keep: use joblib.dump, and read it where "
            f"you trust its source."
        )
    if folder.exists() and not (folder / RECORD).is_file() and (folder.is_file() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something else than a detector: name a new folder.")
    asked = detector.get_params(deep=False)
    flow, score, training = (asked.pop(name) for name in ("flow", "score", "training"))
    state = asked.pop("random_state")
    record = DetectorFile(
        flow=None if isinstance(flow, Flow) else _plain(flow),
        score=_plain(score),
        training=training,
        settings={name: _number(value) for name, value in asked.items()}
        | {"random_state": int(state) if isinstance(state, Integral) else None},
        shape=detector.shape_,
        offset=detector.offset_,
        columns=tuple(detector.feature_names_in_) if hasattr(detector, "feature_names_in_") else None,
    )
    arrays = {} if detector.columns_ is None else detector.columns_._asdict()
    if detector.calibration_scores_ is not None:
        arrays["calibration_scores"] = detector.calibration_scores_
    with written_together(folder) as temporary:
        record.write(temporary / RECORD)
        detector.model_.save(temporary / FLOW)
        detector.score_.save(temporary / SCORE)
        save_tensors(temporary / ARRAYS, {name: torch.from_numpy(np.array(one)) for name, one in arrays.items()}, {})


def load_detector(detector: "FlowDetector", folder: Path) -> None:
    """Make a new detector into the one that :func:`save_detector` wrote.

    Raises:
        OodflowError: when a file is missing, damaged or of another version.
    """
    record = DetectorFile.read(folder / RECORD)
    flow = load_flow(folder / FLOW)
    if not flow.domain.is_images:
        flow.double().load_state_dict(load_tensors(folder / FLOW)[0])  # to the last digit
    if flow.shape != record.shape:
        raise OodflowError(f"{folder} is damaged: {RECORD} is of data {record.shape}, {FLOW} of {flow.shape}.")
    if record.columns is not None and len(record.columns) != flow.dims:
        raise OodflowError(
            f"{folder} is damaged: {RECORD} names {len(record.columns)} columns, {FLOW} has {flow.dims}."
        )
    asked = {"score": _config(AnyScore, record.score, folder), "training": record.training, **record.settings}
    asked["flow"] = flow if record.flow is None else _config(AnyFlowConfig, record.flow, folder)
    if unknown := asked.keys() - detector.get_params(deep=False).keys():
        raise OodflowError(f"{folder / RECORD} is damaged: {', '.join(sorted(unknown))} is no setting of a detector.")
    detector.set_params(**asked)
    arrays = {name: tensor.numpy() for name, tensor in load_tensors(folder / ARRAYS)[0].items()}
    try:
        columns = Columns(arrays["quantiles"], arrays["deviations"]) if len(record.shape) == 1 else None
    except KeyError as error:
        raise OodflowError(f"{folder / ARRAYS} is damaged: it lacks {error}.") from error
    detector.shape_, detector.offset_ = record.shape, record.offset
    detector.n_features_in_ = flow.dims
    if record.columns is not None:
        detector.feature_names_in_ = np.array(record.columns, dtype=object)
    detector.model_, detector.score_ = flow, load_score(folder / SCORE)
    detector.calibration_scores_, detector.columns_ = arrays.get("calibration_scores"), columns


def _plain(asked: Any) -> Any:
    return asked if asked is None or isinstance(asked, str) else asked.model_dump(mode="json")


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _config(kind: Any, stored: str | dict[str, Any] | None, folder: Path) -> Any:
    if stored is None or isinstance(stored, str):
        return stored
    try:
        return TypeAdapter(kind).validate_python(stored)
    except ValidationError as error:
        flaw = first_flaw(error)
        raise OodflowError(
            f"{folder / RECORD} can't be read: {flaw.where or stored.get('kind')}: {flaw.why}."
        ) from error
