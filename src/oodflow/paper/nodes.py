"""The pieces of work that a reproduction is made of. Each leaves something behind, and is done where that is there."""

import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from oodflow.data import load, shape_of
from oodflow.data.naming import read_spec
from oodflow.errors import OodflowError, UsageError
from oodflow.paper.lab import Lab
from oodflow.paper.study import ENCODER, Study
from oodflow.records import Record
from oodflow.runs import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.session.options import SessionOptions
from oodflow.session.train import is_finished, train_or_open


@dataclass(frozen=True)
class Node(ABC):
    """A piece of work."""

    kind: ClassVar[str]

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called, in any reproduction."""

    @property
    def needs(self) -> tuple["Node", ...]:
        """What has to be done before."""
        return ()

    @property
    def seed(self) -> int:
        """Of the training that it belongs to: work on all first seeds comes before that on the second."""
        return 0

    @abstractmethod
    def command(self, lab: Lab) -> str:
        """Write down what does the same by itself."""

    @abstractmethod
    def done(self, lab: Lab) -> bool:
        """Tell whether what it leaves behind is there."""

    def lacks(self, lab: Lab) -> str:
        """Say which data are missing for it; empty: none."""
        return ""

    @abstractmethod
    def run(self, lab: Lab) -> None:
        """Do it.

        Raises:
            OodflowError: data are missing, a training has diverged, the disk is full, ...
        """


@dataclass(frozen=True)
class Training(Node):
    """Train one seed of a study: leaves a run behind."""

    study: Study
    of_seed: int
    kind = "train"

    @property
    def name(self) -> str:
        """``train-STUDY-SEED``."""
        return f"train-{self.study.name}-{self.of_seed}"

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.of_seed

    def path(self, lab: Lab) -> Path:
        """Name the run's folder."""
        return lab.runs / f"{self.study.run_name(lab.scale)}-{self.of_seed}"

    def config(self, lab: Lab) -> RunConfig:
        """Make the run's configuration."""
        return self.study.config(lab.scale, self.of_seed, lab.encoder)

    def command(self, lab: Lab) -> str:
        """``oodflow train``."""
        settings = self.study.all_settings(lab.scale, lab.encoder)
        words = ["train", self.study.recipe, "--scale", lab.scale, *settings, "--seed", str(self.of_seed)]
        return lab.command(*words, "--out", str(self.path(lab)))

    def done(self, lab: Lab) -> bool:
        """Tell whether a run of this very configuration has come to its end."""
        run = RunDir(self.path(lab))
        return is_finished(run) and self.config(lab) in (run.written_config(), run.config())

    def lacks(self, lab: Lab) -> str:
        """Say which of what it trains on is missing."""
        if ENCODER in " ".join(self.study.all_settings(lab.scale, lab.encoder)):
            return "it needs an --encoder, such as google/efficientnet-b4"
        try:
            config = self.config(lab)
        except UsageError as error:  # the recipe has no such scale
            return str(error)
        sets = (config.data, *config.objective.streams.values())
        return next(filter(None, (missing(spec, config.split, lab) for spec in sets)), "")

    def run(self, lab: Lab) -> None:
        """Train, from where it was stopped."""
        with lab.watch() as callback:
            options = SessionOptions(
                command=self.command(lab), root=lab.root, callbacks=[callback] if callback else [], say=lab.say,
                device=lab.device,
            )  # fmt: skip
            train_or_open(self.config(lab), self.path(lab), options)


def missing(spec: str, split: str, lab: Lab) -> str:
    """Say why a data set can't be read; empty: it can."""
    return _missing(spec, split, lab.root)


@lru_cache(maxsize=1024)
def _missing(spec: str, split: str, root: Path | None) -> str:
    try:
        if (parsed := read_spec(spec)).encoder is not None:
            shape_of(spec)  # looks at the encoder, and does not make vectors of every image yet
            spec = parsed.kind
        load(spec, split, root=root)
    except OodflowError as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Product(Node):
    """A node that leaves a record behind, small enough to be kept."""

    record: ClassVar[type[Record]]

    def file(self, lab: Lab) -> Path:
        """Name the record's file."""
        return lab.found / f"{self.name}.json"

    def done(self, lab: Lab) -> bool:
        """Tell whether the record is there, and whole: a damaged one is made anew."""
        if not self.file(lab).is_file():
            return False
        try:
            return self.answers(self.read(lab), lab)
        except OodflowError:
            return False

    def answers(self, record: Any, lab: Lab) -> bool:
        """Tell whether a record is of what is asked for now."""
        return True

    def read(self, lab: Lab) -> Any:
        """Read the record.

        Raises:
            OodflowError: it is damaged, or not there.
        """
        return self.record.read(self.file(lab))

    def show(self, lab: Lab, folder: Path) -> None:
        """Copy those pictures from a run's folder to the reproduction's that its page shows."""
        for source in folder.glob("*.png"):
            if (name := f"{self.name}-{source.name}") in lab.pictures:
                lab.figures.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, lab.figures / name)


@dataclass(frozen=True)
class OfTraining(Product):
    """What is measured of one seed of a study."""

    training: Training

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.training.seed

    @property
    def needs(self) -> tuple[Node, ...]:
        """The training."""
        return (self.training,)
