"""Asking a flow of a reproduction which data sets it finds likely."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from oodflow.data import load
from oodflow.document import Distribution
from oodflow.evaluation.evaluate import evaluate, open_flow, open_sets
from oodflow.evaluation.options import EvaluationOptions
from oodflow.evaluation.record import Evaluation
from oodflow.flows import load_tensors, save_tensors
from oodflow.metrics import bits_per_dim, ranking
from oodflow.paper.lab import IMAGES, Lab
from oodflow.paper.nodes import OfTraining, missing
from oodflow.paper.study import ITS_OWN, Question
from oodflow.records import Record
from oodflow.report.evaluated_runs import EvaluatedRun
from oodflow.report.run_report.distributions import distributions
from oodflow.report.run_report.stored import stored
from oodflow.runs.run_dir import RunDir
from oodflow.statistics import LogProb, Observation, Store


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
class Evaluating(OfTraining):
    """Ask one seed of a study."""

    question: Question = ITS_OWN
    kind = "evaluate"
    record = EvaluatedStudy

    @property
    def name(self) -> str:
        """``evaluate-STUDY-SEED``, with the name of the question between."""
        asked = f"-{self.question.name}" if self.question.name else ""
        return f"evaluate-{self.training.study.name}{asked}-{self.seed}"

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
        """Say why it can't be trained, or none of the sets asked about; of one that is missing a claim says so."""
        if reason := self.training.lacks(lab):
            return reason
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
