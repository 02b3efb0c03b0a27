"""Measuring the latents and couplings of a flow of a reproduction."""

from dataclasses import dataclass
from typing import Any

from oodflow.explanation.explain import configuration_digest, explain
from oodflow.explanation.options import ExplainOptions
from oodflow.explanation.record import Explanation
from oodflow.paper.lab import EXPLAINED, Lab
from oodflow.paper.nodes import OfTraining, missing
from oodflow.runs.run_dir import RunDir


@dataclass(frozen=True)
class Explaining(OfTraining):
    """Explain one seed of a study beside one set."""

    ood: str
    kind = "explain"
    record = Explanation

    @property
    def name(self) -> str:
        """``explain-STUDY-SET-SEED``."""
        return f"explain-{self.training.study.name}-{self.ood.partition('?')[0]}-{self.seed}"

    def answers(self, record: Any, lab: Lab) -> bool:
        """Tell whether it is of a training by this very configuration, on as many images."""
        trained, limit = record.trained, record.options.limit
        config = self.training.config(lab)
        return bool(trained and trained.configuration == configuration_digest(config) and limit == EXPLAINED[lab.scale])

    def lacks(self, lab: Lab) -> str:
        """Say whether it can't be trained, or the other set is missing."""
        return self.training.lacks(lab) or missing(self.ood, self.training.config(lab).asked_split(self.ood), lab)

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
