"""What stands in the file of a training's state, read without trust."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import Tensor

from oodflow.config import Config, differences
from oodflow.errors import NOT_AS_WRITTEN, Damaged, OodflowError

COUNTERS = ("step", "skipped", "skipped_in_a_row", "seconds", "retreats")


def part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Take the tensors of one part of a state, by the names that they have in it."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def counters_of(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """Read the counters.

    Raises:
        Damaged: one is missing, or no number from 0.
    """
    try:
        counters: dict[str, Any] = {"retreats": 0} | json.loads(metadata["counters"])
        sound = all(isinstance(counters[name], int | float) and counters[name] >= 0 for name in COUNTERS)
    except NOT_AS_WRITTEN:
        sound = False
    if not sound:
        raise Damaged(f"{path} is damaged: it does not tell after which step it was saved.")
    return counters


def moments_of(tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """Sort the moments of an optimiser by the number of their parameter."""
    moments: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, name = key.split(".", 1)
        moments.setdefault(int(index), {})[name] = tensor
    return moments


def changed(config_json: str, config: Config, path: Path, free: Collection[str]) -> dict[str, Any]:
    """Tell which settings a checkpoint was saved with, of those that are free to be others now and are.

    Settings that its version did not know yet count as their defaults.

    Raises:
        OodflowError: naming the first setting that differs but may not.
    """
    try:
        theirs = type(config).model_validate_json(config_json).model_dump(mode="json")
    except ValidationError:  # nothing that this version could have been asked for
        try:
            theirs = json.loads(config_json)
        except NOT_AS_WRITTEN as error:
            raise Damaged(f"{path} is damaged: it does not tell which training it is of ({error}).") from error
    differ = differences(theirs, config.model_dump(mode="json"))
    for name, (then, now) in differ.items():
        if name not in free:
            raise OodflowError(
                f"{path} belongs to another configuration than the run's config.json: {name} was {then!r} there and is "
                f"{now!r} here. Resume with the configuration it was trained with, or start a new run."
            )
    return {name: then for name, (then, _) in differ.items()}
