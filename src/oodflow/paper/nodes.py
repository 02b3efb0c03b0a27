"""The pieces of work that a reproduction is made of. Each leaves something behind, and is done where that is there."""

import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.data import load, shape_of
from oodflow.data.naming import read_spec
from oodflow.document import Distribution
from oodflow.errors import OodflowError, UsageError
from oodflow.evaluation.evaluate import evaluate, open_flow, open_sets
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import Evaluation
from oodflow.explanation.explain import configuration_digest, explain
from oodflow.explanation.options import ExplainOptions
from oodflow.explanation.record import Explanation
from oodflow.flows import load_tensors, save_tensors
from oodflow.metrics import bits_per_dim, ranking
from oodflow.paper.lab import EXPLAINED, IMAGES, Lab
from oodflow.paper.study import ENCODER, ITS_OWN, Question, Study
from oodflow.records import Record
from oodflow.report.evaluated_runs import EvaluatedRun
from oodflow.report.run_report.distributions import distributions
from oodflow.report.run_report.stored import stored
from oodflow.runs import RunConfig
from oodflow.runs.run_dir import RunDir
from oodflow.session.options import SessionOptions
from oodflow.session.train import is_finished, train_or_open
from oodflow.statistics import LogProb, Observation, Store


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


class TrainedOn(Record):
    """How likely a flow finds what it was trained on.

    Attributes:
        bits_per_dim: mean of as many images, or rows, as were evaluated.
        auroc: of the likelihood, by which the test part would be told from them; a half: not at all.
        auroc_low: where its interval begins.
        auroc_high: where it ends.
    """

    bits_per_dim: float
    auroc: float
    auroc_low: float
    auroc_high: float


class EvaluatedStudy(Record):
    """What one seed of a study finds likely.

    Attributes:
        evaluated: the run with its evaluation.
        trained_on: the same of the data that it was trained on.
        likelihood: how likely it finds the images of each set.
    """

    version: ClassVar[int | None] = 1

    evaluated: EvaluatedRun
    trained_on: TrainedOn
    likelihood: Distribution


@dataclass(frozen=True)
class Evaluating(Product):
    """Ask one seed of a study."""

    training: Training
    question: Question = ITS_OWN
    kind = "evaluate"
    record = EvaluatedStudy

    @property
    def name(self) -> str:
        """``evaluate-STUDY-SEED``, with the name of the question between."""
        asked = f"-{self.question.name}" if self.question.name else ""
        return f"evaluate-{self.training.study.name}{asked}-{self.seed}"

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.training.seed

    @property
    def needs(self) -> tuple[Node, ...]:
        """The training."""
        return (self.training,)

    def answers(self, record: Any, lab: Lab) -> bool:
        """Tell whether it is of a training by this very configuration, asked this very question."""
        evaluated, asked = record.evaluated, self._options(lab)
        told = evaluated.evaluation.options
        same = (told.scores, told.limit, set(told.ood)) == (asked.scores, asked.limit, set(asked.ood))
        return same and evaluated.run.config == self.training.config(lab) and self.values_file(lab).is_file()

    def command(self, lab: Lab) -> str:
        """``oodflow evaluate``."""
        options = self._options(lab)
        words = ["evaluate", str(self.training.path(lab)), *(["--ood", *options.ood] if options.ood else [])]
        words += ["--scores", *options.scores] if options.scores != ITS_OWN.scores else []
        return lab.command(*words, *(["--limit", str(options.limit)] if options.limit else []))

    def _options(self, lab: Lab) -> EvaluationOptions:
        there = tuple(spec for spec in self._sets(lab) if not self._missing(spec, lab))
        return EvaluationOptions(ood=there, scores=self.question.scores, limit=IMAGES[lab.scale], device=lab.device)

    def _sets(self, lab: Lab) -> tuple[str, ...]:
        study = self.training.study
        return self.question.ood or study.asked_about(lab.encoder) or self.training.config(lab).ood

    def _missing(self, spec: str, lab: Lab) -> str:
        return missing(spec, self.training.config(lab).asked_split(spec), lab)

    def lacks(self, lab: Lab) -> str:
        """Say why none of the sets can be asked about; of those that are missing a claim will say so."""
        reasons = [self._missing(spec, lab) for spec in self._sets(lab)]
        return reasons[0] if all(reasons) else ""

    def values_file(self, lab: Lab) -> Path:
        """Name the file of the log-probabilities of single images, by set, which comparisons of flows rest on."""
        return self.file(lab).with_suffix(".safetensors")

    def values(self, lab: Lab) -> dict[str, NDArray[np.float64]]:
        """Read the log-probabilities of single images, by set, the test part first."""
        tensors, _ = load_tensors(self.values_file(lab))
        sets = self.read(lab).evaluated.evaluation.sets
        return {one.name: tensors[one.name].double().numpy() for one in sets}

    def run(self, lab: Lab) -> None:
        """Evaluate, and look at what was trained on."""
        run = RunDir.open(self.training.path(lab))
        evaluation, folder = evaluate(run, self._options(lab), command=self.command(lab), root=lab.root)
        record = run.record()
        assert record is not None, "what was evaluated was trained"
        evaluated = EvaluatedRun(run=record.model_copy(update={"evaluation": None}), evaluation=evaluation)
        self.show(lab, folder)
        values = stored(run, evaluation)
        likely = {name: torch.from_numpy(-of["likelihood"]).float() for name, of in values.values.items()}
        save_tensors(self.values_file(lab), likely, {})
        EvaluatedStudy(
            evaluated=evaluated,
            trained_on=_trained_on(run, evaluation, lab),
            likelihood=distributions(values).scores[0],
        ).write(self.file(lab))


