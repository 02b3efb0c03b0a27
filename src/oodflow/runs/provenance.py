"""What a result rests on: command, commit, versions, machine, data."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from pydantic import SerializerFunctionWrapHandler, model_serializer

from oodflow import __version__
from oodflow.data import DataSet
from oodflow.records import Record


class Provenance(Record):
    """Where and by what a result was made.

    Attributes:
        command: what a reader types to repeat it.
        oodflow: our version.
        commit: of our source, with ``+`` when it was changed since; none outside of a checkout.
        date: when it was begun, in UTC.
        python: its version.
        torch: its version.
        libraries: versions of others.
        system: operating system and processor.
        cpus: how many cores there are.
        threads: how many torch used.
        gpu: its name; none where there is none.
    """

    command: str
    oodflow: str
    commit: str | None
    date: str
    python: str
    torch: str
    libraries: dict[str, str]
    system: str
    cpus: int | None
    threads: int
    gpu: str | None

    @property
    def day(self) -> str:
        """The day on which it was begun."""
        return self.date[:10]


class DataFacts(Record):
    """Which images, or rows, a result rests on.

    Attributes:
        name: of the data set.
        split: which part of it.
        images: how many.
        shape: of each.
        fingerprint: digest of their content.
        note: what is special about this copy; empty: nothing.
        unit: ``images`` or ``rows``.
        columns: names of a row's numbers; none if they have no names.
    """

    name: str
    split: str
    images: int
    shape: tuple[int, ...]
    fingerprint: str
    note: str
    unit: str = "images"
    columns: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _write(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Say of rows that they are rows; all other data are images, in records of any age."""
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if self.unit != "images" or name not in _OF_ROWS}


_OF_ROWS = {"unit", "columns"}


def provenance(command: str) -> Provenance:
    """Describe where and by what a result is made now; ``command`` is what a reader types to repeat it."""
    return Provenance(
        command=command,
        oodflow=__version__,
        commit=_commit(),
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        python=platform.python_version(),
        torch=torch.__version__,
        libraries={name: version(name) for name in ("numpy", "scipy", "scikit-learn", "pillow")},
        system=f"{sys.platform} {platform.machine()}",
        cpus=os.cpu_count(),
        threads=torch.get_num_threads(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    )


def describe(images: DataSet) -> DataFacts:
    """Describe a data set."""
    return DataFacts(
        name=images.name,
        split=images.split,
        images=len(images),
        shape=images.shape,
        fingerprint=images.fingerprint,
        note=images.note,
        unit=images.unit,
        columns=images.columns,
    )


def take_provenance(old: dict[str, object]) -> dict[str, object]:
    """Take the fields of :class:`Provenance` out of a record that has them among its own, as records once had."""
    return {name: old.pop(name) for name in Provenance.model_fields if name in old}


def _commit() -> str | None:
    """Return the commit of the source that runs, with ``+`` when it was changed since; none outside a checkout."""
    source = Path(__file__).parent
    try:

        def git(*arguments: str) -> str:
            command = ["git", "-C", str(source), *arguments]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

        if not git("ls-files", Path(__file__).name):
            return None
        changed = git("status", "--porcelain", "--untracked-files=no", "--", str(source.parent))
        return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None
