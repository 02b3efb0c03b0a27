"""Scores on disk: one npz file a data set, read without unpickling anything."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oodflow.errors import OodflowError, UsageError
from oodflow.files import written_atomically
from oodflow.scores.evidence import Evidence

_PREFIX = "score:"  # keeps a score named "log_prob" from colliding with the log-probabilities


@dataclass(frozen=True, eq=False)
class SavedScores:
    """What a score file holds.

    Args:
        name: of the data set.
        split: of the data set.
        fingerprint: of the data set's pixels.
        shape: (C, H, W) of its images.
        seed: of the dequantisation noise.
        draws: how many dequantisations of each image were averaged.
        log_prob: float64 [N], nats per image.
        scores: by name, each float64 [N], higher = more OOD.
    """

    name: str
    split: str
    fingerprint: str
    shape: tuple[int, int, int]
    seed: int
    draws: int
    log_prob: NDArray[np.float64]
    scores: dict[str, NDArray[np.float64]]


def save_scores(path: Path, evidence: Evidence, scores: Mapping[str, NDArray[np.float64]]) -> None:
    """Write the scores of one data set, with its log-probabilities and what identifies it.

    The file appears complete or not at all, and the same scores make the same bytes.

    Args:
        path: the file, usually ``*.npz``.
        evidence: what the scores were computed from.
        scores: by name, each float64 [N].

    Raises:
        UsageError: a score is not float64 [N].
        OodflowError: the file cannot be written.
    """
    for name, values in scores.items():
        if values.shape != evidence.log_prob.shape or values.dtype != np.float64:
            raise UsageError(
                f"score {name!r} of {evidence.images.name} is {values.dtype} {list(values.shape)}: expected float64 "
                f"{list(evidence.log_prob.shape)}, one value per image."
            )
    about = {
        "name": evidence.images.name,
        "split": evidence.images.split,
        "fingerprint": evidence.images.fingerprint,
        "shape": list(evidence.images.shape),
        "seed": evidence.seed,
        "draws": evidence.draws,
    }
    arrays: dict[str, Any] = {_PREFIX + name: values for name, values in scores.items()}
    with written_atomically(path) as unfinished, unfinished.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), log_prob=evidence.log_prob, **arrays)


def load_scores(path: Path) -> SavedScores:
    """Read a file that ``save_scores`` wrote.

    Args:
        path: the file.

    Returns:
        Its content.

    Raises:
        OodflowError: there is no such file, or it is not a score file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        about = json.loads(str(arrays.pop("about")))
        log_prob = arrays.pop("log_prob")
        scores = {key.removeprefix(_PREFIX): values for key, values in arrays.items()}
        return SavedScores(**{**about, "shape": tuple(about["shape"])}, log_prob=log_prob, scores=scores)
    except FileNotFoundError as error:
        raise OodflowError(f"there is no score file {path}: run the evaluation that writes it.") from error
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise OodflowError(f"{path} is not a score file ({error}): evaluate again to write a new one.") from error