def _trained_on(run: RunDir, evaluation: Evaluation, lab: Lab) -> TrainedOn:
    """Score as many of the images that were trained on as of the test part."""
    flow, weights, _ = open_flow(run)
    options, config = evaluation.options, run.config()
    test, *_ = open_sets(run, flow, options, lab.root)
    store = Store(run.statistics_dir, weights)
    known = load(config.data, config.split, root=lab.root).limit(len(test))
    likely, others = (
        Observation(flow, images, seed=options.seed, batch_size=options.batch_size, store=store)[LogProb()]
        for images in (known, test)
    )
    found = ranking(-likely, -others)
    return TrainedOn(
        bits_per_dim=float(bits_per_dim(likely, flow.dims).mean()),
        auroc=found.auroc,
        auroc_low=found.auroc_low,
        auroc_high=found.auroc_high,
    )


@dataclass(frozen=True)
class Explaining(Product):
    """Explain one seed of a study beside one set."""

    training: Training
    ood: str
    kind = "explain"
    record = Explanation

    @property
    def name(self) -> str:
        """``explain-STUDY-SET-SEED``."""
        return f"explain-{self.training.study.name}-{self.ood.partition('?')[0]}-{self.seed}"

    @property
    def seed(self) -> int:
        """Of the training."""
        return self.training.seed

    @property
    def needs(self) -> tuple[Node, ...]:
        """The training."""
        return (self.training,)

    def answers(self, record: Any, lab: Lab) -> bool:
        """Tell whether it is of a training by this very configuration, on as many images."""
        trained, limit = record.trained, record.options.limit
        config = self.training.config(lab)
        return bool(trained and trained.configuration == configuration_digest(config) and limit == EXPLAINED[lab.scale])

    def lacks(self, lab: Lab) -> str:
        """Say whether the other set is missing."""
        return missing(self.ood, self.training.config(lab).asked_split(self.ood), lab)

    def command(self, lab: Lab) -> str:
        """``oodflow explain``."""
        words = ["explain", str(self.training.path(lab)), "--ood", self.ood, "--limit", str(EXPLAINED[lab.scale])]
        return lab.command(*words)

    def run(self, lab: Lab) -> None:
        """Explain."""
        options = ExplainOptions(ood=self.ood, limit=EXPLAINED[lab.scale], device=lab.device)
        run = RunDir.open(self.training.path(lab))
        explanation, folder = explain(run, options, command=self.command(lab), root=lab.root)
        self.show(lab, folder)
        explanation.write(self.file(lab))
