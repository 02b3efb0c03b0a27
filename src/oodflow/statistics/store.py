"""Statistics on disk, so that nothing is computed twice: a file for each, read without executing anything."""

import hashlib
import inspect
import json
from dataclasses import asdict
from pathlib import Path

import torch

from oodflow.errors import NOT_AS_WRITTEN, OodflowError
from oodflow.files import write_text
from oodflow.flows import load_tensors, save_tensors
from oodflow.statistics.cost import UNKNOWN, Cost
from oodflow.statistics.statistic import Array, Statistic

GENERATION = 1
"""To be raised when flows, noise or the passes over them change so that a kept number would come out otherwise."""


class Store:
    """The folder where the statistics of one model are kept, each draw of each data set in a file of its own,
    and beside it how long that took.

    A file is found again by all that its numbers depend on: the model's weights, the data's fingerprint, seed and draw
    of the noise, the statistic's settings and code. A file that is damaged or not what its
    name says is taken as absent. What is written appears whole or not at all.

    Args:
        folder: need not exist yet.
        weights: tells the model from all others, such as :func:`oodflow.files.digest` of its file.
    """

    def __init__(self, folder: Path, weights: str) -> None:
        self.folder, self.weights = folder, weights

    def read(self, statistic: Statistic, fingerprint: str, noise: tuple[int, int] | None) -> tuple[Array, Cost] | None:
        """Read a statistic, and what it cost; none where it is not there.

        Args:
            statistic: which.
            fingerprint: of the data set.
            noise: seed and draw; none for what does not depend on them.
        """
        key = self.key(statistic, fingerprint, noise)
        if key is None:
            return None
        try:
            tensors, metadata = load_tensors(self._path(statistic, fingerprint, key))
        except OodflowError:
            return None
        if metadata.get("key") != key or "values" not in tensors:
            return None
        return tensors["values"].numpy(), _read_cost(_beside(self._path(statistic, fingerprint, key)))

    def write(
        self, statistic: Statistic, fingerprint: str, noise: tuple[int, int] | None, values: Array, cost: Cost
    ) -> None:
        """Write a statistic and what it cost; other arguments as :meth:`read`."""
        key = self.key(statistic, fingerprint, noise)
        if key is not None:
            path = self._path(statistic, fingerprint, key)
            save_tensors(path, {"values": torch.from_numpy(values)}, {"key": key})
            write_text(_beside(path), json.dumps(asdict(cost)))

    def key(self, statistic: Statistic, fingerprint: str, noise: tuple[int, int] | None) -> str | None:
        """Write down all that a statistic's numbers depend on; none where nothing tells its code from others."""
        code = _code_digest(statistic)
        if code is None:
            return None
        return json.dumps({
            "weights": None if statistic.needs == "data" else self.weights, "data": fingerprint, "noise": noise,
            "statistic": statistic.model_dump(mode="json"), "code": code, "generation": GENERATION,
        })  # fmt: skip

    def _path(self, statistic: Statistic, fingerprint: str, key: str) -> Path:
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        return self.folder / f"{fingerprint}-{statistic.kind}-{digest}.safetensors"


def _beside(path: Path) -> Path:
    """Name the file of what a statistic cost: one of its own, for the same numbers cost more one day than another."""
    return path.with_suffix(".cost.json")


def _read_cost(path: Path) -> Cost:
    """Read what a statistic cost; not known where an older version has not written it down."""
    try:
        return Cost(**{name: float(seconds) for name, seconds in json.loads(path.read_text()).items()})
    except (OSError, *NOT_AS_WRITTEN):
        return UNKNOWN


def _code_digest(statistic: Statistic) -> str | None:
    """Digest a statistic's class and the files that define it and what it inherits from, up to :class:`Statistic`.

    None for one that was typed in, whose versions nothing tells apart.
    """
    bases = [base for base in type(statistic).mro() if issubclass(base, Statistic) and base is not Statistic]
    digest = hashlib.sha256(type(statistic).__qualname__.encode())
    try:
        for base in bases:
            digest.update(Path(inspect.getfile(base)).read_bytes())
    except (TypeError, OSError):
        return None
    return digest.hexdigest()[:12]
