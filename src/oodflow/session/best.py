"""The best weights of a run so far, by the held-out likelihood, and when to stop looking for better ones."""

import json
from contextlib import suppress
from typing import Any

from oodflow.files import explained
from oodflow.flows import Flow, load_tensors, save_flow
from oodflow.runs.run_dir import RunDir
from oodflow.session.patience import NoImprovement, Patience
from oodflow.training import StepReport, TrainState

LOOK = "look"  # in the metadata of the best weights: after which step, and how likely


class Best:
    """Keeps the weights of the look with the highest held-out likelihood in a file of their own.

    What former looks saw is read from the run's log, so a resumed run knows it; of the look that the weights are of the
    file itself tells, for the log forgets what came after the step that a training goes back to.

    Args:
        run: the run.
        split: the part that is looked at.
        looks: how many in a row may bring nothing better.

    Attributes:
        patience: counts them; its value is minus the bits/dim.
    """

    def __init__(self, run: RunDir, split: str, looks: int) -> None:
        self.run, self.patience = run, Patience(looks)
        for look in _looks(run, split):
            self.patience.see(-float(look["inside"]["bpd"]), int(look["step"]))
        if run.best_file.exists():
            _, notes = load_tensors(run.best_file)
            kept = json.loads(notes.get(LOOK, "{}"))
            if kept and kept["step"] != self.patience.step:
                self.patience.see(-kept["bpd"], kept["step"])

    def see(self, flow: Flow, step: int, bits: float) -> None:
        """Take a look into account; the weights are written before anyone says that they were looked at."""
        if self.patience.see(-bits, step):
            save_flow(self.run.best_file, flow, notes={LOOK: json.dumps({"step": step, "bpd": bits})})

    def __call__(self, state: TrainState, report: StepReport) -> None:
        """End a training that has brought nothing better for too long; the last callback, for steps are saved before.

        Raises:
            NoImprovement: when patience is at its end.
        """
        if self.patience.ended:
            raise NoImprovement


def take_best(run: RunDir) -> None:
    """Let the best weights be those of the run, where there are any that are not yet."""
    if run.best_file.exists():
        with explained(run.weights_file):
            run.best_file.replace(run.weights_file)


def _looks(run: RunDir, split: str) -> list[dict[str, Any]]:
    """Read the looks at a part from the log."""
    found = []
    if run.log_file.exists():
        for line in run.log_file.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(ValueError, TypeError, KeyError):
                look = json.loads(line)
                if look["inside"]["split"] == split:
                    found.append(look)
    return found
