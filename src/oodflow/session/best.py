"""The best weights of a run so far, by the held-out likelihood, and when to stop looking for better ones."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from oodflow.errors import NOT_AS_WRITTEN, Damaged, NotThere
from oodflow.files import also_as, explained
from oodflow.flows import Flow, load_tensors, save_flow
from oodflow.runs.run_dir import STEP, RunDir
from oodflow.session.patience import NoImprovement, Patience
from oodflow.training import StepReport, TrainState

LOOK = "look"  # in the metadata of the best weights: after which step, and how likely


class Look(NamedTuple):
    """A look at held-out data: after which step, and how likely it was."""

    step: int
    bits: float


class Best:
    """Keeps the weights of the look with the highest held-out likelihood in a file of their own.

    Of the look that they are of the file itself tells, for the log forgets what came after the step that a training
    goes back to; the looks since then are read from the log, so a resumed run knows them. Where the file is damaged,
    the best weights are looked for anew. Those of a run that was finished are its weights.

    Args:
        run: the run.
        split: the part that is looked at.
        looks: how many in a row may bring nothing better.
        say: takes a line for the user.

    Attributes:
        patience: counts them; its value is minus the bits/dim.
    """

    def __init__(self, run: RunDir, split: str, looks: int, say: Callable[[str], None] = lambda line: None) -> None:
        self.run, self.patience = run, Patience(looks)
        kept = _kept(run, say)
        if kept is None:
            return
        for look in (kept, *(look for look in _looks(run, split) if look.step > kept.step)):
            self.patience.see(-look.bits, look.step)

    def see(self, flow: Flow, step: int, bits: float) -> None:
        """Take a look into account; the weights are written before anyone says that they were looked at."""
        if self.patience.see(-bits, step):
            save_flow(self.run.best_file, flow, notes={STEP: str(step), LOOK: json.dumps({"step": step, "bpd": bits})})

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
            run.best_file.unlink(missing_ok=True)  # of two names of one file the system keeps both


def _kept(run: RunDir, say: Callable[[str], None]) -> Look | None:
    """Tell which look the best weights are of; none: there are none, or they are damaged, which is said."""
    for path in (run.best_file, run.weights_file):
        try:
            _, notes = load_tensors(path)
            if LOOK in notes:
                look = json.loads(notes[LOOK])
                kept = Look(int(look["step"]), float(look["bpd"]))
                if path == run.weights_file:
                    also_as(path, run.best_file)
                return kept
        except NotThere:
            continue
        except (Damaged, *NOT_AS_WRITTEN) as error:
            if path == run.best_file:
                run.best_file.unlink()
                say(f"{error} The best weights before are lost; training looks for better ones from here on.")
    return None


def _looks(run: RunDir, split: str) -> list[Look]:
    """Read the looks at a part from the log."""
    found = []
    if run.log_file.exists():
        for line in run.log_file.read_text(encoding="utf-8", errors="replace").splitlines():
            with suppress(*NOT_AS_WRITTEN):
                look = json.loads(line)
                if look["inside"]["split"] == split:
                    found.append(Look(int(look["step"]), float(look["inside"]["bpd"])))
    return found
