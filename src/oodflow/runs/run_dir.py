"""The folder of a run: what lies where, and how it is opened."""

import codecs
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError

from oodflow.config import first_flaw
from oodflow.errors import OodflowError, UsageError
from oodflow.files import is_temporary, legible, path_of, write_text
from oodflow.flows import Flow, load_flow
from oodflow.ownership import LOCK
from oodflow.records import Record
from oodflow.runs.config import RunConfig
from oodflow.runs.places import located, places_of, restated
from oodflow.runs.record import RunRecord

STEP = "step"
"""In the metadata of weights: after which step of the training they were saved."""


OTHER_ENCODINGS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"{\0", b"\0{")
"""How JSON begins that is not in plain UTF-8."""

POINTER = "run.json"
"""In a folder that stands for a run: which run that is."""


class _Pointer(Record):
    """Names a run.

    Attributes:
        run: its folder, from the root on.
    """

    version: ClassVar[int | None] = 1

    run: str


@dataclass(frozen=True)
class RunDir:
    """Names in a run's folder.

    Attributes:
        path: the folder.
        restated: where lies what it was trained on, where that is said anew, as ``data=SPEC``.
        out: where what comes of it is written, for a folder that can't be; none: in itself.
    """

    path: Path
    restated: tuple[str, ...] = ()
    out: Path | None = None

    config_file = property(lambda self: self.path / "config.json")
    record_file = property(lambda self: self.path / "record.json")
    log_file = property(lambda self: self.path / "log.jsonl")
    checkpoint_file = property(lambda self: self.path / "checkpoint.safetensors")
    former_checkpoint_file = property(lambda self: self.path / "checkpoint-before.safetensors")
    weights_file = property(lambda self: self.path / "weights.safetensors")
    best_file = property(lambda self: self.path / "best.safetensors")
    samples_file = property(lambda self: self.path / "samples.png")
    tensorboard_dir = property(lambda self: self.path / "tensorboard")
    statistics_dir = property(lambda self: (self.out or self.path) / "statistics")
    evaluations_dir = property(lambda self: (self.out or self.path) / "evaluations")
    calibrations_dir = property(lambda self: (self.out or self.path) / "calibrations")
    explanations_dir = property(lambda self: (self.out or self.path) / "explain")

    @classmethod
    def new(cls, path: Path) -> "RunDir":
        """Name the folder of a new run; nothing is written yet.

        Raises:
            UsageError: when the folder already holds something.
        """
        run = cls(_in_utf8(path))
        if path.exists() and (
            not path.is_dir() or any(one.name != LOCK and not is_temporary(one) for one in path.iterdir())
        ):
            begun = run.config_file.exists()
            record = run.record() if begun else None
            own = begun and not (record and record.imported)
            remedy = f"go on with `oodflow train --resume {path}`, or choose" if own else "choose"
            raise UsageError(f"{path} already holds {'a run' if begun else 'something'}: {remedy} another folder.")
        return run

    @classmethod
    def open(cls, path: Path, restated: Sequence[str] = ()) -> "RunDir":
        """Open a run's folder, or one that :meth:`writing_to` has made beside it.

        Raises:
            UsageError: when it is not one, and for anything that can't be said of its data.
        """
        run = cls(_in_utf8(path), tuple(restated))
        if (pointer := path / POINTER).is_file():
            run = cls(Path(_Pointer.read(pointer).run), tuple(restated), out=path)
        if not run.config_file.is_file():
            raise UsageError(f"{path} is not a run: it has no config.json. Start one with `oodflow train RECIPE`.")
        if run.restated:
            run.config()
        return run

    def writing_to(self, out: Path | None) -> "RunDir":
        """Let what comes of the run be written to another folder, which then stands for it wherever a run is named.

        Raises:
            UsageError: when the folder is a run, or stands for another one.
            OodflowError: when it can't be written.
        """
        if out is None:
            return self
        if (out / self.config_file.name).exists():
            raise UsageError(f"{out} is a run itself: name another folder for what comes of {self.path}.")
        run = str(self.path.resolve())
        if (out / POINTER).is_file():
            if (other := _Pointer.read(out / POINTER).run) != run:
                raise UsageError(f"{out} holds what came of {other}: name another folder for what comes of {run}.")
        else:
            _Pointer(run=run).write(_in_utf8(out) / POINTER)
        return replace(self, out=out)

    def write_config(self, config: RunConfig) -> None:
        """Make the folder and write the configuration that it is for."""
        write_text(self.config_file, config.model_dump_json(indent=2) + "\n")

    def config(self) -> RunConfig:
        """Read the configuration, with data named as they are found from here, or as they are said anew."""
        config = self.written_config()
        if places_of(config, self.path):  # of official sets there is nothing to find
            with suppress(OodflowError):  # a damaged record is for whoever needs it
                record = self.record()
                config = located(config, self.path, record.training.places if record and record.training else {})
        return restated(config, self.restated)

    def written_config(self) -> RunConfig:
        """Read the configuration as it was written."""
        written = self.config_file.read_bytes()
        try:
            return RunConfig.model_validate_json(written)
        except ValidationError as error:
            if written.startswith(OTHER_ENCODINGS):
                raise OodflowError(
                    f"{self.config_file} is in UTF-16, or begins with a byte order mark, as some editors save files: "
                    "save it in UTF-8 without one."
                ) from error
            flaw = first_flaw(error)
            raise OodflowError(f"{self.config_file} is not valid at {flaw.where or 'the file'}: {flaw.why}.") from error

    def record(self) -> RunRecord | None:
        """Read the record; none where none has been written.

        Raises:
            OodflowError: when it is damaged.
        """
        return RunRecord.read(self.record_file) if self.record_file.exists() else None

    def require_writable(self) -> None:
        """Refuse a folder that the results could not be written to, before any work is done."""
        place = self.out or self.path
        if not os.access(place, os.W_OK):
            raise OodflowError(
                f"{place} can't be written: change its permissions, or copy the run elsewhere; evaluate, explain, "
                "detect and export write to another folder with --out."
            )


def _in_utf8(path: Path) -> Path:
    """Refuse a path that safetensors could not open."""
    if legible(str(path)) != str(path):
        raise UsageError(f"{legible(str(path))} is no name in UTF-8, which a run's files must have: choose another.")
    return path


def load(path: str | Path, *, builder: Callable[[], Flow] | None = None) -> Flow:
    """Load the flow of a run, on the CPU and in eval mode.

    Args:
        path: the run's folder, or a ``weights.safetensors`` by itself.
        builder: for a flow that was put together by hand; see :func:`~oodflow.flows.load_flow`.

    Raises:
        UsageError: for a folder that is not a run, and when a builder is needed, or does not fit.
        OodflowError: when the run has no weights yet, or they are damaged, or of another flow than its configuration.
    """
    path = path_of(path)
    if not path.is_dir() and (path.exists() or path.suffix == ".safetensors"):
        return load_flow(path, builder=builder)
    run = RunDir.open(path)
    if not run.weights_file.exists():
        raise OodflowError(f"{path} has no weights yet: finish it with `oodflow train --resume {path}`.")
    flow = load_flow(run.weights_file, builder=builder)
    if flow.config is not None and flow.config != run.written_config().flow:
        raise OodflowError(
            f"{run.weights_file} holds another flow ({flow.config.title}) than {run.config_file} is of: put back the "
            "file that belongs there, or load the weights by their own path."
        )
    return flow
